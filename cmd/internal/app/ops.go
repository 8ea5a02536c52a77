package app

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"net"
	"net/http"
	"sync/atomic"
	"time"

	"github.com/coupontools/couponbot/coupontools"
	"github.com/coupontools/couponbot/internal/bulkhead"
	"github.com/coupontools/couponbot/internal/outbound"
	"github.com/coupontools/couponbot/internal/rediserr"
)

const (
	// opsTimeout bounds reading a request to the ops server, readyTimeout the checks of /readyz.
	opsTimeout   = 5 * time.Second
	readyTimeout = 2 * time.Second
	// opsDrainTimeout bounds requests in flight when the server stops.
	opsDrainTimeout = time.Second
)

// Ops serves /healthz, /readyz and /metrics for monitoring.
type Ops struct {
	// Sockets returns the number of Socket Mode connections that have received hello. If it is 0, /readyz answers 503.
	Sockets func() int
	// Redis returns nil if Redis accepts writes.
	Redis func(ctx context.Context) error
	// Coupontools returns the result of the last API call, see [APIHealth.State].
	Coupontools func() string
	// Metrics serves /metrics.
	Metrics http.Handler
	// Log receives errors of the server.
	Log *slog.Logger
	// Guard recovers panics in handlers.
	Guard *bulkhead.Guard
}

// Serve serves the pages on l until ctx ends, and closes l.
func (o *Ops) Serve(ctx context.Context, l net.Listener) error {
	server := &http.Server{
		Handler:           o.Handler(),
		ReadTimeout:       opsTimeout,
		ReadHeaderTimeout: opsTimeout,
		WriteTimeout:      2 * opsTimeout,
		IdleTimeout:       time.Minute,
		MaxHeaderBytes:    16 << 10,
		ErrorLog:          slog.NewLogLogger(o.Log.Handler(), slog.LevelWarn),
	}
	stopped := make(chan struct{})
	stop := o.Guard.AfterFunc(ctx, bulkhead.OpsStop, func() error {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), opsDrainTimeout)
		defer cancel()
		return server.Shutdown(ctx)
	}, func(err error) {
		defer close(stopped)
		if err != nil {
			_ = server.Close()
		}
	})
	err := server.Serve(l)
	if stop() { // ctx has not ended, so the listener failed
		return err
	}
	<-stopped
	if errors.Is(err, http.ErrServerClosed) {
		return nil
	}
	return err
}

// Handler returns the handler of the pages.
func (o *Ops) Handler() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /healthz", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/plain; charset=utf-8")
		_, _ = w.Write([]byte("ok\n"))
	})
	mux.HandleFunc("GET /readyz", o.ready)
	mux.Handle("GET /metrics", o.Metrics)
	return o.guarded(mux)
}

// guarded answers 500 after a panic. net/http would recover it too, but log its value, which may be private.
func (o *Ops) guarded(pages http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if err := o.Guard.Do(bulkhead.OpsPage, func() error { pages.ServeHTTP(w, r); return nil }); err != nil {
			http.Error(w, "internal error", http.StatusInternalServerError)
		}
	})
}

// readinessBody is the body of /readyz.
type readinessBody struct {
	Ready       bool            `json:"ready"`
	Socket      socketReadiness `json:"socket"`
	Redis       string          `json:"redis"`
	Coupontools string          `json:"coupontools"`
}

// socketReadiness is the number of Socket Mode connections in /readyz.
type socketReadiness struct {
	Connections int `json:"connections"`
}

// ready serves /readyz. Only the Socket Mode connections decide on the status code.
func (o *Ops) ready(w http.ResponseWriter, r *http.Request) {
	ctx, cancel := context.WithTimeout(r.Context(), readyTimeout)
	defer cancel()
	n := o.Sockets()
	body := readinessBody{Ready: n > 0, Socket: socketReadiness{Connections: n}, Redis: stateOK, Coupontools: o.Coupontools()}
	if err := o.Redis(ctx); err != nil {
		body.Redis = rediserr.KindOf(err).String()
	}
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	if !body.Ready {
		w.WriteHeader(http.StatusServiceUnavailable)
	}
	_ = json.NewEncoder(w).Encode(body)
}

// States of a service in /readyz. For Redis, /readyz shows "ok" or a [rediserr.Kind] such as "away" or "memory full".
const (
	stateOK        = "ok"
	stateAway      = "away"
	stateRefused   = "refused"
	stateNotCalled = "not called yet"
)

// APIHealth remembers the result of the last Coupontools API call, so that /readyz makes no call of its own. The zero value
// is ready for use.
type APIHealth struct{ state atomic.Value }

// Call records a finished call.
func (r *APIHealth) Call(c coupontools.Call) {
	switch c.Outcome {
	case coupontools.AccountRefused.String():
		r.state.Store(stateRefused)
	case coupontools.NotSent.String(), coupontools.Unknown.String():
		r.state.Store(stateAway)
	default: // the API answered
		r.state.Store(stateOK)
	}
}

// State returns "ok", "away", "refused" (the account was refused) or "not called yet".
func (r *APIHealth) State() string {
	if s, ok := r.state.Load().(string); ok {
		return s
	}
	return stateNotCalled
}

// Health calls /healthz of the couponbot that listens on addr and returns nil if it answers 200.
func Health(ctx context.Context, addr Address) error {
	host, port, err := net.SplitHostPort(string(addr))
	if err != nil {
		return err
	}
	if ip := net.ParseIP(host); host == "" || ip != nil && ip.IsUnspecified() {
		host = "127.0.0.1"
	}
	ctx, cancel := context.WithTimeout(ctx, opsTimeout)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+net.JoinHostPort(host, port)+"/healthz", http.NoBody)
	if err != nil {
		return err
	}
	resp, err := outbound.Client(opsTimeout, &http.Transport{}).Do(req) // without a proxy
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		return errors.New(resp.Status)
	}
	return nil
}

// listen listens on a TCP address.
func listen(ctx context.Context, addr string) (net.Listener, error) {
	return new(net.ListenConfig).Listen(ctx, "tcp", addr)
}
