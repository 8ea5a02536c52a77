package sends

import (
	"context"
	"strconv"
	"strings"
	"time"

	sleeping "github.com/coupontools/couponbot/internal/sleep"
)

// sleep waits for d and reports whether ctx is still alive.
func sleep(ctx context.Context, d time.Duration) bool {
	return sleeping.For(ctx, d) == nil && ctx.Err() == nil
}

// awaitWake waits for a wake-up, at most for d, and reports whether ctx is still alive.
func awaitWake(ctx context.Context, wake <-chan struct{}, d time.Duration) bool {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
	case <-wake:
	case <-ctx.Done():
	}
	return ctx.Err() == nil
}

// backoff returns the wait after a number of retries: first, doubled each time, at most most.
func backoff(retries int, first, most time.Duration) time.Duration {
	return min(most, first<<min(max(retries, 0), 16))
}

// backoffSchedule returns the waits of backoff in ms, separated by spaces, up to the first that is most. A script picks one by
// its own counter.
func backoffSchedule(first, most time.Duration) string {
	var waits []string
	for retries := 0; ; retries++ {
		wait := backoff(retries, first, most)
		waits = append(waits, strconv.FormatInt(wait.Milliseconds(), 10))
		if wait == most {
			return strings.Join(waits, " ")
		}
	}
}
