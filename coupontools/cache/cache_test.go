package cache_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"slices"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/alicebob/miniredis/v2"
	"github.com/redis/go-redis/v9"

	"github.com/coupontools/couponbot/coupontools"
	"github.com/coupontools/couponbot/coupontools/cache"
)

const (
	ttl   = 5 * time.Minute
	stale = time.Hour
)

// world is an API and a Redis in a synctest bubble.
type world struct {
	t     *testing.T
	redis *miniredis.Miniredis

	calls atomic.Int32
	// takes is how long the API takes; fails is its error, if not nil.
	takes atomic.Int64
	fails atomic.Pointer[error]

	mu    sync.Mutex
	state string // "", "refusing" or "hanging"
	conns []io.Closer
}

// in runs a test with a world in a bubble.
func in(t *testing.T, test func(*testing.T, *world)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		w := &world{t: t, redis: miniredis.NewMiniRedis()}
		w.redis.ClockTTL(true)
		t.Cleanup(w.redis.Close)
		t.Cleanup(func() { w.redisIs("closed") })
		test(t, w)
	})
}

// replica returns the cache of one process.
func (w *world) replica(observe func(string)) *cache.Directories {
	// The address isn't used, but a name would be looked up outside the bubble.
	rdb := redis.NewClient(&redis.Options{Addr: "127.0.0.1:6379", Dialer: w.dial, PoolSize: 300})
	w.t.Cleanup(func() { _ = rdb.Close() })
	return cache.New(cache.Config[coupontools.Directory]{
		Redis: rdb, Prefix: "couponbot:{test}:", Name: "directories", Fetch: w.fetch, TTL: ttl, Stale: stale, Observe: observe,
	})
}

// fetch is the API: each call returns one directory, with the number of the call.
func (w *world) fetch(ctx context.Context) ([]coupontools.Directory, error) {
	n := w.calls.Add(1)
	select {
	case <-time.After(time.Duration(w.takes.Load())):
	case <-ctx.Done():
		return nil, context.Cause(ctx)
	}
	if err := w.fails.Load(); err != nil {
		return nil, *err
	}
	return []coupontools.Directory{{ID: fmt.Sprintf("dir_%d", n), Name: "Städte", Payment: &coupontools.Payment{Amount: "4.50"}}}, nil
}

func (w *world) apiFails(err error) { w.fails.Store(&err) }

func (w *world) dial(context.Context, string, string) (net.Conn, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	var conn net.Conn
	var err error
	switch w.state {
	case "":
		conn, err = w.redis.Dial()
	case "hanging":
		var far net.Conn
		conn, far = net.Pipe()
		w.conns = append(w.conns, far)
	default:
		return nil, errors.New("connection refused")
	}
	w.conns = append(w.conns, conn)
	return conn, err
}

// redisIs changes how Redis answers and closes the existing connections.
func (w *world) redisIs(state string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.state = state
	for _, conn := range w.conns {
		_ = conn.Close()
	}
	w.conns = nil
}

// want fails unless the list comes from the API's call n and has these marks.
func want(t *testing.T, l *cache.List, err error, n int, isStale, redisAway bool) {
	t.Helper()
	if err != nil {
		t.Fatalf("error = %v, want the list of call %d", err, n)
	}
	if id := fmt.Sprintf("dir_%d", n); len(l.Items) != 1 || l.Items[0].ID != id {
		t.Errorf("list = %+v, want %s", l.Items, id)
	}
	if l.Stale != isStale || l.RedisAway != redisAway {
		t.Errorf("stale = %v, Redis away = %v, want %v and %v", l.Stale, l.RedisAway, isStale, redisAway)
	}
}

func (w *world) wantCalls(n int) {
	w.t.Helper()
	if got := int(w.calls.Load()); got != n {
		w.t.Errorf("the API was called %d times, want %d", got, n)
	}
}

func TestList_concurrentColdStart(t *testing.T) {
	t.Parallel()
	in(t, func(t *testing.T, w *world) {
		w.takes.Store(int64(20 * time.Second)) // much longer than an unextended lock lasts
		replicas := []*cache.Directories{w.replica(nil), w.replica(nil)}
		var all sync.WaitGroup
		for i := range 200 {
			all.Go(func() {
				l, err := replicas[i%2].List(t.Context())
				want(t, l, err, 1, false, false)
			})
		}
		all.Wait()
		w.wantCalls(1)
	})
}

func TestList_expiry(t *testing.T) {
	t.Parallel()
	in(t, func(t *testing.T, w *world) {
		var results []string
		a := w.replica(func(result string) { results = append(results, result) })
		if a.Local() != nil {
			t.Error("there is a list before the first")
		}
		for _, step := range []struct {
			after time.Duration
			want  int
		}{{0, 1}, {time.Second, 1}, {2 * time.Second, 1}, {time.Minute, 1}, {ttl, 2}} {
			time.Sleep(step.after)
			l, err := a.List(t.Context())
			want(t, l, err, step.want, false, false)
		}
		if expected := []string{"miss", "local", "hit", "hit", "miss"}; !slices.Equal(results, expected) {
			t.Errorf("results = %v, want %v", results, expected)
		}
		l, err := w.replica(nil).List(t.Context())
		want(t, l, err, 2, false, false)
		if l.Items[0].Name != "Städte" || l.Items[0].Payment.Amount != "4.50" {
			t.Errorf("from Redis came %+v", l.Items[0])
		}
		if !l.FetchedAt.Equal(a.Local().FetchedAt) {
			t.Error("the two replicas do not agree on the time")
		}
		w.wantCalls(2)
	})
}

// While the list is unchanged in Redis, it is not read and decoded again.
func TestList_sameCopy(t *testing.T) {
	t.Parallel()
	in(t, func(t *testing.T, w *world) {
		a := w.replica(nil)
		first, err := a.List(t.Context())
		want(t, first, err, 1, false, false)
		time.Sleep(time.Minute)
		second, err := a.List(t.Context())
		want(t, second, err, 1, false, false)
		if first != second {
			t.Error("the list was decoded again")
		}
	})
}

func TestList_refreshesInBackground(t *testing.T) {
	t.Parallel()
	in(t, func(t *testing.T, w *world) {
		a, b := w.replica(nil), w.replica(nil)
		_, _ = a.List(t.Context())
		_, _ = b.List(t.Context())
		time.Sleep(ttl)
		w.takes.Store(int64(500 * time.Millisecond))
		start := time.Now()
		var renewer sync.WaitGroup
		renewer.Go(func() {
			l, err := a.List(t.Context())
			want(t, l, err, 2, false, false)
		})
		synctest.Wait()
		l, err := a.List(t.Context())
		want(t, l, err, 1, false, false)
		if time.Since(start) != 0 {
			t.Errorf("the rest waited %v", time.Since(start))
		}
		l, err = b.List(t.Context())
		want(t, l, err, 2, false, false)
		renewer.Wait()
		w.wantCalls(2)
	})
}

func TestList_apiAway(t *testing.T) {
	t.Parallel()
	in(t, func(t *testing.T, w *world) {
		a := w.replica(nil)
		_, _ = a.List(t.Context())
		down := &coupontools.Error{Route: "POST /v3/directory/list", Status: 503}
		w.apiFails(down)
		time.Sleep(ttl)
		for range 50 {
			l, err := a.List(t.Context())
			want(t, l, err, 1, true, false)
		}
		w.wantCalls(2)
		time.Sleep(10 * time.Second)
		l, err := a.List(t.Context())
		want(t, l, err, 1, true, false)
		w.wantCalls(3)

		w.fails.Store(nil)
		time.Sleep(10 * time.Second)
		l, err = a.List(t.Context())
		want(t, l, err, 4, false, false)

		w.apiFails(down)
		time.Sleep(stale)
		if l, err := a.List(t.Context()); !errors.Is(err, error(down)) {
			t.Errorf("List = %+v, %v, want the API's error for a list too old to be shown", l, err)
		}
	})
}

// The API hangs: nobody waits long if there is an old list.
func TestList_apiHanging(t *testing.T) {
	t.Parallel()
	in(t, func(t *testing.T, w *world) {
		a := w.replica(nil)
		_, _ = a.List(t.Context())
		time.Sleep(ttl)
		w.takes.Store(int64(time.Hour))
		start := time.Now()
		for range 10 {
			l, err := a.List(t.Context())
			want(t, l, err, 1, true, false)
		}
		if took := time.Since(start); took > time.Second {
			t.Errorf("ten lists took %v", took)
		}
		w.wantCalls(2)
		time.Sleep(2 * time.Minute) // until the flight has given up
	})
}

func TestList_callerGivesUp(t *testing.T) {
	t.Parallel()
	in(t, func(t *testing.T, w *world) {
		a := w.replica(nil)
		w.takes.Store(int64(10 * time.Second))
		errGone := errors.New("gone")
		ctx, cancel := context.WithTimeoutCause(t.Context(), time.Second, errGone)
		defer cancel()
		if _, err := a.List(ctx); !errors.Is(err, errGone) {
			t.Errorf("error = %v, want the cause of the context", err)
		}
		l, err := a.List(t.Context())
		want(t, l, err, 1, false, false)
		w.wantCalls(1)
	})
}

func TestList_redisAway(t *testing.T) {
	t.Parallel()
	for _, state := range []string{"refusing", "hanging"} {
		t.Run(state, func(t *testing.T) {
			t.Parallel()
			in(t, func(t *testing.T, w *world) {
				w.redisIs(state)
				a := w.replica(nil)
				start := time.Now()
				var all sync.WaitGroup
				for range 100 {
					all.Go(func() {
						l, err := a.List(t.Context())
						want(t, l, err, 1, false, true)
					})
				}
				all.Wait()
				if took := time.Since(start); took > time.Second {
					t.Errorf("it took %v", took)
				}
				w.wantCalls(1)

				time.Sleep(5 * time.Second)
				l, err := a.List(t.Context())
				want(t, l, err, 2, false, true)

				time.Sleep(5 * time.Second)
				w.apiFails(errors.New("down"))
				l, err = a.List(t.Context())
				want(t, l, err, 2, true, true)

				w.redisIs("")
				w.fails.Store(nil)
				time.Sleep(10 * time.Minute)
				l, err = a.List(t.Context())
				want(t, l, err, 4, false, false)
				l, err = w.replica(nil).List(t.Context())
				want(t, l, err, 4, false, false)
			})
		})
	}
}

// The lock's holder died: the others wait until the lock expires, and no longer.
func TestList_lockHolderDied(t *testing.T) {
	t.Parallel()
	in(t, func(t *testing.T, w *world) {
		lock := "couponbot:{test}:directories:1:lock"
		a := w.replica(nil)
		_, _ = a.List(t.Context())
		w.redis.FlushAll()
		if err := w.redis.Set(lock, "dead"); err != nil {
			t.Fatal(err)
		}
		w.redis.SetTTL(lock, 6*time.Second)
		start := time.Now()
		l, err := w.replica(nil).List(t.Context())
		want(t, l, err, 2, false, false)
		if took := time.Since(start); took < 5*time.Second || took > 7*time.Second {
			t.Errorf("it took %v, want about 6s", took)
		}
	})
}

// A lock that lasts longer than any lock can, since the clock of Redis was set back, counts as free.
func TestList_lockLongerThanAny(t *testing.T) {
	t.Parallel()
	for name, left := range map[string]time.Duration{"an hour": time.Hour, "for ever": 0} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			in(t, func(t *testing.T, w *world) {
				const lock = "couponbot:{test}:directories:1:lock"
				if err := w.redis.Set(lock, "dead"); err != nil {
					t.Fatal(err)
				}
				if left > 0 {
					w.redis.SetTTL(lock, left)
				}
				start := time.Now()
				l, err := w.replica(nil).List(t.Context())
				want(t, l, err, 1, false, false)
				if took := time.Since(start); took > time.Second {
					t.Errorf("it took %v, want no wait for the lock", took)
				}
			})
		})
	}
}

// The one call that a cold fleet makes fails: all replicas get its error, with its class.
func TestList_failureIsShared(t *testing.T) {
	t.Parallel()
	in(t, func(t *testing.T, w *world) {
		w.takes.Store(int64(time.Second))
		w.apiFails(&coupontools.Error{
			Route: "POST /v3/directory/list", Status: 401, Class: coupontools.AccountRefused, Codes: []int{1000},
			RetryAfter: time.Minute, Err: io.ErrUnexpectedEOF,
		})
		replicas := []*cache.Directories{w.replica(nil), w.replica(nil)}
		var all sync.WaitGroup
		for i := range 20 {
			all.Go(func() {
				_, err := replicas[i%2].List(t.Context())
				e, ok := errors.AsType[*coupontools.Error](err)
				if !ok || e.Class != coupontools.AccountRefused || e.Status != 401 || e.RetryAfter != time.Minute || e.Err == nil {
					t.Errorf("error = %#v, want that of the API", err)
				}
			})
		}
		all.Wait()
		w.wantCalls(1)

		w.fails.Store(nil)
		l, err := replicas[0].List(t.Context())
		want(t, l, err, 2, false, false)
	})
}

func TestList_malformedValue(t *testing.T) {
	t.Parallel()
	in(t, func(t *testing.T, w *world) {
		_, _ = w.replica(nil).List(t.Context())
		w.redis.HSet("couponbot:{test}:directories:1", "list", "not packed")
		l, err := w.replica(nil).List(t.Context())
		want(t, l, err, 2, false, false)
		l, err = w.replica(nil).List(t.Context())
		want(t, l, err, 2, false, false)
	})
}

func TestRefresh(t *testing.T) {
	t.Parallel()
	in(t, func(t *testing.T, w *world) {
		replicas := []*cache.Directories{w.replica(nil), w.replica(nil)}
		_, _ = replicas[0].List(t.Context())
		l, err := replicas[1].Refresh(t.Context())
		want(t, l, err, 1, false, false)

		time.Sleep(10 * time.Second)
		w.takes.Store(int64(2 * time.Second))
		var all sync.WaitGroup
		for i := range 50 {
			all.Go(func() {
				l, err := replicas[i%2].Refresh(t.Context())
				want(t, l, err, 2, false, false)
			})
		}
		all.Wait()
		w.wantCalls(2)

		time.Sleep(10 * time.Second)
		w.apiFails(errors.New("down"))
		l, err = replicas[0].Refresh(t.Context())
		want(t, l, err, 2, true, false)
	})
}

// A list new enough for a refresh still reports that Redis is down.
func TestRefresh_redisAway(t *testing.T) {
	t.Parallel()
	in(t, func(t *testing.T, w *world) {
		a := w.replica(nil)
		_, _ = a.List(t.Context())
		w.redisIs("refusing")
		l, err := a.Refresh(t.Context())
		want(t, l, err, 1, false, true)
	})
}

// A refresh during a flight with a weaker requirement still returns a new list.
func TestRefresh_duringAnotherFlight(t *testing.T) {
	t.Parallel()
	in(t, func(t *testing.T, w *world) {
		a, b := w.replica(nil), w.replica(nil)
		_, _ = a.List(t.Context())
		time.Sleep(time.Minute)
		w.redisIs("hanging")
		var first sync.WaitGroup
		first.Go(func() { _, _ = b.List(t.Context()) })
		l, err := a.Refresh(t.Context())
		first.Wait()
		if err != nil || time.Since(l.FetchedAt) > time.Second {
			t.Errorf("Refresh = %+v, %v, want a new list", l, err)
		}
	})
}

// A list from a replica whose clock is ahead, or from before the clock was set back, isn't fresh until that time.
func TestList_fromTheFuture(t *testing.T) {
	t.Parallel()
	in(t, func(t *testing.T, w *world) {
		a := w.replica(nil)
		_, _ = a.List(t.Context())
		ahead := time.Now().Add(30 * time.Minute).UnixMilli()
		w.redis.HSet("couponbot:{test}:directories:1", "at", strconv.FormatInt(ahead, 10))
		time.Sleep(10 * time.Second)

		l, err := a.Refresh(t.Context())
		want(t, l, err, 2, false, false)
		l, err = w.replica(nil).List(t.Context())
		want(t, l, err, 2, false, false)
		time.Sleep(time.Minute)
		l, err = a.List(t.Context())
		want(t, l, err, 2, false, false)
		w.wantCalls(2)
	})
}
