package cache

import (
	"context"
	"crypto/rand"
	mathrand "math/rand/v2"
	"time"

	"github.com/coupontools/couponbot/internal/bulkhead"
)

// flight is one attempt of this process to get a list fetched after a given time. All callers share it, and it continues if
// they give up.
type flight[T Item] struct {
	since   time.Time
	started time.Time
	done    chan struct{}
	// list and err are set when done is closed.
	list *ListOf[T]
	err  error
}

// late reports whether the flight has taken longer than callers wait.
func (f *flight[T]) late() bool { return time.Since(f.started) >= patience }

// renew returns a fresh list. It returns the old one, if not nil, when a fetch takes too long or fails.
func (c *Cache[T]) renew(ctx context.Context, old *ListOf[T]) (*ListOf[T], error) {
	if old != nil && c.failedLately() {
		return c.markOld(old, true), nil
	}
	f, mine := c.join(ctx, time.Now().Add(-c.cfg.TTL))
	if old != nil && !mine && !c.store.away() {
		return c.markOld(old, f.late()), nil
	}
	return c.await(ctx, f, old, patience)
}

// renewNow returns a new list, joining flights until one delivers it.
func (c *Cache[T]) renewNow(ctx context.Context) (*ListOf[T], error) {
	since := time.Now().Add(-refreshEvery)
	for {
		f, _ := c.join(ctx, since)
		l, err := c.await(ctx, f, c.load(), longPatience)
		// A flight that began earlier may have settled for an older list.
		if err != nil || l.Stale || newer(l, since) || !f.since.Before(since) {
			return l, err
		}
	}
}

// await waits for a flight. If the flight fails or takes too long it returns the old list, if there is one.
func (c *Cache[T]) await(ctx context.Context, f *flight[T], old *ListOf[T], limit time.Duration) (*ListOf[T], error) {
	var enough <-chan time.Time
	if old != nil {
		timer := time.NewTimer(limit)
		defer timer.Stop()
		enough = timer.C
	}
	select {
	case <-f.done:
	case <-enough:
		return c.markOld(old, true), nil
	case <-ctx.Done():
		if old != nil {
			return c.markOld(old, true), nil
		}
		return nil, context.Cause(ctx)
	}
	switch {
	case f.err == nil:
		c.observeNew()
		return f.list.marked(false, c.store.away()), nil
	case old != nil:
		return c.markOld(old, true), nil
	default:
		return nil, f.err
	}
}

// markOld marks a list that is past its TTL.
func (c *Cache[T]) markOld(l *ListOf[T], stale bool) *ListOf[T] {
	c.cfg.Observe("stale")
	return l.marked(stale, c.store.away())
}

func (c *Cache[T]) observeNew() {
	if c.store.away() {
		c.cfg.Observe("bypass")
		return
	}
	c.cfg.Observe("miss")
}

func (c *Cache[T]) failedLately() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return time.Since(c.failedAt) < failedFor
}

// join returns the current flight or starts one. mine is true if it started it.
func (c *Cache[T]) join(ctx context.Context, since time.Time) (f *flight[T], mine bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.flight != nil {
		return c.flight, false
	}
	c.flight = &flight[T]{since: since, started: time.Now(), done: make(chan struct{})}
	c.run(context.WithoutCancel(ctx), c.flight)
	return c.flight, true
}

// run runs the flight in a goroutine of its own.
func (c *Cache[T]) run(ctx context.Context, f *flight[T]) {
	c.cfg.Guard.Go(bulkhead.CacheFetch, func() (err error) {
		ctx, cancel := context.WithTimeout(ctx, fetchTimeout)
		defer cancel()
		f.list, err = c.getOrFetch(ctx, f.since)
		return err
	}, func(err error) { c.landed(f, err) })
}

// landed gives the result of a flight to all who wait for it.
func (c *Cache[T]) landed(f *flight[T], err error) {
	f.err = err
	c.mu.Lock()
	c.flight = nil
	c.failedAt = time.Time{}
	if f.err != nil {
		c.failedAt = time.Now()
	}
	c.mu.Unlock()
	close(f.done)
}

// getOrFetch gets a list fetched after since: from the API if this process gets the lock, from Redis if another replica has it,
// and directly from the API while Redis is down.
func (c *Cache[T]) getOrFetch(ctx context.Context, since time.Time) (*ListOf[T], error) {
	token := rand.Text()
	for {
		holder, err := c.store.lock(token)
		if err != nil {
			return c.fetchAlone(ctx, since)
		}
		if l := c.load(); l != nil && newer(l, since) {
			c.store.release(token)
			return l, nil
		}
		if holder == token {
			return c.fetchForAll(ctx, token)
		}
		if err := pollPause(ctx); err != nil {
			return nil, err
		}
		if err := c.store.failure(holder); err != nil {
			return nil, err
		}
	}
}

// pollPause waits before checking again on another replica.
func pollPause(ctx context.Context) error {
	timer := time.NewTimer(50*time.Millisecond + mathrand.N(50*time.Millisecond))
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// fetchForAll calls the API while holding the lock and stores the list, or the failure, for the other replicas.
func (c *Cache[T]) fetchForAll(ctx context.Context, token string) (*ListOf[T], error) {
	stop := c.store.hold(token)
	defer c.store.release(token)
	defer stop()
	l, err := c.fetch(ctx)
	if err != nil {
		c.store.saveFailure(token, err)
		return nil, err
	}
	c.store.save(l)
	return l, nil
}

// fetchAlone calls the API without Redis. Callers who arrive just after a fetch share its result.
func (c *Cache[T]) fetchAlone(ctx context.Context, since time.Time) (*ListOf[T], error) {
	if l := c.Local(); l != nil && age(l) < localFor && newer(l, since) {
		return l, nil
	}
	return c.fetch(ctx)
}

// fetch calls the API.
func (c *Cache[T]) fetch(ctx context.Context) (*ListOf[T], error) {
	items, err := c.cfg.Fetch(ctx)
	if err != nil {
		return nil, err
	}
	l := NewList(items, time.Now())
	c.keep(l)
	return l, nil
}
