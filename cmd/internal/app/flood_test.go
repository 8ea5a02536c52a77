package app

import (
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/coupontools/couponbot/bot/slacksim"
	"github.com/coupontools/couponbot/coupontools/sandbox"
)

// flood types a command many times, up to 100 at once, and returns how many commands were acknowledged.
func (w *world) flood(t testing.TB, user string, times int, command, text string) (acked int) {
	t.Helper()
	var all sync.WaitGroup
	var mu sync.Mutex
	slots := make(chan struct{}, 100)
	for range times {
		slots <- struct{}{}
		all.Go(func() {
			defer func() { <-slots }()
			out, err := w.slack.Command(testContext(t), user, slacksim.General, command, text)
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

// While Coupontools hangs and one user floods the bot with commands, another user still gets a response.
func TestFlood_coupontoolsHangs(t *testing.T) { //nolint:paralleltest // see TestFlood_mixed
	w := newWorld(t)
	defer w.sandbox.Break(sandbox.Rule{Fault: sandbox.Hang()})()
	const times = 2100
	if n := w.flood(t, slacksim.Mia, times, "/directory-users", "dir_5501"); n != times {
		t.Errorf("%d of %d commands were acknowledged", n, times)
	}
	w.command(t, slacksim.Noah, slacksim.General, "/coupontools", "status")
	err := w.slack.Await(testContext(t), func(s *slacksim.Server) bool {
		return slices.ContainsFunc(s.MessagesFor(slacksim.Noah, slacksim.General), func(m slacksim.Message) bool {
			return strings.Contains(m.Plain(), "connections open")
		})
	})
	if err != nil {
		t.Errorf("the other user doesn't get the status: %v", err)
	}
}

// While one user floods the bot, all commands of another user are acknowledged and none is refused as busy.
func TestFlood_mixed(t *testing.T) { //nolint:paralleltest // parallel tests would delay acknowledgements
	w := newWorld(t)
	var all sync.WaitGroup
	all.Go(func() { w.flood(t, slacksim.Mia, floodRequests, "/directories", "") })
	for i := range floodRequests / 4 {
		commands := [][2]string{{"/coupontools", "status"}, {"/coupontools", "help"}, {"/directory", "dir_5501"}}
		c := commands[i%len(commands)]
		w.command(t, slacksim.Noah, slacksim.General, c[0], c[1])
	}
	all.Wait()
	for _, m := range w.slack.MessagesFor(slacksim.Noah, slacksim.General) {
		if strings.Contains(m.Plain(), "busy") {
			t.Errorf("the other user is refused: %s", m.Plain())
		}
	}
}
