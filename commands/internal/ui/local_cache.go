package ui

import (
	"context"
	"sync"
	"time"

	"github.com/coupontools/couponbot/coupontools/cache"
	"github.com/coupontools/couponbot/internal/bulkhead"
)

const (
	// FreshFor is how long a cached value is used without fetching it.
	FreshFor = time.Minute
	// namesFor is how long the names in a list are kept.
	namesFor = time.Hour
	// fetchTime bounds one fetch, with its retries.
	fetchTime = 90 * time.Second
)

// CachedList is the [ListSource] of a list that the API returns in one answer, in a [LocalCache].
type CachedList[T cache.Item] struct {
	cache *LocalCache[*cache.ListOf[T]]
}

// NewCachedList returns a list that fetch loads, cached in memory for a minute.
func NewCachedList[T cache.Item](guard *bulkhead.Guard, fetch func(context.Context) ([]T, error)) CachedList[T] {
	return CachedList[T]{NewLocalCache(guard, namesFor, func(ctx context.Context, _ string) (*cache.ListOf[T], error) {
		items, err := fetch(ctx)
		if err != nil {
			return nil, err
		}
		return cache.NewList(items, time.Now()), nil
	})}
}

// List returns the list, cached or fetched.
func (l CachedList[T]) List(ctx context.Context) (*cache.ListOf[T], error) {
	return l.cache.get(ctx, "")
}

// Local returns the cached list, however old, or nil.
func (l CachedList[T]) Local() *cache.ListOf[T] { return l.cache.local("").value }

// Refresh fetches the list.
func (l CachedList[T]) Refresh(ctx context.Context) (*cache.ListOf[T], error) {
	return l.cache.Renew(ctx, "")
}

// Forget drops the list.
func (l CachedList[T]) Forget() { l.cache.Forget("") }

// LocalCache keeps API responses in memory for a minute, by key, so paging and type-ahead make no calls. It must not hold
// secrets.
type LocalCache[T any] struct {
	// life is how long a value is kept.
	life   time.Duration
	fetch  func(ctx context.Context, key string) (T, error)
	guard  *bulkhead.Guard
	flight bulkhead.Flight[T]

	mu      sync.Mutex
	kept    map[string]cachedValue[T]
	changes int // calls of Forget
}

type cachedValue[T any] struct {
	value T
	at    time.Time
}

// NewLocalCache returns a cache in memory that keeps values for life.
func NewLocalCache[T any](
	guard *bulkhead.Guard, life time.Duration, fetch func(ctx context.Context, key string) (T, error),
) *LocalCache[T] {
	return &LocalCache[T]{guard: guard, life: life, fetch: fetch, kept: map[string]cachedValue[T]{}}
}

// get returns the value, cached or fetched.
func (c *LocalCache[T]) get(ctx context.Context, key string) (T, error) {
	if have := c.local(key); time.Since(have.at) < FreshFor {
		return have.value, nil
	}
	return c.Renew(ctx, key)
}

// local returns the cached value, however old, or the zero value.
func (c *LocalCache[T]) local(key string) cachedValue[T] {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.kept[key]
}

// Renew fetches the value. Concurrent callers share one call, which continues when one of them gives up.
func (c *LocalCache[T]) Renew(ctx context.Context, key string) (T, error) {
	return c.flight.Do(ctx, c.guard, bulkhead.LocalCache, key, func() (T, error) {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), fetchTime)
		defer cancel()
		since := c.version()
		v, err := c.fetch(ctx, key)
		if err == nil {
			c.keep(key, v, since)
		}
		return v, err
	})
}

// Forget drops a changed value. The result of a fetch in progress isn't cached.
func (c *LocalCache[T]) Forget(key string) {
	c.flight.Forget(key)
	c.mu.Lock()
	defer c.mu.Unlock()
	delete(c.kept, key)
	c.changes++
}

func (c *LocalCache[T]) version() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.changes
}

func (c *LocalCache[T]) keep(key string, v T, since int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.changes != since {
		return
	}
	now := time.Now()
	c.kept[key] = cachedValue[T]{value: v, at: now}
	c.guard.AfterTime(c.life, bulkhead.LocalCache, func() { c.expire(key, now) })
}

// expire drops a value unless it has been replaced.
func (c *LocalCache[T]) expire(key string, since time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.kept[key].at.Equal(since) {
		delete(c.kept, key)
	}
}
