package bot_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/slack-go/slack"

	"github.com/coupontools/couponbot/bot"
	"github.com/coupontools/couponbot/bot/blocks"
	"github.com/coupontools/couponbot/bot/slacksim"
)

func TestView_opens(t *testing.T) {
	t.Parallel()
	w := newWorld(t, says(bot.Reply{View: form("form", "Hello")}))
	w.do(t)
	if v := w.view(t, "Hello"); v.CallbackID != "form" {
		t.Errorf("view = %+v, want the form", v)
	}
}

func TestView_besideAMessage(t *testing.T) {
	t.Parallel()
	w := newWorld(t, says(bot.Reply{View: form("form", "Hello"), Text: "Opened a form.", Public: true}))
	w.do(t)
	w.view(t, "Hello")
	w.message(t, slacksim.Marketing, "Opened a form.")
}

func TestView_clickUpdatesWithHash(t *testing.T) {
	t.Parallel()
	w := newWorld(t, says(bot.Reply{View: form("form", "Before")}),
		actions(map[string]bot.Handler{"press": says(bot.Reply{View: form("form", "After")})}))
	w.do(t)
	before := w.view(t, "Before")
	w.click(t, before.Place(), "press")
	if after := w.view(t, "After"); after.ID != before.ID {
		t.Errorf("the click showed view %s, want %s updated", after.ID, before.ID)
	}
	for _, e := range w.slack.Traffic() {
		if e.Name == "views.update" && !strings.Contains(e.Request, before.Hash) {
			t.Errorf("views.update without the hash %s: %s", before.Hash, e.Request)
		}
	}
}

// Two clicks on the same view: the second was made before the answer to the first was drawn. Both answers are due.
func TestView_lastAnswerWins(t *testing.T) {
	t.Parallel()
	release := make(chan struct{})
	w := newWorld(t, says(bot.Reply{View: form("form", "Before")}), actions(map[string]bot.Handler{
		"press": later(func(context.Context, bot.Request) (bot.Reply, error) {
			<-release
			return bot.Reply{View: form("form", "Drawn late")}, nil
		}),
		"quick": says(bot.Reply{View: form("form", "Drawn at once")}),
	}), func(s *setup) {
		s.config.Commands[1].Run = says(bot.Reply{View: blocks.Modal("form", "Form", "", "Close",
			append(button("Before", "press"), blocks.Actions("", blocks.Button("quick", "Quick", "")))...)})
	})
	w.do(t)
	before := w.view(t, "Before")
	w.click(t, before.Place(), "press")
	w.click(t, before.Place(), "quick")
	w.view(t, "Drawn at once")
	close(release)
	w.view(t, "Drawn late")
}

func TestView_clickPushes(t *testing.T) {
	t.Parallel()
	w := newWorld(t, says(bot.Reply{View: form("first", "One")}),
		actions(map[string]bot.Handler{"press": func(_ context.Context, req bot.Request) (bot.Reply, error) {
			return bot.Reply{View: form("next", "After "+req.View.CallbackID), Push: true}, nil
		}}))
	w.do(t)
	w.click(t, w.view(t, "One").Place(), "press")
	w.click(t, w.view(t, "After first").Place(), "press")
	third := w.view(t, "After next")
	if n := len(w.slack.Views(slacksim.Mia)); n != 3 {
		t.Fatalf("%d views on the stack, want 3", n)
	}
	w.click(t, third.Place(), "press")
	err := w.slack.Await(patient(t), func(s *slacksim.Server) bool { return s.View(slacksim.Mia).Updates == 1 })
	if n := len(w.slack.Views(slacksim.Mia)); err != nil || n != 3 {
		t.Errorf("a push on a full stack: %d views, %v; want the third updated", n, err)
	}
}

func TestView_wordsForAClickInAModal(t *testing.T) {
	t.Parallel()
	for name, press := range map[string]bot.Handler{
		"an answer": says(bot.Reply{Text: "Hear this."}), "a refusal": fails(&bot.Mistake{Text: "Hear this."}),
		"blocks alone": says(bot.Reply{Blocks: button("Hear this.", "press")}), "later": later(says(bot.Reply{Text: "Hear this."})),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, says(bot.Reply{View: form("form", "Form")}), actions(map[string]bot.Handler{"press": press}))
			w.do(t)
			w.click(t, w.view(t, "Form").Place(), "press")
			w.view(t, "Hear this.")
			if n := len(w.slack.Views(slacksim.Mia)); n != 2 {
				t.Errorf("%d views on the stack, want the words on top of the form", n)
			}
		})
	}
}

// A view that Slack does not open is never lost in silence.
func TestView_notOpened(t *testing.T) {
	t.Parallel()
	for code, words := range map[string]string{
		"expired_trigger_id": "Slack lets a window be opened within three seconds only",
		"internal_error":     "Slack did not open couponbot's window.",
	} {
		t.Run(code, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, says(bot.Reply{View: form("form", "Form")}))
			w.slack.Inject(slacksim.Fault{Method: "views.open", Error: code})
			w.do(t)
			w.message(t, slacksim.Marketing, words, "(Reference ")
			w.logged(t, "outcome=failed")
		})
	}
}

// In a modal there is no channel to answer in: what cannot be shown comes as a direct message.
func TestView_notPushed(t *testing.T) {
	t.Parallel()
	for name, press := range map[string]bot.Handler{
		"words": says(bot.Reply{Text: "Hear this."}), "a refusal": fails(&bot.Mistake{Text: "Hear this."}),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, says(bot.Reply{View: form("form", "Form")}), actions(map[string]bot.Handler{"press": press}))
			w.do(t)
			w.slack.Inject(slacksim.Fault{Method: "views.push", Error: "expired_trigger_id"})
			w.click(t, w.view(t, "Form").Place(), "press")
			w.message(t, w.slack.Direct(slacksim.Mia), "Hear this.")
		})
	}
}

// sent starts a world with a form for the handler, opens it and submits it.
func sent(t *testing.T, handle bot.Handler, more ...func(*setup)) (*world, slacksim.Outcome) {
	t.Helper()
	w := newWorld(t, says(bot.Reply{View: form("form", "Form")}), append(more, submissions(map[string]bot.Handler{"form": handle}))...)
	w.do(t)
	v := w.view(t, "Form")
	if _, err := w.slack.Type(patient(t), slacksim.Mia, v.ID, "field", typed); err != nil {
		t.Fatal(err)
	}
	return w, w.submit(t)
}

func TestSubmit_answers(t *testing.T) {
	t.Parallel()
	long := make([]string, 10)
	for i := range long {
		long[i] = strings.Repeat("very long ", 290)
	}
	big := func() bot.Reply { return bot.Reply{View: bigView("Outcome", long)} }
	bigPush := big()
	bigPush.Push = true
	for _, tt := range []struct {
		name   string
		handle bot.Handler
		action string
		views  int
		words  string
	}{
		{"errors at fields", says(bot.Reply{Errors: map[string]string{"field": "Not this."}}), "errors", 1, ""},
		{"an error where Slack shows none", says(bot.Reply{Errors: map[string]string{"other": "Not this."}}), "push", 2, "Not this. Nothing was sent or changed."},
		{"update", says(bot.Reply{View: form("next", "Outcome")}), "update", 1, "Outcome"},
		{"push", says(bot.Reply{View: form("next", "Outcome"), Push: true}), "push", 2, "Outcome"},
		{"words", says(bot.Reply{Text: "Outcome"}), "update", 1, "Outcome"},
		{"nothing", says(bot.Reply{}), "clear", 0, ""},
		{"a mistake", fails(&bot.Mistake{Text: "Outcome."}), "push", 2, "Outcome."},
		{"a giant mistake", fails(&bot.Mistake{Text: strings.Repeat("<", 40_000)}), "push", 2, "…"},
		{"a fault", fails(errors.New("outcome")), "push", 2, "(Reference "},
		{"a panic", func(context.Context, bot.Request) (bot.Reply, error) { panic("outcome") }, "push", 2, "(Reference "},
		{"a view too large to update", says(big()), "update", 1, "Outcome"},
		{"a view too large to push", says(bigPush), "push", 2, "Outcome"},
		{"later words", later(says(bot.Reply{Text: "Outcome"})), "update", 1, "Outcome"},
		{"a later view", later(says(bot.Reply{View: form("next", "Outcome")})), "update", 1, "Outcome"},
		{"a later mistake", later(fails(&bot.Mistake{Text: "Outcome."})), "update", 1, "Outcome."},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			w, out := sent(t, tt.handle)
			if out.Action != tt.action {
				t.Errorf("answered with %q, want %q", out.Action, tt.action)
			}
			if tt.words != "" {
				w.view(t, tt.words)
			}
			if n := len(w.slack.Views(slacksim.Mia)); n != tt.views {
				t.Errorf("%d views on the stack, want %d", n, tt.views)
			}
		})
	}
}

func bigView(first string, texts []string) *slack.ModalViewRequest {
	v := form("big", first)
	for _, text := range texts {
		v.Blocks.BlockSet = append(v.Blocks.BlockSet, blocks.Text(text))
	}
	return v
}

func TestSubmit_errorsStandAtTheirFields(t *testing.T) {
	t.Parallel()
	_, out := sent(t, says(bot.Reply{Errors: map[string]string{"field": strings.Repeat("é", 20_000)}}))
	if got := out.Errors["field"]; !strings.HasPrefix(got, "ééé") || len([]rune(got)) > 300 {
		t.Errorf("words at the field = %d characters, want at most 300", len([]rune(got)))
	}
}

func TestSubmit_laterAfterAView(t *testing.T) {
	t.Parallel()
	for _, push := range []bool{true, false} {
		release := make(chan struct{})
		w, _ := sent(t, says(bot.Reply{View: form("next", "Looking"), Push: push, Later: func(context.Context) (bot.Reply, error) {
			<-release
			return bot.Reply{View: form("next", "Outcome")}, nil
		}}))
		looking := w.view(t, "Looking")
		close(release)
		if outcome := w.view(t, "Outcome"); outcome.ID != looking.ID {
			t.Errorf("push %v: the outcome stands in %s, want %s", push, outcome.ID, looking.ID)
		}
	}
}

// The person closed the window: the outcome of what they asked for still reaches them.
func TestSubmit_closedBeforeTheOutcome(t *testing.T) {
	t.Parallel()
	release := make(chan struct{})
	w, _ := sent(t, says(bot.Reply{View: form("next", "Looking"), Later: func(context.Context) (bot.Reply, error) {
		<-release
		return bot.Reply{View: form("next", "Outcome")}, nil
	}}))
	w.view(t, "Looking")
	if _, err := w.slack.CloseAll(patient(t), slacksim.Mia); err != nil {
		t.Fatal(err)
	}
	close(release)
	w.message(t, w.slack.Direct(slacksim.Mia), "The window was closed", "What you asked for may have been done.")
}

// A view that Slack refuses does not leave the person before a window that says to wait.
func TestSubmit_refusedOutcome(t *testing.T) {
	t.Parallel()
	w := newWorld(t, says(bot.Reply{View: form("form", "Form")}), submissions(map[string]bot.Handler{
		"form": later(says(bot.Reply{View: form("next", "Outcome")})),
	}))
	w.do(t)
	w.view(t, "Form")
	w.slack.Inject(slacksim.Fault{Method: "views.update", Error: "invalid_arguments", Times: 1})
	w.submit(t)
	w.view(t, "Slack did not take couponbot's answer.", "(Reference ")
}

func TestSubmit_thirdViewIsUpdated(t *testing.T) {
	t.Parallel()
	next := func(_ context.Context, req bot.Request) (bot.Reply, error) {
		return bot.Reply{View: form("form", fmt.Sprintf("View %s+", req.View.Metadata)), Push: true}, nil
	}
	w := newWorld(t, says(bot.Reply{View: form("form", "Form")}), submissions(map[string]bot.Handler{"form": next}))
	w.do(t)
	w.view(t, "Form")
	for _, action := range []string{"push", "push", "update", "update"} {
		if out := w.submit(t); out.Action != action {
			t.Errorf("answered with %q, want %q", out.Action, action)
		}
	}
	if n := len(w.slack.Views(slacksim.Mia)); n != 3 {
		t.Errorf("%d views on the stack, want 3", n)
	}
}

func TestSubmit_unknown(t *testing.T) {
	t.Parallel()
	w := newWorld(t, says(bot.Reply{View: form("forgotten", "Form")}))
	w.do(t)
	w.view(t, "Form")
	w.submit(t)
	w.view(t, "This form belongs to another version of couponbot. Nothing was sent or changed.")
}

// A submit may come twice, and each delivery needs the answer: handlers are idempotent.
func TestSubmit_repeatIsAnswered(t *testing.T) {
	t.Parallel()
	ran := make(chan struct{}, 10)
	w := newWorld(t, says(bot.Reply{View: form("form", "Form")}), submissions(map[string]bot.Handler{
		"form": func(context.Context, bot.Request) (bot.Reply, error) {
			ran <- struct{}{}
			return bot.Reply{View: form("next", "Outcome")}, nil
		},
	}))
	w.do(t)
	w.view(t, "Form")
	w.slack.Duplicate(1)
	w.submit(t)
	<-ran
	select {
	case <-ran:
	case <-time.After(patience):
		t.Error("the repeat was not handled")
	}
}

// A handler that does not watch its time: the submit is acknowledged without it, and its answer comes after.
func TestSubmit_slow(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		handle bot.Handler
		words  string
	}{
		"a view":    {says(bot.Reply{View: form("next", "Outcome")}), "Outcome"},
		"words":     {says(bot.Reply{Text: "Outcome"}), "Outcome"},
		"nothing":   {says(bot.Reply{}), "Done."},
		"a mistake": {fails(&bot.Mistake{Text: "Outcome."}), "Outcome."},
		"errors":    {says(bot.Reply{Errors: map[string]string{"field": "Outcome."}}), "Outcome."},
		"later":     {later(says(bot.Reply{View: form("next", "Outcome")})), "Outcome"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			release := make(chan struct{})
			w, out := sent(t, func(ctx context.Context, req bot.Request) (bot.Reply, error) {
				<-release
				return tt.handle(ctx, req)
			})
			if out.Action != "push" || !strings.Contains(w.slack.View(slacksim.Mia).Plain(), "Working on it") {
				t.Errorf("answered with %q and %+v, want a view that says to wait", out.Action, out.View)
			}
			close(release)
			w.view(t, tt.words)
		})
	}
}

func TestSuggest_answers(t *testing.T) {
	t.Parallel()
	pick := func(s *setup) {
		s.config.Commands[1].Run = says(bot.Reply{Text: "Pick", Blocks: []slack.Block{blocks.Actions("", blocks.Picker("pick", "Pick"))}})
	}
	offer := func(f bot.OptionsHandler) func(*setup) {
		return func(s *setup) { s.config.Commands[1].Options = map[string]bot.Options{"pick": {Run: f}} }
	}
	many := make([]bot.Option, 150)
	for i := range many {
		many[i] = bot.Option{Text: strings.Repeat("优惠券", 40), Value: fmt.Sprintf("dir_%03d", i)}
	}
	for _, tt := range []struct {
		name     string
		suggest  bot.OptionsHandler
		min, max int
	}{
		{"many long names", func(context.Context, bot.Request) ([]bot.Option, error) { return many, nil }, 40, 100},
		{"many short names", func(context.Context, bot.Request) ([]bot.Option, error) {
			short := make([]bot.Option, 150)
			for i := range short {
				short[i] = bot.Option{Text: fmt.Sprint("Name ", i), Value: fmt.Sprint("dir_", i)}
			}
			return short, nil
		}, 100, 100},
		{"odd options", func(context.Context, bot.Request) ([]bot.Option, error) {
			return []bot.Option{{"", "a"}, {"b\xff", "b"}, {"c", ""}, {"d", strings.Repeat("d", 200)}}, nil
		}, 2, 4},
		{"none", func(context.Context, bot.Request) ([]bot.Option, error) { return nil, nil }, 0, 0},
		{"an error", func(context.Context, bot.Request) ([]bot.Option, error) { return nil, errors.New("no") }, 0, 0},
		{"a panic", func(context.Context, bot.Request) ([]bot.Option, error) { panic("no") }, 0, 0},
		{"too slow", func(ctx context.Context, _ bot.Request) ([]bot.Option, error) {
			<-ctx.Done()
			return nil, ctx.Err()
		}, 0, 0},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, nil, pick, offer(tt.suggest))
			w.do(t)
			options, err := w.slack.Suggest(patient(t), slacksim.Mia, w.message(t, slacksim.Marketing, "Pick").Place(), "", "pick", typed)
			if err != nil || len(options) < tt.min || len(options) > tt.max {
				t.Errorf("%d options, %v; want %d to %d", len(options), err, tt.min, tt.max)
			}
			for _, a := range w.slack.Acks() {
				if a.Size > 16<<10 || a.Late {
					t.Errorf("acknowledged with %d bytes after %v", a.Size, a.Delay)
				}
			}
		})
	}
}

// A click that redraws a view does not hide it from work still to come for an earlier submit.
func TestSubmit_laterAfterAClick(t *testing.T) {
	t.Parallel()
	release := make(chan struct{})
	w, _ := sent(t, says(bot.Reply{View: form("next", "Looking"), Push: true, Later: func(context.Context) (bot.Reply, error) {
		<-release
		return bot.Reply{View: form("next", "Outcome")}, nil
	}}), actions(map[string]bot.Handler{"press": says(bot.Reply{View: form("next", "Clicked")})}))
	w.click(t, w.view(t, "Looking").Place(), "press")
	w.view(t, "Clicked")
	close(release)
	w.view(t, "Outcome")
}
