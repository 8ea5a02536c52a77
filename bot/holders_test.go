package bot_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/coupontools/couponbot/bot"
	"github.com/coupontools/couponbot/bot/slacksim"
)

func TestHolders(t *testing.T) {
	t.Parallel()
	many := make([]string, 80)
	for i := range many {
		many[i] = fmt.Sprintf("U0NOBODY%02d", i)
	}
	for _, tt := range []struct {
		name     string
		right    bot.Right
		roster   bot.Roster
		ids      []string
		everyone bool
	}{
		{"everybody reads", bot.Read, bot.Roster{}, nil, true},
		{"everybody", bot.Send, bot.Roster{All: true, Users: []string{slacksim.Mia}}, nil, true},
		{"nobody", bot.Send, bot.Roster{}, nil, false},
		{"people and a group, each once", bot.Send, bot.Roster{Users: []string{slacksim.Noah}, Groups: []string{slacksim.Senders, slacksim.Senders}}, []string{slacksim.Noah, slacksim.Mia}, false},
		{"another right", bot.Admin, bot.Roster{Users: []string{slacksim.Mia}}, nil, false},
		{"another team of the organisation", bot.Send, bot.Roster{Users: []string{cousin}}, []string{cousin}, false},
		{"those who may not", bot.Send, bot.Roster{Users: []string{slacksim.Gus, bit, ghost, robot, slacksim.Stranger, "U0NOBODY", slacksim.Mia}}, []string{slacksim.Mia}, false},
		{"more than are looked at", bot.Send, bot.Roster{Users: append(many, slacksim.Mia)}, nil, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, nil, peopled, func(s *setup) { s.config.Senders = tt.roster })
			ids, everyone, err := w.bot.Holders(patient(t), tt.right)
			if err != nil || everyone != tt.everyone || !slices.Equal(ids, tt.ids) {
				t.Errorf("Holders = %v, %v, %v; want %v, %v", ids, everyone, err, tt.ids, tt.everyone)
			}
			if asked := asked(w, "users.info"); asked > 50 {
				t.Errorf("asked Slack of %d people, want at most 50", asked)
			}
		})
	}
}

func asked(w *world, method string) (times int) {
	for _, e := range w.slack.Traffic() {
		if e.Kind == "api" && e.Name == method {
			times++
		}
	}
	return times
}

// What Slack does not tell leaves the rest as it is.
func TestHolders_slackDoesNotSay(t *testing.T) {
	t.Parallel()
	for method, want := range map[string][]string{"usergroups.users.list": {slacksim.Mia}, "users.info": nil} {
		t.Run(method, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, nil, func(s *setup) {
				s.config.Senders = bot.Roster{Users: []string{slacksim.Mia}, Groups: []string{slacksim.Senders}}
			})
			w.slack.Inject(slacksim.Fault{Method: method, Error: "fatal_error"})
			ids, everyone, err := w.bot.Holders(patient(t), bot.Send)
			if err == nil || !strings.Contains(err.Error(), "fatal_error") || everyone || !slices.Equal(ids, want) {
				t.Errorf("Holders = %v, %v, %v; want %v and why not more", ids, everyone, err, want)
			}
		})
	}
}
