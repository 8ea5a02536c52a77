package sends

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/coupontools/couponbot/sends/recipients"
	"github.com/coupontools/couponbot/sends/redistest"
)

func dial(t testing.TB, s *redistest.Server) *redis.Client {
	t.Helper()
	rdb := redis.NewClient(&redis.Options{Network: "unix", Addr: s.Socket(), ReadTimeout: time.Second})
	t.Cleanup(func() { _ = rdb.Close() })
	return rdb
}

// milestones let a test wait for a number of outcomes.
type milestones struct {
	n    atomic.Int64
	at   map[int64]chan struct{}
	over chan struct{} // closed when the Notifier got the end
	once sync.Once
}

func newMilestones(at ...int64) *milestones {
	ms := &milestones{at: map[int64]chan struct{}{}, over: make(chan struct{})}
	for _, n := range at {
		ms.at[n] = make(chan struct{})
	}
	return ms
}

func (ms *milestones) observe(outcome string) {
	if outcome == "released" {
		return
	}
	if reached, ok := ms.at[ms.n.Add(1)]; ok {
		close(reached)
	}
}

func (*milestones) Places(context.Context, Send, map[string]string) (posts, edits []string, err error) {
	return []string{"C1"}, nil, nil
}

func (ms *milestones) Notify(_ context.Context, s Send, _ string, _ map[string]string) (string, error) {
	if s.Ended() {
		ms.once.Do(func() { close(ms.over) })
	}
	return "", nil
}

func wait(t testing.TB, what string, c <-chan struct{}) {
	t.Helper()
	select {
	case <-c:
	case <-time.After(time.Minute):
		t.Fatalf("waited a minute for %s", what)
	}
}

// Two replicas, many confirmations of the same draft, and a Redis that is killed twice during the send.
func TestRealRedis_killedMidSend(t *testing.T) {
	t.Parallel()
	const people = 2000
	server, ms := redistest.New(t), newMilestones(400, 1200)
	var c calls
	replicas := make([]*Service, 2)
	for i := range replicas {
		replicas[i] = service(dial(t, server), c.accepting, func(cfg *Config) {
			cfg.Observe, cfg.Notifier = ms.observe, ms
		})
		start(t, replicas[i])
	}
	id := save(t, replicas[0], draft(people)).ID
	var presses sync.WaitGroup
	for i := range 10 {
		presses.Go(func() {
			if send, err := replicas[i%2].Confirm(t.Context(), id, team, mia); err != nil || send.ID != id {
				t.Errorf("Confirm() = %+v, %v, want the same send", send, err)
			}
		})
	}
	presses.Wait()
	for _, n := range []int64{400, 1200} {
		wait(t, "the send to go on", ms.at[n])
		server.Kill()
		server.Start(t)
	}
	wait(t, "the end", ms.over)

	send := read(t, replicas[1], id)
	if want := (Counts{Total: people, Accepted: people}); send.Counts != want || send.State != StateCompleted {
		t.Errorf("the send ended as %s %+v, want completed %+v", send.State, send.Counts, want)
	}
	c.checkOnce(t)
	if c.total() != people {
		t.Errorf("%d calls, want %d", c.total(), people)
	}
	checkRecords(t, replicas[1], id)
}

// A draft with the most recipients that a send may have takes little memory in Redis.
func TestRealRedis_longDraft(t *testing.T) {
	t.Parallel()
	const most = 150 << 10
	rdb := dial(t, redistest.New(t))
	s := service(rdb, accept)
	d := draft(10_001)
	for i := range d.List.Recipients {
		d.List.Recipients[i] = recipients.Recipient{
			To: fmt.Sprintf("+3247%07d", i*7919%10_000_000), Country: "BE", Line: i + 2, FromFile: true,
		}
	}
	saved := save(t, s, d)
	var total int64
	for _, key := range rdb.Keys(t.Context(), "*"+saved.ID+"*").Val() {
		total += rdb.MemoryUsage(t.Context(), key).Val()
	}
	if total == 0 || total > most {
		t.Errorf("a draft of 10,001 takes %d bytes, want at most %d", total, most)
	}
	t.Logf("%d bytes", total)
	send, err := s.Confirm(t.Context(), saved.ID, team, mia)
	if err != nil || send.Counts.Total != 10_001 {
		t.Errorf("Confirm() = %d recipients, %v", send.Counts.Total, err)
	}
	if n := rdb.LLen(t.Context(), s.keys(saved.ID)[keyRecipients]).Val(); n != 10_001 {
		t.Errorf("the send lists %d recipients", n)
	}
}

// Two replicas keep the rate of a slow country while the rest of the list goes out.
func TestRealRedis_slowCountry(t *testing.T) {
	t.Parallel()
	server := redistest.New(t)
	var c calls
	replicas := make([]*Service, 2)
	for i := range replicas {
		replicas[i] = service(dial(t, server), c.accepting, func(cfg *Config) {
			cfg.SMSRates = map[string]float64{"US": 50, "CA": 20}
		})
		start(t, replicas[i])
	}
	id := confirmDraft(t, replicas[0], toCountries(0, "US", 130, "CA", 10, "BE", 300))
	other := confirmDraft(t, replicas[1], toCountries(1000, "US", 20))
	await(t, replicas[0], id, 10*time.Second, func(send Send) bool { return send.Counts.Accepted >= 300 })
	first := awaitEnd(t, replicas[0], other, time.Minute)
	last := awaitEnd(t, replicas[0], id, 2*time.Minute)
	if took := last.EndedAt.Sub(first.StartedAt); first.Counts.Accepted != 20 || last.Counts.Accepted != 440 || took < 149*20*time.Millisecond {
		t.Errorf("they ended as %+v and %+v within %v, want 150 at 50 a second", first.Counts, last.Counts, took)
	}
	c.checkOnce(t)
	checkRecords(t, replicas[0], id)
}

// A full Redis accepts no claim, but it keeps outcomes, and a draft that it can't confirm stays a draft.
func TestRealRedis_full(t *testing.T) {
	t.Parallel()
	rdb := dial(t, redistest.New(t))
	room := func(bytes string) {
		t.Helper()
		if err := rdb.ConfigSet(context.WithoutCancel(t.Context()), "maxmemory", bytes).Err(); err != nil {
			t.Error(err)
		}
	}
	ms := newMilestones(20)
	var c calls
	s := service(rdb, func(ctx context.Context, to string) error {
		if to == number(10) {
			room("1")
			time.AfterFunc(time.Second, func() { room("0") })
		}
		return c.accepting(ctx, to)
	}, func(cfg *Config) { cfg.Observe, cfg.Notifier = ms.observe, ms })
	start(t, s)

	id := save(t, s, draft(1)).ID
	room("1")
	if _, err := s.Confirm(t.Context(), id, team, mia); !errors.Is(err, ErrUnavailable) {
		t.Errorf("Confirm() = %v, want %v", err, ErrUnavailable)
	}
	room("0")
	if _, err := s.Send(t.Context(), id); !errors.Is(err, ErrNoSend) {
		t.Errorf("Send() afterwards = %v, want %v", err, ErrNoSend)
	}
	if d, err := s.Draft(t.Context(), id, team, mia); err != nil || d.ID != id {
		t.Errorf("Draft() afterwards = %+v, %v, want it as it was", d, err)
	}

	id = confirmed(t, s, 20)
	wait(t, "the end", ms.over)
	if send := read(t, s, id); send.Counts.Accepted != 20 {
		t.Errorf("the send ended as %+v, want all accepted", send.Counts)
	}
	c.checkOnce(t)
}

// A Redis that stops answering delays the shutdown by ShutdownTimeout at most.
func TestRealRedis_hangsAtShutdown(t *testing.T) {
	t.Parallel()
	server, ms := redistest.New(t), newMilestones(50)
	const most = 3 * time.Second
	s := service(dial(t, server), accept, func(c *Config) {
		c.Observe, c.ShutdownTimeout, c.Pace = ms.observe, most, every(time.Millisecond)
	})
	stop := start(t, s)
	confirmed(t, s, 5000)
	wait(t, "the send to begin", ms.at[50])
	server.Signal(syscall.SIGSTOP)
	began := time.Now()
	stop()
	if took := time.Since(began); took > most+time.Second {
		t.Errorf("Run ended after %v, want %v at most", took, most)
	}
}

// BenchmarkSend measures the cost of a recipient without the API's call and the pace.
func BenchmarkSend(b *testing.B) {
	rdb := dial(b, redistest.New(b))
	var trips atomic.Int64
	f := &faults{}
	f.set(func(redis.Cmder) (int, bool) { trips.Add(1); return 1, true })
	rdb.AddHook(f)
	ms := newMilestones(int64(b.N))
	s := service(rdb, accept, func(c *Config) { c.Observe = ms.observe })
	start(b, s)
	id := save(b, s, draft(b.N)).ID
	trips.Store(0)
	b.ReportAllocs()
	b.ResetTimer()
	if _, err := s.Confirm(b.Context(), id, team, mia); err != nil {
		b.Fatal(err)
	}
	wait(b, "the end", ms.at[int64(b.N)])
	b.ReportMetric(float64(trips.Load())/float64(b.N), "roundtrips/op")
}
