package bot

import (
	"context"
	"crypto/rand"
	"sync"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/coupontools/couponbot/internal/redisguard"
)

// storeSize bounds the values kept in memory while Redis is away.
const storeSize = 10_000

// Store keeps small values for a while: what was typed into a form, where a pager stands, which clicks were seen. It
// writes to Redis; while Redis is away it keeps what it is given in this process, so that browsing goes on.
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

// Get returns what was kept under key; false if nothing was, or not any more.
func (s *Store) Get(ctx context.Context, key string) ([]byte, bool) {
	if value, ok := s.recall(key); ok { // put while Redis was away, so newer than what Redis may have
		return value, true
	}
	var value []byte
	err := s.try(ctx, func(ctx context.Context) (err error) {
		value, err = s.redis.Get(ctx, s.prefix+key).Bytes()
		return err
	})
	return value, err == nil
}

// First reports whether key is seen for the first time within ttl. With Redis away it knows only of this process.
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

// Once is [Store.First] for what must not happen twice on any replica: with Redis away it is an error, and the caller must
// not go on. After an error the key may be taken all the same.
func (s *Store) Once(ctx context.Context, key string, ttl time.Duration) (first bool, err error) {
	mine := rand.Text()
	err = s.try(ctx, func(ctx context.Context) error {
		owner, err := s.claim(ctx, s.prefix+key, mine, ttl)
		first = owner == mine
		return err
	})
	return first && err == nil, err
}

// claim sets key for its first caller and returns whose it is. That is asked too, since go-redis repeats a command whose
// answer was lost, and then finds the key taken by itself.
func (s *Store) claim(ctx context.Context, key, mine string, ttl time.Duration) (owner string, err error) {
	err = s.redis.SetArgs(ctx, key, mine, redis.SetArgs{Mode: "NX", TTL: ttl}).Err()
	if err == redis.Nil { //nolint:errorlint // go-redis documents Nil as returned bare
		return s.redis.Get(ctx, key).Result()
	}
	return mine, err
}

// recall returns what this process remembers.
func (s *Store) recall(key string) ([]byte, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	k, ok := s.memory[key]
	return k.value, ok && time.Now().Before(k.expires)
}

// try runs one command against Redis, unless Redis was away a moment ago. It doesn't end with the caller's ctx.
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

// forget makes room: all that is over, and if that is not enough, anything.
func (s *Store) forget(now time.Time) {
	for key, k := range s.memory {
		if now.After(k.expires) || len(s.memory) >= storeSize {
			delete(s.memory, key)
		}
	}
}
