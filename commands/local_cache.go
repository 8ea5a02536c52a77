package commands

import (
	"context"
	"sync"
	"time"

	"github.com/coupontools/couponbot/coupontools/cache"
	"github.com/coupontools/couponbot/internal/bulkhead"
)

const (
	// freshFor is how long a cached value is used without fetching it.
	freshFor = time.Minute
	// namesFor is how long the names in a list are remembered.
	namesFor = time.Hour
	// fetchTime bounds one fetch, with its retries.
	fetchTime = 90 * time.Second
)

// cachedList is the [listSource] of a list that Coupontools gives in one answer, in a [localCache].
type cachedList[T cache.Item] struct {
	cache *localCache[*cache.ListOf[T]]
}

func newCachedList[T cache.Item](guard *bulkhead.Guard, fetch func(context.Context) ([]T, error)) cachedList[T] {
	return cachedList[T]{newLocalCache(guard, namesFor, func(ctx context.Context, _ string) (*cache.ListOf[T], error) {
		items, err := fetch(ctx)
		if err != nil {
			return nil, err
		}
		return cache.NewList(items, time.Now()), nil
	})}
}

// List returns the list, cached or fetched.
func (l cachedList[T]) List(ctx context.Context) (*cache.ListOf[T], error) {
	return l.cache.get(ctx, "")
}

// Local returns the cached list, however old, or nil.
func (l cachedList[T]) Local() *cache.ListOf[T] { return l.cache.local("").value }

// Refresh fetches the list.
func (l cachedList[T]) Refresh(ctx context.Context) (*cache.ListOf[T], error) {
	return l.cache.renew(ctx, "")
}

func (l cachedList[T]) forget() { l.cache.forget("") }

// localCache keeps answers of Coupontools in this process for a minute, by key, so that paging and type-ahead make no calls. It
// is not for secrets.
type localCache[T any] struct {
	// life is how long a value is kept.
	life   time.Duration
	fetch  func(ctx context.Context, key string) (T, error)
	guard  *bulkhead.Guard
	flight bulkhead.Flight[T]

	mu      sync.Mutex
	kept    map[string]cachedValue[T]
	changes int // calls of forget
}

type cachedValue[T any] struct {
	value T
	at    time.Time
}

func newLocalCache[T any](
	guard *bulkhead.Guard, life time.Duration, fetch func(ctx context.Context, key string) (T, error),
) *localCache[T] {
	return &localCache[T]{guard: guard, life: life, fetch: fetch, kept: map[string]cachedValue[T]{}}
}

// get returns the value, cached or fetched.
func (c *localCache[T]) get(ctx context.Context, key string) (T, error) {
	if have := c.local(key); time.Since(have.at) < freshFor {
		return have.value, nil
	}
	return c.renew(ctx, key)
}

// local returns the cached value, however old, or the zero value.
func (c *localCache[T]) local(key string) cachedValue[T] {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.kept[key]
}

// renew fetches the value. Concurrent callers share one call, which continues when one of them gives up.
func (c *localCache[T]) renew(ctx context.Context, key string) (T, error) {
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

// forget drops a value that was changed. What is being fetched meanwhile is not cached.
func (c *localCache[T]) forget(key string) {
	c.flight.Forget(key)
	c.mu.Lock()
	defer c.mu.Unlock()
	delete(c.kept, key)
	c.changes++
}

func (c *localCache[T]) version() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.changes
}

func (c *localCache[T]) keep(key string, v T, since int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.changes != since {
		return
	}
	now := time.Now()
	c.kept[key] = cachedValue[T]{value: v, at: now}
	c.guard.AfterTime(c.life, bulkhead.LocalCache, func() { c.expire(key, now) })
}

// expire drops a value that was kept at that time.
func (c *localCache[T]) expire(key string, since time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.kept[key].at.Equal(since) {
		delete(c.kept, key)
	}
}
