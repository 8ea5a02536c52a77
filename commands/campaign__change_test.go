package commands

import (
	"context"
	"errors"
	"sync"
	"testing"

	"github.com/coupontools/couponbot/bot"
	"github.com/coupontools/couponbot/coupontools"
)

// If the bot stops during a call, nobody knows whether the change was made: that must reach the person.
func TestAfterChange_stopped(t *testing.T) {
	t.Parallel()
	out := &coupontools.Error{Class: coupontools.Unknown, Err: context.Canceled}
	for name, err := range map[string]error{
		"a change": unchanged(out), "a session": failedSessionChange("void session", "k3v9t0", out),
	} {
		wantIn(t, mistakeOf(t, Explain, err).Done, "may or may not have been")
		if !mistakeOf(t, Explain, err).Unsure || surelyUndone(err) || !errors.Is(err, context.Canceled) {
			t.Errorf("%s: %v hides its cause, or counts as surely undone", name, err)
		}
	}
}

// The button that does it says what it does for whoever it is shown to, however many there are.
func TestChange_saying(t *testing.T) {
	t.Parallel()
	w := newCampaignWorld(t)
	s := singleUseHandlers{campaigns: newCampaignList(w.campaigns, deliverer{}), store: w.store}
	submit := s.submitted(s.makeChange())
	var all sync.WaitGroup
	for amount, want := range map[string]string{"7": "Make 7 addresses", "100000": "Make 100,000 addresses"} {
		form := bot.NewView(viewSingleUse, value(singleUseForm{ID: amount, Shown: forMany}), map[string]string{
			fieldCampaign: "cam_400018", fieldAmount: amount, fieldStatus: coupontools.SingleUseNormal, fieldCodes: noCodes,
		})
		for range 50 {
			all.Go(func() {
				reply, err := submit(t.Context(), bot.Request{Person: mia, View: form})
				if err != nil || reply.View == nil || reply.View.Submit.Text != want {
					t.Errorf("answer %+v, %v; want the button %q", reply, err, want)
				}
			})
		}
	}
	all.Wait()
}
