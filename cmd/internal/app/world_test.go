package app

import (
	"context"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/alicebob/miniredis/v2"

	"github.com/coupontools/couponbot/bot/slacksim"
	"github.com/coupontools/couponbot/coupontools/sandbox"
	"github.com/coupontools/couponbot/internal/bulkhead"
)

// testTimeout bounds every wait of an end-to-end test. It is long so that tests pass on a busy machine.
const testTimeout = 30 * time.Second

// world is a bot with the wiring of serve and everything that it talks to, over real sockets.
type world struct {
	slack      *slacksim.Server
	sandbox    *sandbox.Server
	redis      *miniredis.Miniredis
	config     Config
	ops        string               // address of the ops pages
	beforeWork func(bulkhead.Place) // runs before every guarded function; may be nil

	dropHandshakes atomic.Bool   // makes the local Slack leave WebSocket handshakes unanswered
	handshakes     chan struct{} // receives when a handshake is left unanswered

	stop   context.CancelFunc
	served chan error // receives the result of serve
}

// newWorld starts a world and waits until the bot is connected. changes adjust the settings before the start. The bot is
// stopped at the end of the test. Calls that Slack or Coupontools would reject fail the test.
func newWorld(t testing.TB, changes ...func(*Config)) *world {
	t.Helper()
	return newWorldWith(t, sandbox.New(), changes...)
}

// newWorldWith is newWorld with the test's own sandbox.
func newWorldWith(t testing.TB, api *sandbox.Server, changes ...func(*Config)) *world {
	t.Helper()
	w := newStoppedWorldWith(t, api, changes...)
	w.start(t)
	t.Cleanup(func() { w.stopAndWait(t) })
	return w
}

// newStoppedWorld returns a world in which the bot is not running.
func newStoppedWorld(t testing.TB, changes ...func(*Config)) *world {
	t.Helper()
	return newStoppedWorldWith(t, sandbox.New(), changes...)
}

func newStoppedWorldWith(t testing.TB, coupontools *sandbox.Server, changes ...func(*Config)) *world {
	t.Helper()
	w := &world{slack: slacksim.New(), sandbox: coupontools, redis: miniredis.RunT(t), handshakes: make(chan struct{}, 1)}
	slackServer := httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		if w.dropHandshakes.Load() && strings.HasPrefix(r.URL.Path, "/link/") {
			select {
			case w.handshakes <- struct{}{}:
			default:
			}
			<-r.Context().Done()
			return
		}
		w.slack.ServeHTTP(rw, r)
	}))
	t.Cleanup(slackServer.Close)
	t.Cleanup(w.slack.Close)
	api := httptest.NewServer(w.sandbox)
	t.Cleanup(api.Close)

	d := &demoEnv{
		slack: w.slack, host: strings.TrimPrefix(slackServer.URL, "http://"), apiListener: api.Listener,
		apiKeys: [2]string{sandbox.DefaultClientID, sandbox.DefaultClientSecret},
	}
	w.config = d.configWith("redis://" + w.redis.Addr() + "/0")
	w.config.CoupontoolsRate = 200
	for _, change := range changes {
		change(&w.config)
	}
	t.Cleanup(func() {
		for _, v := range append(w.slack.Violations(), w.sandbox.Violations()...) {
			t.Errorf("invalid call: %s", v)
		}
	})
	return w
}

// start starts the bot and waits for its connections.
func (w *world) start(t testing.TB) {
	t.Helper()
	w.startWithLog(t, slog.New(slog.NewTextHandler(t.Output(), &slog.HandlerOptions{
		Level: slog.LevelWarn, ReplaceAttr: newMasker(w.config.Secrets()...).replaceAttr,
	})))
}

// startWithLog is start with the test's own log.
func (w *world) startWithLog(t testing.TB, log *slog.Logger) {
	t.Helper()
	listener, err := listen(t.Context(), "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	w.ops = listener.Addr().String()
	ctx, stop := context.WithCancel(context.WithoutCancel(t.Context()))
	w.stop, w.served = stop, make(chan error, 1)
	metrics := NewMetrics(Version())
	guard := &bulkhead.Guard{Log: log, Count: metrics.Panic, Before: w.beforeWork}
	go func() { w.served <- serve(ctx, w.config, log, listener, metrics, guard) }()
	if err := w.slack.AwaitConnections(testContext(t), w.config.SlackConnections); err != nil {
		t.Fatalf("the bot did not connect: %v", err)
	}
}

// awaitUnsubscribed waits until the bot has read who unsubscribed in Coupontools, since some texts show it.
func (w *world) awaitUnsubscribed(t testing.TB) {
	t.Helper()
	ctx, tick := testContext(t), time.NewTicker(10*time.Millisecond)
	defer tick.Stop()
	for !w.redis.Exists(keyPrefix(w.config) + "unsubscribed:read") {
		select {
		case <-tick.C:
		case <-ctx.Done():
			t.Fatal("the bot has not read who unsubscribed")
		}
	}
}

// stopAndWait stops the bot and waits until it has ended.
func (w *world) stopAndWait(t testing.TB) {
	t.Helper()
	w.stop()
	select {
	case err := <-w.served:
		if err != nil {
			t.Errorf("serve = %v, want nil after a stop", err)
		}
		w.served <- nil
	case <-time.After(testTimeout):
		t.Error("serve did not end")
	}
}

// testContext returns a context that ends after testTimeout. It outlives the test's own context, for use in cleanups.
func testContext(t testing.TB) context.Context {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.WithoutCancel(t.Context()), testTimeout)
	t.Cleanup(cancel)
	return ctx
}

// command types a slash command and fails the test if it is not acknowledged in time.
func (w *world) command(t testing.TB, user, channel, command, text string) {
	t.Helper()
	out, err := w.slack.Command(testContext(t), user, channel, command, text)
	if err != nil || !out.Acked {
		t.Fatalf("%s %s: acked %v, failure %q, error %v", command, text, out.Acked, out.Failure, err)
	}
}

// commandWithRetry types a slash command and repeats it as long as Slack shows one of the transient failures.
func (w *world) commandWithRetry(t testing.TB, user, channel, command, text string, transient ...string) {
	t.Helper()
	for {
		out, err := w.slack.Command(testContext(t), user, channel, command, text)
		if err == nil && out.Acked {
			return
		}
		if err != nil || !slices.Contains(transient, out.Failure) {
			t.Errorf("%s %s: acked %v, failure %q, error %v", command, text, out.Acked, out.Failure, err)
			return
		}
		if err := w.slack.AwaitConnections(testContext(t), 1); err != nil {
			t.Errorf("the bot did not reconnect: %v", err)
			return
		}
	}
}

// awaitMessage waits for a message in a channel that contains all texts.
func (w *world) awaitMessage(t testing.TB, channel string, texts ...string) slacksim.Message {
	t.Helper()
	m, err := w.slack.AwaitMessage(testContext(t), channel, func(m slacksim.Message) bool { return containsAll(m.Plain(), texts) })
	if err != nil {
		t.Fatalf("no message with %q in %s; there are:\n%s", texts, channel, w.slack.Transcript())
	}
	return m
}

// awaitView waits for a modal with this callback id that contains all texts.
func (w *world) awaitView(t testing.TB, user, callbackID string, texts ...string) slacksim.View {
	t.Helper()
	v, err := w.slack.AwaitView(testContext(t), user, func(v slacksim.View) bool {
		return v.CallbackID == callbackID && containsAll(v.Plain(), texts)
	})
	if err != nil {
		t.Fatalf("no view %s with %q for %s; on top is %+v", callbackID, texts, user, w.slack.View(user))
	}
	return v
}

func containsAll(text string, parts []string) bool {
	for _, part := range parts {
		if !strings.Contains(text, part) {
			return false
		}
	}
	return true
}
