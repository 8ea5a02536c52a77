package commands

import (
	"context"
	"slices"
	"strings"
	"testing"

	"github.com/alicebob/miniredis/v2/server"

	"github.com/coupontools/couponbot/bot"
	"github.com/coupontools/couponbot/commands/internal/commandstest"
	"github.com/coupontools/couponbot/sends"
	"github.com/coupontools/couponbot/sends/recipients"
)

// status runs "/coupontools status".
func (w *world) status(t testing.TB) string {
	t.Helper()
	for _, c := range All(w.Deps) {
		if c.Topic == "status" {
			return commandstest.Picture(commandstest.Must(t)(commandstest.Follow(t.Context(), c.Run, bot.Request{Person: commandstest.Mia})))
		}
	}
	t.Fatal("there is no status")
	return ""
}

func TestStatus(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.warm(t)
	w.Status = func(context.Context) []Condition { return []Condition{{Name: "Sockets", Text: "2 of 2"}} }
	preview := commandstest.Must(t)(w.Submits(t, bot.NewView("send_directory", "", commandstest.Fields(nil))))
	commandstest.Must(t)(w.Submits(t, bot.NewView("send_preview", preview.View.PrivateMetadata, nil)))
	commandstest.Golden(t, "status", w.status(t))
}

func TestStatus_redisAway(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.redis.Close()
	commandstest.WantIn(t, w.status(t), "*Redis: *can't be reached: browsing works, sending doesn't", "Can't load the sends right now.")
}

// A Redis that answers but refuses is reported as such, with what to do. The sends are shown as far as it returns them.
func TestStatus_redisRefuses(t *testing.T) {
	t.Parallel()
	const rest = ": browsing works, sending doesn't"
	for name, test := range map[string]struct {
		refuses func(command string, args []string) string
		want    []string
	}{
		"full": {
			func(command string, _ []string) string {
				if command == "EVAL" || command == "EVALSHA" {
					return "OOM command not allowed when used memory > 'maxmemory'."
				}
				return ""
			},
			[]string{
				"*Redis: *answers, but its memory is full" + rest + ". Ask the person who runs couponbot to raise maxmemory in Redis.",
				"*Recipients: *Checked against 0 people on the do-not-contact list.", "No send is going on.",
			},
		},
		"the queue's keys": {
			func(_ string, args []string) string {
				if slices.Contains(args, "asynq:queues") {
					return "NOPERM this user has no permissions to access one of the keys used as arguments"
				}
				return ""
			},
			[]string{"*Redis: *refuses the queue's keys (NOPERM)" + rest + ". Ask the person who runs couponbot to run “couponbot check”"},
		},
		"loading": {
			func(string, []string) string { return "LOADING Redis is loading the dataset in memory" },
			[]string{"*Redis: *has just started and is still loading its data" + rest, "Can't load the sends right now."},
		},
		"no command for the list": {
			func(command string, _ []string) string {
				if command == "ZRANGE" {
					return "NOPERM this user has no permissions to run the 'zrange' command"
				}
				return ""
			},
			[]string{"*Redis: *refuses a key or command that couponbot needs (NOPERM)" + rest, "Can't load the sends right now."},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			w.redis.Server().SetPreHook(func(c *server.Peer, command string, args ...string) bool {
				refusal := test.refuses(command, args)
				if refusal != "" {
					c.WriteError(refusal)
				}
				return refusal != ""
			})
			commandstest.WantIn(t, w.status(t), test.want...)
		})
	}
}

func TestByState(t *testing.T) {
	t.Parallel()
	all := func(states ...sends.State) (list []sends.Send) {
		for _, s := range states {
			list = append(list, sends.Send{State: s})
		}
		return list
	}
	for want, list := range map[string][]sends.Send{
		"1 send is going on": all(sends.StateRunning),
		"2 sends are going on, 1 is paused, 2 wait for approval, 1 is scheduled": all(sends.StateRunning, sends.StateStopped,
			sends.StatePaused, sends.StateAwaiting, sends.StateAwaiting, sends.StateScheduled),
		"0 sends are going on, 1 waits for approval": all(sends.StateAwaiting),
	} {
		if got := byState(list); got != want {
			t.Errorf("byState = %q, want %q", got, want)
		}
	}
}

func TestStatus_suppressionKeyHasChanged(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	if _, err := w.Sends.Suppress(t.Context(), recipients.Email, []string{"anna@example.com"}, sends.Actor{Team: commandstest.Mia.Team, User: commandstest.Mia.ID}, ""); err != nil {
		t.Fatal(err)
	}
	w.redis.HSet("test:suppression:marker", "key", "another")
	commandstest.WantIn(t, w.status(t), "*Attention: *couponbot can't read the do-not-contact list, because its key has changed, so nothing is sent.", "set SUPPRESSION_KEY to what it was")
}

func TestStatus_namesBackoffReason(t *testing.T) {
	t.Parallel()
	set := liveSendBlocks([]sends.Send{commandstest.Going(), commandstest.HeldUp()}, nil)
	got := commandstest.Picture(bot.Reply{Blocks: set})
	if strings.Count(got, commandstest.HeldUp().BackoffReason) != 1 {
		t.Errorf("the status says\n%s\nwant once %q", got, commandstest.HeldUp().BackoffReason)
	}
}
