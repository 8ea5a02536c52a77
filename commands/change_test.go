package commands

import (
	"context"
	"testing"

	"github.com/coupontools/couponbot/bot"
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
	view := c.ask(t.Context(), mia, seat{Card: "loy_1"})
	submit := func(p bot.Person) error {
		req := bot.Request{Person: p, View: bot.NewView("x", view.PrivateMetadata, nil)}
		_, err := follow(t.Context(), c.confirmed, req)
		return err
	}
	wantIn(t, mistake(t, submit(bot.Person{ID: "U0OTHER", Team: mia.Team})).Text, "belongs to somebody else")
	if err := submit(mia); err != nil {
		t.Fatal(err)
	}
	wantIn(t, mistake(t, submit(mia)).Text, "confirmed before")
	if done != 1 {
		t.Errorf("done %d times, want once", done)
	}
}
