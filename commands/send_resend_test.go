package commands

import (
	"context"
	"net/http"
	"testing"
	"time"

	"github.com/coupontools/couponbot/bot"
	"github.com/coupontools/couponbot/commands/internal/commandstest"
	"github.com/coupontools/couponbot/coupontools/sandbox"
	"github.com/coupontools/couponbot/sends"
)

// unknownSend is a send that has ended with every outcome unknown.
func unknownSend(t *testing.T, w *world) string {
	t.Helper()
	w.api.Break(sandbox.Rule{Path: "/v3/send/sms", Fault: sandbox.ServerError(http.StatusBadGateway)})
	id := commandstest.Must(t)(w.Submits(t, bot.NewView("send_directory", "", commandstest.Fields(nil)))).View.PrivateMetadata
	commandstest.Must(t)(w.Submits(t, bot.NewView("send_preview", id, nil)))
	ctx, stop := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- w.Sends.Run(ctx) }()
	for deadline := time.Now().Add(20 * time.Second); ; {
		send, err := w.Sends.Send(t.Context(), id)
		if err == nil && send.Ended() && send.Counts.Unknown == 1 {
			break
		}
		if time.Now().After(deadline) {
			t.Fatalf("send = %+v, %v", send, err)
		}
		<-time.After(20 * time.Millisecond)
	}
	stop()
	if err := <-done; err != nil {
		t.Fatal(err)
	}
	w.api.Mend()
	return id
}

func TestResendUnknown(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.warm(t)
	id := unknownSend(t, w)

	_, err := w.Clicks(t, "send_resend_unknown", id, nil)
	m := mistake(t, err)
	commandstest.WantIn(t, m.Text, "too soon")
	commandstest.WantIn(t, m.Hint, "minute")

	w.redis.SetTime(time.Now().Add(5 * time.Minute))
	r := commandstest.Must(t)(w.Clicks(t, "send_resend_unknown", id, nil))
	commandstest.WantIn(t, commandstest.Picture(r), "(send_preview)", "these people may get it twice", "no clear answer", "+32 470 •• •• 56", "(Send to 1 person)")
	if r.Push {
		t.Error("the preview is pushed, though there is nothing under it")
	}
	draft := r.View.PrivateMetadata
	commandstest.WantIn(t, commandstest.Picture(commandstest.Must(t)(w.Submits(t, bot.NewView("send_preview", draft, nil)))), "(send_started)")

	_, err = w.Clicks(t, "send_resend_unknown", id, nil)
	commandstest.WantIn(t, mistake(t, err).Text, "resent to already")
}

func TestResendUnknown_noSend(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	_, err := w.Clicks(t, "send_resend_unknown", "nosuchsend", nil)
	commandstest.WantIn(t, mistake(t, err).Text, "couponbot has no records of this send")
}

func TestExplainRefusal(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		err  error
		text string
		hint string
	}{
		{sends.ErrResent, "resent to already", "once"},
		{sends.ErrNoUnknown, "unconfirmed any more", "message"},
		{sends.ErrNobodyLeft, "Nobody is left", "do-not-contact list"},
		{sends.ErrSuppressionKey, "read the do-not-contact list", "SUPPRESSION_KEY"},
		{&sends.StateError{Send: sends.Send{OfferName: "City deals", State: sends.StateAwaiting}}, "The send waits for approval.", "sends"},
		{&sends.TooSoonError{Until: time.Now().Add(30 * time.Second)}, "too soon", "in a minute"},
		{&sends.TooSoonError{Until: time.Now().Add(5*time.Minute + time.Second)}, "too soon", "in 6 minutes"},
	} {
		m := mistake(t, test.err)
		commandstest.WantIn(t, m.Text, test.text)
		commandstest.WantIn(t, m.Hint, test.hint)
	}
}
