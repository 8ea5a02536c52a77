package app

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/coupontools/couponbot/coupontools"
)

// redisErrorReply is an error reply of Redis.
type redisErrorReply string

func (a redisErrorReply) Error() string { return string(a) }
func (redisErrorReply) RedisError()     {}

func newOps() *Ops {
	return &Ops{
		Sockets:     func() int { return 1 },
		Redis:       func(context.Context) error { return nil },
		Coupontools: new(APIHealth).State,
		Metrics:     NewMetrics("v1.2.3").Handler(),
		Log:         slog.New(slog.DiscardHandler),
	}
}

func getPage(t *testing.T, h http.Handler, path string) (int, string) {
	t.Helper()
	w := httptest.NewRecorder()
	h.ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), http.MethodGet, path, http.NoBody))
	return w.Code, w.Body.String()
}

func TestOps_pages(t *testing.T) {
	t.Parallel()
	away := func(context.Context) error { return errors.New("refused") }
	full := func(context.Context) error {
		return redisErrorReply("OOM command not allowed when used memory > 'maxmemory'.")
	}
	tests := []struct {
		name, path string
		change     func(*Ops)
		status     int
		body       string
	}{
		{"healthy without a socket", "/healthz", func(o *Ops) { o.Sockets = func() int { return 0 } }, 200, "ok\n"},
		{
			"ready", "/readyz", func(*Ops) {}, 200,
			`{"ready":true,"socket":{"connections":1},"redis":"ok","coupontools":"not called yet"}` + "\n",
		},
		{
			"ready with Redis away", "/readyz", func(o *Ops) { o.Redis = away }, 200,
			`{"ready":true,"socket":{"connections":1},"redis":"away","coupontools":"not called yet"}` + "\n",
		},
		{
			"ready with Redis full", "/readyz", func(o *Ops) { o.Redis = full }, 200,
			`{"ready":true,"socket":{"connections":1},"redis":"memory full","coupontools":"not called yet"}` + "\n",
		},
		{
			"not ready without a socket", "/readyz", func(o *Ops) { o.Sockets = func() int { return 0 } }, 503,
			`{"ready":false,"socket":{"connections":0},"redis":"ok","coupontools":"not called yet"}` + "\n",
		},
		{"unknown page", "/debug/pprof/", func(*Ops) {}, 404, "404 page not found\n"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			o := newOps()
			tt.change(o)

			status, body := getPage(t, o.Handler(), tt.path)

			if status != tt.status || body != tt.body {
				t.Errorf("GET %s = %d %q, want %d %q", tt.path, status, body, tt.status, tt.body)
			}
		})
	}
}

func TestOps_metrics(t *testing.T) {
	t.Parallel()
	m := NewMetrics("v1.2.3")
	m.Socket().Envelope("slash_commands")
	m.Socket().Acked("slash_commands", 1, nil)
	m.Socket().Acked("interactive", 1, errors.New("closed"))
	m.Socket().Ready(2)
	m.Call(coupontools.Call{Route: "POST /v3/directory/list", Outcome: "ok"})
	m.Cache("hit")
	m.Recipient("accepted")
	o := newOps()
	o.Metrics = m.Handler()

	_, body := getPage(t, o.Handler(), "/metrics")

	for _, line := range []string{
		`couponbot_envelopes_total{type="slash_commands"} 1`,
		`couponbot_ack_seconds_count{type="slash_commands"} 1`,
		`couponbot_ack_errors_total{type="interactive"} 1`,
		`couponbot_sockets_ready 2`,
		`couponbot_api_calls_total{outcome="ok",route="POST /v3/directory/list"} 1`,
		`couponbot_api_call_seconds_count{route="POST /v3/directory/list"} 1`,
		`couponbot_cache_results_total{result="hit"} 1`,
		`couponbot_send_recipients_total{outcome="accepted"} 1`,
		`couponbot_build_info{version="v1.2.3"} 1`,
		`go_goroutines `,
		`process_open_fds `,
	} {
		if !strings.Contains(body, "\n"+line) {
			t.Errorf("/metrics lacks %s", line)
		}
	}
}

func TestOps_servesUntilStopped(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	o := newOps()
	l, err := listen(ctx, "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	addr := Address(l.Addr().String())
	served := make(chan error, 1)
	go func() { served <- o.Serve(ctx, l) }()

	if err := Health(t.Context(), addr); err != nil {
		t.Errorf("Health() = %v, want nil", err)
	}
	cancel()
	if err := <-served; err != nil {
		t.Errorf("Serve() = %v, want nil", err)
	}
	if Health(t.Context(), addr) == nil {
		t.Error("Health() = nil after the stop, want an error")
	}
}

func TestOps_closedListener(t *testing.T) {
	t.Parallel()
	o := newOps()
	l, err := listen(t.Context(), "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}

	if err := o.Serve(t.Context(), l); err == nil {
		t.Error("Serve() of a closed listener = nil, want an error")
	}
}

func TestHealth_unhealthy(t *testing.T) {
	t.Parallel()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(http.StatusTeapot)
		_, _ = io.WriteString(w, "no")
	}))
	defer server.Close()

	err := Health(t.Context(), Address(server.Listener.Addr().String()))

	if err == nil || !strings.Contains(err.Error(), "418") {
		t.Errorf("Health() = %v, want the status", err)
	}
}

func TestAPIHealth(t *testing.T) {
	t.Parallel()
	tests := []struct{ outcome, want string }{
		{"ok", "ok"},
		{coupontools.Refused.String(), "ok"},
		{coupontools.RateLimited.String(), "ok"},
		{coupontools.AccountRefused.String(), "refused"},
		{coupontools.NotSent.String(), "away"},
		{coupontools.Unknown.String(), "away"},
	}
	for _, tt := range tests {
		t.Run(tt.outcome, func(t *testing.T) {
			t.Parallel()
			var r APIHealth
			r.Call(coupontools.Call{Outcome: tt.outcome})
			if got := r.State(); got != tt.want {
				t.Errorf("State() after %s = %q, want %q", tt.outcome, got, tt.want)
			}
		})
	}
}
