package sends

import (
	"context"
	flags "flag"
	"fmt"
	"math/rand/v2"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/coupontools/couponbot/coupontools"
)

var seeds = flags.Int("seeds", 40, "how many random lives of a send TestRandom goes through")

// luck is a random source for several goroutines.
type luck struct {
	mu sync.Mutex
	r  *rand.Rand
}

func (c *luck) intn(n int) int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.r.IntN(n)
}

// actualCalls is what really happened to every recipient: the status of each call that the API may have carried out.
type actualCalls struct {
	mu    sync.Mutex
	calls map[string][]Status
}

func (w *actualCalls) record(to string, s Status) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.calls[to] = append(w.calls[to], s)
}

func (w *actualCalls) called() int {
	w.mu.Lock()
	defer w.mu.Unlock()
	return len(w.calls)
}

// TestRandom runs sends in three processes while commands to Redis are lost, repeated or unanswered, processes are
// disconnected (with odd seeds) and restarted, and the API answers in every way. The laws of the package hold.
func TestRandom(t *testing.T) {
	t.Parallel()
	for seed := range *seeds {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) { random(t, uint64(seed)) })
		})
	}
}

func random(t *testing.T, seed uint64) {
	luck := &luck{r: rand.New(rand.NewPCG(seed, 1))}
	m, world, slow := startRedis(t), &actualCalls{calls: map[string][]Status{}}, map[string]float64{"US": 0.5}
	well := service(connect(t, m, nil), accept)
	d := draft(60)
	for i := range 20 { // in a slow country
		d.List.Recipients[3*i].Country = "US"
	}
	id := save(t, well, d).ID

	for range 3 {
		f := &faults{}
		f.set(luck.spoil)
		s := service(connect(t, m, f), luck.api(world), func(c *Config) {
			c.ShutdownTimeout, c.SMSRates = 10*time.Second, slow
		})
		if _, err := s.Confirm(t.Context(), id, team, mia); err != nil {
			t.Logf("Confirm() = %v", err)
		}
		stop := start(t, s)
		sleep(t.Context(), time.Duration(luck.intn(20000))*time.Millisecond)
		switch luck.intn(2 + 2*int(seed%2)) {
		case 2: // disconnected for good, during its calls
			f.disconnect()
		case 3: // disconnected for a while
			f.disconnect()
			time.AfterFunc(time.Duration(luck.intn(120))*time.Second, func() { f.set(luck.spoil) })
		case 0: // shut down
			stop()
		case 1: // continues together with the next one
		}
	}
	if _, err := well.Confirm(t.Context(), id, team, mia); err != nil {
		if n := world.called(); n > 0 {
			t.Errorf("Confirm() = %v, but %d were called", err, n)
		}
		return // withdrawn by a process that lost its request
	}
	start(t, service(connect(t, m, nil), luck.api(world), func(c *Config) { c.SMSRates = slow }))
	awaitEnd(t, well, id, 3*time.Hour)
	time.Sleep(5 * time.Minute) // late verdicts

	checkOutcomes(t, checkRecords(t, well, id), world, seed%2 == 1)
	if c := read(t, well, id).Counts; c.Pending() != 0 || c.Total != 60 {
		t.Errorf("the send ended as %+v, want everyone accounted for", c)
	}
}

// spoil spoils one command in ten: the request is lost, the reply is lost, or the request is repeated.
func (c *luck) spoil(redis.Cmder) (int, bool) {
	switch c.intn(30) {
	case 0:
		return 0, false
	case 1:
		return 1, false
	case 2:
		return 2, true
	default:
		return 1, true
	}
}

// api answers in every way, mostly with success, after a while.
func (c *luck) api(world *actualCalls) api {
	return func(ctx context.Context, to string) error {
		answer := c.intn(20)
		took := sleep(ctx, time.Duration(c.intn(4000))*time.Millisecond)
		switch {
		case answer == 0:
			return failure(coupontools.NotSent, 0)
		case answer == 1:
			return failure(coupontools.RateLimited, 429)
		case answer == 2 || !took:
			world.record(to, Unknown)
			return failure(coupontools.Unknown, 500)
		case answer == 3:
			world.record(to, Failed)
			return failure(coupontools.Refused, 422)
		default:
			world.record(to, Accepted)
			return nil
		}
	}
}

// checkOutcomes compares the records with what really happened. A recipient without a call can be unknown only if a process
// was disconnected.
func checkOutcomes(t *testing.T, records map[string]Outcome, world *actualCalls, cut bool) {
	t.Helper()
	world.mu.Lock()
	defer world.mu.Unlock()
	for to, o := range records {
		calls := world.calls[to]
		switch {
		case len(calls) > 1:
			t.Errorf("%s got %v, want at most one call that may have been carried out", to, calls)
		case len(calls) == 1 && o.Status != calls[0] && (o.Status != Unknown || !cut):
			t.Errorf("%s was %s, the record says %s", to, calls[0], o.Status)
		case len(calls) == 0 && o.Status != Skipped && (o.Status != Unknown || !cut):
			t.Errorf("%s was not called, the record says %s", to, o.Status)
		}
	}
}
