package sends

import (
	"context"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/coupontools/couponbot/internal/bulkhead"
)

// A panic after the API was called leaves that recipient unconfirmed and holds the send up. It is not called again.
func TestPanic_inACall(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		m := startRedis(t)
		var c calls
		fatal := map[string]bool{number(7): true, number(20): true, number(39): true}
		s := service(connect(t, m, nil), func(_ context.Context, to string) error {
			c.made(to)
			if fatal[to] {
				panic(to)
			}
			return nil
		})
		id := confirmed(t, s, 40)
		start(t, s)

		time.Sleep(5 * time.Second)
		if send := read(t, s, id); send.Holdup != "couponbot couldn't go on with this send. It tries again in 15 seconds." || send.Ended() {
			t.Errorf("after the first panic the send is %s, held up with %q", send.State, send.Holdup)
		}
		time.Sleep(15 * time.Second)
		if send := read(t, s, id); !strings.HasSuffix(send.Holdup, "tries again in 30 seconds.") {
			t.Errorf("after the second panic the send is held up with %q, want a longer wait", send.Holdup)
		}
		send := awaitEnd(t, s, id, 10*time.Minute)
		if want := (Counts{Total: 40, Accepted: 37, Unknown: 3}); send.Counts != want || send.Holdup != "" {
			t.Errorf("the send ended with %+v and %q, want %+v", send.Counts, send.Holdup, want)
		}
		c.check(t)
		for to, o := range checkRecords(t, s, id) {
			if fatal[to] != (o.Status == Unknown) {
				t.Errorf("%s is %s", to, o.Status)
			}
		}
	})
}

// A send that panics wherever it is worked on is held up for longer and longer, in all replicas together. Another one goes
// on meanwhile, and so does the first once the panics end.
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
				c.check(t)
			})
		})
	}
}
