package bot

import (
	"context"
	"crypto/rand"
	"sync"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/coupontools/couponbot/internal/redisguard"
)

// storeSize bounds the values kept in memory while Redis can't be reached.
const storeSize = 10_000

// Store keeps small values for a while: form input, pager positions, the interactions that were handled. It writes to
// Redis; while Redis can't be reached it keeps values in this process, so that browsing still works.
type Store struct {
	redis  *redis.Client
	prefix string

	guard redisguard.Guard

	mu     sync.Mutex
	memory map[string]kept
}

type kept struct {
	value   []byte
	expires time.Time
}

// NewStore returns a store whose keys in Redis begin with prefix.
func NewStore(rdb *redis.Client, prefix string) *Store {
	return &Store{redis: rdb, prefix: prefix + "bot:", memory: map[string]kept{}}
}

// Put keeps value under key for ttl.
func (s *Store) Put(ctx context.Context, key string, value []byte, ttl time.Duration) {
	err := s.try(ctx, func(ctx context.Context) error {
		return s.redis.Set(ctx, s.prefix+key, value, ttl).Err()
	})
	if err != nil {
		s.remember(key, value, ttl)
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.memory, key)
}

// Get returns the value under key, or false if there is none or it has expired.
func (s *Store) Get(ctx context.Context, key string) ([]byte, bool) {
	if value, ok := s.recall(key); ok { // put while Redis was unreachable, so newer than Redis's
		return value, true
	}
	var value []byte
	err := s.try(ctx, func(ctx context.Context) (err error) {
		value, err = s.redis.Get(ctx, s.prefix+key).Bytes()
		return err
	})
	return value, err == nil
}

// First reports whether key is seen for the first time within ttl. Without Redis it only knows about this process.
func (s *Store) First(ctx context.Context, key string, ttl time.Duration) bool {
	owner, mine := "", rand.Text()
	err := s.try(ctx, func(ctx context.Context) (err error) {
		owner, err = s.claim(ctx, s.prefix+key, mine, ttl)
		return err
	})
	_, seenHere := s.recall(key)
	if err == nil {
		return owner == mine && !seenHere
	}
	s.remember(key, nil, ttl)
	return !seenHere
}

// Once is [Store.First] for what must not happen twice on any replica: without Redis it returns an error, and the caller
// must stop. The key may have been taken despite the error.
func (s *Store) Once(ctx context.Context, key string, ttl time.Duration) (first bool, err error) {
	mine := rand.Text()
	err = s.try(ctx, func(ctx context.Context) error {
		owner, err := s.claim(ctx, s.prefix+key, mine, ttl)
		first = owner == mine
		return err
	})
	return first && err == nil, err
}

// claim sets key for its first caller and returns its owner. It reads the owner since go-redis repeats a command whose
// answer was lost, and then finds the key taken by its own first try.
func (s *Store) claim(ctx context.Context, key, mine string, ttl time.Duration) (owner string, err error) {
	err = s.redis.SetArgs(ctx, key, mine, redis.SetArgs{Mode: "NX", TTL: ttl}).Err()
	if err == redis.Nil { //nolint:errorlint // go-redis documents Nil as returned bare
		return s.redis.Get(ctx, key).Result()
	}
	return mine, err
}

// recall returns the value kept in this process.
func (s *Store) recall(key string) ([]byte, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	k, ok := s.memory[key]
	return k.value, ok && time.Now().Before(k.expires)
}

// try runs one command against Redis, unless Redis was unreachable a moment ago. It doesn't end with the caller's ctx.
func (s *Store) try(ctx context.Context, command func(context.Context) error) error {
	return s.guard.Do(context.WithoutCancel(ctx), command)
}

func (s *Store) remember(key string, value []byte, ttl time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	now := time.Now()
	if len(s.memory) >= storeSize {
		s.forget(now)
	}
	s.memory[key] = kept{value: value, expires: now.Add(ttl)}
}

// forget makes room: it removes expired values and, if that isn't enough, any others.
func (s *Store) forget(now time.Time) {
	for key, k := range s.memory {
		if now.After(k.expires) || len(s.memory) >= storeSize {
			delete(s.memory, key)
		}
	}
}
