package sends

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/alicebob/miniredis/v2"
	"github.com/redis/go-redis/v9"

	"github.com/coupontools/couponbot/coupontools"
	"github.com/coupontools/couponbot/sends/recipients"
)

const team, mia, ben = "T1", "UMIA", "UBEN"

// api is an API as one function of the recipient.
type api func(ctx context.Context, to string) error

func (f api) SendEmail(ctx context.Context, e coupontools.Email) (*coupontools.Sent, error) {
	return &coupontools.Sent{}, f(ctx, e.To)
}

func (f api) SendSMS(ctx context.Context, s coupontools.SMS) (*coupontools.Sent, error) {
	return &coupontools.Sent{}, f(ctx, s.To)
}

func accept(context.Context, string) error { return nil }

// failure returns the client's error for a call of that class.
func failure(class coupontools.Class, status int) error {
	return &coupontools.Error{Route: "POST /v3/send/sms", Status: status, Class: class}
}

// calls counts the calls for each recipient that the API may have carried out.
type calls struct {
	mu sync.Mutex
	n  map[string]int
}

func (c *calls) record(to string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.n == nil {
		c.n = map[string]int{}
	}
	c.n[to]++
}

func (c *calls) total() (n int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, times := range c.n {
		n += times
	}
	return n
}

// checkOnce fails if a recipient was called twice.
func (c *calls) checkOnce(t testing.TB) {
	t.Helper()
	c.mu.Lock()
	defer c.mu.Unlock()
	for to, n := range c.n {
		if n > 1 {
			t.Errorf("%s got %d calls that may have been carried out, want at most 1", to, n)
		}
	}
}

// accepting is an API that accepts every call.
func (c *calls) accepting(_ context.Context, to string) error {
	c.record(to)
	return nil
}

// startRedis starts a Redis in memory with time.Now as its clock, for use in a synctest bubble.
func startRedis(t testing.TB) *miniredis.Miniredis {
	t.Helper()
	m := miniredis.NewMiniRedis()
	m.ClockTTL(true)
	t.Cleanup(m.Close)
	return m
}

// connect returns a client of m with faults as a hook.
func connect(t testing.TB, m *miniredis.Miniredis, f *faults) *redis.Client {
	t.Helper()
	rdb := redis.NewClient(&redis.Options{
		Addr:       "127.0.0.1:6379", // never dialled; a name would be resolved outside the bubble
		MaxRetries: -1,
		Dialer: func(context.Context, string, string) (net.Conn, error) {
			c, err := m.Dial()
			return buffer(c), err
		},
	})
	if f != nil {
		rdb.AddHook(f)
	}
	rdb.AddHook(idle{m})
	t.Cleanup(func() { _ = rdb.Close() })
	return rdb
}

// idle is a go-redis hook that answers for m when the queue polls and finds nothing. m makes a new Lua interpreter for every
// script, and every service polls several times a second.
type idle struct{ m *miniredis.Miniredis }

func (idle) DialHook(next redis.DialHook) redis.DialHook { return next }

func (i idle) ProcessHook(next redis.ProcessHook) redis.ProcessHook {
	return func(ctx context.Context, cmd redis.Cmder) error {
		args := cmd.Args()
		script, ok := cmd.(*redis.Cmd)
		if !ok || len(args) < 4 || args[0] != "evalsha" {
			return next(ctx, cmd)
		}
		key, _ := args[3].(string)
		if !strings.HasPrefix(key, "asynq:") || i.m.Exists(key) {
			return next(ctx, cmd)
		}
		switch key[strings.LastIndexByte(key, ':')+1:] {
		case "pending":
			script.SetErr(redis.Nil)
			return redis.Nil
		case "scheduled", "retry", "completed":
			script.SetVal(int64(0))
			return nil
		}
		return next(ctx, cmd)
	}
}

func (idle) ProcessPipelineHook(next redis.ProcessPipelineHook) redis.ProcessPipelineHook {
	return next
}

// buffered is a pipe that, like a socket, accepts data before the other end reads it.
type buffered struct {
	net.Conn
	out  chan []byte
	done chan struct{}
	once sync.Once
}

func buffer(c net.Conn) *buffered {
	b := &buffered{Conn: c, out: make(chan []byte, 1000), done: make(chan struct{})}
	go func() {
		for {
			select {
			case p := <-b.out:
				_, _ = b.Conn.Write(p)
			case <-b.done:
				return
			}
		}
	}()
	return b
}

func (b *buffered) Write(p []byte) (int, error) {
	b.out <- bytes.Clone(p)
	return len(p), nil
}

func (b *buffered) Close() error {
	b.once.Do(func() { close(b.done) })
	return b.Conn.Close()
}

// service returns a Service on rdb that calls f.
func service(rdb *redis.Client, f api, change ...func(*Config)) *Service {
	c := Config{Redis: rdb, Prefix: "couponbot:test:", API: f}
	for _, change := range change {
		change(&c)
	}
	return New(c)
}

// start runs s until the returned function is called, which waits for the end of Run.
func start(t testing.TB, s *Service) (stop func()) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	var running sync.WaitGroup
	running.Go(func() {
		if err := s.Run(ctx); err != nil {
			t.Errorf("Run() = %v, want nil", err)
		}
	})
	stop = func() { cancel(); running.Wait() }
	t.Cleanup(stop)
	return stop
}

// draft returns a text message to n people.
func draft(n int) Draft {
	d := Draft{
		Team: team, User: mia, OfferID: "dir_1", OfferName: "City deals", Kind: recipients.SMS,
		Message: "Look", Origin: "C1",
	}
	for i := range n {
		d.List.Recipients = append(d.List.Recipients, recipients.Recipient{To: number(i), Country: "BE", Line: i + 1})
	}
	return d
}

func number(i int) string { return fmt.Sprintf("+32470%06d", i) }

func save(t testing.TB, s *Service, d Draft) Draft {
	t.Helper()
	d, err := s.SaveDraft(t.Context(), d)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// confirmed saves and confirms a send to n people.
func confirmed(t testing.TB, s *Service, n int) string {
	t.Helper()
	d := save(t, s, draft(n))
	if _, err := s.Confirm(t.Context(), d.ID, team, mia); err != nil {
		t.Fatal(err)
	}
	return d.ID
}

func read(t testing.TB, s *Service, id string) Send {
	t.Helper()
	send, err := s.Send(t.Context(), id)
	if err != nil {
		t.Fatal(err)
	}
	return send
}

// await reads the send regularly until ok returns true, for a limited time.
func await(t testing.TB, s *Service, id string, most time.Duration, ok func(Send) bool) Send {
	t.Helper()
	deadline := time.Now().Add(most)
	for {
		send, err := s.Send(t.Context(), id)
		if err == nil && ok(send) {
			return send
		}
		if time.Now().After(deadline) {
			t.Fatalf("after %v the send is at %+v (%v)", most, send, err)
		}
		if !sleep(t.Context(), min(100*time.Millisecond, most/10)) {
			t.Fatal("the test ended")
		}
	}
}

func awaitEnd(t testing.TB, s *Service, id string, most time.Duration) Send {
	t.Helper()
	return await(t, s, id, most, Send.Ended)
}

// checkRecords compares the counters of a send with its recipients, and returns these.
func checkRecords(t testing.TB, s *Service, id string) map[string]Outcome {
	t.Helper()
	var counted Counts
	all := map[string]Outcome{}
	for o, err := range s.Recipients(t.Context(), id) {
		if err != nil {
			t.Fatal(err)
		}
		all[o.To] = o
		counted.Total++
		switch o.Status {
		case Accepted:
			counted.Accepted++
		case Failed:
			counted.Failed++
		case Skipped:
			counted.Skipped++
		case Unknown:
			counted.Unknown++
		}
	}
	if got := read(t, s, id).Counts; got != counted {
		t.Errorf("the send counts %+v, its recipients are %+v", got, counted)
	}
	return all
}

var errLost = errors.New("connection lost")

// faults is a go-redis hook that spoils single commands.
type faults struct {
	mu sync.Mutex
	// spoil returns how often a command reaches Redis, and whether its reply comes back. A negative number makes it hang.
	spoil func(cmd redis.Cmder) (times int, answered bool)
}

func (f *faults) set(spoil func(cmd redis.Cmder) (int, bool)) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.spoil = spoil
}

// disconnect makes Redis unreachable.
func (f *faults) disconnect() { f.set(func(redis.Cmder) (int, bool) { return 0, false }) }

func (f *faults) outcome(cmd redis.Cmder) (int, bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.spoil == nil {
		return 1, true
	}
	return f.spoil(cmd)
}

func (f *faults) DialHook(next redis.DialHook) redis.DialHook { return next }

func (f *faults) ProcessHook(next redis.ProcessHook) redis.ProcessHook {
	return func(ctx context.Context, cmd redis.Cmder) (err error) {
		times, answered := f.outcome(cmd)
		if times < 0 {
			<-ctx.Done()
			return ctx.Err()
		}
		for range times {
			err = next(ctx, cmd)
		}
		if !answered {
			return errLost
		}
		return err
	}
}

func (f *faults) ProcessPipelineHook(next redis.ProcessPipelineHook) redis.ProcessPipelineHook {
	return func(ctx context.Context, cmds []redis.Cmder) error {
		if _, answered := f.outcome(cmds[0]); !answered {
			return errLost
		}
		return next(ctx, cmds)
	}
}

// runs reports whether cmd runs that script. Redis must know the script already.
func runs(cmd redis.Cmder, script *redis.Script) bool {
	args := cmd.Args()
	return len(args) > 1 && args[1] == script.Hash()
}
