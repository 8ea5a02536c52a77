package sends

import (
	"context"
	"time"

	sleeping "github.com/coupontools/couponbot/internal/sleep"
)

// sleep waits for d and reports whether ctx lasted.
func sleep(ctx context.Context, d time.Duration) bool {
	return sleeping.For(ctx, d) == nil && ctx.Err() == nil
}

// growing is the wait after so many tries: doubled each time, up to most.
func growing(tries int, first, most time.Duration) time.Duration {
	return min(most, first<<min(max(tries, 0), 16))
}
