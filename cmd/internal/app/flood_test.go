package app

import (
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/coupontools/couponbot/bot/slacksim"
	"github.com/coupontools/couponbot/coupontools/sandbox"
)

// flood types a command again and again, so many at once, and returns how many were acknowledged.
func (w *world) flood(t testing.TB, user string, times int, command, text string) (acked int) {
	t.Helper()
	var all sync.WaitGroup
	var mu sync.Mutex
	turns := make(chan struct{}, 100)
	for range times {
		turns <- struct{}{}
		all.Go(func() {
			defer func() { <-turns }()
			out, err := w.slack.Command(patient(t), user, slacksim.General, command, text)
			mu.Lock()
			defer mu.Unlock()
			if err == nil && out.Acked {
				acked++
			}
		})
	}
	all.Wait()
	return acked
}

// While Coupontools hangs and one person asks for more and more, another is answered.
func TestFlood_coupontoolsHangs(t *testing.T) { //nolint:paralleltest // see TestFlood_mixed
	w := newWorld(t)
	defer w.sandbox.Break(sandbox.Rule{Fault: sandbox.Hang()})()
	const times = 2100
	if n := w.flood(t, slacksim.Mia, times, "/directory-users", "dir_5501"); n != times {
		t.Errorf("%d of %d commands are acknowledged", n, times)
	}
	w.command(t, slacksim.Noah, slacksim.General, "/coupontools", "status")
	err := w.slack.Await(patient(t), func(s *slacksim.Server) bool {
		return slices.ContainsFunc(s.MessagesFor(slacksim.Noah, slacksim.General), func(m slacksim.Message) bool {
			return strings.Contains(m.Plain(), "connections open")
		})
	})
	if err != nil {
		t.Errorf("another person does not get the status: %v", err)
	}
}

// Of many requests, most of them one person's, those of another are all acknowledged and none of them is refused.
func TestFlood_mixed(t *testing.T) { //nolint:paralleltest // others beside it would take the time for acknowledgements
	w := newWorld(t)
	var all sync.WaitGroup
	all.Go(func() { w.flood(t, slacksim.Mia, floodSize, "/directories", "") })
	for i := range floodSize / 4 {
		commands := [][2]string{{"/coupontools", "status"}, {"/coupontools", "help"}, {"/directory", "dir_5501"}}
		c := commands[i%len(commands)]
		w.command(t, slacksim.Noah, slacksim.General, c[0], c[1])
	}
	all.Wait()
	for _, m := range w.slack.MessagesFor(slacksim.Noah, slacksim.General) {
		if strings.Contains(m.Plain(), "busy") {
			t.Errorf("somebody is refused: %s", m.Plain())
		}
	}
}
