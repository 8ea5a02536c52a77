package coupontools_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/coupontools/couponbot/coupontools"
)

// pipes is an in-memory listener, so that a server can run in a synctest bubble.
type pipes chan net.Conn

func (p pipes) Accept() (net.Conn, error) {
	conn, ok := <-p
	if !ok {
		return nil, net.ErrClosed
	}
	return conn, nil
}

func (p pipes) Close() error {
	close(p)
	return nil
}

func (p pipes) Addr() net.Addr { return &net.UnixAddr{} }

// inBubble returns a client of an in-memory server, for a synctest bubble.
func inBubble(t *testing.T, h http.HandlerFunc, opts ...coupontools.Option) *coupontools.Client {
	t.Helper()
	p := make(pipes)
	server := &http.Server{Handler: h, ReadHeaderTimeout: time.Hour}
	server.SetKeepAlivesEnabled(false)
	go func() { _ = server.Serve(p) }()
	t.Cleanup(func() { _ = server.Close() })
	dial := func(context.Context, string, string) (net.Conn, error) {
		here, there := net.Pipe()
		p <- there
		return here, nil
	}
	return client(t, append(opts, coupontools.WithBaseURL("http://api.test"), coupontools.WithDial(dial))...)
}

// counted answers with the statuses in turn, repeating the last, and counts the calls.
func counted(calls *atomic.Int32, retryAfter string, statuses ...int) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		n := int(calls.Add(1))
		w.Header().Set("Retry-After", retryAfter)
		w.WriteHeader(statuses[min(n, len(statuses))-1])
		_, _ = io.WriteString(w, `{"status":{"status":"OK"},"directory":[]}`)
	}
}

func TestRetry(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name        string
		retryAfter  string
		statuses    []int
		calls       int
		ok          bool
		least, most time.Duration
	}{
		{"at once well", "", []int{200}, 1, true, 0, 0},
		{"well the second time", "", []int{503, 200}, 2, true, 250 * time.Millisecond, 500 * time.Millisecond},
		{"well the third time", "", []int{500, 408, 200}, 3, true, 750 * time.Millisecond, 1500 * time.Millisecond},
		{"never well", "", []int{502}, 3, false, 750 * time.Millisecond, 1500 * time.Millisecond},
		{"with a wait", "7", []int{429, 200}, 2, true, 7 * time.Second, 7 * time.Second},
		{"with a long wait", "300", []int{429, 200}, 1, false, 0, 0},
		{"refused", "", []int{422}, 1, false, 0, 0},
		{"wrong keys", "", []int{401}, 1, false, 0, 0},
		{"redirected", "", []int{302}, 1, false, 0, 0},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				var calls atomic.Int32
				c := inBubble(t, counted(&calls, tt.retryAfter, tt.statuses...))
				start := time.Now()

				_, err := c.Directories(t.Context())

				if (err == nil) != tt.ok || int(calls.Load()) != tt.calls {
					t.Errorf("error = %v after %d calls, want ok = %v after %d", err, calls.Load(), tt.ok, tt.calls)
				}
				if took := time.Since(start); took < tt.least || took > tt.most {
					t.Errorf("it took %v, want %v to %v", took, tt.least, tt.most)
				}
			})
		})
	}
}

// A truncated answer is retried for a read, never for a send.
func TestRetry_cutOff(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var calls atomic.Int32
		c := inBubble(t, func(w http.ResponseWriter, _ *http.Request) {
			if calls.Add(1) == 1 {
				w.Header().Set("Content-Length", "100")
			}
			_, _ = io.WriteString(w, `{"status":{"status":"OK"},"directory":[]}`)
		})
		if _, err := c.Directories(t.Context()); err != nil || calls.Load() != 2 {
			t.Errorf("error = %v after %d calls, want none after 2", err, calls.Load())
		}
	})
}

func TestRetry_noConnection(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var dials atomic.Int32
		errRefused := errors.New("connection refused")
		c := client(t, coupontools.WithDial(func(context.Context, string, string) (net.Conn, error) {
			dials.Add(1)
			return nil, errRefused
		}))
		_, err := c.Directories(t.Context())
		if !errors.Is(err, errRefused) || coupontools.ClassOf(err) != coupontools.NotSent || dials.Load() != 3 {
			t.Errorf("error = %v after %d dials, want class NotSent after 3", err, dials.Load())
		}
		_, err = c.SendSMS(t.Context(), coupontools.SMS{Directory: "dir_1", To: "+32470000001"})
		if coupontools.ClassOf(err) != coupontools.NotSent || dials.Load() != 4 {
			t.Errorf("send: error = %v after %d dials, want class NotSent after one more", err, dials.Load()-3)
		}
	})
}

func TestRetry_hanging(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var calls atomic.Int32
		c := inBubble(t, func(_ http.ResponseWriter, r *http.Request) {
			_, _ = io.Copy(io.Discard, r.Body)
			calls.Add(1)
			<-r.Context().Done()
		}, coupontools.WithTimeout(10*time.Second))
		start := time.Now()
		_, err := c.Directories(t.Context())
		if took := time.Since(start); calls.Load() != 2 || took < 20*time.Second || took > 21*time.Second {
			t.Errorf("%d calls in %v, want 2 of 10 s each, and none that people would wait longer for", calls.Load(), took)
		}
		if !errors.Is(err, context.DeadlineExceeded) || coupontools.ClassOf(err) != coupontools.Unknown {
			t.Errorf("error = %v, want a deadline of class Unknown", err)
		}
	})
}

// The caller's context ends the waits, with its cause in the error; a wait longer than the context isn't started.
func TestRetry_context(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var calls atomic.Int32
		c := inBubble(t, counted(&calls, "30", 503))
		errStop := errors.New("stopping")
		ctx, cancel := context.WithCancelCause(t.Context())
		time.AfterFunc(5*time.Second, func() { cancel(errStop) })
		start := time.Now()
		_, err := c.Directories(ctx)
		if !errors.Is(err, errStop) || time.Since(start) != 5*time.Second || calls.Load() != 1 {
			t.Errorf("error = %v after %v and %d calls, want the cause after 5s and 1", err, time.Since(start), calls.Load())
		}

		short, cancelShort := context.WithTimeout(t.Context(), 10*time.Second)
		defer cancelShort()
		start = time.Now()
		_, err = c.Directories(short)
		if e, ok := errors.AsType[*coupontools.Error](err); !ok || e.Status != 503 || time.Since(start) != 0 {
			t.Errorf("error = %v after %v, want the 503 at once", err, time.Since(start))
		}
	})
}

// Once a write may have been carried out, a failed retry doesn't change that.
func TestRetry_write(t *testing.T) {
	t.Parallel()
	update := coupontools.PaymentUpdate{Directory: "dir_1", User: "reg_1", Status: coupontools.PaymentCompleted}
	for _, tt := range []struct {
		statuses []int
		want     coupontools.Class
	}{
		{[]int{500, 429}, coupontools.Unknown},
		{[]int{500, 401}, coupontools.Unknown},
		{[]int{429, 401}, coupontools.AccountRefused},
		{[]int{429, 429}, coupontools.RateLimited},
	} {
		t.Run(fmt.Sprint(tt.statuses), func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				var calls atomic.Int32
				c := inBubble(t, counted(&calls, "", tt.statuses...))
				_, err := c.UpdatePaymentStatus(t.Context(), update)
				if calls.Load() < 2 || err == nil || coupontools.ClassOf(err) != tt.want {
					t.Errorf("error = %v after %d calls, want class %v", err, calls.Load(), tt.want)
				}
			})
		})
	}
}

// turns is a pacer that counts its calls.
type turns struct {
	waits atomic.Int32
	slow  atomic.Int64
	err   error
}

func (p *turns) Wait(context.Context) error {
	p.waits.Add(1)
	return p.err
}

func (p *turns) Slow(_ context.Context, d time.Duration) { p.slow.Store(int64(d)) }

func TestPace(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var calls atomic.Int32
		pace := &turns{}
		c := inBubble(t, counted(&calls, "2", 429, 503, 200), coupontools.WithPace(pace))
		if _, err := c.Directories(t.Context()); err != nil || pace.waits.Load() != 3 {
			t.Errorf("error = %v after %d waits, want one for each of 3 attempts", err, pace.waits.Load())
		}
		if time.Duration(pace.slow.Load()) != 2*time.Second {
			t.Errorf("the pacer got %v, want 2s", time.Duration(pace.slow.Load()))
		}
		if _, err := c.SendSMS(t.Context(), coupontools.SMS{Directory: "dir_1", To: "+32470000001"}); err != nil {
			t.Error(err)
		}
		if pace.waits.Load() != 3 {
			t.Error("a send waited for the pace")
		}
		pace.err = errors.New("full")
		before := calls.Load()
		_, err := c.Directories(t.Context())
		if !errors.Is(err, pace.err) || coupontools.ClassOf(err) != coupontools.NotSent || calls.Load() != before {
			t.Errorf("error = %v, want that of the pacer and no call", err)
		}
	})
}
