package cache

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/klauspost/compress/zstd"
	"github.com/redis/go-redis/v9"

	"github.com/coupontools/couponbot/coupontools"
	"github.com/coupontools/couponbot/internal/bulkhead"
	"github.com/coupontools/couponbot/internal/redisguard"
)

const (
	// lockFor is how long the lock outlives a crashed holder. A live holder extends it every third of that.
	lockFor = 6 * time.Second
	// maxUnpacked bounds the unpacked list, in bytes.
	maxUnpacked = 64 << 20
)

// store keeps the list in Redis: a hash with the packed list and its fetch time, the lock, and for a few seconds the failure
// of the last flight.
type store[T Item] struct {
	redis                *redis.Client
	list, locked, failed string
	keepFor              time.Duration
	reach                redisguard.Guard
	guard                *bulkhead.Guard
}

func newStore[T Item](cfg Config[T]) *store[T] {
	// The number is the format's version: replicas of two versions don't read each other's lists.
	key := cfg.Prefix + cfg.Name + ":1"
	return &store[T]{
		redis: cfg.Redis.WithTimeout(redisguard.Timeout), list: key, locked: key + ":lock", failed: key + ":failed",
		keepFor: max(cfg.TTL, cfg.Stale), guard: cfg.Guard,
	}
}

// away reports whether Redis has just failed.
func (s *store[T]) away() bool { return s.reach.Away() }

// do runs one operation, or returns an error while Redis is down. A missing key is no failure.
func (s *store[T]) do(op func(context.Context) error) error {
	if err := s.reach.Do(context.Background(), op); !errors.Is(err, redis.Nil) {
		return err
	}
	return nil
}

// load returns the fetch time of the list, zero if there is none, and the list if that time differs from known.
func (s *store[T]) load(known time.Time) (at time.Time, items []T, err error) {
	err = s.do(func(ctx context.Context) error {
		at, err = s.fetchedAt(ctx)
		return err
	})
	if err != nil || at.IsZero() || at.Equal(known) {
		return at, nil, err
	}
	var both struct {
		At   int64  `redis:"at"`
		List []byte `redis:"list"`
	}
	err = s.do(func(ctx context.Context) error { return s.redis.HMGet(ctx, s.list, "at", "list").Scan(&both) })
	if err != nil || both.At == 0 {
		return time.Time{}, nil, err
	}
	items, err = unpack[T](both.List)
	if err != nil {
		// An unreadable list counts as missing: the next flight replaces it.
		return time.Time{}, nil, nil
	}
	return time.UnixMilli(both.At).UTC(), items, nil
}

func (s *store[T]) fetchedAt(ctx context.Context) (time.Time, error) {
	text, err := s.redis.HGet(ctx, s.list, "at").Result()
	if err != nil {
		return time.Time{}, err
	}
	ms, err := strconv.ParseInt(text, 10, 64)
	if err != nil || ms <= 0 {
		return time.Time{}, nil
	}
	return time.UnixMilli(ms).UTC(), nil
}

// saveScript stores a list unless the stored one is newer. If that is newer by more than two flights can differ, its
// timestamp is wrong and it is replaced.
var saveScript = redis.NewScript(`
local newer = tonumber(redis.call('HGET', KEYS[1], 'at') or 0) - tonumber(ARGV[1])
if newer <= 0 or newer > tonumber(ARGV[4]) then
	redis.call('HSET', KEYS[1], 'at', ARGV[1], 'list', ARGV[2])
	redis.call('PEXPIRE', KEYS[1], ARGV[3])
end
return 0`)

// save stores a list for all replicas. If Redis is down each of them calls the API itself.
func (s *store[T]) save(l *ListOf[T]) {
	packed, err := pack(l.Items)
	if err != nil {
		return
	}
	_ = s.do(func(ctx context.Context) error {
		return saveScript.Run(ctx, s.redis, []string{s.list},
			l.FetchedAt.UnixMilli(), packed, s.keepFor.Milliseconds(), fetchTimeout.Milliseconds()).Err()
	})
}

// lockScript takes the lock if it is free and returns the holder's token. It is idempotent for the same token. A lock that
// lasts longer than any lock can was made before the clock of Redis was set back, and counts as free.
var lockScript = redis.NewScript(`
local holder, left = redis.call('GET', KEYS[1]), redis.call('PTTL', KEYS[1])
if holder and left >= 0 and left <= tonumber(ARGV[2]) then return holder end
redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])
return ARGV[1]`)

// lock returns the token of the lock's holder.
func (s *store[T]) lock(token string) (holder string, err error) {
	err = s.do(func(ctx context.Context) error {
		holder, err = lockScript.Run(ctx, s.redis, []string{s.locked}, token, lockFor.Milliseconds()).Text()
		return err
	})
	return holder, err
}

// prolongScript extends the lock if the token holds it.
var prolongScript = redis.NewScript(`
if redis.call('GET', KEYS[1]) == ARGV[1] then return redis.call('PEXPIRE', KEYS[1], ARGV[2]) end
return 0`)

// hold extends the lock until stop is called; stop waits for the last extension.
func (s *store[T]) hold(token string) (stop func()) {
	done := make(chan struct{})
	holding := s.guard.Go(bulkhead.CacheLock, func() error {
		tick := time.NewTicker(lockFor / 3)
		defer tick.Stop()
		for {
			select {
			case <-done:
				return nil
			case <-tick.C:
				_ = s.do(func(ctx context.Context) error {
					return prolongScript.Run(ctx, s.redis, []string{s.locked}, token, lockFor.Milliseconds()).Err()
				})
			}
		}
	})
	return func() {
		close(done)
		<-holding //nolint:errcheck // a wait: the guard has reported a panic
	}
}

// releaseScript deletes the lock if the token holds it.
var releaseScript = redis.NewScript(`
if redis.call('GET', KEYS[1]) == ARGV[1] then return redis.call('DEL', KEYS[1]) end
return 0`)

// release deletes the lock. If that fails, it expires.
func (s *store[T]) release(token string) {
	_ = s.do(func(ctx context.Context) error {
		return releaseScript.Run(ctx, s.redis, []string{s.locked}, token).Err()
	})
}

// failure is a failed flight, as stored for other replicas.
type failure struct {
	Holder     string
	Route      string
	Status     int
	Codes      []int
	Texts      []string
	Class      coupontools.Class
	RetryAfter time.Duration
	Cause      string
}

// saveFailure stores the failure for the replicas that wait for the lock's holder.
func (s *store[T]) saveFailure(holder string, err error) {
	f := failure{Holder: holder, Cause: err.Error()}
	if e, ok := errors.AsType[*coupontools.Error](err); ok {
		f.Route, f.Status, f.Codes, f.Texts = e.Route, e.Status, e.Codes, e.Texts
		f.Class, f.RetryAfter, f.Cause = e.Class, e.RetryAfter, ""
		if e.Err != nil {
			f.Cause = e.Err.Error()
		}
	}
	raw, err := json.Marshal(f)
	if err != nil {
		return
	}
	_ = s.do(func(ctx context.Context) error { return s.redis.Set(ctx, s.failed, raw, failedFor).Err() })
}

// failure returns the error of the holder's flight, nil if it hasn't failed.
func (s *store[T]) failure(holder string) error {
	var raw []byte
	err := s.do(func(ctx context.Context) (err error) {
		raw, err = s.redis.Get(ctx, s.failed).Bytes()
		return err
	})
	var f failure
	if err != nil || len(raw) == 0 || json.Unmarshal(raw, &f) != nil || f.Holder != holder {
		return nil
	}
	e := &coupontools.Error{
		Route: f.Route, Status: f.Status, Codes: f.Codes, Texts: f.Texts, Class: f.Class, RetryAfter: f.RetryAfter,
	}
	if f.Cause != "" {
		e.Err = errors.New(f.Cause)
	}
	if f.Route == "" {
		return fmt.Errorf("asked by another replica: %w", e.Err)
	}
	return e
}

// pack encodes a list as compressed JSON. The compressor is large and used once in minutes, so it isn't kept.
func pack[T Item](items []T) ([]byte, error) {
	raw, err := json.Marshal(items)
	if err != nil {
		return nil, fmt.Errorf("pack the list: %w", err)
	}
	w, err := zstd.NewWriter(nil, zstd.WithEncoderLevel(zstd.SpeedFastest), zstd.WithEncoderConcurrency(1))
	if err != nil {
		return nil, fmt.Errorf("pack the list: %w", err)
	}
	return w.EncodeAll(raw, nil), nil
}

// unpack decodes the output of pack.
func unpack[T Item](packed []byte) ([]T, error) {
	r, err := zstd.NewReader(nil, zstd.WithDecoderConcurrency(1), zstd.WithDecoderMaxMemory(maxUnpacked))
	if err != nil {
		return nil, fmt.Errorf("unpack the list: %w", err)
	}
	defer r.Close()
	raw, err := r.DecodeAll(packed, nil)
	if err != nil {
		return nil, fmt.Errorf("unpack the list: %w", err)
	}
	var items []T
	if err := json.Unmarshal(raw, &items); err != nil {
		return nil, fmt.Errorf("unpack the list: %w", err)
	}
	return items, nil
}
