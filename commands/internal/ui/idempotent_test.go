package ui_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/coupontools/couponbot/commands/internal/ui"

	"github.com/coupontools/couponbot/bot"
	"github.com/coupontools/couponbot/commands/internal/commandstest"
	"github.com/coupontools/couponbot/coupontools"
)

// barrierStore is a store that closes all once that many callers have called Once.
type barrierStore struct {
	ui.OnceStore
	missing atomic.Int32
	all     chan struct{}
}

func (g *barrierStore) Once(ctx context.Context, key string, ttl time.Duration) (bool, error) {
	first, err := g.OnceStore.Once(ctx, key, ttl)
	if g.missing.Add(-1) == 0 {
		close(g.all)
	}
	return first, err
}

// A refused action may be tried again from another view; one that may have been done may not.
func TestIdempotent_againInAnotherView(t *testing.T) {
	t.Parallel()
	refused := &coupontools.Error{Class: coupontools.RateLimited}
	for _, test := range []struct {
		name  string
		first error
		view  string
		want  int
	}{
		{"refused, another view", ui.Unchanged(refused), "V2", 2},
		{"refused, the same view", ui.Unchanged(refused), "V1", 1},
		{"not known, another view", ui.Unchanged(&coupontools.Error{Class: coupontools.Unknown}), "V2", 1},
		{"done, another view", nil, "V2", 1},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			once, times := ui.Idempotent{commandstest.New(t).Store}, 0
			act := func(context.Context) (string, error) {
				times++
				return "Done.", test.first
			}
			for _, view := range []string{"V1", test.view, test.view} {
				_, _ = once.RunOnce(t.Context(), "one", view, act)
			}
			if times != test.want {
				t.Errorf("it was tried %d times, want %d", times, test.want)
			}
		})
	}
}

func TestIdempotent_runsOnce(t *testing.T) {
	t.Parallel()
	const callers = 5
	store := &barrierStore{OnceStore: commandstest.New(t).Store, all: make(chan struct{})}
	store.missing.Store(callers)
	var times atomic.Int32
	act := func(context.Context) (string, error) {
		times.Add(1)
		<-store.all // the others come while it runs
		return "Done.", nil
	}
	var all sync.WaitGroup
	for range callers {
		all.Go(func() {
			said, err := ui.Idempotent{Store: store}.RunOnce(t.Context(), "one", "V1", act)
			if said != "Done." || err != nil {
				t.Errorf("said %q, %v", said, err)
			}
		})
	}
	all.Wait()
	if n := times.Load(); n != 1 {
		t.Errorf("it ran %d times, want once", n)
	}
}

// A repeat gets the first answer without its links and codes, which aren't stored in Redis.
func TestIdempotent_storesNoCodes(t *testing.T) {
	t.Parallel()
	const code, link = "k3v9t0q2m7x1r8b5c6n4d", "https://digicpn.example/p/aj2ldr/k3v9t0q2m7x1r8b5c6n4d"
	for name, err := range map[string]error{
		"done":   nil,
		"failed": &bot.Mistake{Text: "The session " + code + " of VoornaamAchternaam is voided.", Hint: "See " + link},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := commandstest.New(t)
			act := func(context.Context) (string, error) {
				return "VoornaamAchternaam has " + link + " and " + code + ".", err
			}
			_, _ = ui.Idempotent{Store: w.Store}.RunOnce(t.Context(), "one", "", act)
			again, err := ui.Idempotent{Store: w.Store}.RunOnce(t.Context(), "one", "", act)
			commandstest.WantIn(t, again+fmt.Sprint(err), "VoornaamAchternaam", "…6n4d")
			commandstest.WantNotIn(t, commandstest.Stored(t, w), code, "k3v9t0", "digicpn.example")
		})
	}
}

func TestIdempotent_repeatOfFailure(t *testing.T) {
	t.Parallel()
	w := commandstest.New(t)
	fails := func(context.Context) (string, error) {
		return "", &bot.Mistake{Text: "No.", Done: "Nothing was sent.", Hint: "Do not."}
	}
	for i, want := range []string{"No.", "No. Nothing was sent. Do not."} {
		_, err := ui.Idempotent{Store: w.Store}.RunOnce(t.Context(), "one", "V1", fails)
		m, ok := errors.AsType[*bot.Mistake](err)
		if !ok || m.Text != want {
			t.Errorf("time %d: %v, want %q", i+1, err, want)
		}
	}
}

func TestIdempotent_withoutRedis(t *testing.T) {
	t.Parallel()
	w := commandstest.New(t)
	for _, test := range []struct {
		name string
		fail func()
		want string
	}{
		// After a failure the store doesn't call Redis for a while, and returns the same error.
		{"full", func() { w.Redis.SetError("OOM command not allowed when used memory > 'maxmemory'.") }, "Redis answers, but its memory is full, so "},
		{"away", func() { w.Redis.Close(); w.Store = bot.NewStore(w.RDB, "test:") }, "Redis can't be reached, so "},
	} {
		test.fail()
		for range 2 {
			_, err := ui.Idempotent{Store: w.Store}.RunOnce(t.Context(), "one", "V1", func(context.Context) (string, error) {
				t.Error("it was done without Redis")
				return "", nil
			})
			if m, ok := errors.AsType[*bot.Mistake](err); !ok || !strings.HasPrefix(m.Text, test.want) || m.Done != "" {
				t.Errorf("%s: error = %v, want a mistake that begins with %q and says that nothing was done", test.name, err, test.want)
			}
		}
	}
}
