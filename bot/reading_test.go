package bot_test

import (
	"context"
	"strings"
	"testing"

	"github.com/slack-go/slack"

	"github.com/coupontools/couponbot/bot"
	"github.com/coupontools/couponbot/bot/blocks"
	"github.com/coupontools/couponbot/bot/slacksim"
	"github.com/coupontools/couponbot/internal/outbound"
)

// reading opens Mia's form and submits it. The form's handler pushes a waiting view, and runs later what the test sends to
// the returned channel.
func reading(t *testing.T, fleeting bool) (*world, chan<- bot.Handler) {
	t.Helper()
	outcome := make(chan bot.Handler)
	w, out := sent(t, func(_ context.Context, req bot.Request) (bot.Reply, error) {
		return bot.Reply{
			View: blocks.Modal("", "Reading", "", "Back", blocks.Text("Reading the file…")), Push: true, DropIfClosed: fleeting,
			Later: func(ctx context.Context) (bot.Reply, error) { return (<-outcome)(ctx, req) },
		}, nil
	})
	if out.Action != "push" {
		t.Fatalf("answered with %q, want push", out.Action)
	}
	w.view(t, "Reading the file…")
	return w, outcome
}

// What a pushed view waited for takes its place, and closing it leads back to the form as it was typed.
func TestReading(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		outcome bot.Handler
		words   []string
	}{
		"a view":      {says(bot.Reply{View: form("preview", "Preview")}), []string{"Preview"}},
		"a large one": {says(bot.Reply{View: bigView("Preview", []string{strings.Repeat("very ", 590), strings.Repeat("long ", 590)})}), []string{"Preview"}},
		"words":       {says(bot.Reply{Text: "Nothing to send."}), []string{"Nothing to send."}},
		"a mistake":   {fails(&bot.Mistake{Text: "The file is empty."}), []string{"The file is empty. Nothing was sent or changed."}},
		"a fault":     {fails(context.DeadlineExceeded), []string{"This took too long", "(Reference "}},
		"errors at fields": {
			says(bot.Reply{Errors: map[string]string{"field": "Line 2 is wrong.", "other": "Not this."}}),
			[]string{"Line 2 is wrong. Not this. Nothing was sent or changed. Close this to go back to the form."},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w, outcome := reading(t, true)
			before := w.slack.View(slacksim.Mia)
			outcome <- tt.outcome
			after := w.view(t, tt.words...)
			if after.ID != before.ID || len(w.slack.Views(slacksim.Mia)) != 2 {
				t.Errorf("shown in %s of %d, want it in the place of %s", after.ID, len(w.slack.Views(slacksim.Mia)), before.ID)
			}
			if _, err := w.slack.CloseView(patient(t), slacksim.Mia, after.ID); err != nil {
				t.Fatal(err)
			}
			if v := w.view(t, "Form"); v.State["field"]["field"].Text != typed {
				t.Errorf("the form holds %q, want what was typed", v.State["field"]["field"].Text)
			}
		})
	}
}

// A user who closes the modal while the bot works gets the result as a direct message, unless it is of no use by then.
func TestReading_closedMeanwhile(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		fleeting, all bool
		outcome       bot.Handler
		words         string
	}{
		"a view":                     {false, false, says(bot.Reply{View: form("preview", "Preview")}), "The window was closed before"},
		"a mistake":                  {false, true, fails(&bot.Mistake{Text: "The file is empty."}), "The file is empty."},
		"a view that may be lost":    {true, true, says(bot.Reply{View: form("preview", "Preview")}), ""},
		"a mistake that may be lost": {true, false, fails(&bot.Mistake{Text: "The file is empty."}), ""},
		"words that may be lost":     {true, false, says(bot.Reply{Text: "Read."}), ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w, outcome := reading(t, tt.fleeting)
			_, err := w.slack.CloseView(patient(t), slacksim.Mia, w.slack.View(slacksim.Mia).ID)
			if tt.all {
				_, err = w.slack.CloseAll(patient(t), slacksim.Mia)
			}
			if err != nil {
				t.Fatal(err)
			}
			outcome <- tt.outcome
			if tt.words != "" {
				w.message(t, w.slack.Direct(slacksim.Mia), tt.words)
			}
			w.logged(t, "kind=submit name=form")
			if m := w.slack.Messages(w.slack.Direct(slacksim.Mia)); tt.words == "" && len(m) > 0 {
				t.Errorf("said %q", m[0].Plain())
			}
			if v := w.slack.View(slacksim.Mia); v != nil && v.CallbackID != "form" {
				t.Errorf("shown %s on top of the form", v.CallbackID)
			}
		})
	}
}

// Two submits, the first of which the person went back from: its answer does not take the place of the second's.
func TestReading_again(t *testing.T) {
	t.Parallel()
	w, outcome := reading(t, true)
	if _, err := w.slack.CloseView(patient(t), slacksim.Mia, w.slack.View(slacksim.Mia).ID); err != nil {
		t.Fatal(err)
	}
	w.submit(t)
	w.view(t, "Reading the file…")
	preview := says(bot.Reply{View: form("preview", "Preview")})
	outcome <- preview
	outcome <- preview
	w.view(t, "Preview")
	if n := len(w.slack.Views(slacksim.Mia)); n != 2 {
		t.Errorf("%d views on the stack, want the form and one preview", n)
	}
}

// With no room on top, the answer stands in the place of the form.
func TestReading_noWayBack(t *testing.T) {
	t.Parallel()
	w, _ := sent(t, later(says(bot.Reply{Errors: map[string]string{"field": "Line 2 is wrong."}})))
	if v := w.view(t, "Line 2 is wrong."); strings.Contains(v.Plain(), "go back") {
		t.Errorf("words = %q, but there is nothing to go back to", v.Plain())
	}
}

// A button in a pushed view: its work takes time, and then the view is another.
func TestClick_inAPushedViewLater(t *testing.T) {
	t.Parallel()
	release := make(chan struct{})
	straighten := func(_ context.Context, req bot.Request) (bot.Reply, error) {
		return bot.Reply{Later: func(context.Context) (bot.Reply, error) {
			<-release
			return bot.Reply{View: form("preview", "Preview, after "+req.View.Metadata)}, nil
		}}, nil
	}
	preview := blocks.WithMetadata(form("preview", "Preview, before"), "draft 1")
	w, _ := sent(t, says(bot.Reply{View: preview, Push: true}), actions(map[string]bot.Handler{"press": straighten}))
	before := w.view(t, "Preview, before")
	w.click(t, before.Place(), "press")
	close(release)
	after := w.view(t, "Preview, after draft 1")
	if after.ID != before.ID || len(w.slack.Views(slacksim.Mia)) != 2 {
		t.Errorf("shown in %s, want it in the place of %s", after.ID, before.ID)
	}
	w.click(t, after.Place(), "press")
	w.view(t, "Preview, after ")
}

// The answer to an action, now or later, finds its form closed. The user is told, unless it mattered only while the form
// was open.
func TestClick_closedMeanwhile(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ fleeting, later bool }{{true, true}, {false, true}, {true, false}, {false, false}} {
		release := make(chan struct{})
		outcome := func(context.Context) (bot.Reply, error) {
			<-release
			return bot.Reply{View: form("form", "Outcome"), DropIfClosed: tt.fleeting}, nil
		}
		shown := "Form"
		press := func(ctx context.Context, _ bot.Request) (bot.Reply, error) { return outcome(ctx) }
		if tt.later {
			shown = "Looking"
			press = says(bot.Reply{View: form("form", "Looking"), DropIfClosed: tt.fleeting, Later: outcome})
		}
		w := newWorld(t, says(bot.Reply{View: form("form", "Form")}), actions(map[string]bot.Handler{"press": press}))
		w.do(t)
		w.click(t, w.view(t, "Form").Place(), "press")
		w.view(t, shown)
		if _, err := w.slack.CloseAll(patient(t), slacksim.Mia); err != nil {
			t.Fatal(err)
		}
		close(release)
		w.logged(t, "kind=click name=press")
		if m := w.slack.Messages(w.slack.Direct(slacksim.Mia)); len(m) > 0 == tt.fleeting {
			t.Errorf("%+v: %d direct messages", tt, len(m))
		}
	}
}

// A click in a message opens a window at once, or fills it when the work is done.
func TestClick_inAMessageOpens(t *testing.T) {
	t.Parallel()
	w := newWorld(t, says(bot.Reply{Text: "Press", Blocks: button("Press", "press"), Public: true}),
		actions(map[string]bot.Handler{"press": func(_ context.Context, req bot.Request) (bot.Reply, error) {
			return bot.Reply{View: form("form", "Reject"), Later: func(context.Context) (bot.Reply, error) {
				return bot.Reply{View: blocks.WithMetadata(form("form", "Why"), req.Message)}, nil
			}}, nil
		}}))
	w.do(t)
	m := w.message(t, slacksim.Marketing, "Press")
	w.click(t, m.Place(), "press")
	if v := w.view(t, "Why"); v.Metadata != m.TS || len(w.slack.Views(slacksim.Mia)) != 1 {
		t.Errorf("view = %+v, want one that knows the message %s", v, m.TS)
	}
}

// An approval: the click of another person in a channel, and in their own direct messages, replaces the message.
func TestClick_ofAnotherPerson(t *testing.T) {
	t.Parallel()
	approve := func(_ context.Context, req bot.Request) (bot.Reply, error) {
		return bot.Reply{Text: "Approved by " + req.Person.ID, Replace: true, Public: true}, nil
	}
	w := newWorld(t, nil, actions(map[string]bot.Handler{"press": approve}))
	p := bot.NewPoster(w.api, outbound.For(w.url))
	direct, err := p.Direct(patient(t), slacksim.Noah)
	if err != nil {
		t.Fatal(err)
	}
	for _, channel := range []string{slacksim.Marketing, direct} {
		ts, err := p.Post(patient(t), channel, bot.Message{Text: "Approve?", Blocks: []slack.Block{blocks.Text("Approve?"), blocks.Actions("",
			blocks.Button("press", "Approve", "1", blocks.Primary, blocks.Ask("Approve?", "It goes out.", "Approve", "Not now")))}})
		if err != nil {
			t.Fatal(err)
		}
		at := slacksim.Place{Channel: channel, TS: ts}
		if out, err := w.slack.Click(patient(t), slacksim.Noah, at, "", "press"); err != nil || !out.Acked {
			t.Fatalf("click: %+v, %v", out, err)
		}
		if m := w.message(t, channel, "Approved by "+slacksim.Noah); m.TS != ts || m.OnlyFor != "" {
			t.Errorf("message = %+v, want it in the place of %s", m, ts)
		}
	}
}
