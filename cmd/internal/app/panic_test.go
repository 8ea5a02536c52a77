package app

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/redis/go-redis/v9"

	"github.com/coupontools/couponbot/bot/slacksim"
	"github.com/coupontools/couponbot/coupontools/sandbox"
	"github.com/coupontools/couponbot/internal/bulkhead"
	"github.com/coupontools/couponbot/sends"
	"github.com/coupontools/couponbot/sends/recipients"
)

// panicSecret is the value of injected panics. Logs must not show it.
const panicSecret = "+32470999888"

// injectedPanics makes guarded functions panic.
type injectedPanics struct {
	mu   sync.Mutex
	left map[bulkhead.Place]int // panics still to inject, by place
	// spared gets the places of guarded functions that run without a panic, as far as it has room.
	spared chan bulkhead.Place
}

func injectPanics(times int, places ...bulkhead.Place) *injectedPanics {
	p := &injectedPanics{left: map[bulkhead.Place]int{}, spared: make(chan bulkhead.Place, 100)}
	for _, place := range places {
		p.left[place] = times
	}
	return p
}

func (p *injectedPanics) beforeWork(at bulkhead.Place) {
	p.mu.Lock()
	left := p.left[at]
	if left > 0 {
		p.left[at]--
	}
	p.mu.Unlock()
	if left > 0 {
		panic(panicSecret)
	}
	select {
	case p.spared <- at:
	default:
	}
}

// awaitSpared waits until guarded functions at a place have run n times without a panic.
func (p *injectedPanics) awaitSpared(t *testing.T, at bulkhead.Place, n int) {
	t.Helper()
	for n > 0 {
		select {
		case got := <-p.spared:
			if got == at {
				n--
			}
		case <-testContext(t).Done():
			t.Fatalf("%d more runs without a panic are wanted at %s", n, at)
		}
	}
}

// reset sets the number of panics still to inject at each place.
func (p *injectedPanics) reset(times int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for at := range p.left {
		p.left[at] = times
	}
}

// neverReached returns the places without a panic so far; times is the number of panics that were to be injected.
func (p *injectedPanics) neverReached(times int) (places []bulkhead.Place) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for at, left := range p.left {
		if left == times {
			places = append(places, at)
		}
	}
	slices.Sort(places)
	return places
}

// newPanicWorld starts a world with injected panics and returns the world and its log.
func newPanicWorld(t *testing.T, p *injectedPanics) (*world, *syncBuffer) {
	t.Helper()
	w, logged := newStoppedWorld(t), new(syncBuffer)
	w.beforeWork = p.beforeWork
	w.config.ApprovalOver, w.config.ShutdownTimeout = 1, 10*time.Second
	go (&demoEnv{redis: w.redis}).advanceRedisClock(t.Context())
	w.startWithLog(t, slog.New(slog.NewTextHandler(logged, nil)))
	return w, logged
}

// commandUntil types a command repeatedly until a message contains want.
func (w *world) commandUntil(t *testing.T, text, want string) {
	t.Helper()
	for range 30 {
		if _, err := w.slack.Command(testContext(t), slacksim.Mia, slacksim.Marketing, "/coupontools", text); err != nil {
			continue
		}
		ctx, cancel := context.WithTimeout(t.Context(), 2*time.Second)
		_, err := w.slack.AwaitMessage(ctx, slacksim.Marketing, func(m slacksim.Message) bool { return containsAll(m.Plain(), []string{want}) })
		cancel()
		if err == nil {
			return
		}
	}
	t.Errorf("%s: no message with %q in\n%s", text, want, w.slack.Transcript())
}

// sendToThree starts a send to three recipients, confirmed by Mia and approved by Noah.
func (w *world) sendToThree(t *testing.T, id string) *sends.Service {
	t.Helper()
	rdb := redis.NewClient(redisOptions(w.config))
	t.Cleanup(func() { _ = rdb.Close() })
	service := sends.New(sends.Config{Redis: rdb, Prefix: keyPrefix(w.config), ApprovalOver: w.config.ApprovalOver})
	team := w.slack.Users()[0].TeamID
	d := sends.Draft{
		ID: id, Team: team, User: slacksim.Mia, OfferID: "dir_5507", OfferName: "Stadsbonnen",
		Kind: recipients.SMS, Message: "Hello", Origin: slacksim.General,
	}
	for i := range 3 {
		d.List.Recipients = append(d.List.Recipients, recipients.Recipient{To: fmt.Sprintf("+32471%03d00%d", len(id), i), Country: "BE", Line: i + 1})
	}
	if _, err := service.SaveDraft(testContext(t), d); err != nil {
		t.Fatal(err)
	}
	if _, err := service.Confirm(testContext(t), id, team, slacksim.Mia); err != nil {
		t.Fatal(err)
	}
	w.awaitMessage(t, slacksim.Marketing, "Stadsbonnen", "approv")
	if _, err := service.Act(testContext(t), id, sends.Approve, sends.Actor{Team: team, User: slacksim.Noah}); err != nil {
		t.Fatal(err)
	}
	return service
}

// awaitEnded waits for the end of a send and returns the send and all reasons for delays that it has shown.
func awaitEnded(t *testing.T, service *sends.Service, id string) (send sends.Send, holdups []string) {
	t.Helper()
	for deadline := time.Now().Add(sendTimeout); time.Now().Before(deadline); time.Sleep(50 * time.Millisecond) {
		var err error
		if send, err = service.Send(t.Context(), id); err != nil {
			t.Fatal(err)
		}
		if send.BackoffReason != "" && !slices.Contains(holdups, send.BackoffReason) {
			holdups = append(holdups, send.BackoffReason)
		}
		if send.Ended() {
			return send, holdups
		}
	}
	t.Errorf("the send has not ended: %+v", send)
	return send, holdups
}

// opsPage returns the body of an ops page.
func (w *world) opsPage(t *testing.T, path string) string {
	t.Helper()
	resp, err := http.Get("http://" + w.ops + path)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// checkPanics checks that each place has panicked, that metrics and log have every panic, and that the log doesn't show
// panicSecret. Empty metrics are not checked.
func checkPanics(t *testing.T, metrics string, log *syncBuffer, p *injectedPanics, times int) {
	t.Helper()
	if never := p.neverReached(times); len(never) > 0 {
		t.Errorf("no panic at %v", never)
	}
	text := log.String()
	for at := range p.left {
		if !strings.Contains(text, "place="+string(at)) {
			t.Errorf("the log lacks the panic in %s", at)
		}
		counted := regexp.MustCompile(`couponbot_panics_total\{place="` + string(at) + `"\} [1-9]`)
		if metrics != "" && !counted.MatchString(metrics) {
			t.Errorf("the panic in %s is not counted", at)
		}
	}
	for _, digits := range []string{panicSecret, panicSecret[1:]} {
		if strings.Contains(text, digits) {
			t.Errorf("the log shows the value of a panic:\n%s", text)
		}
	}
}

// The places where panics are injected, by test. Each place must be reached in its test.
var (
	// workPanics don't keep the bot from answering and sending.
	workPanics = []bulkhead.Place{
		bulkhead.Serve, bulkhead.Socket, bulkhead.Sends, bulkhead.OpsServer, bulkhead.OpsPage, bulkhead.Pace,
		bulkhead.SocketConnect, bulkhead.SocketRead, bulkhead.SocketWatch, bulkhead.SocketClose, bulkhead.SocketEnvelope,
		bulkhead.BotAnswer, bulkhead.BotHandler, bulkhead.BotHolders, bulkhead.BotInterim, bulkhead.BotOptions, bulkhead.BotPeople,
		bulkhead.BotSubmission, bulkhead.CacheFetch, bulkhead.CacheLock, bulkhead.Figures, bulkhead.LocalCache,
		bulkhead.SendLookout, bulkhead.SendNews, bulkhead.SendOptOuts, bulkhead.SendQueue, bulkhead.SendSafety, bulkhead.SendStalls,
	}
	// shutdownPanics don't keep the bot from stopping. The key is what the bot does when it is stopped.
	shutdownPanics = map[string][]bulkhead.Place{
		duringAnswer:    {bulkhead.BotStop, bulkhead.OpsStop, bulkhead.SendShutdown, bulkhead.SocketClose},
		"waiting":       {bulkhead.BotDrain, bulkhead.SendDrain},
		duringReconnect: {bulkhead.SocketAbort},
	}
	// sendPanics delay a send, but a single one doesn't block it for good.
	sendPanics = []bulkhead.Place{
		bulkhead.SendClaim, bulkhead.SendKeeper, bulkhead.SendMayStart, bulkhead.SendPlace, bulkhead.SendPlaces,
		bulkhead.SendTell, bulkhead.SendTend, bulkhead.SendTurn,
	}
	// otherPanics have separate tests: they occur during the recovery from a send's panic, or outside serve.
	otherPanics = []bulkhead.Place{bulkhead.SendBroken, bulkhead.Check, bulkhead.Demo, bulkhead.Signal}
)

const duringAnswer, duringReconnect = "answering", "reconnecting"

// The lists above cover every guarded place.
func TestPanic_coversEveryPlace(t *testing.T) {
	t.Parallel()
	injected := slices.Concat(workPanics, sendPanics, otherPanics)
	for _, places := range shutdownPanics {
		injected = append(injected, places...)
	}
	slices.Sort(injected)
	if diff := cmp.Diff(slices.Sorted(slices.Values(bulkhead.Places)), slices.Compact(injected)); diff != "" {
		t.Errorf("guarded places (-), injected panics (+):\n%s", diff)
	}
}

// Every place panics once. Repeated requests are answered, and a send goes out.
func TestPanic_duringWork(t *testing.T) {
	t.Parallel()
	const times = 1
	p := injectPanics(times, workPanics...)
	w, log := newPanicWorld(t, p)
	w.commandUntil(t, "directories", "Page 1")
	w.commandUntil(t, "loyalty", "Loyalty cards")
	w.commandUntil(t, "campaigns", "Page 1")
	w.commandUntil(t, "campaign Kaasweken", "Sessions")
	w.slack.Disconnect("refresh_requested")
	w.commandUntil(t, "sms-groups", "SMS groups")

	w.command(t, slacksim.Mia, slacksim.General, "/send-directory", "sms +32470123456 dir_5507")
	form := w.awaitView(t, slacksim.Mia, "send_directory")
	if _, err := w.slack.Type(testContext(t), slacksim.Mia, form.ID, "message", "Hello"); err != nil {
		t.Fatal(err)
	}
	optionCount := 0
	for range times + 1 {
		options, err := w.slack.Suggest(testContext(t), slacksim.Mia, form.Place(), "directory", "directory", "city")
		if err != nil {
			t.Fatal(err)
		}
		optionCount = len(options)
	}
	if optionCount == 0 {
		t.Error("no suggestions after the panics")
	}
	for range times {
		if _, err := w.slack.Submit(testContext(t), slacksim.Mia, form.ID); err != nil {
			t.Fatal(err)
		}
		notice, err := w.slack.AwaitView(testContext(t), slacksim.Mia, func(v slacksim.View) bool {
			return strings.Contains(v.Plain(), "Something went wrong inside couponbot")
		})
		if err != nil {
			t.Fatalf("the user is not told that the submission failed: %v", err)
		}
		if _, err := w.slack.CloseView(testContext(t), slacksim.Mia, notice.ID); err != nil {
			t.Fatal(err)
		}
	}
	service := w.sendToThree(t, "three")
	if send, _ := awaitEnded(t, service, "three"); send.Counts.Accepted != 3 {
		t.Errorf("the send ended with %+v, want 3 accepted", send.Counts)
	}
	w.checkNoDuplicates(t)
	for range times {
		w.opsPage(t, "/healthz")
	}
	checkPanics(t, w.opsPage(t, "/metrics"), log, p, times)
	w.stopAndWait(t)
}

// Panics during the shutdown don't keep the bot from stopping.
func TestPanic_duringShutdown(t *testing.T) {
	t.Parallel()
	for phase, places := range shutdownPanics {
		t.Run(phase, func(t *testing.T) {
			t.Parallel()
			p := injectPanics(1, places...)
			w, log := newPanicWorld(t, p)
			mend := w.sandbox.Break(sandbox.Rule{Fault: sandbox.Hang()})
			defer mend()
			switch phase {
			case duringAnswer:
				w.command(t, slacksim.Mia, slacksim.Marketing, "/coupontools", "loyalty")
				w.awaitMessage(t, slacksim.Marketing, "Looking")
			case duringReconnect:
				w.dropHandshakes.Store(true)
				w.slack.Disconnect("refresh_requested")
				select {
				case <-w.handshakes:
				case <-testContext(t).Done():
					t.Fatal("the bot does not reconnect")
				}
			}
			w.stopAndWait(t)
			checkPanics(t, "", log, p, 1)
		})
	}
}

// A panic delays its send, which shows the reason, and the send is completed afterwards. Other sends don't wait. The subtests
// run at the same time since they mostly wait, such as for a lease to expire.
func TestPanic_inASend(t *testing.T) {
	t.Parallel()
	var group sync.WaitGroup
	for _, at := range sendPanics { //nolint:paralleltest // these subtests run at the same time whatever -parallel says
		group.Go(func() { t.Run(string(at), func(t *testing.T) { panicInASend(t, at) }) })
	}
	group.Wait()
}

func panicInASend(t *testing.T, at bulkhead.Place) {
	t.Helper()
	p := injectPanics(1, at)
	w, log := newPanicWorld(t, p)
	service := w.sendToThree(t, "first")
	w.sendToThree(t, "second")
	first, holdups := awaitEnded(t, service, "first")
	second, secondHoldups := awaitEnded(t, service, "second")
	if first.Counts.Accepted != 3 || second.Counts.Accepted != 3 {
		t.Errorf("ended with %+v and %+v, want 3 accepted each", first.Counts, second.Counts)
	}
	w.checkNoDuplicates(t)
	announced := slices.Contains(append(holdups, secondHoldups...), "couponbot couldn't continue this send. It tries again in 15 seconds.")
	if want := at == bulkhead.SendTurn || at == bulkhead.SendClaim; announced != want {
		t.Errorf("delay shown: %t (%q), want %t", announced, append(holdups, secondHoldups...), want)
	}
	if apart := first.EndedAt.Sub(second.EndedAt).Abs(); announced && apart < 5*time.Second {
		t.Errorf("the sends ended %v apart, want no wait for each other", apart)
	}
	checkPanics(t, w.opsPage(t, "/metrics"), log, p, 1)
	w.stopAndWait(t)
}

// If the recovery from a panic during a claim panics too, the recipient becomes unconfirmed when the claim has expired.
func TestPanic_duringRecovery(t *testing.T) {
	t.Parallel()
	p := injectPanics(1, bulkhead.SendClaim, bulkhead.SendBroken)
	w, log := newPanicWorld(t, p)
	service := w.sendToThree(t, "first")
	if send, _ := awaitEnded(t, service, "first"); send.Counts.Accepted != 2 || send.Counts.Unknown != 1 {
		t.Errorf("ended with %+v, want 2 accepted and 1 unknown", send.Counts)
	}
	w.checkNoDuplicates(t)
	checkPanics(t, w.opsPage(t, "/metrics"), log, p, 1)
	w.stopAndWait(t)
}

// The demo works and stops in spite of panics in its parts.
func TestPanic_inTheDemo(t *testing.T) {
	t.Parallel()
	page, err := listen(t.Context(), "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	d, err := newDemoEnv(t.Context(), DemoOptions{}, page.Addr())
	if err != nil {
		t.Fatal(err)
	}
	defer d.close()
	const parts, stops = 4, 3 // guarded functions that run at the start, and at the end
	p, log := injectPanics(parts, bulkhead.Demo), new(syncBuffer)
	d.beforeWork = p.beforeWork
	ctx, stop := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- d.run(ctx, page, slog.New(slog.NewTextHandler(log, nil))) }()
	if err := d.slack.AwaitConnections(testContext(t), 2); err != nil {
		t.Fatalf("the bot of the demo does not connect: %v", err)
	}
	w := &world{ops: d.opsListener.Addr().String()}
	checkPanics(t, w.opsPage(t, "/metrics"), log, p, parts)
	p.awaitSpared(t, bulkhead.Demo, parts) // one that starts again later would take a panic of those at the end
	p.reset(stops)
	stop()
	select {
	case err := <-done:
		if err != nil {
			t.Errorf("the demo returned %v", err)
		}
	case <-testContext(t).Done():
		t.Error("the demo does not end")
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if left := p.left[bulkhead.Demo]; left > 0 {
		t.Errorf("%d panics at the end were not reached", left)
	}
}

// If a part of the check panics, the check reports that without the panic's value and completes the other parts.
func TestPanic_inTheCheck(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	p, log, out := injectPanics(1, bulkhead.Check), new(syncBuffer), new(syncBuffer)
	guard := &bulkhead.Guard{Log: slog.New(slog.NewTextHandler(log, nil)), Before: p.beforeWork}
	if err := checkAll(testContext(t), w.config, out, guard); !errors.Is(err, errCheckFailed) {
		t.Errorf("checkAll() = %v, want %v", err, errCheckFailed)
	}
	checkPanics(t, "", log, p, 1)
	text := out.String()
	if strings.Count(text, "couponbot couldn't finish this part of the check") != 1 || strings.Contains(text, panicSecret) {
		t.Errorf("the check printed:\n%s", text)
	}
	if ok := strings.Count(text, string(pass)+" "); ok < 5 {
		t.Errorf("only %d lines are ok:\n%s", ok, text)
	}
}

// A panic at the first signal doesn't keep a second signal from ending the program.
func TestPanic_duringSignal(t *testing.T) {
	t.Parallel()
	p, log := injectPanics(1, bulkhead.Signal), new(syncBuffer)
	ctx, signal := context.WithCancel(t.Context())
	stopped := make(chan struct{})
	secondSignalKills(ctx, func() { close(stopped) }, &bulkhead.Guard{Log: slog.New(slog.NewTextHandler(log, nil)), Before: p.beforeWork})
	signal()
	select {
	case <-stopped:
	case <-testContext(t).Done():
		t.Error("stop was not called")
	}
	checkPanics(t, "", log, p, 1)
}
