package campaign

import (
	"context"
	"errors"
	"sync"
	"testing"

	"github.com/coupontools/couponbot/bot"
	"github.com/coupontools/couponbot/commands/internal/commandstest"
	"github.com/coupontools/couponbot/commands/internal/ui"
	"github.com/coupontools/couponbot/coupontools"
)

// If the bot stops during a call, the reply says that the outcome is unknown.
func TestAfterChange_stopped(t *testing.T) {
	t.Parallel()
	out := &coupontools.Error{Class: coupontools.Unknown, Err: context.Canceled}
	for name, err := range map[string]error{
		"a change": ui.Unchanged(out), "a session": sessionChangeError("void session", "k3v9t0", out),
	} {
		commandstest.WantIn(t, commandstest.MistakeOf(t, ui.Explain, err).Done, "may or may not have been")
		if !commandstest.MistakeOf(t, ui.Explain, err).Unsure || ui.SurelyUndone(err) || !errors.Is(err, context.Canceled) {
			t.Errorf("%s: %v hides its cause, or counts as surely undone", name, err)
		}
	}
}

// The confirm button names the number of addresses.
func TestChange_withButton(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	s := singleUseHandlers{campaigns: NewList(w.Campaigns, ui.Deliverer{}), store: w.Store}
	submit := s.submitted(s.makeChange())
	var all sync.WaitGroup
	for amount, want := range map[string]string{"7": "Make 7 addresses", "100000": "Make 100,000 addresses"} {
		form := bot.NewView(viewSingleUse, ui.Value(singleUseForm{ID: amount, Shown: forMany}), map[string]string{
			"campaign": "cam_400018", "amount": amount, "status": coupontools.SingleUseNormal, fieldCodes: noCodes,
		})
		for range 50 {
			all.Go(func() {
				reply, err := submit(t.Context(), bot.Request{Person: commandstest.Mia, View: form})
				if err != nil || reply.View == nil || reply.View.Submit.Text != want {
					t.Errorf("answer %+v, %v; want the button %q", reply, err, want)
				}
			})
		}
	}
	all.Wait()
}
