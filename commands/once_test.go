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
			said, err := once{w.Store}.do(t.Context(), "one", act)
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
		_, err := once{w.Store}.do(t.Context(), "one", fails)
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
	_, err := once{w.Store}.do(t.Context(), "one", func(context.Context) (string, error) {
		t.Error("it was done without Redis")
		return "", nil
	})
	if m, ok := errors.AsType[*bot.Mistake](err); !ok || !strings.HasPrefix(m.Text, "Redis cannot be reached") || m.Done != "" {
		t.Errorf("error = %v, want a mistake that says that nothing was done", err)
	}
}
