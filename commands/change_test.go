package commands

import (
	"context"
	"errors"
	"sync"
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
	c := change[cardUser]{view: "x", title: "X", button: "Do", waitText: "Doing…", store: w.Store}
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
	wantIn(t, mistake(t, err).Text, "belongs to somebody else")
	for range 2 {
		wantIn(t, picture(must(t)(submit(mia))), "Done.")
	}
	if done != 1 {
		t.Errorf("done %d times, want once", done)
	}
}

// If the bot stops during a call, nobody knows whether the change was made: that must reach the person.
func TestAfterChange_stopped(t *testing.T) {
	t.Parallel()
	out := &coupontools.Error{Class: coupontools.Unknown, Err: context.Canceled}
	for name, err := range map[string]error{
		"a change": unchanged(out), "a session": failedSessionChange("void session", "k3v9t0", out),
	} {
		wantIn(t, mistake(t, err).Done, "may or may not have been")
		if !mistake(t, err).Unsure || surelyUndone(err) || !errors.Is(err, context.Canceled) {
			t.Errorf("%s: %v hides its cause, or counts as surely undone", name, err)
		}
	}
}

// What failed before anything was asked to be changed says so, and is tried again when the form is filled in again.
func TestChange_undone(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for name, failure := range map[string]error{
		"in words":   &bot.Mistake{Text: "The file could not be downloaded.", Cause: errors.New("HTTP status 503")},
		"of the API": &coupontools.Error{Route: "POST /v3/loyaltyusers/list", Status: 500, Class: coupontools.Unknown},
	} {
		tries := 0
		c := change[cardUser]{view: "x", title: "X", button: "Do", waitText: "Doing…", store: w.Store}
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
		if m := mistake(t, err); m.Done != "" {
			t.Errorf("%s: %q, want that nothing was done", name, errorText(err))
		}
		wantIn(t, picture(must(t)(press("V2"))), "Done.")
	}
}

// The button that does it says what it does for whoever it is shown to, however many there are.
func TestChange_saying(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	s := singleUseHandlers{campaigns: newCampaignList(w.Campaigns, deliverer{}), store: w.Store}
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
