package socket_test

import (
	"context"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/coupontools/couponbot/bot/socket"
)

func TestRun_drains(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newSlackEnd()
		taken := make(chan string, 10)
		r := start(t, s, socket.Config{
			Connections: 2,
			Handler: func(ctx context.Context, env socket.Envelope, ack *socket.Ack) {
				taken <- env.ID
				time.Sleep(2 * time.Second)
				if err := ctx.Err(); err != nil {
					t.Errorf("the handler's context ended: %v", err)
				}
				_ = ack.Send(nil)
			},
		})
		first, second := s.accept(t), s.accept(t)
		for _, id := range []string{"e1", "e2", "e3"} {
			first.deliver(id)
			<-taken
		}
		r.stop()
		synctest.Wait()
		first.deliver("too late")
		got := map[string]bool{<-first.frames: true, <-first.frames: true, <-first.frames: true}
		want := map[string]bool{`{"envelope_id":"e1"}`: true, `{"envelope_id":"e2"}`: true, `{"envelope_id":"e3"}`: true}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("acknowledgements differ (-want +got):\n%s", diff)
		}
		first.wantClose(t)
		second.wantClose(t)
		if err := r.wait(t); err != nil {
			t.Errorf("Run = %v, want nil", err)
		}
		if len(taken) > 0 {
			t.Errorf("handed on %q after the stop", <-taken)
		}
		if n := r.Ready(); n != 0 {
			t.Errorf("Ready() = %d after Run, want 0", n)
		}
	})
}

func TestRun_doesNotWaitForever(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newSlackEnd()
		release := make(chan struct{})
		defer close(release)
		r := start(t, s, socket.Config{Handler: func(context.Context, socket.Envelope, *socket.Ack) { <-release }})
		p := s.accept(t)
		p.deliver("e1")
		synctest.Wait()
		began := time.Now()
		r.stop()
		_ = r.wait(t)
		if took := time.Since(began); took > 5*time.Second {
			t.Errorf("Run ended after %v, want about 3 s", took)
		}
		p.wantClose(t)
	})
}

func TestRun_endsWhateverItWaitsFor(t *testing.T) {
	t.Parallel()
	tests := map[string]func(s *slackEnd){
		"the address":   func(s *slackEnd) { s.answer = func(int64, http.ResponseWriter) bool { <-s.over; return true } },
		"the handshake": func(s *slackEnd) { s.stuck = true },
		"hello":         func(*slackEnd) {},
		"a rate limit": func(s *slackEnd) {
			s.answer = func(_ int64, w http.ResponseWriter) bool { limitFor(w, 99); return true }
		},
		"the next try": func(s *slackEnd) {
			s.answer = func(_ int64, w http.ResponseWriter) bool { w.WriteHeader(http.StatusBadGateway); return true }
		},
	}
	for name, prepare := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				s := newSlackEnd()
				prepare(s)
				r := start(t, s, socket.Config{})
				time.Sleep(5 * time.Second)
				began := time.Now()
				r.stop()
				if err := r.wait(t); err != nil {
					t.Errorf("Run = %v, want nil", err)
				}
				if took := time.Since(began); took > time.Second {
					t.Errorf("Run ended after %v, want at once", took)
				}
			})
		})
	}
}

func TestState(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newSlackEnd()
		var ready []int
		r := start(t, s, socket.Config{Connections: 2, Observe: socket.Observer{Ready: func(n int) { ready = append(ready, n) }}})
		s.accept(t)
		synctest.Wait()
		began := time.Now()
		time.Sleep(time.Second)
		second := s.next(t)
		second.send(`{"type":"hello","num_connections":"2","connection_info":{"app_id":"A1"},"debug_info":"none"}`)
		synctest.Wait()
		want := []socket.Connection{
			{Since: began, AppID: "A1", Host: "applink-1", Life: time.Hour},
			{Since: began.Add(time.Second), AppID: "A1"},
		}
		if diff := cmp.Diff(want, r.State(), cmpopts.EquateApproxTime(0)); diff != "" {
			t.Errorf("state differs (-want +got):\n%s", diff)
		}
		r.stop()
		_ = r.wait(t)
		if diff := cmp.Diff([]int{1, 2, 1, 0}, ready); diff != "" {
			t.Errorf("ready counts observed differ (-want +got):\n%s", diff)
		}
	})
}

func TestGhosts_areLogged(t *testing.T) {
	t.Parallel()
	for count, want := range map[string]bool{"5": false, "6": true, `"many"`: false} {
		t.Run(count, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				s := newSlackEnd()
				r := start(t, s, socket.Config{})
				s.next(t).send(`{"type":"hello","num_connections":` + count + `}`)
				synctest.Wait()
				if got := strings.Contains(string(r.log.Bytes()), "ghosts"); got != want {
					t.Errorf("warned of ghosts at %s connections: %v, want %v", count, got, want)
				}
			})
		})
	}
}

func TestObserver_latency(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		type acked struct {
			Kind    string
			Latency time.Duration
			Err     error
		}
		observed := make(chan acked, 1)
		var kinds []string
		s := newSlackEnd()
		start(t, s, socket.Config{
			Handler: func(_ context.Context, _ socket.Envelope, ack *socket.Ack) {
				time.Sleep(time.Second)
				_ = ack.Send(nil)
			},
			Observe: socket.Observer{
				Envelope: func(kind string) { kinds = append(kinds, kind) },
				Acked:    func(kind string, took time.Duration, err error) { observed <- acked{kind, took, err} },
			},
		})
		p := s.accept(t)
		p.send(`{"envelope_id":"e1","type":"made up by a stranger"}`)
		if diff := cmp.Diff(acked{Kind: "other", Latency: time.Second}, <-observed); diff != "" {
			t.Errorf("acknowledgement observed differs (-want +got):\n%s", diff)
		}
		if diff := cmp.Diff([]string{"other"}, kinds); diff != "" {
			t.Errorf("envelopes observed differ (-want +got):\n%s", diff)
		}
	})
}
