package pace_test

import (
	"context"
	"errors"
	"fmt"
	"net"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/alicebob/miniredis/v2"
	"github.com/alicebob/miniredis/v2/server"
	"github.com/redis/go-redis/v9"

	"github.com/coupontools/couponbot/coupontools"
	"github.com/coupontools/couponbot/coupontools/pace"
	"github.com/coupontools/couponbot/internal/bulkhead"
	"github.com/coupontools/couponbot/internal/share"
)

var _ coupontools.Pacer = (*pace.Lane)(nil)

const perSecond = 5

// in runs a test in a synctest bubble with a Redis in memory.
func in(t *testing.T, test func(*testing.T, *miniredis.Miniredis)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		m := miniredis.NewMiniRedis()
		m.ClockTTL(true)
		t.Cleanup(m.Close)
		test(t, m)
	})
}

// replica returns the pace of one process; a nil Redis hangs.
func replica(t testing.TB, m *miniredis.Miniredis) *pace.Pace { return replicaAt(t, m, perSecond) }

func replicaAt(t testing.TB, m *miniredis.Miniredis, rate int) *pace.Pace {
	t.Helper()
	return pace.New(pace.Config{Redis: client(t, m), Prefix: "couponbot:{test}:", Rate: rate})
}

func client(t testing.TB, m *miniredis.Miniredis) *redis.Client {
	t.Helper()
	rdb := redis.NewClient(&redis.Options{
		// The address isn't used, but a name would be looked up outside the bubble, and so would a wait in the pool.
		Addr: "127.0.0.1:6379", PoolSize: 200,
		Dialer: func(context.Context, string, string) (net.Conn, error) {
			if m != nil {
				return m.Dial()
			}
			here, there := net.Pipe()
			t.Cleanup(func() { _ = there.Close() })
			return here, nil
		},
	})
	t.Cleanup(func() { _ = rdb.Close() })
	return rdb
}

// times makes a number of calls in each lane concurrently and returns when they were allowed.
func times(t testing.TB, calls int, lanes ...*pace.Lane) []time.Time {
	t.Helper()
	return timesOf(t, calls, 1, lanes...)
}

// timesOf is times with workers that make that many calls each.
func timesOf(t testing.TB, calls, each int, lanes ...*pace.Lane) []time.Time {
	t.Helper()
	var mu sync.Mutex
	var through []time.Time
	var workers sync.WaitGroup
	for i := range calls / each {
		workers.Go(func() {
			for range each {
				if err := lanes[i%len(lanes)].Wait(t.Context()); err != nil {
					t.Error(err)
				}
				mu.Lock()
				through = append(through, time.Now())
				mu.Unlock()
			}
		})
	}
	workers.Wait()
	slices.SortFunc(through, time.Time.Compare)
	return through
}

// most returns the largest number of calls in any second.
func most(through []time.Time) int {
	n := 0
	for i, first := range through {
		j := i
		for j < len(through) && through[j].Sub(first) < time.Second {
			j++
		}
		n = max(n, j-i)
	}
	return n
}

func TestBulk_twoReplicas(t *testing.T) {
	t.Parallel()
	in(t, func(t *testing.T, m *miniredis.Miniredis) {
		through := times(t, 60, replica(t, m).Bulk(), replica(t, m).Bulk())
		if n := most(through); n > perSecond+1 {
			t.Errorf("%d calls in a second, want at most %d", n, perSecond+1)
		}
		if took := through[59].Sub(through[0]); took > 15*time.Second {
			t.Errorf("60 calls took %v, want about 12s", took)
		}
	})
}

// Calls arrive unevenly, and still the API sees at most 201 of them in a second at a rate of 200.
func TestBulk_unevenArrivals(t *testing.T) {
	t.Parallel()
	in(t, func(t *testing.T, m *miniredis.Miniredis) {
		const rate, calls, uneven = 200, 600, 20 * time.Millisecond
		through := timesOf(t, calls, calls/6, replicaAt(t, m, rate).Bulk(), replicaAt(t, m, rate).Bulk())
		for i, first := range through[:calls-rate-1] {
			if span := through[i+rate+1].Sub(first); span < time.Second+uneven {
				t.Fatalf("%d calls within %v, want no more than %d in a second", rate+2, span, rate+1)
			}
		}
		if got := float64(calls) / through[calls-1].Sub(through[0]).Seconds(); got < 0.97*rate {
			t.Errorf("%.1f calls a second, want nearly %d", got, rate)
		}
	})
}

// Two processes that each kept to the rate would make twice as many calls, so sends wait for Redis.
func TestBulk_redisAway(t *testing.T) {
	t.Parallel()
	in(t, func(t *testing.T, m *miniredis.Miniredis) {
		a, b := replica(t, m), replica(t, m)
		m.SetError("LOADING")
		well := time.Now().Add(10 * time.Second)
		time.AfterFunc(10*time.Second, func() { m.SetError("") })
		through := times(t, 20, a.Bulk(), b.Bulk())
		if early := through[0].Before(well); early || most(through) > perSecond+1 {
			t.Errorf("%d calls in a second, before Redis was back: %v", most(through), early)
		}
		if took := through[19].Sub(well); took > 5*time.Second {
			t.Errorf("20 calls took %v after Redis was back, want about 4s", took)
		}
	})
}

// Calls granted ahead of their time are still made at the rate, and lookups still go before them.
func TestBulk_aheadOfTime(t *testing.T) {
	t.Parallel()
	in(t, func(t *testing.T, m *miniredis.Miniredis) {
		const rate = 100
		a, b := replicaAt(t, m, rate), replicaAt(t, m, rate)
		through := times(t, 20, a.Bulk(), b.Bulk())
		for i := range through[1:] {
			if gap := through[i+1].Sub(through[i]); gap < 9*time.Millisecond || gap > 11*time.Millisecond {
				t.Errorf("a call came %v after the one before, want 10ms", gap)
			}
		}
		ctx, cancel := context.WithCancel(t.Context())
		var workers sync.WaitGroup
		crowd(ctx, &workers, 4, a.Bulk())
		lookup := b.Lookup()
		for range 10 {
			time.Sleep(100 * time.Millisecond)
			start := time.Now()
			if err := lookup.Wait(ctx); err != nil || time.Since(start) > 20*time.Millisecond {
				t.Errorf("a look-up waited %v, %v, want 20ms at most", time.Since(start), err)
			}
		}
		cancel()
		workers.Wait()
	})
}

func TestLookup_burst(t *testing.T) {
	t.Parallel()
	in(t, func(t *testing.T, m *miniredis.Miniredis) {
		p := replica(t, m)
		through := times(t, 5, p.Lookup())
		if took := through[4].Sub(through[0]); took > 50*time.Millisecond {
			t.Errorf("five look-ups took %v, want none of them to wait", took)
		}
		// Calls made ahead are missing for the sends.
		start := time.Now()
		if err := p.Bulk().Wait(t.Context()); err != nil || time.Since(start) < 800*time.Millisecond {
			t.Errorf("the next send waited %v, %v, want about a second", time.Since(start), err)
		}
	})
}

func TestMixed(t *testing.T) {
	t.Parallel()
	in(t, func(t *testing.T, m *miniredis.Miniredis) {
		a, b := replica(t, m), replica(t, m)
		through := times(t, 100, a.Bulk(), b.Lookup())
		if n := most(through); n > 2*perSecond {
			t.Errorf("%d calls in a second, want at most %d", n, 2*perSecond)
		}
		if took := through[99].Sub(through[0]); took < 18*time.Second {
			t.Errorf("100 calls took %v, want at least 19s", took)
		}
	})
}

// crowd lets n workers wait in a lane repeatedly until ctx ends, and counts how often they were let through.
func crowd(ctx context.Context, workers *sync.WaitGroup, n int, lane *pace.Lane) *atomic.Int32 {
	var calls atomic.Int32
	for range n {
		workers.Go(func() {
			for lane.Wait(ctx) == nil {
				calls.Add(1)
			}
		})
	}
	return &calls
}

func TestMixed_neitherStarves(t *testing.T) {
	t.Parallel()
	in(t, func(t *testing.T, m *miniredis.Miniredis) {
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		var workers sync.WaitGroup
		sends := crowd(ctx, &workers, 3, replica(t, m).Bulk())
		lookups := crowd(ctx, &workers, 20, replica(t, m).Lookup())
		workers.Wait()
		if n := sends.Load(); n < 40 {
			t.Errorf("%d sends in a minute beside %d look-ups, want about 60", n, lookups.Load())
		}
		if n := lookups.Load(); n < 200 {
			t.Errorf("%d look-ups in a minute beside %d sends, want about 240", n, sends.Load())
		}
	})
}

func TestLookup_doesNotQueueBehindSends(t *testing.T) {
	t.Parallel()
	in(t, func(t *testing.T, m *miniredis.Miniredis) {
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		var workers sync.WaitGroup
		crowd(ctx, &workers, 30, replica(t, m).Bulk())
		lookup := replica(t, m).Lookup()
		for range 20 {
			time.Sleep(time.Second)
			start := time.Now()
			if err := lookup.Wait(ctx); err != nil || time.Since(start) > 10*time.Millisecond {
				t.Errorf("a look-up waited %v, %v, want no wait", time.Since(start), err)
			}
		}
		cancel()
		workers.Wait()
	})
}

// A Redis clock that was set back must not stop all calls until it has caught up.
func TestWait_clockPutBack(t *testing.T) {
	t.Parallel()
	in(t, func(t *testing.T, m *miniredis.Miniredis) {
		p := replica(t, m)
		times(t, 2, p.Bulk(), p.Lookup())
		for _, key := range m.Keys() {
			now, err := m.Get(key)
			if err != nil {
				t.Fatal(err)
			}
			seconds, err := strconv.ParseFloat(now, 64)
			if err != nil {
				t.Fatal(err)
			}
			_ = m.Set(key, fmt.Sprint(seconds+time.Hour.Seconds()))
			m.SetTTL(key, time.Hour)
		}
		start := time.Now()
		times(t, 10, p.Bulk(), p.Lookup())
		if took := time.Since(start); took > 5*time.Second {
			t.Errorf("after the clock was put back 10 calls took %v, want about 2s", took)
		}
	})
}

// With a hanging Redis the first wait costs one timeout, then the process limits itself.
func TestWait_redisAway(t *testing.T) {
	t.Parallel()
	in(t, func(t *testing.T, _ *miniredis.Miniredis) {
		p := replica(t, nil)
		start := time.Now()
		through := times(t, 30, p.Lookup())
		if wait := through[0].Sub(start); wait > time.Second {
			t.Errorf("the first call waited %v", wait)
		}
		if n := most(through); n > perSecond+1 {
			t.Errorf("%d calls in a second, want at most %d", n, perSecond+1)
		}
		if took := through[29].Sub(start); took > 8*time.Second {
			t.Errorf("30 calls took %v, want about 6s", took)
		}
	})
}

func TestSlow(t *testing.T) {
	t.Parallel()
	in(t, func(t *testing.T, m *miniredis.Miniredis) {
		a, b := replica(t, m), replica(t, m)
		a.Slow(t.Context(), 10*time.Second)
		a.Bulk().Slow(t.Context(), time.Second) // a shorter pause does not end the longer
		start := time.Now()
		for _, p := range []*pace.Pace{a, b} {
			if err := p.Lookup().Wait(t.Context()); err != nil {
				t.Error(err)
			}
			if waited := time.Since(start); waited < 9900*time.Millisecond || waited > 11*time.Second {
				t.Errorf("waited %v, want about 10s", waited)
			}
		}
	})
}

func TestSlow_redisAway(t *testing.T) {
	t.Parallel()
	in(t, func(t *testing.T, _ *miniredis.Miniredis) {
		p := replica(t, nil)
		start := time.Now()
		p.Slow(t.Context(), 0)
		if err := p.Lookup().Wait(t.Context()); err != nil || time.Since(start) < time.Second {
			t.Errorf("waited %v, %v, want a second", time.Since(start), err)
		}
	})
}

func TestWait_context(t *testing.T) {
	t.Parallel()
	in(t, func(t *testing.T, m *miniredis.Miniredis) {
		errStop := errors.New("stopping")
		for name, p := range map[string]*pace.Pace{"with Redis": replica(t, m), "without": replica(t, nil)} {
			p.Slow(t.Context(), time.Minute)
			ctx, cancel := context.WithTimeoutCause(t.Context(), 2*time.Second, errStop)
			start := time.Now()
			if err := p.Bulk().Wait(ctx); !errors.Is(err, errStop) || time.Since(start) != 2*time.Second {
				t.Errorf("%s: %v after %v, want the cause after 2s", name, err, time.Since(start))
			}
			cancel()
			if err := p.Bulk().Wait(ctx); !errors.Is(err, errStop) {
				t.Errorf("%s: %v for a context that is over, want its cause", name, err)
			}
		}
	})
}

// An answer of Redis that redis_rate does not expect makes it panic. Sends wait until the answers are right again; a look-up
// keeps to this process's own rate.
func TestWait_oddAnswers(t *testing.T) {
	t.Parallel()
	for name, answer := range map[string]func(*server.Peer){
		"a text":       func(c *server.Peer) { c.WriteInline("OK") },
		"nothing":      func(c *server.Peer) { c.WriteLen(0) },
		"too short":    func(c *server.Peer) { c.WriteLen(2); c.WriteInt(1); c.WriteInt(1) },
		"wrong types":  func(c *server.Peer) { c.WriteLen(4); c.WriteInt(1); c.WriteInt(1); c.WriteInt(-1); c.WriteInt(0) },
		"no numbers":   func(c *server.Peer) { c.WriteStrings([]string{"1", "1", "soon", "later"}) },
		"null in list": func(c *server.Peer) { c.WriteLen(4); c.WriteInt(1); c.WriteInt(1); c.WriteNull(); c.WriteNull() },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			in(t, func(t *testing.T, m *miniredis.Miniredis) {
				var mended atomic.Bool
				rdb := client(t, m)
				if err := rdb.Ping(t.Context()).Err(); err != nil { // it has a server from the first connection on
					t.Fatal(err)
				}
				m.Server().SetPreHook(func(c *server.Peer, cmd string, _ ...string) bool {
					if !strings.HasPrefix(cmd, "EVAL") || mended.Load() {
						return false
					}
					answer(c)
					return true
				})
				panics := 0
				p := pace.New(pace.Config{
					Redis: rdb, Prefix: "couponbot:{test}:", Rate: perSecond,
					Guard: &bulkhead.Guard{Count: func(bulkhead.Place) { panics++ }},
				})
				if took := since(t, p.Lookup().Wait); took > time.Second {
					t.Errorf("a look-up waits %v", took)
				}
				time.AfterFunc(time.Minute, func() { mended.Store(true) })
				if took := since(t, p.Bulk().Wait); took < 55*time.Second || took > 65*time.Second {
					t.Errorf("a send waits %v, want until the answers are right again", took)
				}
				if (panics == 0) != (name == "no numbers") {
					t.Errorf("%d panics are counted", panics)
				}
			})
		})
	}
}

// since returns how long a wait takes.
func since(t *testing.T, wait func(context.Context) error) time.Duration {
	t.Helper()
	start := time.Now()
	if err := wait(t.Context()); err != nil {
		t.Error(err)
	}
	return time.Since(start)
}

// BenchmarkBulk measures how much of a fast rate two replicas reach with two workers each.
func BenchmarkBulk(b *testing.B) {
	const rate = 200
	m := miniredis.RunT(b)
	var (
		mu      sync.Mutex
		through []time.Time
		workers sync.WaitGroup
		left    atomic.Int64
	)
	left.Store(int64(b.N))
	for range 2 {
		lane := replicaAt(b, m, rate).Bulk()
		for range 2 {
			workers.Go(func() {
				for left.Add(-1) >= 0 {
					if err := lane.Wait(b.Context()); err != nil {
						b.Error(err)
					}
					mu.Lock()
					through = append(through, time.Now())
					mu.Unlock()
				}
			})
		}
	}
	workers.Wait()
	slices.SortFunc(through, time.Time.Compare)
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "calls/s")
	b.ReportMetric(float64(most(through)), "busiest-second")
}

// One person with many look-ups waiting does not delay another's first.
func TestLookup_fairToPeople(t *testing.T) {
	t.Parallel()
	in(t, func(t *testing.T, m *miniredis.Miniredis) {
		lane := replica(t, m).Lookup()
		var all sync.WaitGroup
		greedy := share.WithPerson(t.Context(), "greedy")
		for range 100 {
			all.Go(func() { _ = lane.Wait(greedy) })
		}
		synctest.Wait()
		start := time.Now()
		if err := lane.Wait(share.WithPerson(t.Context(), "other")); err != nil {
			t.Error(err)
		}
		if took := time.Since(start); took > 2*time.Second {
			t.Errorf("another person's look-up waited %v", took)
		}
		all.Wait()
	})
}
