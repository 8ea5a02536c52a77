package ui_test

import (
	"context"
	"errors"
	"testing"

	"github.com/coupontools/couponbot/commands/internal/ui"

	"github.com/coupontools/couponbot/bot"
	"github.com/coupontools/couponbot/commands/internal/commandstest"
	"github.com/coupontools/couponbot/coupontools"
	"github.com/coupontools/couponbot/sends"
)

// named is the content of the tests' forms.
type named struct{ Name string }

// A change is made once, and only by the user who asked for it.
func TestChange_once(t *testing.T) {
	t.Parallel()
	w := commandstest.New(t)
	done := 0
	c := ui.Change[named]{View: "x", Title: "X", Button: "Do", WaitText: "Doing…", Store: w.Store}
	c.Do = func(context.Context, bot.Request, named) (string, sends.Entry, error) {
		done++
		return "Done.", sends.Entry{}, nil
	}
	form := bot.Request{Person: commandstest.Mia, View: bot.NewView("form", "", nil)}
	view := c.PreviewView(t.Context(), form, named{"loy_1"})
	if again := c.PreviewView(t.Context(), form, named{"loy_1"}); again.PrivateMetadata != view.PrivateMetadata {
		t.Error("the same form delivered twice asks for two changes")
	}
	submit := func(p bot.Person) (bot.Reply, error) {
		req := bot.Request{Person: p, View: bot.NewView("x", view.PrivateMetadata, nil)}
		return commandstest.Follow(t.Context(), c.Confirmed, req)
	}
	_, err := submit(bot.Person{ID: "U0OTHER", Team: commandstest.Mia.Team})
	commandstest.WantIn(t, commandstest.MistakeOf(t, ui.Explain, err).Text, "belongs to somebody else")
	for range 2 {
		commandstest.WantIn(t, commandstest.Picture(commandstest.Must(t)(submit(commandstest.Mia))), "Done.")
	}
	if done != 1 {
		t.Errorf("done %d times, want once", done)
	}
}

// An error before the change says that nothing was done, and a new submission tries again.
func TestChange_undone(t *testing.T) {
	t.Parallel()
	w := commandstest.New(t)
	for name, failure := range map[string]error{
		"in words":   &bot.Mistake{Text: "The file could not be downloaded.", Cause: errors.New("HTTP status 503")},
		"of the API": &coupontools.Error{Route: "POST /v3/loyaltyusers/list", Status: 500, Class: coupontools.Unknown},
	} {
		tries := 0
		c := ui.Change[named]{View: "x", Title: "X", Button: "Do", WaitText: "Doing…", Store: w.Store}
		c.Do = func(context.Context, bot.Request, named) (string, sends.Entry, error) {
			if tries++; tries == 1 {
				return "", sends.Entry{}, ui.Undone{Err: failure}
			}
			return "Done.", sends.Entry{}, nil
		}
		press := func(view string) (bot.Reply, error) {
			form := bot.Request{Person: commandstest.Mia, View: bot.NewView("form", "", nil)}
			asked := bot.NewView("x", c.PreviewView(t.Context(), form, named{name}).PrivateMetadata, nil)
			asked.ID = view
			return commandstest.Follow(t.Context(), c.Confirmed, bot.Request{Person: commandstest.Mia, View: asked})
		}
		_, err := press("V1")
		if m := commandstest.MistakeOf(t, ui.Explain, err); m.Done != "" {
			t.Errorf("%s: %q, want that nothing was done", name, ui.ErrorText(err))
		}
		commandstest.WantIn(t, commandstest.Picture(commandstest.Must(t)(press("V2"))), "Done.")
	}
}
