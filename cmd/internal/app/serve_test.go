package app

import (
	"testing"
	"time"
)

// The drain timeout leaves part of the shutdown timeout for telling users that their request was cancelled.
func TestDrainTimeout(t *testing.T) {
	t.Parallel()
	for shutdown, want := range map[time.Duration]time.Duration{
		35 * time.Second: 31 * time.Second, 5 * time.Second: 2500 * time.Millisecond, time.Second: 500 * time.Millisecond,
	} {
		if got := drainTimeout(shutdown); got != want {
			t.Errorf("drainTimeout(%v) = %v, want %v", shutdown, got, want)
		}
	}
}
