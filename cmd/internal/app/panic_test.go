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

// private is what the panics of these tests hold. No log may show it.
const private = "+32470999888"

// panics are panics to be injected, each so many times.
type panics struct {
	mu   sync.Mutex
	left map[bulkhead.Place]int
}

func newPanics(times int, places ...bulkhead.Place) *panics {
	p := &panics{left: map[bulkhead.Place]int{}}
	for _, place := range places {
		p.left[place] = times
	}
	return p
}

func (p *panics) before(at bulkhead.Place) {
	p.mu.Lock()
	left := p.left[at]
	if left > 0 {
		p.left[at]--
	}
	p.mu.Unlock()
	if left > 0 {
		panic(private)
	}
}

// again injects so many panics more at each place.
func (p *panics) again(times int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for at := range p.left {
		p.left[at] = times
	}
}

// never lists the places where nothing has panicked yet.
func (p *panics) never(times int) (places []bulkhead.Place) {
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

// panicWorld starts a world with panics in it, whose log is kept.
func panicWorld(t *testing.T, p *panics) (*world, *lockedBuffer) {
	t.Helper()
	w, logged := stillWorld(t), new(lockedBuffer)
	w.before = p.before
	w.config.ApprovalOver, w.config.ShutdownTimeout = 1, 10*time.Second
	go (&workspace{redis: w.redis}).keepTime(t.Context())
	w.startLogging(t, slog.New(slog.NewTextHandler(logged, nil)))
	return w, logged
}

// ask types a command until it is answered with want.
func (w *world) ask(t *testing.T, text, want string) {
	t.Helper()
	for range 30 {
		if _, err := w.slack.Command(patient(t), slacksim.Mia, slacksim.Marketing, "/coupontools", text); err != nil {
			continue
		}
		ctx, cancel := context.WithTimeout(t.Context(), 2*time.Second)
		_, err := w.slack.AwaitMessage(ctx, slacksim.Marketing, func(m slacksim.Message) bool { return contains(m.Plain(), []string{want}) })
		cancel()
		if err == nil {
			return
		}
	}
	t.Errorf("%s: no answer with %q in\n%s", text, want, w.slack.Transcript())
}

// sendThree has three people sent to, confirmed by one person and approved by another.
func (w *world) sendThree(t *testing.T, id string) *sends.Service {
	t.Helper()
	rdb := redis.NewClient(redisOptions(w.config))
	t.Cleanup(func() { _ = rdb.Close() })
	desk := sends.New(sends.Config{Redis: rdb, Prefix: keyPrefix(w.config), ApprovalOver: w.config.ApprovalOver})
	team := w.slack.Users()[0].TeamID
	d := sends.Draft{
		ID: id, Team: team, User: slacksim.Mia, OfferID: "dir_5507", OfferName: "Stadsbonnen",
		Kind: recipients.SMS, Message: "Hello", Origin: slacksim.General,
	}
	for i := range 3 {
		d.List.Recipients = append(d.List.Recipients, recipients.Recipient{To: fmt.Sprintf("+32471%03d00%d", len(id), i), Country: "BE", Line: i + 1})
	}
	if _, err := desk.SaveDraft(patient(t), d); err != nil {
		t.Fatal(err)
	}
	if _, err := desk.Confirm(patient(t), id, team, slacksim.Mia); err != nil {
		t.Fatal(err)
	}
	w.message(t, slacksim.Marketing, "Stadsbonnen", "approv")
	if _, err := desk.Act(patient(t), id, sends.Approve, sends.Actor{Team: team, User: slacksim.Noah}); err != nil {
		t.Fatal(err)
	}
	return desk
}

// ended waits for the end of a send, and returns it with all that it said it waits for.
func ended(t *testing.T, desk *sends.Service, id string) (send sends.Send, holdups []string) {
	t.Helper()
	for deadline := time.Now().Add(endurance); time.Now().Before(deadline); time.Sleep(50 * time.Millisecond) {
		var err error
		if send, err = desk.Send(t.Context(), id); err != nil {
			t.Fatal(err)
		}
		if send.Holdup != "" && !slices.Contains(holdups, send.Holdup) {
			holdups = append(holdups, send.Holdup)
		}
		if send.Ended() {
			return send, holdups
		}
	}
	t.Errorf("the send has not ended: %+v", send)
	return send, holdups
}

// page gets one of the ops pages.
func (w *world) page(t *testing.T, path string) string {
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

// checkPanics holds the metrics and the log to the panics that there were.
func checkPanics(t *testing.T, metrics string, log *lockedBuffer, p *panics, times int) {
	t.Helper()
	if never := p.never(times); len(never) > 0 {
		t.Errorf("nothing ran at %v", never)
	}
	text := log.String()
	for at := range p.left {
		if !strings.Contains(text, "place="+string(at)) {
			t.Errorf("the log does not tell of the panic in %s", at)
		}
		counted := regexp.MustCompile(`couponbot_panics_total\{place="` + string(at) + `"\} [1-9]`)
		if metrics != "" && !counted.MatchString(metrics) {
			t.Errorf("the panic in %s is not counted", at)
		}
	}
	for _, digits := range []string{private, private[1:]} {
		if strings.Contains(text, digits) {
			t.Errorf("the log shows what a panic held:\n%s", text)
		}
	}
}

// The places where panics are injected, by test. Each is hit in its test.
var (
	// panicsAtWork do not keep the bot from answering or sending.
	panicsAtWork = []bulkhead.Place{
		bulkhead.Serve, bulkhead.Socket, bulkhead.Sends, bulkhead.OpsServer, bulkhead.OpsPage, bulkhead.Pace,
		bulkhead.SocketConnect, bulkhead.SocketRead, bulkhead.SocketWatch, bulkhead.SocketClose, bulkhead.SocketEnvelope,
		bulkhead.BotAnswer, bulkhead.BotHandler, bulkhead.BotHolders, bulkhead.BotInterim, bulkhead.BotOptions, bulkhead.BotPeople,
		bulkhead.BotSubmission, bulkhead.CacheFetch, bulkhead.CacheLock, bulkhead.Figures, bulkhead.LocalCache,
		bulkhead.SendLookout, bulkhead.SendNews, bulkhead.SendOptOuts, bulkhead.SendQueue, bulkhead.SendSafety, bulkhead.SendStalls,
	}
	// panicsAtTheEnd do not keep the bot from stopping, by what it does then.
	panicsAtTheEnd = map[string][]bulkhead.Place{
		answering:    {bulkhead.BotStop, bulkhead.OpsStop, bulkhead.SendShutdown, bulkhead.SocketClose},
		"waiting":    {bulkhead.BotDrain, bulkhead.SendDrain},
		reconnecting: {bulkhead.SocketAbort},
	}
	// panicsOfASend delay a send, but each alone doesn't hold it up for ever.
	panicsOfASend = []bulkhead.Place{
		bulkhead.SendClaim, bulkhead.SendKeeper, bulkhead.SendMayStart, bulkhead.SendPlace, bulkhead.SendPlaces,
		bulkhead.SendTell, bulkhead.SendTend, bulkhead.SendTurn,
	}
	// panicsElsewhere have tests of their own: while a panic of a send is dealt with, and beside serve.
	panicsElsewhere = []bulkhead.Place{bulkhead.SendBroken, bulkhead.Check, bulkhead.Demo, bulkhead.Signal}
)

const answering, reconnecting = "answering", "reconnecting"

// A panic is injected at every place that is guarded.
func TestPanic_everyPlace(t *testing.T) {
	t.Parallel()
	injected := slices.Concat(panicsAtWork, panicsOfASend, panicsElsewhere)
	for _, places := range panicsAtTheEnd {
		injected = append(injected, places...)
	}
	slices.Sort(injected)
	if diff := cmp.Diff(slices.Sorted(slices.Values(bulkhead.Places)), slices.Compact(injected)); diff != "" {
		t.Errorf("the places (-) are not those where panics are injected (+):\n%s", diff)
	}
}

// Every place at which the bot works panics once. A request is answered when it is repeated, and a send goes out.
func TestPanic_atWork(t *testing.T) {
	t.Parallel()
	const times = 1
	p := newPanics(times, panicsAtWork...)
	w, log := panicWorld(t, p)
	w.ask(t, "directories", "Page 1")
	w.ask(t, "loyalty", "Loyalty cards")
	w.ask(t, "campaigns", "Page 1")
	w.ask(t, "campaign Kaasweken", "Sessions")
	w.slack.Disconnect("refresh_requested")
	w.ask(t, "sms-groups", "SMS groups")

	w.command(t, slacksim.Mia, slacksim.General, "/send-directory", "sms +32470123456 dir_5507")
	form := w.view(t, slacksim.Mia, "send_directory")
	if _, err := w.slack.Type(patient(t), slacksim.Mia, form.ID, "message", "Hello"); err != nil {
		t.Fatal(err)
	}
	offered := 0
	for range times + 1 {
		options, err := w.slack.Suggest(patient(t), slacksim.Mia, form.Place(), "directory", "directory", "city")
		if err != nil {
			t.Fatal(err)
		}
		offered = len(options)
	}
	if offered == 0 {
		t.Error("nothing is offered after the panics")
	}
	for range times {
		if _, err := w.slack.Submit(patient(t), slacksim.Mia, form.ID); err != nil {
			t.Fatal(err)
		}
		notice, err := w.slack.AwaitView(patient(t), slacksim.Mia, func(v slacksim.View) bool {
			return strings.Contains(v.Plain(), "Something went wrong inside couponbot")
		})
		if err != nil {
			t.Fatalf("nobody is told that the submit failed: %v", err)
		}
		if _, err := w.slack.CloseView(patient(t), slacksim.Mia, notice.ID); err != nil {
			t.Fatal(err)
		}
	}
	desk := w.sendThree(t, "three")
	if send, _ := ended(t, desk, "three"); send.Counts.Accepted != 3 {
		t.Errorf("the send ended with %+v, want 3 accepted", send.Counts)
	}
	w.noneTwice(t)
	for range times {
		w.page(t, "/healthz")
	}
	checkPanics(t, w.page(t, "/metrics"), log, p, times)
	w.quit(t)
}

// What panics while the bot stops does not keep it from stopping.
func TestPanic_atTheEnd(t *testing.T) {
	t.Parallel()
	for doing, places := range panicsAtTheEnd {
		t.Run(doing, func(t *testing.T) {
			t.Parallel()
			p := newPanics(1, places...)
			w, log := panicWorld(t, p)
			mend := w.sandbox.Break(sandbox.Rule{Fault: sandbox.Hang()})
			defer mend()
			switch doing {
			case answering:
				w.command(t, slacksim.Mia, slacksim.Marketing, "/coupontools", "loyalty")
				w.message(t, slacksim.Marketing, "Looking")
			case reconnecting:
				w.noSocket.Store(true)
				w.slack.Disconnect("refresh_requested")
				select {
				case <-w.handshakes:
				case <-patient(t).Done():
					t.Fatal("the bot does not reconnect")
				}
			}
			w.quit(t)
			checkPanics(t, "", log, p, 1)
		})
	}
}

// A panic about a send holds that send up, with words, and it is carried out once the trouble has passed. The subtests run at
// the same time since they mostly wait, such as for a lease to lapse.
func TestPanic_ofASend(t *testing.T) {
	t.Parallel()
	var group sync.WaitGroup
	for _, at := range panicsOfASend { //nolint:paralleltest // these subtests run at the same time whatever -parallel says
		group.Go(func() { t.Run(string(at), func(t *testing.T) { panicOfASend(t, at) }) })
	}
	group.Wait()
}

func panicOfASend(t *testing.T, at bulkhead.Place) {
	t.Helper()
	p := newPanics(1, at)
	w, log := panicWorld(t, p)
	desk := w.sendThree(t, "first")
	w.sendThree(t, "second")
	first, holdups := ended(t, desk, "first")
	second, more := ended(t, desk, "second")
	if first.Counts.Accepted != 3 || second.Counts.Accepted != 3 {
		t.Errorf("ended with %+v and %+v, want 3 accepted each", first.Counts, second.Counts)
	}
	w.noneTwice(t)
	held := slices.Contains(append(holdups, more...), "couponbot couldn't go on with this send. It tries again in 15 seconds.")
	if want := at == bulkhead.SendTurn || at == bulkhead.SendClaim; held != want {
		t.Errorf("held up in words: %t (%q), want %t", held, append(holdups, more...), want)
	}
	if apart := first.EndedAt.Sub(second.EndedAt).Abs(); held && apart < 5*time.Second {
		t.Errorf("the sends ended %v apart, want one that did not wait for the other", apart)
	}
	checkPanics(t, w.page(t, "/metrics"), log, p, 1)
	w.quit(t)
}

// A panic while a panic about a claim is dealt with leaves that recipient unconfirmed, once the claim has lapsed.
func TestPanic_whileOneIsDealtWith(t *testing.T) {
	t.Parallel()
	p := newPanics(1, bulkhead.SendClaim, bulkhead.SendBroken)
	w, log := panicWorld(t, p)
	desk := w.sendThree(t, "first")
	if send, _ := ended(t, desk, "first"); send.Counts.Accepted != 2 || send.Counts.Unknown != 1 {
		t.Errorf("ended with %+v, want 2 accepted and 1 unknown", send.Counts)
	}
	w.noneTwice(t)
	checkPanics(t, w.page(t, "/metrics"), log, p, 1)
	w.quit(t)
}

// The demo works when its parts have panicked, and stops.
func TestPanic_inTheDemo(t *testing.T) {
	t.Parallel()
	page, err := listen(t.Context(), "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	d, err := newWorkspace(t.Context(), DemoOptions{}, page.Addr())
	if err != nil {
		t.Fatal(err)
	}
	defer d.close()
	const parts, stops = 4, 3 // what runs at the start, and at the end
	p, log := newPanics(parts, bulkhead.Demo), new(lockedBuffer)
	d.before = p.before
	ctx, stop := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- d.run(ctx, page, slog.New(slog.NewTextHandler(log, nil))) }()
	if err := d.slack.AwaitConnections(patient(t), 2); err != nil {
		t.Fatalf("the bot of the demo does not connect: %v", err)
	}
	w := &world{ops: d.ops.Addr().String()}
	checkPanics(t, w.page(t, "/metrics"), log, p, parts)
	p.again(stops)
	stop()
	select {
	case err := <-done:
		if err != nil {
			t.Errorf("the demo ends with %v", err)
		}
	case <-patient(t).Done():
		t.Error("the demo does not end")
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if left := p.left[bulkhead.Demo]; left > 0 {
		t.Errorf("%d panics at the end did not happen", left)
	}
}

// A part of the check that panics is reported without what the panic held. The others are done.
func TestPanic_inTheCheck(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	p, log, out := newPanics(1, bulkhead.Check), new(lockedBuffer), new(lockedBuffer)
	guard := &bulkhead.Guard{Log: slog.New(slog.NewTextHandler(log, nil)), Before: p.before}
	if err := checkAll(patient(t), w.config, out, guard); !errors.Is(err, errNotWell) {
		t.Errorf("the check says %v, want %v", err, errNotWell)
	}
	checkPanics(t, "", log, p, 1)
	text := out.String()
	if strings.Count(text, "couponbot couldn't finish this part of the check") != 1 || strings.Contains(text, private) {
		t.Errorf("the check says:\n%s", text)
	}
	if ok := strings.Count(text, string(fine)+" "); ok < 5 {
		t.Errorf("only %d lines are fine:\n%s", ok, text)
	}
}

// After a panic at the first signal the second one still ends the program.
func TestPanic_atASignal(t *testing.T) {
	t.Parallel()
	p, log := newPanics(1, bulkhead.Signal), new(lockedBuffer)
	ctx, signal := context.WithCancel(t.Context())
	stopped := make(chan struct{})
	secondSignalKills(ctx, func() { close(stopped) }, &bulkhead.Guard{Log: slog.New(slog.NewTextHandler(log, nil)), Before: p.before})
	signal()
	select {
	case <-stopped:
	case <-patient(t).Done():
		t.Error("the signals are not given back")
	}
	checkPanics(t, "", log, p, 1)
}
