package bot

import (
	"context"
	"crypto/rand"
	"slices"
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
	list    string // see [Store.PutNewest]
}

// NewStore returns a store with this prefix for its keys in Redis.
func NewStore(rdb *redis.Client, prefix string) *Store {
	return &Store{redis: rdb, prefix: prefix + "bot:", memory: map[string]kept{}}
}

// Put keeps value under key for ttl.
func (s *Store) Put(ctx context.Context, key string, value []byte, ttl time.Duration) {
	err := s.try(ctx, func(ctx context.Context) error {
		return s.redis.Set(ctx, s.prefix+key, value, ttl).Err()
	})
	if err != nil {
		s.remember(key, kept{value: value}, ttl)
		return
	}
	s.drop(key)
}

// newestScript keeps a value and deletes the oldest of its list. Keys: the value's and the list's. Arguments: the value, its
// life (ms), and how many the list keeps. The order is that of the puts, whatever the clock of Redis does.
var newestScript = redis.NewScript(`
redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])
local newest = redis.call('ZRANGE', KEYS[2], -1, -1, 'WITHSCORES')
redis.call('ZADD', KEYS[2], tonumber(newest[2] or 0) + 1, KEYS[1])
redis.call('PEXPIRE', KEYS[2], ARGV[2])
for _, old in ipairs(redis.call('ZRANGE', KEYS[2], 0, -1 - tonumber(ARGV[3]))) do
	redis.call('DEL', old)
	redis.call('ZREM', KEYS[2], old)
end
return 0`)

// PutNewest is [Store.Put] for a value in a list of which only the newest are kept, so many as most says.
func (s *Store) PutNewest(ctx context.Context, list string, most int, key string, value []byte, ttl time.Duration) {
	err := s.try(ctx, func(ctx context.Context) error {
		keys := []string{s.prefix + key, s.prefix + "list:" + list}
		return newestScript.Run(ctx, s.redis, keys, value, ttl.Milliseconds(), most).Err()
	})
	if err != nil {
		s.remember(key, kept{value: value, list: list}, ttl)
		s.forgetOldest(list, most)
		return
	}
	s.drop(key)
}

// drop takes a value out of memory that Redis has now.
func (s *Store) drop(key string) {
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
	s.remember(key, kept{}, ttl)
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

// claim sets key for its first caller and returns the key's owner. It reads the owner because go-redis repeats a command if
// the answer was lost, and the repeat finds the key taken by its own first try.
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

func (s *Store) remember(key string, k kept, ttl time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	now := time.Now()
	if len(s.memory) >= storeSize {
		s.forget(now)
	}
	k.expires = now.Add(ttl)
	s.memory[key] = k
}

// forgetOldest deletes the oldest values of a list in memory.
func (s *Store) forgetOldest(list string, most int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	var keys []string
	for key, k := range s.memory {
		if k.list == list {
			keys = append(keys, key)
		}
	}
	slices.SortFunc(keys, func(a, b string) int { return s.memory[b].expires.Compare(s.memory[a].expires) })
	for _, key := range keys[min(most, len(keys)):] {
		delete(s.memory, key)
	}
}

// forget makes room: it removes expired values and, if that isn't enough, any others.
func (s *Store) forget(now time.Time) {
	for key, k := range s.memory {
		if now.After(k.expires) || len(s.memory) >= storeSize {
			delete(s.memory, key)
		}
	}
}
