package cache

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"sync"
	"time"

	"github.com/klauspost/compress/zstd"
	"github.com/redis/go-redis/v9"

	"github.com/coupontools/couponbot/coupontools"
	"github.com/coupontools/couponbot/internal/bulkhead"
)

const (
	// redisTimeout bounds one operation: a Redis that hangs must cost nobody more.
	redisTimeout = 300 * time.Millisecond
	// awayFor is how long Redis is left alone after a failure, so that not everybody pays the timeout.
	awayFor = 2 * time.Second
	// lockFor is how long the lock outlives the process that holds it. While that lives it is prolonged every third of it.
	lockFor = 6 * time.Second
	// maxUnpacked bounds the list when it is unpacked.
	maxUnpacked = 64 << 20
)

// store is the list in Redis: a hash with the list, packed, and the time it was fetched; beside it the fleet's lock, and for
// a few seconds the failure of the last flight.
type store[T Item] struct {
	redis                *redis.Client
	list, locked, failed string
	keepFor              time.Duration
	guard                *bulkhead.Guard
	mu                   sync.Mutex
	awayUntil            time.Time
}

func newStore[T Item](cfg Config[T]) *store[T] {
	// The number is that of the format: replicas of two versions do not read each other's lists.
	key := cfg.Prefix + cfg.Name + ":1"
	return &store[T]{
		redis: cfg.Redis.WithTimeout(redisTimeout), list: key, locked: key + ":lock", failed: key + ":failed",
		keepFor: max(cfg.TTL, cfg.Stale), guard: cfg.Guard,
	}
}

var errAway = errors.New("redis is away")

// away reports whether Redis has just failed.
func (s *store[T]) away() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return time.Now().Before(s.awayUntil)
}

// do runs one operation, or not while Redis is away. A key that is missing is no failure.
func (s *store[T]) do(op func(context.Context) error) error {
	if s.away() {
		return errAway
	}
	ctx, cancel := context.WithTimeout(context.Background(), redisTimeout)
	defer cancel()
	err := op(ctx)
	if err == nil || errors.Is(err, redis.Nil) {
		return nil
	}
	s.mu.Lock()
	s.awayUntil = time.Now().Add(awayFor)
	s.mu.Unlock()
	return err
}

// load returns the time the list was fetched, zero if there is none, and the list if that is another time than known.
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
		// What cannot be read is as good as not there: the next flight replaces it.
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

// saveScript stores a list unless there is one that is newer, but not by more than two flights can differ: that one's time
// is wrong.
var saveScript = redis.NewScript(`
local newer = tonumber(redis.call('HGET', KEYS[1], 'at') or 0) - tonumber(ARGV[1])
if newer <= 0 or newer > tonumber(ARGV[4]) then
	redis.call('HSET', KEYS[1], 'at', ARGV[1], 'list', ARGV[2])
	redis.call('PEXPIRE', KEYS[1], ARGV[3])
end
return 0`)

// save stores a list for all. Without Redis it is lost to the others, which costs them a call.
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

// lockScript takes the lock if it is free and returns who has it. With the same token it may be run twice.
var lockScript = redis.NewScript(`
local holder = redis.call('GET', KEYS[1])
if holder then return holder end
redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])
return ARGV[1]`)

// lock returns the token of whoever has the lock now.
func (s *store[T]) lock(token string) (holder string, err error) {
	err = s.do(func(ctx context.Context) error {
		holder, err = lockScript.Run(ctx, s.redis, []string{s.locked}, token, lockFor.Milliseconds()).Text()
		return err
	})
	return holder, err
}

// prolongScript lets the lock live on if it is still ours.
var prolongScript = redis.NewScript(`
if redis.call('GET', KEYS[1]) == ARGV[1] then return redis.call('PEXPIRE', KEYS[1], ARGV[2]) end
return 0`)

// hold prolongs the lock until the returned function is called, which waits for the last of it.
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

// releaseScript gives the lock up if it is still ours.
var releaseScript = redis.NewScript(`
if redis.call('GET', KEYS[1]) == ARGV[1] then return redis.call('DEL', KEYS[1]) end
return 0`)

// release gives the lock up. If that fails, it expires.
func (s *store[T]) release(token string) {
	_ = s.do(func(ctx context.Context) error {
		return releaseScript.Run(ctx, s.redis, []string{s.locked}, token).Err()
	})
}

// failure is a failed flight, as the others learn of it.
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

// saveFailure tells those who wait for the holder of the lock that it failed.
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

// failure returns the error of the holder's flight, nil if it has not failed.
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

// pack writes a list as compressed JSON. The compressor is made each time: it is needed once in minutes, and is large.
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

// unpack reads what pack wrote.
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
