package bot_test

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"github.com/coupontools/couponbot/bot"
	"github.com/coupontools/couponbot/bot/slacksim"
)

// said repeats what reached the handler.
func said(name string) bot.Handler {
	return func(_ context.Context, req bot.Request) (bot.Reply, error) {
		return bot.Reply{Text: fmt.Sprintf("%s ran with %q, %d words", name, req.Text, len(req.Words))}, nil
	}
}

func topical(s *setup) {
	s.config.Commands = []bot.Command{
		{Name: "/root", Summary: "Lists the rest"},
		{
			Name: "/send-it", Topic: "send", Usage: "[what]", Summary: "Sends it", Right: bot.Send, Run: said("send"),
			Examples: []bot.Example{{Line: "/send-it now", Does: "sends it now"}},
		},
		{Name: "/users", Topic: "users", Usage: "[who]", Summary: "Shows users", Run: said("users")},
		{Topic: "status", Summary: "Says how it is", Run: said("status")},
	}
	s.config.Senders = bot.Roster{Users: []string{slacksim.Mia}}
}

func TestTopics(t *testing.T) {
	t.Parallel()
	const all, sendHelp = "What couponbot can do", "/send-it now"
	for _, tt := range []struct{ command, text, want string }{
		{"/root", "help", all},
		{"/root", "HELP", all},
		{"/root", "help help", all},
		{"/root", "help send", sendHelp},
		{"/root", "send help", sendHelp},
		{"/root", "send-it help", sendHelp},
		{"/root", "/send-it help", sendHelp},
		{"/send-it", "help", sendHelp},
		{"/root", "status help", "/root status"},
		{"/root", "SEND email", `send ran with "email", 1 words`},
		{"/root", "send “Summer deals” now", `send ran with "Summer deals now", 2 words`},
		{"/root", `users "help"`, `users ran with "help", 1 words`},
		{"/users", `"help"`, `1 words`},
		{"/root", "status", `status ran with "", 0 words`},
		{"/root", "snd", "couponbot has no topic “snd”. Nothing was sent or changed. Did you mean /root send?"},
		{"/root", "help statsu", "couponbot has no topic “statsu”. Nothing was sent or changed. Did you mean /root status?"},
		{"/root", "<!channel>", "couponbot has no topic “@channel”."},
		{"/root", "q", "couponbot has no topic “q”. Nothing was sent or changed.\n"},
		{"/root", strings.Repeat("x", 7000), "…”. Nothing was sent or changed."},
	} {
		t.Run(tt.command+" "+tt.text[:min(len(tt.text), 20)], func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, nil, topical, func(s *setup) {
				s.slack = append(s.slack, slacksim.WithCommands(slacksim.SlashCommand{Name: tt.command, Raw: true}))
			})
			w.command(t, slacksim.Mia, slacksim.Marketing, tt.command, tt.text)
			if m := w.message(t, slacksim.Marketing, tt.want); m.OnlyFor != slacksim.Mia {
				t.Errorf("said to %q, want only Mia", m.OnlyFor)
			}
		})
	}
}

// Help is for everybody, even who may do nothing, and even when Slack cannot be asked who it is.
func TestHelp_isForEverybody(t *testing.T) {
	t.Parallel()
	for _, user := range []string{slacksim.Noah, slacksim.Gus, slacksim.Stranger} {
		t.Run(user, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, nil, topical)
			w.slack.Inject(slacksim.Fault{Method: "users.info", Error: "fatal_error"})
			channel := slacksim.Partners
			w.slack.Invite(channel, user)
			for command, want := range map[string]string{"/root": "What couponbot can do", "/send-it": "sends it now"} {
				w.command(t, user, channel, command, "help")
				if m := w.message(t, channel, want); m.OnlyFor != user {
					t.Errorf("said to %q, want only %s", m.OnlyFor, user)
				}
			}
		})
	}
}

func TestNew_refusesTwins(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]bot.Command{
		"name": {Name: "/a"}, "topic": {Topic: "a"}, "action": {Actions: map[string]bot.Action{"a": {}}},
		"callback": {Submissions: map[string]bot.Submission{"a": {}}},
		"select":   {Options: map[string]bot.Options{"a": {}}},
	} {
		if _, err := bot.New(bot.Config{Commands: []bot.Command{c, c}}); err == nil || !strings.Contains(err.Error(), name) {
			t.Errorf("two commands with the same %s: %v, want an error", name, err)
		}
	}
}
