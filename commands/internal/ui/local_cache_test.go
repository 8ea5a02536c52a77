package ui

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

// A fetch that began before a change isn't used after it.
func TestLocalCache_forget(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s, _ := counted(time.Second)
		go func() { _, _ = s.get(t.Context(), "a") }()
		synctest.Wait()
		s.Forget("a")
		if n, _ := s.get(t.Context(), "a"); n != 2 {
			t.Errorf("get after the change = %d, want the result of call 2", n)
		}
		if have := s.local("a").value; have != 2 {
			t.Errorf("cached = %d, want the result of call 2", have)
		}
	})
}

func TestLocalCache_givesUp(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s, _ := counted(time.Minute)
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if _, err := s.get(ctx, "a"); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("get = %v, want the deadline", err)
		}
		time.Sleep(time.Minute)
		if have := s.local("a").value; have != 1 {
			t.Errorf("cached = %d, want the later result", have)
		}
	})
}

func TestLocalCache_life(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s, _ := counted(0)
		for _, step := range []struct {
			after time.Duration
			want  int32
		}{{0, 1}, {FreshFor - time.Second, 1}, {2 * time.Second, 2}} {
			time.Sleep(step.after)
			if n, _ := s.get(t.Context(), "a"); n != step.want {
				t.Errorf("get = %d, want the result of call %d", n, step.want)
			}
		}
		time.Sleep(FreshFor + time.Second)
		if have := s.local("a").value; have != 2 {
			t.Errorf("cached = %d, want the stale value", have)
		}
		time.Sleep(FreshFor)
		if have := s.local("a").value; have != 0 {
			t.Errorf("cached = %d, want nothing", have)
		}
	})
}

func TestLocalCache_sharesOneCall(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s, calls := counted(time.Second)
		var all sync.WaitGroup
		for range 50 {
			all.Go(func() {
				if n, err := s.get(t.Context(), "a"); n != 1 || err != nil {
					t.Errorf("get = %d, %v, want the result of the first call", n, err)
				}
			})
		}
		all.Wait()
		if n := calls.Load(); n != 1 {
			t.Errorf("%d calls, want 1", n)
		}
	})
}

// counted returns a cache of the number of the call that fetched, and that number.
func counted(takes time.Duration) (*LocalCache[int32], *atomic.Int32) {
	var calls atomic.Int32
	return NewLocalCache(nil, 2*FreshFor, func(context.Context, string) (int32, error) {
		n := calls.Add(1)
		time.Sleep(takes)
		return n, nil
	}), &calls
}
