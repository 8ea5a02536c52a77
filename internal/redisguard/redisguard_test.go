package redisguard_test

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/coupontools/couponbot/internal/redisguard"
)

func TestGuard(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var g redisguard.Guard
		calls := 0
		do := func(ctx context.Context, result error) error {
			return g.Do(ctx, func(ctx context.Context) error {
				calls++
				if deadline, ok := ctx.Deadline(); !ok || time.Until(deadline) > redisguard.Timeout {
					t.Errorf("the operation may take until %v", deadline)
				}
				return result
			})
		}
		if err := do(t.Context(), redis.Nil); !errors.Is(err, redis.Nil) || g.Away() {
			t.Errorf("a missing key: %v, away = %v", err, g.Away())
		}
		gone, cancel := context.WithCancel(t.Context())
		cancel()
		if err := do(gone, context.Canceled); err == nil || g.Away() {
			t.Errorf("a caller that gave up: %v, away = %v", err, g.Away())
		}
		down := errors.New("connection refused")
		if err := do(t.Context(), down); !errors.Is(err, down) || !g.Away() {
			t.Errorf("a failure: %v, away = %v", err, g.Away())
		}
		if err := do(t.Context(), nil); !errors.Is(err, down) || calls != 3 {
			t.Errorf("after it: %v after %d calls, want the failure without a fourth", err, calls)
		}
		time.Sleep(2 * time.Second)
		if err := do(t.Context(), nil); err != nil || g.Away() || calls != 4 {
			t.Errorf("2 s later: %v, away = %v after %d calls", err, g.Away(), calls)
		}
	})
}
