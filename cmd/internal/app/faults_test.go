package app

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/coupontools/couponbot/bot/slacksim"
	"github.com/coupontools/couponbot/coupontools/sandbox"
	"github.com/coupontools/couponbot/sends"
	"github.com/coupontools/couponbot/sends/recipients"
	"github.com/coupontools/couponbot/sends/redistest"
)

const (
	sms = "/v3/send/sms"
	// rate is COUPONTOOLS_RATE.
	rate = 1000
	// crowd is how many a send of these tests goes to.
	crowd = 2000
	// endurance bounds the wait for a send's end: dead claims become unknown after more than half a minute.
	endurance = 4 * time.Minute
)

// fleet is replicas of the real program on one real Redis, one Slack and one Coupontools.
type fleet struct {
	*world
	server *redistest.Server
	desks  [2]*sends.Service // two places where people press

	mu    sync.Mutex
	calls map[string]int // to each recipient, that the API may have carried out
	times []time.Time    // when each call came in
}

func newFleet(t testing.TB) *fleet {
	t.Helper()
	f := &fleet{server: redistest.New(t), calls: map[string]int{}}
	f.world = stillWorld(t)
	api := httptest.NewServer(http.HandlerFunc(f.count))
	t.Cleanup(api.Close)
	t.Cleanup(f.sandbox.Mend)
	f.config.RedisURL = RedisURL{Secret("unix://" + f.server.Socket())}
	f.config.CoupontoolsBaseURL = BaseURL(api.URL)
	for i := range f.desks {
		rdb := redis.NewClient(redisOptions(f.config))
		t.Cleanup(func() { _ = rdb.Close() })
		f.desks[i] = sends.New(sends.Config{Redis: rdb, Prefix: keyPrefix(f.config), ApprovalOver: f.config.ApprovalOver})
		f.desks[i].UseSuppressionList(suppressionName(f.config, f.team()))
	}
	return f
}

func (f *fleet) team() string { return f.slack.Users()[0].TeamID }

// replica starts one more.
func (f *fleet) replica(t *testing.T) *process {
	t.Helper()
	return f.startProcess(t, "COUPONTOOLS_TIMEOUT=1s", "COUPONTOOLS_RATE="+strconv.Itoa(rate), "LOG_LEVEL=warn")
}

// count passes calls on to the sandbox and counts those that it may have carried out: all but those answered 429.
func (f *fleet) count(w http.ResponseWriter, r *http.Request) {
	came := time.Now()
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return
	}
	var call struct{ Phone string }
	_ = json.Unmarshal(body, &call)
	r.Body = io.NopCloser(bytes.NewReader(body))
	answer := &statusWriter{ResponseWriter: w}
	defer func() {
		if r.URL.Path != sms || answer.status == http.StatusTooManyRequests {
			return
		}
		f.mu.Lock()
		defer f.mu.Unlock()
		f.calls[call.Phone]++
		f.times = append(f.times, came)
	}()
	f.sandbox.ServeHTTP(answer, r)
}

type statusWriter struct {
	http.ResponseWriter
	status int
}

func (w *statusWriter) WriteHeader(status int) {
	w.status = status
	w.ResponseWriter.WriteHeader(status)
}

func (w *statusWriter) Unwrap() http.ResponseWriter { return w.ResponseWriter }

// confirm makes a send to a crowd, as if the same submit came from all sides at once, and has it approved likewise.
func (f *fleet) confirm(t testing.TB) string {
	t.Helper()
	d := sends.Draft{
		ID: "crowd", Team: f.team(), User: slacksim.Mia, OfferID: "dir_5507", OfferName: "Stadsbonnen",
		Kind: recipients.SMS, Message: "Hello", Origin: slacksim.General,
	}
	for i := range crowd {
		d.List.Recipients = append(d.List.Recipients, recipients.Recipient{To: fmt.Sprintf("+32471%06d", i), Country: "BE", Line: i + 1})
	}
	if _, err := f.desks[0].SaveDraft(t.Context(), d); err != nil {
		t.Fatal(err)
	}
	f.press(t, func(desk *sends.Service) error {
		_, err := desk.Confirm(t.Context(), d.ID, d.Team, d.User)
		return err
	})
	f.act(t, d.ID, sends.Approve, sends.ErrOwnSend)
	return d.ID
}

// press does the same at both desks, five times at once.
func (f *fleet) press(t testing.TB, do func(*sends.Service) error) {
	t.Helper()
	var all sync.WaitGroup
	for i := range 10 {
		all.Go(func() {
			if err := do(f.desks[i%2]); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
}

// act has two people do the same at once: of one who may not want is expected, or that the other came first.
func (f *fleet) act(t testing.TB, id string, a sends.Action, want error) {
	t.Helper()
	var both sync.WaitGroup
	for i, user := range []string{slacksim.Mia, slacksim.Noah} {
		both.Go(func() {
			_, err := f.desks[i].Act(context.WithoutCancel(t.Context()), id, a, sends.Actor{Team: f.team(), User: user})
			state, late := errors.AsType[*sends.StateError](err)
			if err != nil && !(user == slacksim.Mia && want != nil && errors.Is(err, want)) && !late {
				t.Errorf("%s by %s: %v (%v)", a, user, err, state)
			}
		})
	}
	both.Wait()
}

func (f *fleet) awaitCalls(t *testing.T, n int) {
	t.Helper()
	if err := f.sandbox.AwaitCalls(patient(t), sms, n); err != nil {
		t.Fatalf("%d calls, want %d: %v", f.sandbox.Calls(sms), n, err)
	}
}

// goesOn waits until more calls are made than could be out, and logs how long that took.
func (f *fleet) goesOn(t *testing.T, after string) {
	t.Helper()
	began := time.Now()
	f.awaitCalls(t, f.sandbox.Calls(sms)+inFlight(rate)+1)
	t.Logf("after %s the send went on within %v", after, time.Since(began))
}

// stands polls how the send stands until ok.
func (f *fleet) stands(t testing.TB, id string, ok func(sends.Send) bool) sends.Send {
	t.Helper()
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	deadline := time.Now().Add(endurance)
	for range tick.C {
		send, err := f.desks[0].Send(t.Context(), id)
		switch {
		case err == nil && ok(send):
			return send
		case time.Now().After(deadline):
			t.Fatalf("after %v the send stands at %+v (%v)", endurance, send, err)
		}
	}
	return sends.Send{}
}

// judge holds the records of an ended send to what the API saw.
func (f *fleet) judge(t *testing.T, id string) sends.Counts {
	t.Helper()
	send := f.stands(t, id, sends.Send.Ended)
	t.Logf("ended as %s after %v: %+v %s", send.State, send.EndedAt.Sub(send.ConfirmedAt), send.Counts, send.Why)
	if send.Counts.Total != crowd || send.Counts.Pending() != 0 {
		t.Errorf("the counts are %+v, want them to add up to %d", send.Counts, crowd)
	}
	sent := map[string]int{}
	for _, m := range f.sandbox.Sent() {
		sent[m.To] += m.Times
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	var counted sends.Counts
	for o, err := range f.desks[0].Recipients(t.Context(), id) {
		if err != nil {
			t.Fatal(err)
		}
		counted.Total++
		calls := f.calls[o.To]
		right := true
		switch o.Status {
		case sends.Accepted:
			counted.Accepted++
			right = sent[o.To] == 1
		case sends.Failed:
			counted.Failed++
			right = sent[o.To] == 0
		case sends.Skipped:
			counted.Skipped++
			right = calls == 0
		case sends.Unknown:
			counted.Unknown++
		default:
			right = false
		}
		if calls > 1 || !right {
			t.Errorf("%s is %s (%s), but got %d calls and %d messages", o.To, o.Status, o.Text, calls, sent[o.To])
		}
	}
	if counted != send.Counts {
		t.Errorf("the send counts %+v, its recipients are %+v", send.Counts, counted)
	}
	return counted
}

// uncalled is how many are unknown though nobody called them.
func (f *fleet) uncalled(t *testing.T, id string) (n int) {
	t.Helper()
	f.mu.Lock()
	defer f.mu.Unlock()
	for o, err := range f.desks[0].Recipients(t.Context(), id) {
		if err != nil {
			t.Fatal(err)
		}
		if o.Status == sends.Unknown && f.calls[o.To] == 0 {
			n++
		}
	}
	return n
}

func kill(p *process) {
	_ = p.Process.Kill()
	_ = p.Wait()
}

// One of two replicas is killed in the middle of a send, then both.
func TestFaults_killedReplicas(t *testing.T) {
	t.Parallel()
	f := newFleet(t)
	f.sandbox.Break(sandbox.Rule{Path: sms, Fault: sandbox.Slow(50 * time.Millisecond)})
	a, b := f.replica(t), f.replica(t)
	id := f.confirm(t)
	f.awaitCalls(t, 300)
	kill(a)
	f.goesOn(t, "one replica was killed")
	a = f.replica(t)
	f.awaitCalls(t, 1000)
	kill(a)
	kill(b)
	f.replica(t)
	f.goesOn(t, "all were killed and one was started")

	counts := f.judge(t, id)
	if most := 3 * inFlight(rate); counts.Accepted+counts.Unknown != crowd || counts.Unknown > most {
		t.Errorf("ended with %+v, want all accepted but at most %d unknown", counts, most)
	}
	f.message(t, slacksim.Marketing, "Send completed")
}

// Nobody is killed: a replica is stopped in good order, Redis is held up and started again, and the API answers badly.
// Whoever is unknown was called.
func TestFaults_everythingElse(t *testing.T) {
	t.Parallel()
	f := newFleet(t)
	var trap sandbox.Trap
	elsewhere := httptest.NewServer(&trap)
	t.Cleanup(elsewhere.Close)
	for _, fault := range []sandbox.Fault{
		sandbox.Hang(), sandbox.ServerError(500), sandbox.Redirect(307, elsewhere.URL), sandbox.TooMany("1"),
	} {
		f.sandbox.Break(sandbox.Rule{Path: sms, Fault: fault, Chance: 0.01, Times: 3})
	}
	f.sandbox.Break(sandbox.Rule{Path: sms, Fault: sandbox.CutAfter(), Chance: 0.05})
	f.sandbox.Break(sandbox.Rule{Path: sms, Fault: sandbox.Slow(20 * time.Millisecond)})
	a, _ := f.replica(t), f.replica(t)
	id := f.confirm(t)

	f.awaitCalls(t, 300)
	if err := a.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	if err := a.Wait(); err != nil {
		t.Errorf("exit after SIGTERM: %v", err)
	}
	f.replica(t)

	f.awaitCalls(t, 600)
	f.act(t, id, sends.Pause, nil)
	f.stands(t, id, func(s sends.Send) bool { return s.State == sends.StatePaused })
	f.act(t, id, sends.Resume, nil)
	f.goesOn(t, "a pause")

	f.awaitCalls(t, 900)
	f.server.Signal(syscall.SIGSTOP)
	held := time.AfterFunc(10*time.Second, func() { f.server.Signal(syscall.SIGCONT) })
	t.Cleanup(func() { held.Stop() })
	f.goesOn(t, "Redis was held up for ten seconds")

	f.awaitCalls(t, 1300)
	f.server.Kill()
	f.server.Start(t)
	f.goesOn(t, "Redis was killed and started")

	counts := f.judge(t, id)
	if counts.Accepted+counts.Unknown != crowd || counts.Unknown < 20 {
		t.Errorf("ended with %+v, want all accepted but about a hundred unknown", counts)
	}
	if n := f.uncalled(t, id); n > 0 {
		t.Errorf("%d are unknown though nobody called them", n)
	}
	if trap.Calls() > 0 {
		t.Errorf("%d redirects were followed", trap.Calls())
	}
}

// Who was not called yet when two people cancel is skipped, and those being called get their outcome.
func TestFaults_cancelled(t *testing.T) {
	t.Parallel()
	f := newFleet(t)
	f.sandbox.Break(sandbox.Rule{Path: sms, Fault: sandbox.Slow(50 * time.Millisecond)})
	f.replica(t)
	f.replica(t)
	id := f.confirm(t)
	f.awaitCalls(t, 200)
	f.act(t, id, sends.Cancel, nil)
	counts := f.judge(t, id)
	if counts.Skipped == 0 || counts.Accepted < 200-inFlight(rate) || counts.Unknown+counts.Failed > 0 {
		t.Errorf("ended with %+v, want some accepted and the rest skipped", counts)
	}
}

// A real process on a real Redis: people on the do-not-contact list are skipped with other API keys, too, and nothing goes out
// once the list is lost, whatever is lost of it.
func TestFaults_optOutsLost(t *testing.T) {
	t.Parallel()
	f := newFleet(t)
	f.replica(t)
	redis := redis.NewClient(redisOptions(f.config))
	t.Cleanup(func() { _ = redis.Close() })
	draft := sends.Draft{
		Team: f.team(), User: slacksim.Mia, OfferID: "dir_5507", OfferName: "Stadsbonnen", Kind: recipients.SMS, Message: "Hello",
		List: recipients.List{Recipients: []recipients.Recipient{{To: "+32471000001", Line: 1}, {To: "+32471000002", Line: 2}}},
	}
	saved := func() (sends.Draft, error) { return f.desks[0].SaveDraft(t.Context(), draft) }
	before, err := saved()
	if err != nil {
		t.Fatal(err)
	}
	by := sends.Actor{Team: f.team(), User: slacksim.Mia}
	if _, err := f.desks[1].Suppress(t.Context(), recipients.SMS, []string{"+32471000001"}, by, "by hand"); err != nil {
		t.Fatal(err)
	}
	if _, err := f.desks[0].Confirm(t.Context(), before.ID, before.Team, before.User); err != nil {
		t.Fatal(err)
	}
	f.stands(t, before.ID, func(s sends.Send) bool { return s.Ended() && s.Counts.Skipped == 1 && s.Counts.Accepted == 1 })

	late, err := saved()
	if err != nil {
		t.Fatal(err)
	}
	list := sends.SuppressionPrefix + f.team() + ":"
	if err := redis.Del(t.Context(), list+"people").Err(); err != nil {
		t.Fatal(err)
	}
	if _, err := f.desks[0].Confirm(t.Context(), late.ID, late.Team, late.User); !errors.Is(err, sends.ErrSuppressionLost) {
		t.Errorf("Confirm() after the list was lost = %v", err)
	}
	f.command(t, slacksim.Mia, slacksim.General, "/coupontools", "status")
	f.message(t, slacksim.General, "The do-not-contact list, or a part of it, has disappeared from Redis, so nothing is sent.")
	if err := redis.FlushAll(t.Context()).Err(); err != nil {
		t.Fatal(err)
	}
	if _, err := saved(); !errors.Is(err, sends.ErrSuppressionLost) {
		t.Errorf("SaveDraft() after FLUSHALL = %v", err)
	}
	if n := f.sandbox.Calls(sms); n != 1 {
		t.Errorf("%d text messages went out, want 1", n)
	}
}

// Redis is emptied in the middle of a send of two replicas: every message about the send says so, and has no buttons any more.
func TestFaults_flushed(t *testing.T) {
	t.Parallel()
	f := newFleet(t)
	f.sandbox.Break(sandbox.Rule{Path: sms, Fault: sandbox.Slow(50 * time.Millisecond)})
	replicas := []*process{f.replica(t), f.replica(t)}
	id := f.confirm(t)
	f.awaitCalls(t, 300)
	f.message(t, slacksim.Marketing, "Sending", "waiting")
	f.flush(t)
	for _, channel := range []string{slacksim.Marketing, f.slack.Direct(slacksim.Mia)} {
		text := f.message(t, channel, "Send lost", "Its records are gone from Redis.", "may have been reached.").Plain()
		if strings.Contains(text, "waiting") || strings.Contains(text, "[Pause]") || strings.Contains(text, "[Cancel]") {
			t.Errorf("the message in %s still has the progress or the buttons:\n%s", channel, text)
		}
		said := regexp.MustCompile(`([\d,]+) people may have been reached`).FindStringSubmatch(text)
		if said == nil {
			t.Fatalf("the message in %s has no number:\n%s", channel, text)
		}
		reached, _ := strconv.Atoi(strings.ReplaceAll(said[1], ",", ""))
		if called := f.sandbox.Calls(sms); reached < called || reached > called+2*inFlight(rate) {
			t.Errorf("the message in %s says that %d people may have been reached after %d calls", channel, reached, called)
		}
	}
	logged := 0
	for _, p := range replicas {
		logged += strings.Count(p.log.String(), "The records of a send are gone from Redis")
	}
	if logged != 1 {
		t.Errorf("the replicas log it %d times, want once", logged)
	}
	if _, err := f.desks[0].Send(t.Context(), id); !errors.Is(err, sends.ErrNoSend) {
		t.Errorf("Send() = %v, want %v", err, sends.ErrNoSend)
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	for to, n := range f.calls {
		if n > 1 {
			t.Errorf("%s got %d calls", to, n)
		}
	}
}

// Redis is emptied while no replica runs: nobody knows of the send, and its buttons say so.
func TestFaults_flushedBetween(t *testing.T) {
	t.Parallel()
	f := newFleet(t)
	f.sandbox.Break(sandbox.Rule{Path: sms, Fault: sandbox.Slow(50 * time.Millisecond)})
	p := f.replica(t)
	id := f.confirm(t)
	f.awaitCalls(t, 100)
	m := f.message(t, slacksim.Marketing, "Sending", "waiting")
	kill(p)
	f.flush(t)
	f.replica(t)
	for _, action := range []string{"send_pause", "send_cancel"} {
		if _, err := f.slack.Click(patient(t), slacksim.Mia, m.Place(), "", action, id); err != nil {
			t.Fatal(err)
		}
		verb := strings.TrimPrefix(action, "send_")
		f.message(t, slacksim.Marketing, "couponbot can't "+verb+" this send. Its records are gone from Redis. Nothing more of it goes out.")
	}
}

// flush empties Redis.
func (f *fleet) flush(t *testing.T) {
	t.Helper()
	rdb := redis.NewClient(redisOptions(f.config))
	defer rdb.Close()
	if err := rdb.FlushAll(t.Context()).Err(); err != nil {
		t.Fatal(err)
	}
}

// Told to stop while Redis hangs, the program ends in its time and without a fault.
func TestFaults_stopsWhileRedisHangs(t *testing.T) {
	t.Parallel()
	f := newFleet(t)
	for range 3 {
		p := f.startProcess(t, "SHUTDOWN_TIMEOUT=2s", "LOG_LEVEL=warn")
		f.server.Signal(syscall.SIGSTOP)
		began := time.Now()
		_ = p.Process.Signal(syscall.SIGTERM)
		if err := p.Wait(); err != nil {
			t.Errorf("it ended with %v", err)
		}
		if took := time.Since(began); took > 3*time.Second { // its time, and what a busy machine adds
			t.Errorf("it took %v to stop, want 2 s", took)
		}
		f.server.Signal(syscall.SIGCONT)
	}
}
