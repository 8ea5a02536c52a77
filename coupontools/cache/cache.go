package cache

import (
	"context"
	"sync"
	"time"

	"github.com/redis/go-redis/v9"
	"golang.org/x/sync/singleflight"

	"github.com/coupontools/couponbot/internal/bulkhead"
)

const (
	// localFor is how long the copy in the process is given out without asking Redis whether there is a newer one.
	localFor = 2 * time.Second
	// patience is how long somebody waits for a list to be renewed when there is an old one to show; longPatience is the
	// same for somebody who asked for a new one.
	patience     = 800 * time.Millisecond
	longPatience = 10 * time.Second
	// fetchTimeout bounds one flight: the wait for another replica's call, or the call with its repeats.
	fetchTimeout = 90 * time.Second
	// failedFor is how long an old list is shown after a failure before the API is asked again.
	failedFor = 2 * time.Second
	// refreshEvery is the age under which Refresh takes a list for new.
	refreshEvery = 3 * time.Second
)

// Config is what a [Cache] needs.
type Config[T Item] struct {
	// Redis holds the list for all replicas.
	Redis *redis.Client
	// Prefix starts every key. Name is what is in the list, and tells its keys from those of other lists: "directories".
	Prefix, Name string
	// Fetch asks the API for the whole list. The error it gives is the one that [Cache.List] gives.
	Fetch func(context.Context) ([]T, error)
	// TTL is how long a list counts as fresh. Stale is how old a list may be and still be shown when the API is away.
	TTL, Stale time.Duration
	// Observe, if not nil, is told how each list was found: "local" (in the process), "hit" (fresh, in Redis), "miss" (from
	// the API), "stale" (past its time) or "bypass" (from the API, Redis being away).
	Observe func(result string)
	// Guard recovers panics of Fetch and of the cache.
	Guard *bulkhead.Guard
}

// Cache gives out one list of the account. Make it with [New]; it is safe for use by many goroutines.
type Cache[T Item] struct {
	cfg   Config[T]
	store *store[T]
	loads singleflight.Group

	mu       sync.Mutex
	local    *ListOf[T]
	checked  time.Time // when Redis, or the API, last confirmed local
	failedAt time.Time // when the API last failed, zero once it has answered
	flight   *flight[T]
}

// New returns a cache. It makes no connection.
func New[T Item](cfg Config[T]) *Cache[T] {
	if cfg.Observe == nil {
		cfg.Observe = func(string) {}
	}
	return &Cache[T]{cfg: cfg, store: newStore(cfg)}
}

// List returns the list. If there is an old one, it returns within about a second whatever is away;
// otherwise it waits for the API until ctx ends. Its error is that of the API, or the cause of ctx.
func (c *Cache[T]) List(ctx context.Context) (*ListOf[T], error) {
	if l := c.recent(); l != nil {
		c.cfg.Observe("local")
		return l, nil
	}
	l := c.load()
	if l != nil && age(l) < c.cfg.TTL && !c.store.away() {
		c.cfg.Observe("hit")
		return l, nil
	}
	return c.renew(ctx, l)
}

// Refresh returns a list that is at most a few seconds old, asking the API if there is none. Any number of people doing so
// at once, on all replicas, cost one call. When the API is away it returns the old list, marked, after ten seconds at most.
func (c *Cache[T]) Refresh(ctx context.Context) (*ListOf[T], error) {
	if l := c.load(); l != nil && age(l) < refreshEvery {
		c.cfg.Observe("hit")
		return l.marked(false, c.store.away()), nil
	}
	return c.renewNow(ctx)
}

// Local returns the list that is in the process, however old, or nil if there is none yet. It never waits.
func (c *Cache[T]) Local() *ListOf[T] {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.local
}

// recent returns the list in the process if it needs no confirmation.
func (c *Cache[T]) recent() *ListOf[T] {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.local == nil || time.Since(c.checked) >= localFor || age(c.local) >= c.cfg.TTL {
		return nil
	}
	return c.local.marked(false, c.store.away())
}

// load returns the list in Redis, or the one in the process if Redis is away or has none: nil if there is none, or only
// one that is too old to be shown.
func (c *Cache[T]) load() *ListOf[T] {
	// Nothing in here waits for longer than one operation's deadline, so the callers' contexts need not be looked at.
	_, _, _ = c.loads.Do("", func() (any, error) {
		c.loadOnce()
		return nil, nil
	})
	l := c.Local()
	if l == nil || age(l) >= max(c.cfg.TTL, c.cfg.Stale) {
		return nil
	}
	return l
}

// loadOnce brings the list in the process up to the one in Redis. The time it was fetched tells whether they differ.
func (c *Cache[T]) loadOnce() {
	var known time.Time
	if l := c.Local(); l != nil {
		known = l.FetchedAt
	}
	at, items, err := c.store.load(known)
	switch {
	case err != nil, at.IsZero():
	case at.Equal(known):
		c.mu.Lock()
		c.checked = time.Now()
		c.mu.Unlock()
	default:
		c.keep(NewList(items, at))
	}
}

// keep makes l the list in the process, unless that is a newer one.
func (c *Cache[T]) keep(l *ListOf[T]) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.local == nil || age(l) <= age(c.local) {
		c.local = l
		c.checked = time.Now()
	}
}

// age returns how old a list is. One from the future, by a clock that was wrong here or in another replica, is taken for as
// old as it is ahead, so that it is not fresh until then.
func age[T Item](l *ListOf[T]) time.Duration { return time.Since(l.FetchedAt).Abs() }

// newer reports whether a list was fetched after a given time.
func newer[T Item](l *ListOf[T], since time.Time) bool { return age(l) < time.Since(since) }
