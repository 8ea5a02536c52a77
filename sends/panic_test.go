package sends

import (
	"context"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/coupontools/couponbot/coupontools"
	"github.com/coupontools/couponbot/internal/bulkhead"
)

const panicReason = "couponbot couldn't continue this send. It tries again in 15 seconds."

// A panic after the API was called makes that recipient unknown and backs the send off. The recipient isn't called again.
func TestPanic_inCall(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		m := startRedis(t)
		var c calls
		fatal := map[string]bool{number(7): true, number(20): true, number(39): true}
		s := service(connect(t, m, nil), func(_ context.Context, to string) error {
			c.record(to)
			if fatal[to] {
				panic(to)
			}
			return nil
		})
		id := confirmed(t, s, 40)
		start(t, s)

		time.Sleep(5 * time.Second)
		if send := read(t, s, id); send.BackoffReason != panicReason || send.Ended() {
			t.Errorf("after the first panic the send is %s, backing off with %q", send.State, send.BackoffReason)
		}
		time.Sleep(15 * time.Second)
		if send := read(t, s, id); !strings.HasSuffix(send.BackoffReason, "tries again in 30 seconds.") {
			t.Errorf("after the second panic the send is backing off with %q, want a longer wait", send.BackoffReason)
		}
		send := awaitEnd(t, s, id, 10*time.Minute)
		if want := (Counts{Total: 40, Accepted: 37, Unknown: 3}); send.Counts != want || send.BackoffReason != "" {
			t.Errorf("the send ended with %+v and %q, want %+v", send.Counts, send.BackoffReason, want)
		}
		c.checkOnce(t)
		for to, o := range checkRecords(t, s, id) {
			if fatal[to] != (o.Status == Unknown) {
				t.Errorf("%s is %s", to, o.Status)
			}
		}
	})
}

// A send that panics at every place backs off longer and longer, in all replicas together. Another send continues meanwhile,
// and so does the first when the panics end.
func TestPanic_everyTime(t *testing.T) {
	t.Parallel()
	for _, at := range []bulkhead.Place{
		bulkhead.SendKeeper, bulkhead.SendTell, bulkhead.SendTend, bulkhead.SendTurn, bulkhead.SendClaim,
	} {
		t.Run(string(at), func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				m := startRedis(t)
				var c calls
				var broken atomic.Bool
				var panics atomic.Int64
				broken.Store(true)
				guard := &bulkhead.Guard{Before: func(p bulkhead.Place) {
					if p == at && broken.Load() {
						panics.Add(1)
						panic("one bad record")
					}
				}}
				change := func(cfg *Config) {
					cfg.Guard = guard
				}
				a, b := service(connect(t, m, nil), c.accepting, change), service(connect(t, m, nil), c.accepting, change)
				id := confirmed(t, a, 5)
				start(t, a)
				start(t, b)
				time.Sleep(10 * time.Minute)
				if n := panics.Load(); n < 3 || n > 50 {
					t.Errorf("%d panics in ten minutes, want a few", n)
				}
				broken.Store(false)
				if send := awaitEnd(t, a, id, 15*time.Minute); send.Counts.Accepted != 5 {
					t.Errorf("the send ended as %s %s with %+v, want 5 accepted", send.State, send.Why, send.Counts)
				}
				c.checkOnce(t)
			})
		})
	}
}

// Calls in flight during a panic end after it. They neither shorten the backoff nor replace its reason, and neither does a
// new batch.
func TestPanic_backoffOutlastsCallsInFlight(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		end      error
		mayStart time.Duration // how long MayStart takes
	}{
		"accepted":    {},
		"failed":      {end: &coupontools.Error{Class: coupontools.Refused, Codes: []int{301}, Texts: []string{"No."}}},
		"unconfirmed": {end: failure(coupontools.Unknown, 500)},
		"not sent":    {end: failure(coupontools.NotSent, 0)},
		"slow down":   {end: &coupontools.Error{Class: coupontools.RateLimited, RetryAfter: 8 * time.Second}},
		"begins":      {mayStart: 2 * time.Second},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				var panicked, next atomic.Int64
				panicNow := func() bool { return panicked.CompareAndSwap(0, time.Now().UnixMilli()) }
				sinceThen := func() time.Duration { return time.Duration(time.Now().UnixMilli()-panicked.Load()) * time.Millisecond }
				s := service(connect(t, startRedis(t), nil), func(_ context.Context, to string) error {
					if to == number(7) && tt.mayStart == 0 && panicNow() {
						panic(to)
					}
					if panicked.Load() > 0 {
						next.CompareAndSwap(0, int64(sinceThen()))
						return nil
					}
					time.Sleep(2 * time.Second)
					return tt.end
				}, func(c *Config) {
					c.MayStart = func(context.Context, string, string) error { time.Sleep(tt.mayStart); return nil }
					c.Guard = &bulkhead.Guard{Before: func(p bulkhead.Place) {
						if p == bulkhead.SendTell && tt.mayStart > 0 && panicNow() {
							panic("in the leader")
						}
					}}
				})
				id := confirmed(t, s, 20)
				start(t, s)

				await(t, s, id, time.Minute, func(Send) bool { return panicked.Load() > 0 && sinceThen() > 4*time.Second })
				if send := read(t, s, id); send.BackoffReason != panicReason || send.State != StateRunning {
					t.Errorf("4 s after the panic the send is %s, backing off with %q, want %q", send.State, send.BackoffReason, panicReason)
				}
				awaitEnd(t, s, id, 10*time.Minute)
				if first := time.Duration(next.Load()); first < panicBackoff {
					t.Errorf("the next call is made %v after the panic, want %v at least", first, panicBackoff)
				}
			})
		})
	}
}
