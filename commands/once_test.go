package commands

import (
	"context"
	"errors"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/coupontools/couponbot/bot"
	"github.com/coupontools/couponbot/coupontools"
)

func TestOnce_doesItOneTime(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	var times atomic.Int32
	act := func(context.Context) (string, error) {
		times.Add(1)
		time.Sleep(50 * time.Millisecond) // so that the others come while it goes on
		return "Done.", nil
	}
	var all sync.WaitGroup
	for range 5 {
		all.Go(func() {
			said, err := once{w.Store}.do(t.Context(), "one", "V1", act)
			if said != "Done." || err != nil {
				t.Errorf("said %q, %v", said, err)
			}
		})
	}
	all.Wait()
	if n := times.Load(); n != 1 {
		t.Errorf("it was done %d times, want once", n)
	}
}

func TestOnce_tellsARepeatOfAFailure(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	fails := func(context.Context) (string, error) {
		return "", &bot.Mistake{Text: "No.", Done: "Nothing was sent.", Hint: "Do not."}
	}
	for i, want := range []string{"No.", "No. Nothing was sent. Do not."} {
		_, err := once{w.Store}.do(t.Context(), "one", "V1", fails)
		m, ok := errors.AsType[*bot.Mistake](err)
		if !ok || m.Text != want {
			t.Errorf("time %d: %v, want %q", i+1, err, want)
		}
	}
}

func TestOnce_withoutRedis(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.redis.SetError("ERR away")
	_, err := once{w.Store}.do(t.Context(), "one", "V1", func(context.Context) (string, error) {
		t.Error("it was done without Redis")
		return "", nil
	})
	if m, ok := errors.AsType[*bot.Mistake](err); !ok || !strings.HasPrefix(m.Text, "Redis cannot be reached") || m.Done != "" {
		t.Errorf("error = %v, want a mistake that says that nothing was done", err)
	}
}

// What Coupontools refused may be asked for in a form that is submitted anew, but not what nobody knows of.
func TestOnce_againInAnotherView(t *testing.T) {
	t.Parallel()
	refused := &coupontools.Error{Class: coupontools.RateLimited}
	for _, test := range []struct {
		name  string
		first error
		view  string
		want  int
	}{
		{"refused, another view", unchanged(refused), "V2", 2},
		{"refused, the same view", unchanged(refused), "V1", 1},
		{"not known, another view", unchanged(&coupontools.Error{Class: coupontools.Unknown}), "V2", 1},
		{"done, another view", nil, "V2", 1},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			o, times := once{newWorld(t).Store}, 0
			act := func(context.Context) (string, error) {
				times++
				return "Done.", test.first
			}
			for _, view := range []string{"V1", test.view, test.view} {
				_, _ = o.do(t.Context(), "one", view, act)
			}
			if times != test.want {
				t.Errorf("it was tried %d times, want %d", times, test.want)
			}
		})
	}
}
