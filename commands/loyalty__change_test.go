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
	w := newLoyaltyWorld(t)
	done := 0
	c := change[cardUser]{view: "x", title: "X", button: "Do", waitText: "Doing…", store: w.store}
	c.do = func(context.Context, bot.Request, cardUser) (string, sends.Entry, error) {
		done++
		return "Done.", sends.Entry{}, nil
	}
	form := bot.Request{Person: mia, View: bot.NewView("form", "", nil)}
	view := c.previewView(t.Context(), form, cardUser{Card: "loy_1"})
	if again := c.previewView(t.Context(), form, cardUser{Card: "loy_1"}); again.PrivateMetadata != view.PrivateMetadata {
		t.Error("the same form delivered twice asks for two changes")
	}
	submit := func(p bot.Person) (bot.Reply, error) {
		req := bot.Request{Person: p, View: bot.NewView("x", view.PrivateMetadata, nil)}
		return follow(t.Context(), c.confirmed, req)
	}
	_, err := submit(bot.Person{ID: "U0OTHER", Team: mia.Team})
	wantIn(t, mistakeOf(t, Explain, err).Text, "belongs to somebody else")
	for range 2 {
		wantIn(t, picture(must(t)(submit(mia))), "Done.")
	}
	if done != 1 {
		t.Errorf("done %d times, want once", done)
	}
}

// What failed before anything was asked to be changed says so, and is tried again when the form is filled in again.
func TestChange_undone(t *testing.T) {
	t.Parallel()
	w := newLoyaltyWorld(t)
	for name, failure := range map[string]error{
		"in words":   &bot.Mistake{Text: "The file could not be downloaded.", Cause: errors.New("HTTP status 503")},
		"of the API": &coupontools.Error{Route: "POST /v3/loyaltyusers/list", Status: 500, Class: coupontools.Unknown},
	} {
		tries := 0
		c := change[cardUser]{view: "x", title: "X", button: "Do", waitText: "Doing…", store: w.store}
		c.do = func(context.Context, bot.Request, cardUser) (string, sends.Entry, error) {
			if tries++; tries == 1 {
				return "", sends.Entry{}, undone{failure}
			}
			return "Done.", sends.Entry{}, nil
		}
		press := func(view string) (bot.Reply, error) {
			form := bot.Request{Person: mia, View: bot.NewView("form", "", nil)}
			asked := bot.NewView("x", c.previewView(t.Context(), form, cardUser{Card: name}).PrivateMetadata, nil)
			asked.ID = view
			return follow(t.Context(), c.confirmed, bot.Request{Person: mia, View: asked})
		}
		_, err := press("V1")
		if m := mistakeOf(t, Explain, err); m.Done != "" {
			t.Errorf("%s: %q, want that nothing was done", name, errorText(err))
		}
		wantIn(t, picture(must(t)(press("V2"))), "Done.")
	}
}
