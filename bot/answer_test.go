package bot_test

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/slack-go/slack"

	"github.com/coupontools/couponbot/bot"
	"github.com/coupontools/couponbot/bot/blocks"
	"github.com/coupontools/couponbot/bot/slacksim"
)

func TestAnswer_place(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name    string
		reply   bot.Reply
		channel string
		fault   *slacksim.Fault
		onlyFor string
	}{
		{"an answer", bot.Reply{Text: "Here."}, slacksim.Marketing, nil, slacksim.Mia},
		{"a public answer", bot.Reply{Text: "Here.", Public: true}, slacksim.Marketing, nil, ""},
		{"a public answer where the bot is no member", bot.Reply{Text: "Here.", Public: true}, slacksim.General, nil, ""},
		{"a public answer in a private channel", bot.Reply{Text: "Here.", Public: true}, slacksim.Private, nil, ""},
		{"a public answer in a shared channel", bot.Reply{Text: "Here.", Public: true}, slacksim.Partners, nil, slacksim.Mia},
		{
			"a public answer where Slack does not say",
			bot.Reply{Text: "Here.", Public: true},
			slacksim.Marketing, &slacksim.Fault{Method: "conversations.info", Status: 500}, slacksim.Mia,
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, says(tt.reply))
			if tt.fault != nil {
				w.slack.Inject(*tt.fault)
			}
			w.command(t, slacksim.Mia, tt.channel, "/do", typed)
			if m := w.message(t, tt.channel, "Here."); m.OnlyFor != tt.onlyFor || m.UnfurlLinks || m.UnfurlMedia {
				t.Errorf("message = %+v, want it only for %q and no previews", m, tt.onlyFor)
			}
		})
	}
}

func TestAnswer_escapesPlainText(t *testing.T) {
	t.Parallel()
	w := newWorld(t, says(bot.Reply{Text: "<!channel> & *all*", Public: true}))
	w.do(t)
	if m := w.message(t, slacksim.Marketing, "<!channel> & *all*"); m.Text != "&lt;!channel&gt; &amp; *all*" {
		t.Errorf("text = %q, want it escaped", m.Text)
	}
}

func TestAnswer_mistake(t *testing.T) {
	t.Parallel()
	w := newWorld(t, fails(&bot.Mistake{Text: "There is none.", Hint: "Try another."}))
	w.do(t)
	m := w.message(t, slacksim.Marketing, "There is none. Nothing was sent or changed. Try another.")
	if m.OnlyFor != slacksim.Mia || strings.Contains(m.Plain(), "Reference") {
		t.Errorf("message = %+v, want it only for Mia, without a reference", m)
	}
	w.logged(t, "outcome=refused")
}

// An internal error is answered with a reference that is also in the log. The value of a panic may hold what people wrote,
// so it isn't there.
func TestAnswer_fault(t *testing.T) {
	t.Parallel()
	panics := func(context.Context, bot.Request) (bot.Reply, error) { panic("the disk is full") }
	for name, tt := range map[string]struct {
		run    bot.Handler
		logged string
	}{
		"error":       {fails(errors.New("the disk is full")), "the disk is full"},
		"panic":       {panics, "panic in bot_handler: string"},
		"panic later": {later(panics), "panic in bot_handler: string"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, tt.run)
			w.do(t)
			m := w.message(t, slacksim.Marketing, "Something went wrong inside couponbot", "(Reference ")
			if m.OnlyFor != slacksim.Mia || strings.Contains(m.Plain(), "disk") {
				t.Errorf("message = %+v, want it only for Mia, without the cause", m)
			}
			_, reference, _ := strings.Cut(m.Plain(), "(Reference ")
			reference, _, _ = strings.Cut(reference, ")")
			w.logged(t, "reference="+reference)
			w.logged(t, tt.logged)
			w.logged(t, "outcome=failed")
			if log := w.log.String(); tt.logged != "the disk is full" && strings.Contains(log, "disk") {
				t.Errorf("the log holds the panic's value:\n%s", log)
			}
		})
	}
}

func TestAnswer_explainsErrorsOfServices(t *testing.T) {
	t.Parallel()
	away := errors.New("away")
	w := newWorld(t, fails(away), func(s *setup) {
		s.config.Explain = func(err error) *bot.Mistake {
			if errors.Is(err, away) {
				return &bot.Mistake{Text: "The service is away."}
			}
			return nil
		}
	})
	w.do(t)
	w.message(t, slacksim.Marketing, "The service is away. Nothing was sent or changed.")
}

func TestClick_replaces(t *testing.T) {
	t.Parallel()
	for _, public := range []bool{true, false} {
		w := newWorld(t, says(bot.Reply{Text: "Page 1", Blocks: button("Page 1", "next"), Public: public}),
			actions(map[string]bot.Handler{"next": later(says(bot.Reply{Text: "Page 2", Replace: true, Public: public}))}))
		w.do(t)
		before := w.message(t, slacksim.Marketing, "Page 1")
		w.click(t, before.Place(), "next")
		after := w.message(t, slacksim.Marketing, "Page 2")
		if after.OnlyFor != before.OnlyFor || (before.OnlyFor == "") != public || after.TS != before.TS {
			t.Errorf("public %v: only for %q at %s, then only for %q at %s; want the same", public,
				before.OnlyFor, before.TS, after.OnlyFor, after.TS)
		}
	}
}

func TestClick_removes(t *testing.T) {
	t.Parallel()
	for name, reply := range map[string]bot.Reply{"with words": {Text: "Done.", Remove: true}, "alone": {Remove: true}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, says(bot.Reply{Text: "Old", Blocks: button("Old", "away")}), actions(map[string]bot.Handler{"away": says(reply)}))
			w.do(t)
			w.click(t, w.message(t, slacksim.Marketing, "Old").Place(), "away")
			if reply.Text != "" {
				w.message(t, slacksim.Marketing, reply.Text)
			}
			err := w.slack.Await(patient(t), func(s *slacksim.Server) bool {
				return !slices.ContainsFunc(s.Messages(slacksim.Marketing), func(m slacksim.Message) bool { return strings.Contains(m.Plain(), "Old") })
			})
			if err != nil {
				t.Errorf("the message is still there:\n%s", w.slack.Transcript())
			}
		})
	}
}

func TestClick_refusalReplacesNothing(t *testing.T) {
	t.Parallel()
	w := newWorld(t, says(bot.Reply{Text: "Page 1", Blocks: button("Page 1", "next"), Public: true}),
		actions(map[string]bot.Handler{"next": later(fails(&bot.Mistake{Text: "No more pages."}))}))
	w.do(t)
	page := w.message(t, slacksim.Marketing, "Page 1")
	w.click(t, page.Place(), "next")
	if m := w.message(t, slacksim.Marketing, "No more pages."); m.OnlyFor != slacksim.Mia {
		t.Errorf("the refusal is for %q, want only Mia", m.OnlyFor)
	}
	if m, ok := w.slack.Message(page.Channel, page.TS); !ok || m.Edits > 0 {
		t.Errorf("the page was touched: %+v", m)
	}
}

func TestClick_unknown(t *testing.T) {
	t.Parallel()
	w := newWorld(t, says(bot.Reply{Text: "Old", Blocks: button("Old", "forgotten")}))
	w.do(t)
	w.click(t, w.message(t, slacksim.Marketing, "Old").Place(), "forgotten")
	w.message(t, slacksim.Marketing, "This button belongs to another version of couponbot. Nothing was sent or changed.")
}

func TestCommand_unknown(t *testing.T) {
	t.Parallel()
	w := newWorld(t, says(bot.Reply{}))
	w.command(t, slacksim.Mia, slacksim.Marketing, "/gone", typed)
	w.message(t, slacksim.Marketing, "couponbot has no such command. Nothing was sent or changed.")
}

// The answer takes another way when Slack refuses the first.
func TestAnswer_otherWays(t *testing.T) {
	t.Parallel()
	direct := func(s *slacksim.Server) string { return s.Direct(slacksim.Mia) }
	here := func(*slacksim.Server) string { return slacksim.Marketing }
	for _, tt := range []struct {
		name   string
		faults []slacksim.Fault
		want   func(*slacksim.Server) string
	}{
		{"a used response_url", []slacksim.Fault{{Method: "response_url", Error: "used_url"}}, here},
		{"a response_url that fails", []slacksim.Fault{{Method: "response_url", Status: http.StatusNotFound}}, here},
		{"a response_url that is slow down", []slacksim.Fault{{Method: "response_url", RetryAfter: 3600e9}}, here},
		{"a response_url that asks to wait", []slacksim.Fault{{Method: "response_url", RetryAfter: 1e9, Times: 1}}, here},
		{"nowhere in the channel", []slacksim.Fault{
			{Method: "response_url", Error: "expired_url"}, {Method: "chat.postEphemeral", Error: "not_in_channel"},
		}, direct},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, says(bot.Reply{Text: "Here.", Public: true}))
			for _, f := range tt.faults {
				w.slack.Inject(f)
			}
			w.do(t)
			w.message(t, tt.want(w.slack), "Here.")
		})
	}
}

// A chart that Slack does not take is left out; its figures stand in the words around it.
func TestAnswer_withoutChart(t *testing.T) {
	t.Parallel()
	w := newWorld(t, says(bot.Reply{Text: "Here.", Public: true, Blocks: []slack.Block{
		blocks.Text("1, 2"), blocks.Chart("Two", []string{"a", "b"}, blocks.Series{Name: "n", Values: []int{1, 2}}),
	}}))
	w.do(t)
	w.message(t, slacksim.Marketing, "1, 2\n(chart: Two)")
	w.slack.Inject(slacksim.Fault{Method: "response_url", Error: "invalid_blocks", Times: 1})
	w.do(t)
	_, err := w.slack.AwaitMessage(patient(t), slacksim.Marketing, func(m slacksim.Message) bool { return m.Plain() == "1, 2" })
	if err != nil {
		t.Errorf("no message without the chart: %v\n%s", err, w.slack.Transcript())
	}
}

func TestRepeat_isDropped(t *testing.T) {
	t.Parallel()
	ran := make(chan struct{}, 10)
	count := func(context.Context, bot.Request) (bot.Reply, error) {
		ran <- struct{}{}
		return bot.Reply{Text: "Done."}, nil
	}
	w := newWorld(t, count)
	w.slack.Duplicate(1)
	w.do(t)
	w.message(t, slacksim.Marketing, "Done.")
	w.logged(t, "dropped a repeat")
	if len(ran) != 1 {
		t.Errorf("the command ran %d times, want once", len(ran))
	}
}
