package sends

import (
	"context"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/coupontools/couponbot/coupontools"
	"github.com/coupontools/couponbot/sends/recipients"
)

// callTimes is an API that accepts every call and records its time.
type callTimes struct {
	mu sync.Mutex
	at map[string][]time.Time
}

func (c *callTimes) api(_ context.Context, to string) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.at == nil {
		c.at = map[string][]time.Time{}
	}
	c.at[to] = append(c.at[to], time.Now())
	return nil
}

// spaced fails if any of these recipients were called within less than least, or twice. It returns the time of the last
// call.
func (c *callTimes) spaced(t *testing.T, least time.Duration, to ...recipients.Recipient) time.Time {
	t.Helper()
	c.mu.Lock()
	defer c.mu.Unlock()
	var all []time.Time
	for _, r := range to {
		if len(c.at[r.To]) != 1 {
			t.Errorf("%s got %d calls, want 1", r.To, len(c.at[r.To]))
		}
		all = append(all, c.at[r.To]...)
	}
	slices.SortFunc(all, time.Time.Compare)
	for i := 1; i < len(all); i++ {
		if d := all[i].Sub(all[i-1]); d < least {
			t.Errorf("calls %d and %d are %v apart, want %v", i-1, i, d, least)
		}
	}
	if len(all) == 0 {
		return time.Time{}
	}
	return all[len(all)-1]
}

// toCountries returns a text message to a number of people in each country, one country after the other, numbered from
// first.
func toCountries(first int, counts ...any) Draft {
	d := draft(0)
	for i := 0; i < len(counts); i += 2 {
		for range counts[i+1].(int) {
			d.List.Recipients = append(d.List.Recipients, recipients.Recipient{To: number(first), Country: counts[i].(string)})
			first++
		}
	}
	return d
}

func confirmDraft(t testing.TB, s *Service, d Draft) string {
	t.Helper()
	id := save(t, s, d).ID
	if _, err := s.Confirm(t.Context(), id, team, mia); err != nil {
		t.Fatal(err)
	}
	return id
}

// rates sets the SMS rates, and a pace of five calls a second in each process.
func rates(r map[string]float64) func(*Config) {
	return func(c *Config) { c.SMSRates, c.Pace = r, &fleetPace{} }
}

func usSlow(c *Config) { rates(map[string]float64{"US": 1})(c) }

func TestRates_slowCountryDelaysNoOther(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		m := startRedis(t)
		var c callTimes
		replicas := [2]*Service{}
		for i := range replicas {
			replicas[i] = service(connect(t, m, nil), c.api, rates(map[string]float64{"US": 1, "CA": 0.5}))
			start(t, replicas[i])
		}
		d := toCountries(0, "US", 200, "BE", 20, "CA", 3, "BE", 20)
		d.List.Recipients[0].TollFree = true
		id := confirmDraft(t, replicas[0], d)

		time.Sleep(12 * time.Second)
		us, be, ca := d.List.Recipients[:200], slices.Clone(d.List.Recipients[200:220]), d.List.Recipients[220:223]
		be = append(be, d.List.Recipients[223:]...)
		if last := c.spaced(t, 0, be...); time.Since(last) < time.Second {
			t.Errorf("the last of 40 who are not slow was called %v ago, want earlier", time.Since(last))
		}
		c.spaced(t, 2*time.Second, ca...)
		send := read(t, replicas[0], id)
		if n := send.Counts.Accepted; n < 53 || n > 55 || send.Ended() {
			t.Errorf("after 12 s it is at %+v, want 43 and a dozen slow ones accepted", send.Counts)
		}

		send = awaitEnd(t, replicas[0], id, 10*time.Minute)
		c.spaced(t, time.Second, us...)
		if took := send.EndedAt.Sub(send.ConfirmedAt); send.Counts.Accepted != 243 || took > 215*time.Second {
			t.Errorf("it ended as %+v after %v, want all accepted at about one a second", send.Counts, took)
		}
		checkRecords(t, replicas[0], id)
	})
}

// fleetPace is a pace that processes share. It counts the calls.
type fleetPace struct {
	mu   sync.Mutex
	next time.Time
	n    int
}

func (p *fleetPace) Wait(ctx context.Context) error {
	p.mu.Lock()
	p.next = latest(p.next, time.Now())
	wait := time.Until(p.next)
	p.next = p.next.Add(200 * time.Millisecond)
	p.n++
	p.mu.Unlock()
	sleep(ctx, wait)
	return ctx.Err()
}

func latest(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

// Sends share a country's rate, and a large one doesn't block a small one. While they wait they use hardly more of the
// common pace than the calls they make.
func TestRates_sharedByProcesses(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		m := startRedis(t)
		var (
			c    callTimes
			pace fleetPace
		)
		shared := func(c *Config) { c.SMSRates, c.Pace = map[string]float64{"US": 1}, &pace }
		replicas := [2]*Service{}
		for i := range replicas {
			replicas[i] = service(connect(t, m, nil), c.api, shared)
			start(t, replicas[i])
		}
		var (
			all []recipients.Recipient
			ids []string
		)
		for i := range 4 {
			d := toCountries(100*i, "US", 60)
			all = append(all, d.List.Recipients...)
			ids = append(ids, confirmDraft(t, replicas[i%2], d))
		}
		time.Sleep(10 * time.Second)
		small := toCountries(1000, "US", 1)
		awaitEnd(t, replicas[1], confirmDraft(t, replicas[0], small), 40*time.Second)
		quick := toCountries(2000, "BE", 60)
		awaitEnd(t, replicas[1], confirmDraft(t, replicas[1], quick), 20*time.Second)
		for _, id := range ids {
			awaitEnd(t, replicas[0], id, 5*time.Minute)
		}
		c.spaced(t, time.Second, append(all, small.List.Recipients...)...)
		if calls := 4*60 + 1 + 60; pace.n > calls*5/4 {
			t.Errorf("%d calls of the pace were taken for %d calls", pace.n, calls)
		}
	})
}

// A send with only deferred recipients and a long wait uses no worker slot meanwhile.
func TestRates_longWaitFreesTheSlot(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		m := startRedis(t)
		var c callTimes
		s := service(connect(t, m, nil), c.api, rates(map[string]float64{"CA": 0.05}))
		start(t, s)
		d := toCountries(0, "CA", 30)
		id := confirmDraft(t, s, d)
		time.Sleep(7 * time.Second)
		busy := 0
		for range 600 {
			if m.Exists(s.keys(id)[6]) {
				busy++
			}
			time.Sleep(time.Second)
		}
		if busy > 100 {
			t.Errorf("it had a worker slot for %d s of 600, want it to wait without one", busy)
		}
		send := awaitEnd(t, s, id, time.Minute)
		c.spaced(t, 20*time.Second, d.List.Recipients...)
		if took := send.EndedAt.Sub(send.ConfirmedAt); took > 29*22*time.Second {
			t.Errorf("it took %v", took)
		}
	})
}

// Recipients that became due during a pause still go out at the rate.
func TestRates_noBurstAfterPause(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var c callTimes
		s := service(connect(t, startRedis(t), nil), c.api, usSlow)
		start(t, s)
		d := toCountries(0, "US", 60)
		id := confirmDraft(t, s, d)
		await(t, s, id, time.Minute, func(send Send) bool { return send.Counts.Accepted == 5 })
		for _, a := range []Action{Pause, Resume} {
			if _, err := s.Act(t.Context(), id, a, Actor{Team: team, User: ben}); err != nil {
				t.Fatal(err)
			}
			if a == Pause {
				time.Sleep(20 * time.Minute)
				if n := read(t, s, id).Counts.Accepted; n > 6 {
					t.Errorf("%d were called while it was paused", n-5)
				}
			}
		}
		awaitEnd(t, s, id, 2*time.Minute)
		c.spaced(t, time.Second, d.List.Recipients...)
	})
}

func TestRates_deferredArePending(t *testing.T) {
	t.Parallel()
	tests := map[string]func(ctx context.Context, s *Service, id string) error{
		"cancelled": func(ctx context.Context, s *Service, id string) error {
			_, err := s.Act(ctx, id, Cancel, Actor{Team: team, User: ben})
			return err
		},
		"suppressed": func(ctx context.Context, s *Service, _ string) error {
			var people []string
			for i := 1; i < 20; i++ {
				people = append(people, number(i))
			}
			_, err := s.Suppress(ctx, recipients.SMS, people, Actor{}, "")
			return err
		},
	}
	for name, act := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				m := startRedis(t)
				var c callTimes
				s := service(connect(t, m, nil), c.api, rates(map[string]float64{"US": 0.1}))
				start(t, s)
				id := confirmDraft(t, s, toCountries(0, "US", 20, "BE", 5))
				send := await(t, s, id, time.Minute, func(send Send) bool { return send.Counts.Accepted == 6 })
				pending := 0
				for _, o := range checkRecords(t, s, id) {
					if o.Status == Pending {
						pending++
					}
				}
				if pending != 19 || send.Counts.Pending() != 19 || send.Ended() {
					t.Errorf("it is at %+v, %d are pending, want 19", send.Counts, pending)
				}
				if err := act(t.Context(), s, id); err != nil {
					t.Fatal(err)
				}
				send = awaitEnd(t, s, id, time.Minute)
				if want := (Counts{Total: 25, Accepted: 6, Skipped: 19}); send.Counts != want {
					t.Errorf("it ended as %+v, want %+v", send.Counts, want)
				}
				checkRecords(t, s, id)
				for _, i := range []int{keyDeferredDue, keyDeferred} {
					if m.Exists(s.keys(id)[i]) {
						t.Errorf("%s is left in Redis", s.keys(id)[i])
					}
				}
			})
		})
	}
}

// A process that dies with waiting recipients delays them by its lease at most.
func TestRates_continuedByAnotherProcess(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		m, f := startRedis(t), &faults{}
		var c callTimes
		dead := service(connect(t, m, f), c.api, usSlow)
		d := toCountries(0, "US", 30)
		id := confirmDraft(t, dead, d)
		start(t, dead)
		await(t, dead, id, time.Minute, func(send Send) bool { return send.Counts.Accepted == 5 })
		f.disconnect()
		s := service(connect(t, m, nil), c.api, usSlow)
		start(t, s)
		send := awaitEnd(t, s, id, 2*time.Minute)
		if send.Counts.Accepted+send.Counts.Unknown != 30 || send.Counts.Unknown > 1 {
			t.Errorf("it ended as %+v", send.Counts)
		}
		checkRecords(t, s, id)
	})
}

// When a rate is removed, recipients that wait for it continue.
func TestRates_removed(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		m := startRedis(t)
		var c callTimes
		slow := service(connect(t, m, nil), c.api, rates(map[string]float64{"US": 0.01}))
		stop := start(t, slow)
		id := confirmDraft(t, slow, toCountries(0, "US", 10))
		await(t, slow, id, time.Minute, func(send Send) bool { return send.Counts.Accepted == 1 })
		stop()
		s := service(connect(t, m, nil), c.api, rates(nil))
		start(t, s)
		awaitEnd(t, s, id, 2*time.Minute)
	})
}

// A test send keeps the rate of its country too; an e-mail doesn't.
func TestRates_testSendsAndEmails(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var c callTimes
		s := service(connect(t, startRedis(t), nil), c.api, rates(map[string]float64{"US": 0.2}))
		start(t, s)
		to := recipients.Recipient{To: number(1), Country: "US"}
		first := confirmDraft(t, s, toCountries(0, "US", 1))
		awaitEnd(t, s, first, time.Minute)
		test, _, err := s.Test(t.Context(), draft(1), to)
		if err != nil {
			t.Fatal(err)
		}
		awaitEnd(t, s, test.ID, time.Minute)
		c.spaced(t, 5*time.Second, recipients.Recipient{To: number(0)}, to)

		d := draft(0)
		d.Kind = recipients.Email
		for _, to := range []string{"a@example.com", "b@example.com", `"country":"US"@example.com`} {
			d.List.Recipients = append(d.List.Recipients, recipients.Recipient{To: to})
		}
		awaitEnd(t, s, confirmDraft(t, s, d), 3*time.Second)
	})
}

// A repeated call keeps the rate too.
func TestRates_retries(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var (
			c    callTimes
			away atomic.Int64
		)
		s := service(connect(t, startRedis(t), nil), func(ctx context.Context, to string) error {
			if away.Add(1)%3 == 1 {
				return failure(coupontools.RateLimited, 429)
			}
			return c.api(ctx, to)
		}, usSlow)
		start(t, s)
		d := toCountries(0, "US", 10)
		if send := awaitEnd(t, s, confirmDraft(t, s, d), time.Minute); send.Counts.Accepted != 10 {
			t.Errorf("it ended as %+v", send.Counts)
		}
		c.spaced(t, time.Second, d.List.Recipients...)
	})
}
