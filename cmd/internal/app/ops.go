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
	// opsTime bounds reading a request to the ops server; readyTime the questions /readyz asks.
	opsTime   = 5 * time.Second
	readyTime = 2 * time.Second
	// opsDrain is how long requests under way may take to end once the server is told to stop.
	opsDrain = time.Second
)

// Ops serves the pages an operator's tools look at: /healthz, /readyz and /metrics.
type Ops struct {
	// Sockets is how many Socket Mode connections have had hello; with none, /readyz answers 503.
	Sockets func() int
	// Redis returns nil if Redis would take a send.
	Redis func(ctx context.Context) error
	// Coupontools says in a word how the last call went: see [Reach.State].
	Coupontools func() string
	// Metrics answers /metrics.
	Metrics http.Handler
	// Log gets what goes wrong.
	Log *slog.Logger
	// Guard recovers panics of the pages.
	Guard *bulkhead.Guard
}

// Serve answers on l until ctx ends, and closes l.
func (o *Ops) Serve(ctx context.Context, l net.Listener) error {
	server := &http.Server{
		Handler:           o.Handler(),
		ReadTimeout:       opsTime,
		ReadHeaderTimeout: opsTime,
		WriteTimeout:      2 * opsTime,
		IdleTimeout:       time.Minute,
		MaxHeaderBytes:    16 << 10,
		ErrorLog:          slog.NewLogLogger(o.Log.Handler(), slog.LevelWarn),
	}
	stopped := make(chan struct{})
	stop := o.Guard.AfterFunc(ctx, bulkhead.OpsStop, func() error {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), opsDrain)
		defer cancel()
		return server.Shutdown(ctx)
	}, func(err error) {
		defer close(stopped)
		if err != nil {
			_ = server.Close()
		}
	})
	err := server.Serve(l)
	if stop() { // ctx has not ended: the listener failed
		return err
	}
	<-stopped
	if errors.Is(err, http.ErrServerClosed) {
		return nil
	}
	return err
}

// Handler returns the pages.
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

// guarded answers 500 after a panic. net/http recovers panics too, but logs their values.
func (o *Ops) guarded(pages http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if err := o.Guard.Do(bulkhead.OpsPage, func() error { pages.ServeHTTP(w, r); return nil }); err != nil {
			http.Error(w, "internal error", http.StatusInternalServerError)
		}
	})
}

// readiness is the body of /readyz.
type readiness struct {
	Ready       bool            `json:"ready"`
	Socket      socketReadiness `json:"socket"`
	Redis       string          `json:"redis"`
	Coupontools string          `json:"coupontools"`
}

type socketReadiness struct {
	Connections int `json:"connections"`
}

func (o *Ops) ready(w http.ResponseWriter, r *http.Request) {
	ctx, cancel := context.WithTimeout(r.Context(), readyTime)
	defer cancel()
	n := o.Sockets()
	body := readiness{Ready: n > 0, Socket: socketReadiness{Connections: n}, Redis: stateOK, Coupontools: o.Coupontools()}
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

// The words in which /readyz describes a service. Of Redis it gives [rediserr.Kind], such as "away" or "memory full".
const (
	stateOK      = "ok"
	stateAway    = "away"
	stateRefused = "refused"
	stateUnused  = "not called yet"
)

// Reach remembers how the last call of the Coupontools API went, so that looking at /readyz costs no call. The zero Reach
// is ready for use.
type Reach struct{ state atomic.Value }

// Call takes note of a finished call.
func (r *Reach) Call(c coupontools.Call) {
	switch c.Outcome {
	case coupontools.AccountRefused.String():
		r.state.Store(stateRefused)
	case coupontools.NotSent.String(), coupontools.Unknown.String():
		r.state.Store(stateAway)
	default: // it answered
		r.state.Store(stateOK)
	}
}

// State is "ok", "away", "refused" (the account) or "not called yet".
func (r *Reach) State() string {
	if s, ok := r.state.Load().(string); ok {
		return s
	}
	return stateUnused
}

// Health asks /healthz of the couponbot that listens on addr and returns nil if it is well.
func Health(ctx context.Context, addr Address) error {
	host, port, err := net.SplitHostPort(string(addr))
	if err != nil {
		return err
	}
	if ip := net.ParseIP(host); host == "" || ip != nil && ip.IsUnspecified() {
		host = "127.0.0.1"
	}
	ctx, cancel := context.WithTimeout(ctx, opsTime)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+net.JoinHostPort(host, port)+"/healthz", http.NoBody)
	if err != nil {
		return err
	}
	answer, err := outbound.Client(opsTime, &http.Transport{}).Do(req) // straight there, by no proxy
	if err != nil {
		return err
	}
	defer answer.Body.Close()
	if answer.StatusCode != http.StatusOK {
		return errors.New(answer.Status)
	}
	return nil
}

// listen opens a TCP address.
func listen(ctx context.Context, addr string) (net.Listener, error) {
	return new(net.ListenConfig).Listen(ctx, "tcp", addr)
}
