// Package sleep sleeps under a context.
package sleep

import (
	"context"
	"time"
)

// For waits for d. If ctx ends first it returns the cause.
func For(ctx context.Context, d time.Duration) error {
	if d <= 0 {
		return nil
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}
