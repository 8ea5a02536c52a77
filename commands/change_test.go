package commands

import (
	"context"
	"errors"
	"testing"

	"github.com/coupontools/couponbot/bot"
	"github.com/coupontools/couponbot/coupontools"
	"github.com/coupontools/couponbot/sends"
)

// A change is done once, by the person who asked for it, however often the form comes.
func TestChange_once(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	done := 0
	c := change[seat]{view: "x", title: "X", yes: "Do", doing: "Doing…", store: w.Store}
	c.do = func(context.Context, bot.Request, seat) (string, sends.Entry, error) {
		done++
		return "Done.", sends.Entry{}, nil
	}
	form := bot.Request{Person: mia, View: bot.NewView("form", "", nil)}
	view := c.ask(t.Context(), form, seat{Card: "loy_1"})
	if again := c.ask(t.Context(), form, seat{Card: "loy_1"}); again.PrivateMetadata != view.PrivateMetadata {
		t.Error("the same form delivered twice asks for two changes")
	}
	submit := func(p bot.Person) (bot.Reply, error) {
		req := bot.Request{Person: p, View: bot.NewView("x", view.PrivateMetadata, nil)}
		return follow(t.Context(), c.confirmed, req)
	}
	_, err := submit(bot.Person{ID: "U0OTHER", Team: mia.Team})
	wantIn(t, mistake(t, err).Text, "belongs to somebody else")
	for range 2 {
		wantIn(t, picture(must(t)(submit(mia))), "Done.")
	}
	if done != 1 {
		t.Errorf("done %d times, want once", done)
	}
}

// A bot that stops says of work that was broken off that nothing was done by it: of a call that was out nobody knows.
func TestUnchanged_brokenOff(t *testing.T) {
	t.Parallel()
	out := &coupontools.Error{Class: coupontools.Unknown, Err: context.Canceled}
	for name, err := range map[string]error{
		"a change": unchanged(out), "a payment": paymentMistake(coupontools.PaymentUpdate{}, out),
	} {
		wantIn(t, mistake(t, err).Done, "may or may not have been")
		if errors.Is(err, context.Canceled) {
			t.Errorf("%s: %v counts as work that was broken off", name, err)
		}
	}
}
