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
	smsRoute = "/v3/send/sms"
	// fleetRate is COUPONTOOLS_RATE of the replicas.
	fleetRate = 1000
	// recipientCount is the number of recipients of a send.
	recipientCount = 2000
	// sendTimeout bounds the wait for a send's end. It is long since lost claims become unknown after over half a minute.
	sendTimeout = 4 * time.Minute
)

// fleet is a set of real couponbot processes that share a real Redis, a Slack and a Coupontools.
type fleet struct {
	*world
	server   *redistest.Server
	services [2]*sends.Service // two replicas that handle people's actions

	mu    sync.Mutex
	calls map[string]int // calls that the API may have carried out, by recipient
	times []time.Time    // when these calls arrived
}

func newFleet(t testing.TB) *fleet {
	t.Helper()
	f := &fleet{server: redistest.New(t), calls: map[string]int{}}
	f.world = newStoppedWorld(t)
	api := httptest.NewServer(http.HandlerFunc(f.countCalls))
	t.Cleanup(api.Close)
	t.Cleanup(f.sandbox.Mend)
	f.config.RedisURL = RedisURL{Secret("unix://" + f.server.Socket())}
	f.config.CoupontoolsBaseURL = BaseURL(api.URL)
	for i := range f.services {
		rdb := redis.NewClient(redisOptions(f.config))
		t.Cleanup(func() { _ = rdb.Close() })
		f.services[i] = sends.New(sends.Config{Redis: rdb, Prefix: keyPrefix(f.config), ApprovalOver: f.config.ApprovalOver})
		f.services[i].UseSuppressionList(suppressionName(f.config, f.teamID()))
	}
	return f
}

func (f *fleet) teamID() string { return f.slack.Users()[0].TeamID }

// startReplica starts one more replica.
func (f *fleet) startReplica(t *testing.T) *process {
	t.Helper()
	return f.startProcess(t, "COUPONTOOLS_TIMEOUT=1s", "COUPONTOOLS_RATE="+strconv.Itoa(fleetRate), "LOG_LEVEL=warn")
}

// countCalls forwards calls to the sandbox and counts those that it may have carried out: all except those answered 429.
func (f *fleet) countCalls(w http.ResponseWriter, r *http.Request) {
	received := time.Now()
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return
	}
	var call struct{ Phone string }
	_ = json.Unmarshal(body, &call)
	r.Body = io.NopCloser(bytes.NewReader(body))
	recorder := &statusWriter{ResponseWriter: w}
	defer func() {
		if r.URL.Path != smsRoute || recorder.status == http.StatusTooManyRequests {
			return
		}
		f.mu.Lock()
		defer f.mu.Unlock()
		f.calls[call.Phone]++
		f.times = append(f.times, received)
	}()
	f.sandbox.ServeHTTP(recorder, r)
}

// statusWriter records the status code of a response.
type statusWriter struct {
	http.ResponseWriter
	status int
}

func (w *statusWriter) WriteHeader(status int) {
	w.status = status
	w.ResponseWriter.WriteHeader(status)
}

func (w *statusWriter) Unwrap() http.ResponseWriter { return w.ResponseWriter }

// confirm creates a send, confirms it with several concurrent submissions and has it approved. It returns the send's id.
func (f *fleet) confirm(t testing.TB) string {
	t.Helper()
	d := sends.Draft{
		ID: "crowd", Team: f.teamID(), User: slacksim.Mia, OfferID: "dir_5507", OfferName: "Stadsbonnen",
		Kind: recipients.SMS, Message: "Hello", Origin: slacksim.General,
	}
	for i := range recipientCount {
		d.List.Recipients = append(d.List.Recipients, recipients.Recipient{To: fmt.Sprintf("+32471%06d", i), Country: "BE", Line: i + 1})
	}
	if _, err := f.services[0].SaveDraft(t.Context(), d); err != nil {
		t.Fatal(err)
	}
	f.callConcurrently(t, func(desk *sends.Service) error {
		_, err := desk.Confirm(t.Context(), d.ID, d.Team, d.User)
		return err
	})
	f.actConcurrently(t, d.ID, sends.Approve, sends.ErrOwnSend)
	return d.ID
}

// callConcurrently calls do ten times concurrently, five times with each service.
func (f *fleet) callConcurrently(t testing.TB, do func(*sends.Service) error) {
	t.Helper()
	var all sync.WaitGroup
	for i := range 10 {
		all.Go(func() {
			if err := do(f.services[i%2]); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
}

// actConcurrently lets Mia and Noah take the same action at the same time. The action may fail with a StateError if the
// other one was first; for Mia it may also fail with want.
func (f *fleet) actConcurrently(t testing.TB, id string, a sends.Action, want error) {
	t.Helper()
	var both sync.WaitGroup
	for i, user := range []string{slacksim.Mia, slacksim.Noah} {
		both.Go(func() {
			_, err := f.services[i].Act(context.WithoutCancel(t.Context()), id, a, sends.Actor{Team: f.teamID(), User: user})
			state, late := errors.AsType[*sends.StateError](err)
			if err != nil && !(user == slacksim.Mia && want != nil && errors.Is(err, want)) && !late {
				t.Errorf("%s by %s: %v (%v)", a, user, err, state)
			}
		})
	}
	both.Wait()
}

// awaitCalls waits until the API got n calls.
func (f *fleet) awaitCalls(t *testing.T, n int) {
	t.Helper()
	if err := f.sandbox.AwaitCalls(testContext(t), smsRoute, n); err != nil {
		t.Fatalf("%d calls, want %d: %v", f.sandbox.Calls(smsRoute), n, err)
	}
}

// awaitProgress waits for more calls than can be in flight, so that at least one is new, and logs how long that took.
func (f *fleet) awaitProgress(t *testing.T, after string) {
	t.Helper()
	began := time.Now()
	f.awaitCalls(t, f.sandbox.Calls(smsRoute)+maxInFlight(fleetRate)+1)
	t.Logf("after %s the send continued within %v", after, time.Since(began))
}

// awaitSend polls a send until ok returns true, and returns the send.
func (f *fleet) awaitSend(t testing.TB, id string, ok func(sends.Send) bool) sends.Send {
	t.Helper()
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	deadline := time.Now().Add(sendTimeout)
	for range tick.C {
		send, err := f.services[0].Send(t.Context(), id)
		switch {
		case err == nil && ok(send):
			return send
		case time.Now().After(deadline):
			t.Fatalf("after %v the send is %+v (%v)", sendTimeout, send, err)
		}
	}
	return sends.Send{}
}

// verifySend waits for a send's end and compares its records with the calls that the API got. It returns the counts.
func (f *fleet) verifySend(t *testing.T, id string) sends.Counts {
	t.Helper()
	send := f.awaitSend(t, id, sends.Send.Ended)
	t.Logf("ended as %s after %v: %+v %s", send.State, send.EndedAt.Sub(send.ConfirmedAt), send.Counts, send.Why)
	if send.Counts.Total != recipientCount || send.Counts.Pending() != 0 {
		t.Errorf("the counts are %+v, want them to add up to %d", send.Counts, recipientCount)
	}
	sent := map[string]int{}
	for _, m := range f.sandbox.Sent() {
		sent[m.To] += m.Times
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	var counted sends.Counts
	for o, err := range f.services[0].Recipients(t.Context(), id) {
		if err != nil {
			t.Fatal(err)
		}
		counted.Total++
		calls := f.calls[o.To]
		consistent := true
		switch o.Status {
		case sends.Accepted:
			counted.Accepted++
			consistent = sent[o.To] == 1
		case sends.Failed:
			counted.Failed++
			consistent = sent[o.To] == 0
		case sends.Skipped:
			counted.Skipped++
			consistent = calls == 0
		case sends.Unknown:
			counted.Unknown++
		default:
			consistent = false
		}
		if calls > 1 || !consistent {
			t.Errorf("%s is %s (%s), but got %d calls and %d messages", o.To, o.Status, o.Text, calls, sent[o.To])
		}
	}
	if counted != send.Counts {
		t.Errorf("the send counts %+v, its recipients are %+v", send.Counts, counted)
	}
	return counted
}

// unknownWithoutCall returns the number of recipients that are unknown although no call was made for them.
func (f *fleet) unknownWithoutCall(t *testing.T, id string) (n int) {
	t.Helper()
	f.mu.Lock()
	defer f.mu.Unlock()
	for o, err := range f.services[0].Recipients(t.Context(), id) {
		if err != nil {
			t.Fatal(err)
		}
		if o.Status == sends.Unknown && f.calls[o.To] == 0 {
			n++
		}
	}
	return n
}

func killProcess(p *process) {
	_ = p.Process.Kill()
	_ = p.Wait()
}

// One of two replicas is killed in the middle of a send, then both.
func TestFaults_killedReplicas(t *testing.T) {
	t.Parallel()
	f := newFleet(t)
	f.sandbox.Break(sandbox.Rule{Path: smsRoute, Fault: sandbox.Slow(50 * time.Millisecond)})
	a, b := f.startReplica(t), f.startReplica(t)
	id := f.confirm(t)
	f.awaitCalls(t, 300)
	killProcess(a)
	f.awaitProgress(t, "one replica was killed")
	a = f.startReplica(t)
	f.awaitCalls(t, 1000)
	killProcess(a)
	killProcess(b)
	f.startReplica(t)
	f.awaitProgress(t, "all replicas were killed and one was started")

	counts := f.verifySend(t, id)
	if most := 3 * maxInFlight(fleetRate); counts.Accepted+counts.Unknown != recipientCount || counts.Unknown > most {
		t.Errorf("ended with %+v, want all accepted but at most %d unknown", counts, most)
	}
	f.awaitMessage(t, slacksim.Marketing, "Sent to")
}

// A replica stops gracefully, Redis is paused and restarted, and the API fails at times. No recipient becomes unknown
// without a call.
func TestFaults_stopsOutagesAndErrors(t *testing.T) {
	t.Parallel()
	f := newFleet(t)
	var trap sandbox.Trap
	elsewhere := httptest.NewServer(&trap)
	t.Cleanup(elsewhere.Close)
	for _, fault := range []sandbox.Fault{
		sandbox.Hang(), sandbox.ServerError(500), sandbox.Redirect(307, elsewhere.URL), sandbox.TooMany("1"),
	} {
		f.sandbox.Break(sandbox.Rule{Path: smsRoute, Fault: fault, Chance: 0.01, Times: 3})
	}
	f.sandbox.Break(sandbox.Rule{Path: smsRoute, Fault: sandbox.CutAfter(), Chance: 0.05})
	f.sandbox.Break(sandbox.Rule{Path: smsRoute, Fault: sandbox.Slow(20 * time.Millisecond)})
	a, _ := f.startReplica(t), f.startReplica(t)
	id := f.confirm(t)

	f.awaitCalls(t, 300)
	if err := a.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	if err := a.Wait(); err != nil {
		t.Errorf("exit after SIGTERM: %v", err)
	}
	f.startReplica(t)

	f.awaitCalls(t, 600)
	f.actConcurrently(t, id, sends.Pause, nil)
	f.awaitSend(t, id, func(s sends.Send) bool { return s.State == sends.StatePaused })
	f.actConcurrently(t, id, sends.Resume, nil)
	f.awaitProgress(t, "a pause")

	f.awaitCalls(t, 900)
	f.server.Signal(syscall.SIGSTOP)
	resume := time.AfterFunc(10*time.Second, func() { f.server.Signal(syscall.SIGCONT) })
	t.Cleanup(func() { resume.Stop() })
	f.awaitProgress(t, "Redis was paused for ten seconds")

	f.awaitCalls(t, 1300)
	f.server.Kill()
	f.server.Start(t)
	f.awaitProgress(t, "Redis was killed and restarted")

	counts := f.verifySend(t, id)
	if counts.Accepted+counts.Unknown != recipientCount || counts.Unknown < 20 {
		t.Errorf("ended with %+v, want all accepted but about a hundred unknown", counts)
	}
	if n := f.unknownWithoutCall(t, id); n > 0 {
		t.Errorf("%d recipients are unknown without a call", n)
	}
	if trap.Calls() > 0 {
		t.Errorf("%d redirects were followed", trap.Calls())
	}
}

// After a cancellation, recipients without a call are skipped and calls in flight keep their result.
func TestFaults_cancelled(t *testing.T) {
	t.Parallel()
	f := newFleet(t)
	f.sandbox.Break(sandbox.Rule{Path: smsRoute, Fault: sandbox.Slow(50 * time.Millisecond)})
	f.startReplica(t)
	f.startReplica(t)
	id := f.confirm(t)
	f.awaitCalls(t, 200)
	f.actConcurrently(t, id, sends.Cancel, nil)
	counts := f.verifySend(t, id)
	if counts.Skipped == 0 || counts.Accepted < 200-maxInFlight(fleetRate) || counts.Unknown+counts.Failed > 0 {
		t.Errorf("ended with %+v, want some accepted and the rest skipped", counts)
	}
}

// People on the do-not-contact list are skipped. Once the list or a part of it is lost from Redis, nothing is sent.
func TestFaults_optOutsLost(t *testing.T) {
	t.Parallel()
	f := newFleet(t)
	f.startReplica(t)
	rdb := redis.NewClient(redisOptions(f.config))
	t.Cleanup(func() { _ = rdb.Close() })
	draft := sends.Draft{
		Team: f.teamID(), User: slacksim.Mia, OfferID: "dir_5507", OfferName: "Stadsbonnen", Kind: recipients.SMS, Message: "Hello",
		List: recipients.List{Recipients: []recipients.Recipient{{To: "+32471000001", Line: 1}, {To: "+32471000002", Line: 2}}},
	}
	save := func() (sends.Draft, error) { return f.services[0].SaveDraft(t.Context(), draft) }
	before, err := save()
	if err != nil {
		t.Fatal(err)
	}
	by := sends.Actor{Team: f.teamID(), User: slacksim.Mia}
	if _, err := f.services[1].Suppress(t.Context(), recipients.SMS, []string{"+32471000001"}, by, "by hand"); err != nil {
		t.Fatal(err)
	}
	if _, err := f.services[0].Confirm(t.Context(), before.ID, before.Team, before.User); err != nil {
		t.Fatal(err)
	}
	f.awaitSend(t, before.ID, func(s sends.Send) bool { return s.Ended() && s.Counts.Skipped == 1 && s.Counts.Accepted == 1 })

	late, err := save()
	if err != nil {
		t.Fatal(err)
	}
	list := sends.SuppressionPrefix + f.teamID() + ":"
	if err := rdb.Del(t.Context(), list+"people").Err(); err != nil {
		t.Fatal(err)
	}
	if _, err := f.services[0].Confirm(t.Context(), late.ID, late.Team, late.User); !errors.Is(err, sends.ErrSuppressionLost) {
		t.Errorf("Confirm() without the list = %v, want %v", err, sends.ErrSuppressionLost)
	}
	f.command(t, slacksim.Mia, slacksim.General, "/coupontools", "status")
	f.awaitMessage(t, slacksim.General, "The do-not-contact list, or a part of it, has disappeared from Redis, so nothing is sent.")
	if err := rdb.FlushAll(t.Context()).Err(); err != nil {
		t.Fatal(err)
	}
	if _, err := save(); !errors.Is(err, sends.ErrSuppressionLost) {
		t.Errorf("SaveDraft() after FLUSHALL = %v, want %v", err, sends.ErrSuppressionLost)
	}
	if n := f.sandbox.Calls(smsRoute); n != 1 {
		t.Errorf("%d text messages went out, want 1", n)
	}
}

// Redis is flushed during a send by two replicas. All messages about the send say so and lose their buttons.
func TestFaults_flushed(t *testing.T) {
	t.Parallel()
	f := newFleet(t)
	f.sandbox.Break(sandbox.Rule{Path: smsRoute, Fault: sandbox.Slow(50 * time.Millisecond)})
	replicas := []*process{f.startReplica(t), f.startReplica(t)}
	id := f.confirm(t)
	f.awaitCalls(t, 300)
	f.awaitMessage(t, slacksim.Marketing, "Sending", "waiting")
	f.flushRedis(t)
	for _, channel := range []string{slacksim.Marketing, f.slack.Direct(slacksim.Mia)} {
		text := f.awaitMessage(t, channel, "Send lost", "Its records are gone from Redis.", "may have been reached.").Plain()
		if strings.Contains(text, "waiting") || strings.Contains(text, "[Pause]") || strings.Contains(text, "[Cancel]") {
			t.Errorf("the message in %s still has the progress or the buttons:\n%s", channel, text)
		}
		said := regexp.MustCompile(`([\d,]+) people may have been reached`).FindStringSubmatch(text)
		if said == nil {
			t.Fatalf("the message in %s has no number:\n%s", channel, text)
		}
		reached, _ := strconv.Atoi(strings.ReplaceAll(said[1], ",", ""))
		if called := f.sandbox.Calls(smsRoute); reached < called || reached > called+2*maxInFlight(fleetRate) {
			t.Errorf("the message in %s has %d people who may have been reached after %d calls", channel, reached, called)
		}
	}
	logged := 0
	for _, p := range replicas {
		logged += strings.Count(p.log.String(), "The records of a send are gone from Redis")
	}
	if logged != 1 {
		t.Errorf("the loss is logged %d times, want once", logged)
	}
	if _, err := f.services[0].Send(t.Context(), id); !errors.Is(err, sends.ErrNoSend) {
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

// Redis is flushed while no replica runs. The buttons of the send then say that its records are gone.
func TestFaults_flushedBetween(t *testing.T) {
	t.Parallel()
	f := newFleet(t)
	f.sandbox.Break(sandbox.Rule{Path: smsRoute, Fault: sandbox.Slow(50 * time.Millisecond)})
	p := f.startReplica(t)
	id := f.confirm(t)
	f.awaitCalls(t, 100)
	m := f.awaitMessage(t, slacksim.Marketing, "Sending", "waiting")
	killProcess(p)
	f.flushRedis(t)
	f.startReplica(t)
	for _, action := range []string{"send_pause", "send_cancel"} {
		if _, err := f.slack.Click(testContext(t), slacksim.Mia, m.Place(), "", action, id); err != nil {
			t.Fatal(err)
		}
		verb := strings.TrimPrefix(action, "send_")
		f.awaitMessage(t, slacksim.Marketing, "couponbot can't "+verb+" this send. Its records are gone from Redis. Nothing more of it goes out.")
	}
}

// flushRedis deletes all keys.
func (f *fleet) flushRedis(t *testing.T) {
	t.Helper()
	rdb := redis.NewClient(redisOptions(f.config))
	defer rdb.Close()
	if err := rdb.FlushAll(t.Context()).Err(); err != nil {
		t.Fatal(err)
	}
}

// The program stops within SHUTDOWN_TIMEOUT and without an error even if Redis hangs.
func TestFaults_stopsWhileRedisHangs(t *testing.T) {
	t.Parallel()
	f := newFleet(t)
	for range 3 {
		p := f.startProcess(t, "SHUTDOWN_TIMEOUT=2s", "LOG_LEVEL=warn")
		f.server.Signal(syscall.SIGSTOP)
		began := time.Now()
		_ = p.Process.Signal(syscall.SIGTERM)
		if err := p.Wait(); err != nil {
			t.Errorf("the program ended with %v", err)
		}
		if took := time.Since(began); took > 3*time.Second { // with a margin for a busy machine
			t.Errorf("the stop took %v, want 2 s", took)
		}
		f.server.Signal(syscall.SIGCONT)
	}
}
