package commands

import (
	"context"
	"sync"
	"time"

	"github.com/coupontools/couponbot/coupontools/cache"
	"github.com/coupontools/couponbot/internal/bulkhead"
)

const (
	// freshFor is how long a shelf gives out what it has.
	freshFor = time.Minute
	// namesFor is how long the names in a list are remembered.
	namesFor = time.Hour
	// fetchTime bounds one fetch, with its repeats.
	fetchTime = 90 * time.Second
)

// stock is a list that is all in one answer of Coupontools and kept on a shelf.
type stock[T cache.Item] struct{ shelf *shelf[*cache.ListOf[T]] }

func stocked[T cache.Item](guard *bulkhead.Guard, fetch func(context.Context) ([]T, error)) stock[T] {
	return stock[T]{newShelf(guard, namesFor, func(ctx context.Context, _ string) (*cache.ListOf[T], error) {
		items, err := fetch(ctx)
		if err != nil {
			return nil, err
		}
		return cache.NewList(items, time.Now()), nil
	})}
}

// List returns what is at hand, or fetches it.
func (s stock[T]) List(ctx context.Context) (*cache.ListOf[T], error) { return s.shelf.get(ctx, "") }

// Local returns what is at hand, however old, or nil.
func (s stock[T]) Local() *cache.ListOf[T] { return s.shelf.atHand("").value }

// Refresh fetches the list anew.
func (s stock[T]) Refresh(ctx context.Context) (*cache.ListOf[T], error) {
	return s.shelf.renew(ctx, "")
}

func (s stock[T]) forget() { s.shelf.forget("") }

// shelf gives out what Coupontools gave, by key, for a minute, so that turning pages and typing ahead cost no call. It is in
// this process alone, and not for secrets.
type shelf[T any] struct {
	// life is after how long a thing is thrown away.
	life   time.Duration
	fetch  func(ctx context.Context, key string) (T, error)
	guard  *bulkhead.Guard
	flight bulkhead.Flight[T]

	mu      sync.Mutex
	kept    map[string]shelved[T]
	changes int // how often something was forgotten
}

type shelved[T any] struct {
	value T
	at    time.Time
}

func newShelf[T any](
	guard *bulkhead.Guard, life time.Duration, fetch func(ctx context.Context, key string) (T, error),
) *shelf[T] {
	return &shelf[T]{guard: guard, life: life, fetch: fetch, kept: map[string]shelved[T]{}}
}

// get returns what is at hand, or fetches it.
func (s *shelf[T]) get(ctx context.Context, key string) (T, error) {
	if have := s.atHand(key); time.Since(have.at) < freshFor {
		return have.value, nil
	}
	return s.renew(ctx, key)
}

// atHand returns what is there, however old, without waiting; the zero value if nothing is.
func (s *shelf[T]) atHand(key string) shelved[T] {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.kept[key]
}

// renew fetches. Any number of people who wait for the same cost one call, which goes on when one of them gives up.
func (s *shelf[T]) renew(ctx context.Context, key string) (T, error) {
	return s.flight.Do(ctx, s.guard, bulkhead.LocalCache, key, func() (T, error) {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), fetchTime)
		defer cancel()
		since := s.seen()
		value, err := s.fetch(ctx, key)
		if err == nil {
			s.keep(key, value, since)
		}
		return value, err
	})
}

// forget takes away what has been changed. What is being fetched meanwhile is not kept.
func (s *shelf[T]) forget(key string) {
	s.flight.Forget(key)
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.kept, key)
	s.changes++
}

func (s *shelf[T]) seen() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.changes
}

func (s *shelf[T]) keep(key string, value T, since int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.changes != since {
		return
	}
	now := time.Now()
	s.kept[key] = shelved[T]{value: value, at: now}
	s.guard.AfterTime(s.life, bulkhead.LocalCache, func() { s.expire(key, now) })
}

// expire throws away what has been there since then.
func (s *shelf[T]) expire(key string, since time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.kept[key].at.Equal(since) {
		delete(s.kept, key)
	}
}
