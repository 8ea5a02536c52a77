package sleep_test

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/coupontools/couponbot/internal/sleep"
)

func TestFor(t *testing.T) {
	t.Parallel()
	stopped := errors.New("stopped")
	for name, tt := range map[string]struct {
		wait, stop, want time.Duration
		err              error
	}{
		"whole wait":    {time.Second, time.Minute, time.Second, nil},
		"ends with ctx": {time.Minute, time.Second, time.Second, stopped},
		"no wait":       {0, time.Minute, 0, nil},
		"past":          {-time.Second, time.Minute, 0, nil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				ctx, cancel := context.WithTimeoutCause(t.Context(), tt.stop, stopped)
				defer cancel()
				start := time.Now()
				if err := sleep.For(ctx, tt.wait); !errors.Is(err, tt.err) || time.Since(start) != tt.want {
					t.Errorf("For(%v) = %v after %v, want %v after %v", tt.wait, err, time.Since(start), tt.err, tt.want)
				}
			})
		})
	}
}
