package app

import (
	"testing"
	"time"
)

// People's answers have the shutdown timeout, with room to tell of those that are broken off.
func TestAnswersTime(t *testing.T) {
	t.Parallel()
	for shutdown, want := range map[time.Duration]time.Duration{
		35 * time.Second: 31 * time.Second, 5 * time.Second: 2500 * time.Millisecond, time.Second: 500 * time.Millisecond,
	} {
		if got := answersTime(shutdown); got != want {
			t.Errorf("answersTime(%v) = %v, want %v", shutdown, got, want)
		}
	}
}
