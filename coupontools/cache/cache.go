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
	// localFor is how long the in-process copy is served without checking Redis for a newer one.
	localFor = 2 * time.Second
	// patience is how long a caller waits for a fetch if there is an old list to show; longPatience is the same for a caller
	// who asked for a refresh.
	patience     = 800 * time.Millisecond
	longPatience = 10 * time.Second
	// fetchTimeout bounds one fetch: waiting for another replica's call, or the call with its retries.
	fetchTimeout = 90 * time.Second
	// failedFor is how long an old list is served after a failure before the API is called again.
	failedFor = 2 * time.Second
	// refreshEvery is the age below which Refresh considers a list new.
	refreshEvery = 3 * time.Second
)

// Config is what a [Cache] needs.
type Config[T Item] struct {
	// Redis holds the list for all replicas.
	Redis *redis.Client
	// Prefix starts every key. Name is the kind of list and distinguishes its keys from those of other lists: "directories".
	Prefix, Name string
	// Fetch gets the whole list from the API. [Cache.List] returns its error.
	Fetch func(context.Context) ([]T, error)
	// TTL is how long a list is fresh. Stale is how old a list may be to be shown while the API is down.
	TTL, Stale time.Duration
	// Observe, if not nil, is called with the source of each list: "local" (in the process), "hit" (fresh, in Redis), "miss"
	// (from the API), "stale" (past its TTL) or "bypass" (from the API, Redis being down).
	Observe func(result string)
	// Guard recovers panics of Fetch and of the cache.
	Guard *bulkhead.Guard
}

// Cache caches one list of the account. Make it with [New]; it is safe for concurrent use.
type Cache[T Item] struct {
	cfg   Config[T]
	store *store[T]
	loads singleflight.Group

	mu       sync.Mutex
	local    *ListOf[T]
	checked  time.Time // when Redis, or the API, last confirmed local
	failedAt time.Time // when the API last failed; zero after a success
	flight   *flight[T]
}

// New returns a cache. It makes no connection.
func New[T Item](cfg Config[T]) *Cache[T] {
	if cfg.Observe == nil {
		cfg.Observe = func(string) {}
	}
	return &Cache[T]{cfg: cfg, store: newStore(cfg)}
}

// List returns the list. With an old list it returns within about a second, even if Redis and the API are down; otherwise it
// waits for the API until ctx ends. Its error is the API's, or the cause of ctx.
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

// Refresh returns a list that is at most a few seconds old, calling the API if needed. Concurrent refreshes on all replicas
// share one call. If the API is down it returns the old list, marked stale, after ten seconds at most.
func (c *Cache[T]) Refresh(ctx context.Context) (*ListOf[T], error) {
	if l := c.load(); l != nil && age(l) < refreshEvery {
		c.cfg.Observe("hit")
		return l.marked(false, c.store.away()), nil
	}
	return c.renewNow(ctx)
}

// Local returns the in-process list, however old, or nil. It never waits.
func (c *Cache[T]) Local() *ListOf[T] {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.local
}

// recent returns the in-process list if it needn't be checked against Redis.
func (c *Cache[T]) recent() *ListOf[T] {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.local == nil || time.Since(c.checked) >= localFor || age(c.local) >= c.cfg.TTL {
		return nil
	}
	return c.local.marked(false, c.store.away())
}

// load returns the list in Redis, or the in-process one if Redis is down or empty. It returns nil if there is none or it is
// too old to show.
func (c *Cache[T]) load() *ListOf[T] {
	// The load takes at most one Redis timeout, so the callers' contexts don't matter.
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

// loadOnce updates the in-process list from Redis. Equal fetch times mean equal lists.
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

// keep stores l in the process unless the list there is newer.
func (c *Cache[T]) keep(l *ListOf[T]) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.local == nil || age(l) <= age(c.local) {
		c.local = l
		c.checked = time.Now()
	}
}

// age returns how old a list is. Clock skew: a timestamp in the future counts as equally old, so the list isn't fresh until
// then.
func age[T Item](l *ListOf[T]) time.Duration { return time.Since(l.FetchedAt).Abs() }

// newer reports whether a list was fetched after a given time.
func newer[T Item](l *ListOf[T], since time.Time) bool { return age(l) < time.Since(since) }
