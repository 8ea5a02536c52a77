package sends

import (
	"context"
	"sync"
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

// maxHold bounds the growing waits of a hold.
const maxHold = 30 * time.Second

// hold is a wait that grows while the API turns calls away.
type hold struct {
	mu    sync.Mutex
	tries int
	since time.Time // when the last wait began
	until time.Time
}

// back takes in that a call begun then was turned away, waits at least so long from now, and gives how many times in a row
// that was. Calls that were out together count as one.
func (h *hold) back(began time.Time, least time.Duration) int {
	h.mu.Lock()
	defer h.mu.Unlock()
	now := time.Now()
	if began.After(h.since) {
		h.tries++
		h.since = now
		least = max(least, growing(h.tries-1, time.Second, maxHold))
	}
	if until := now.Add(least); until.After(h.until) {
		h.until = until
	}
	return h.tries
}

// clear takes in that a call was answered.
func (h *hold) clear() {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.tries = 0
}

// rest is how long it is until calls may be made.
func (h *hold) rest() time.Duration {
	h.mu.Lock()
	defer h.mu.Unlock()
	return time.Until(h.until)
}

// wait waits until calls may be made, and says whether ctx lasted.
func (h *hold) wait(ctx context.Context) bool {
	for {
		rest := h.rest()
		if rest <= 0 {
			return ctx.Err() == nil
		}
		if !sleep(ctx, rest) {
			return false
		}
	}
}
