package commands

import (
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/coupontools/couponbot/bot"
	"github.com/coupontools/couponbot/commands/internal/commandstest"
	"github.com/coupontools/couponbot/sends"
	"github.com/coupontools/couponbot/sends/recipients"
)

func TestPreview_ofApproval(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		ids      []string
		everyone bool
		err      error
		words    string
		submit   bool
	}{
		"some":      {[]string{"U0MIA", "U0NOAH", "U0EVA"}, false, nil, "approve it before anything is sent: @U0NOAH, @U0EVA.", true},
		"everybody": {nil, true, nil, "any other full member", true},
		"nobody":    {[]string{"U0MIA"}, false, nil, "you're the only sender that couponbot knows", false},
		"unasked":   {nil, false, errors.New("slack is away"), "Slack could not be asked", false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			w.warm(t)
			w.ApprovalOver = 1
			w.Holders = func(context.Context, bot.Right) ([]string, bool, error) { return test.ids, test.everyone, test.err }
			typed := commandstest.Fields(map[string]string{"recipients": "+32470123456, +32470123457"})
			r := commandstest.Must(t)(w.Submits(t, bot.NewView("send_directory", "", typed)))
			commandstest.WantIn(t, commandstest.Picture(r), "This goes to more than 1 person", test.words, "Nothing has been sent yet.")
			if (r.View.Submit != nil) != test.submit {
				t.Errorf("the preview can be submitted: %v, want %v", !test.submit, test.submit)
			}
		})
	}
}

// A repeated confirmation shows the current state of the send, and so does the form if it is submitted again.
func TestSendStarted_ofARepeat(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.warm(t)
	form := bot.NewView("send_directory", `{"form":"F1"}`, commandstest.Fields(nil))
	id := commandstest.Must(t)(w.Submits(t, form)).View.PrivateMetadata
	submit := bot.NewView("send_preview", id, nil)
	commandstest.WantIn(t, commandstest.Picture(commandstest.Must(t)(w.Submits(t, submit))), "=== Sending (send_started)", "is going out")

	by := sends.Actor{Team: commandstest.Mia.Team, User: commandstest.Mia.ID}
	for _, step := range []struct {
		action sends.Action
		title  string
		words  string
	}{
		{sends.Pause, "Paused", "is paused: 0 sent · 1 waiting"},
		{sends.Cancel, "Cancelled", "was cancelled: 0 sent · 1 skipped"},
	} {
		if _, err := w.Sends.Act(t.Context(), id, step.action, by); err != nil {
			t.Fatal(err)
		}
		for _, again := range []*bot.View{submit, form} {
			r := commandstest.Must(t)(w.Submits(t, again))
			commandstest.WantIn(t, commandstest.Picture(r), "=== "+step.title+" (send_started)", step.words)
			commandstest.WantNotIn(t, commandstest.Picture(r), "Nothing has been sent yet")
		}
		commandstest.WantIn(t, commandstest.Picture(commandstest.Must(t)(w.Clicks(t, "send_test", id, submit))), "=== "+step.title)
	}
	if n := len(w.api.Sent()); n != 0 {
		t.Errorf("%d messages were sent, want none", n)
	}
}

// People on the do-not-contact list are skipped; if nobody is left, the field says so.
func TestSendDirectory_suppressed(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.warm(t)
	people := []string{"+32470123456", "+32470123457"}
	if _, err := w.Sends.Suppress(t.Context(), recipients.SMS, people, sends.Actor{}, ""); err != nil {
		t.Fatal(err)
	}
	for typed, want := range map[string]string{
		people[0]:                  "It is on the do-not-contact list.",
		strings.Join(people, "\n"): "None of these 2 can be used. Line 1: It is on the do-not-contact list.",
	} {
		r := commandstest.Must(t)(w.Submits(t, bot.NewView("send_directory", "", commandstest.Fields(map[string]string{"recipients": typed}))))
		if got := r.Errors["recipients"]; got != want {
			t.Errorf("%q gives %q, want %q", typed, got, want)
		}
	}
	r := commandstest.Must(t)(w.Submits(t, bot.NewView("send_directory", "", commandstest.Fields(map[string]string{"recipients": people[0] + ",+32470123458"}))))
	commandstest.WantIn(t, commandstest.Picture(r), "1 of 2 will get it.", "On the do-not-contact list: 1")
}
