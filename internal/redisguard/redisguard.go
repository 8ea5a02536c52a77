// Package redisguard is a circuit breaker for Redis, for callers that work without it and have people waiting: each operation
// gets 300 ms, and after a failure Redis isn't used for 2 s.
package redisguard

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/redis/go-redis/v9"
)

const (
	// Timeout bounds one operation.
	Timeout = 300 * time.Millisecond
	// rest is how long Redis isn't used after a failure, so that not every caller waits for the timeout.
	rest = 2 * time.Second
)

// Guard is one circuit breaker. The zero value is ready; it is safe for concurrent use.
type Guard struct {
	mu    sync.Mutex
	until time.Time
	cause error
}

// Away reports whether Redis failed within the last 2 s.
func (g *Guard) Away() bool { return g.open() != nil }

// open returns the failure for which Redis isn't used now, or nil.
func (g *Guard) open() error {
	g.mu.Lock()
	defer g.mu.Unlock()
	if time.Now().Before(g.until) {
		return g.cause
	}
	return nil
}

// Do runs an operation and returns its error. After a failure it returns that error for 2 s without trying again. A missing
// key ([redis.Nil]) is no failure of Redis, and neither is the end of the caller's ctx.
func (g *Guard) Do(ctx context.Context, operation func(context.Context) error) error {
	if err := g.open(); err != nil {
		return err
	}
	short, cancel := context.WithTimeout(ctx, Timeout)
	defer cancel()
	err := operation(short)
	if err != nil && !errors.Is(err, redis.Nil) && ctx.Err() == nil {
		g.mu.Lock()
		g.until, g.cause = time.Now().Add(rest), err
		g.mu.Unlock()
	}
	return err
}
