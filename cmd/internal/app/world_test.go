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

// patience bounds every wait of an end-to-end test. It is long, since a busy machine is no failure.
const patience = 30 * time.Second

// world is the same wiring as serve, over real sockets, with everything it talks to.
type world struct {
	slack   *slacksim.Server
	sandbox *sandbox.Server
	redis   *miniredis.Miniredis
	config  Config
	ops     string               // address of the ops pages
	before  func(bulkhead.Place) // runs before everything that is guarded; may be nil

	noSocket   atomic.Bool   // the local Slack does not answer the handshakes of sockets
	handshakes chan struct{} // gets one that was not answered

	stop context.CancelFunc
	done chan error // what serve returned
}

// newWorld starts a world and waits until the bot is connected. Each change is made to the settings before the start.
// At the end of the test the bot is stopped, and what it did against the rules of Slack or Coupontools fails the test.
func newWorld(t testing.TB, changes ...func(*Config)) *world {
	t.Helper()
	return newWorldOf(t, sandbox.New(), changes...)
}

// newWorldOf is newWorld with a Coupontools of the test's own.
func newWorldOf(t testing.TB, api *sandbox.Server, changes ...func(*Config)) *world {
	t.Helper()
	w := stillWorldOf(t, api, changes...)
	w.start(t)
	t.Cleanup(func() { w.quit(t) })
	return w
}

// stillWorld is a world in which the bot has not been started.
func stillWorld(t testing.TB, changes ...func(*Config)) *world {
	t.Helper()
	return stillWorldOf(t, sandbox.New(), changes...)
}

func stillWorldOf(t testing.TB, coupontools *sandbox.Server, changes ...func(*Config)) *world {
	t.Helper()
	w := &world{slack: slacksim.New(), sandbox: coupontools, redis: miniredis.RunT(t), handshakes: make(chan struct{}, 1)}
	slackServer := httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		if w.noSocket.Load() && strings.HasPrefix(r.URL.Path, "/link/") {
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

	d := &workspace{
		slack: w.slack, host: strings.TrimPrefix(slackServer.URL, "http://"), api: api.Listener,
		keys: [2]string{sandbox.DefaultClientID, sandbox.DefaultClientSecret},
	}
	w.config = d.settings("redis://" + w.redis.Addr() + "/0")
	w.config.CoupontoolsRate = 200
	for _, change := range changes {
		change(&w.config)
	}
	t.Cleanup(func() {
		for _, v := range append(w.slack.Violations(), w.sandbox.Violations()...) {
			t.Errorf("broke a rule: %s", v)
		}
	})
	return w
}

// start starts the bot and waits for its connections.
func (w *world) start(t testing.TB) {
	t.Helper()
	w.startLogging(t, slog.New(slog.NewTextHandler(t.Output(), &slog.HandlerOptions{
		Level: slog.LevelWarn, ReplaceAttr: newMasker(w.config.Secrets()...).attr,
	})))
}

// startLogging is start with a log of the test's own.
func (w *world) startLogging(t testing.TB, log *slog.Logger) {
	t.Helper()
	listener, err := listen(t.Context(), "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	w.ops = listener.Addr().String()
	ctx, stop := context.WithCancel(context.WithoutCancel(t.Context()))
	w.stop, w.done = stop, make(chan error, 1)
	metrics := NewMetrics(Version())
	guard := &bulkhead.Guard{Log: log, Count: metrics.Panic, Before: w.before}
	go func() { w.done <- serve(ctx, w.config, log, listener, metrics, guard) }()
	if err := w.slack.AwaitConnections(patient(t), w.config.SlackConnections); err != nil {
		t.Fatalf("the bot did not connect: %v", err)
	}
}

// knowsUnsubscribed waits until the bot has read who unsubscribed in Coupontools, which texts show.
func (w *world) knowsUnsubscribed(t testing.TB) {
	t.Helper()
	ctx, tick := patient(t), time.NewTicker(10*time.Millisecond)
	defer tick.Stop()
	for !w.redis.Exists(keyPrefix(w.config) + "unsubscribed:read") {
		select {
		case <-tick.C:
		case <-ctx.Done():
			t.Fatal("the bot has not read who unsubscribed")
		}
	}
}

// quit stops the bot and waits for its end.
func (w *world) quit(t testing.TB) {
	t.Helper()
	w.stop()
	select {
	case err := <-w.done:
		if err != nil {
			t.Errorf("serve = %v, want nil after a stop", err)
		}
		w.done <- nil
	case <-time.After(patience):
		t.Error("serve did not end")
	}
}

func patient(t testing.TB) context.Context {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.WithoutCancel(t.Context()), patience)
	t.Cleanup(cancel)
	return ctx
}

// command types a slash command and fails the test if it is not acknowledged in time.
func (w *world) command(t testing.TB, user, channel, command, text string) {
	t.Helper()
	out, err := w.slack.Command(patient(t), user, channel, command, text)
	if err != nil || !out.Acked {
		t.Fatalf("%s %s: acked %v, failure %q, error %v", command, text, out.Acked, out.Failure, err)
	}
}

// insist types a slash command again as long as Slack shows one of the failures that may pass.
func (w *world) insist(t testing.TB, user, channel, command, text string, passing ...string) {
	t.Helper()
	for {
		out, err := w.slack.Command(patient(t), user, channel, command, text)
		if err == nil && out.Acked {
			return
		}
		if err != nil || !slices.Contains(passing, out.Failure) {
			t.Errorf("%s %s: acked %v, failure %q, error %v", command, text, out.Acked, out.Failure, err)
			return
		}
		if err := w.slack.AwaitConnections(patient(t), 1); err != nil {
			t.Errorf("the bot did not come back: %v", err)
			return
		}
	}
}

// message waits for a message in a channel that contains all the texts.
func (w *world) message(t testing.TB, channel string, texts ...string) slacksim.Message {
	t.Helper()
	m, err := w.slack.AwaitMessage(patient(t), channel, func(m slacksim.Message) bool { return contains(m.Plain(), texts) })
	if err != nil {
		t.Fatalf("no message with %q in %s; there are:\n%s", texts, channel, w.slack.Transcript())
	}
	return m
}

// view waits for a modal of a person with that callback_id that contains all the texts.
func (w *world) view(t testing.TB, user, callbackID string, texts ...string) slacksim.View {
	t.Helper()
	v, err := w.slack.AwaitView(patient(t), user, func(v slacksim.View) bool {
		return v.CallbackID == callbackID && contains(v.Plain(), texts)
	})
	if err != nil {
		t.Fatalf("no view %s with %q for %s; on top is %+v", callbackID, texts, user, w.slack.View(user))
	}
	return v
}

func contains(text string, parts []string) bool {
	for _, part := range parts {
		if !strings.Contains(text, part) {
			return false
		}
	}
	return true
}
