package sends

import (
	"context"
	"time"
)

// sleep waits for d and says whether ctx lasted.
func sleep(ctx context.Context, d time.Duration) bool {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return ctx.Err() == nil
	case <-ctx.Done():
		return false
	}
}

// growing is the wait after so many tries: doubled each time, up to most.
func growing(tries int, first, most time.Duration) time.Duration {
	return min(most, first<<min(max(tries, 0), 16))
}
