package socket_test

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"net"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/coder/websocket"
	"github.com/google/go-cmp/cmp"

	"github.com/coupontools/couponbot/bot/socket"
)

func TestRenewal_overlaps(t *testing.T) {
	t.Parallel()
	for _, reason := range []string{"warning", "refresh_requested", "a reason of tomorrow"} {
		t.Run(reason, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				s := newSlackEnd()
				r := start(t, s, socket.Config{})
				old := s.accept(t)
				time.Sleep(time.Hour)
				old.disconnect(reason)

				renewed := s.next(t)
				old.deliver("before hello")
				old.wantAck(t, "before hello")
				if state := r.State(); len(state) != 1 || !state[0].Leaving {
					t.Errorf("state before the new hello = %+v, want the old connection, leaving", state)
				}
				renewed.hello()
				old.deliver("after hello")
				old.wantAck(t, "after hello")
				renewed.deliver("on the new one")
				renewed.wantAck(t, "on the new one")
				synctest.Wait()
				if state := r.State(); len(state) != 1 || state[0].Leaving {
					t.Errorf("state after the new hello = %+v, want the new connection alone", state)
				}
				old.wantClose(t)
				if !renewed.open() {
					t.Error("the new connection is closed")
				}
			})
		})
	}
}

func TestRenewal_isAtOnce(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newSlackEnd()
		start(t, s, socket.Config{})
		p := s.accept(t)
		for range 10 {
			time.Sleep(6 * time.Minute) // the life of a connection with debug_reconnects
			asked := time.Now()
			p.disconnect("refresh_requested")
			p = s.accept(t)
			if took := time.Since(asked); took > 0 {
				t.Errorf("replacement took %v, want no wait", took)
			}
		}
	})
}

// A connection that is left is closed at a moment when all is acknowledged.
func TestRenewal_waitsForSlowHandler(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newSlackEnd()
		start(t, s, socket.Config{Handler: func(_ context.Context, _ socket.Envelope, ack *socket.Ack) {
			time.Sleep(2 * time.Second)
			_ = ack.Send(nil)
		}})
		old := s.accept(t)
		time.Sleep(time.Hour)
		old.disconnect("warning")
		s.accept(t)
		time.Sleep(4900 * time.Millisecond)
		old.deliver("at the last moment")
		old.wantAck(t, "at the last moment")
		old.wantClose(t)
	})
}

func TestRenewal_failsForAWhile(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newSlackEnd()
		s.answer = func(n int64, w http.ResponseWriter) bool {
			if n > 1 && n < 5 {
				w.WriteHeader(http.StatusBadGateway)
			}
			return n > 1 && n < 5
		}
		start(t, s, socket.Config{})
		old := s.accept(t)
		time.Sleep(time.Hour)
		old.disconnect("refresh_requested")
		time.Sleep(500 * time.Millisecond)
		old.deliver("e1")
		old.wantAck(t, "e1")
		s.accept(t)
		old.wantClose(t)
	})
}

func TestDropped_isReplaced(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newSlackEnd()
		r := start(t, s, socket.Config{})
		p := s.accept(t)
		for range 10 {
			time.Sleep(time.Minute)
			p.drop()
			synctest.Wait()
			if n := r.Ready(); n != 0 {
				t.Errorf("Ready() = %d after the drop, want 0", n)
			}
			dropped := time.Now()
			p = s.accept(t)
			if took := time.Since(dropped); took > time.Second {
				t.Errorf("replacement took %v, want less than a second", took)
			}
		}
	})
}

func TestSilent_isReplaced(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newSlackEnd()
		s.deaf = true
		var reasons []socket.Reason
		r := start(t, s, socket.Config{Observe: socket.Observer{
			Reconnect: func(why socket.Reason) { reasons = append(reasons, why) },
		}})
		s.accept(t)
		began := time.Now()
		s.accept(t)
		if took := time.Since(began); took < 10*time.Second || took > 25*time.Second {
			t.Errorf("replacement took %v, want it after some unanswered pings", took)
		}
		if diff := cmp.Diff([]socket.Reason{socket.ReasonSilent}, reasons); diff != "" {
			t.Errorf("reasons differ (-want +got):\n%s", diff)
		}
		r.stop()
		_ = r.wait(t)
	})
}

func TestQuiet_isKept(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newSlackEnd()
		start(t, s, socket.Config{})
		p := s.accept(t)
		time.Sleep(24 * time.Hour)
		p.deliver("e1")
		p.wantAck(t, "e1")
		if n := s.opened.Load(); n != 1 {
			t.Errorf("opened %d connections in a quiet day, want 1", n)
		}
	})
}

func TestFrame_tooLarge(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newSlackEnd()
		start(t, s, socket.Config{Handler: func(context.Context, socket.Envelope, *socket.Ack) {
			t.Error("handed on a frame of 5 MB")
		}})
		s.accept(t).deliver(strings.Repeat("x", 5<<20))
		s.accept(t)
	})
}

func TestNoHello_isReplaced(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newSlackEnd()
		r := start(t, s, socket.Config{})
		dumb := s.next(t)
		time.Sleep(time.Second)
		if n := r.Ready(); n != 0 {
			t.Errorf("Ready() = %d without hello, want 0", n)
		}
		s.accept(t)
		dumb.wantClose(t)
	})
}

func TestDisabled_stopsAll(t *testing.T) {
	t.Parallel()
	for name, greeted := range map[string]bool{"after hello": true, "before hello": false} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				s := newSlackEnd()
				r := start(t, s, socket.Config{Connections: 2})
				first, second := s.accept(t), s.next(t)
				if greeted {
					second.hello()
				}
				second.disconnect("link_disabled")
				if err := r.wait(t); !errors.Is(err, socket.ErrDisabled) {
					t.Errorf("Run = %v, want ErrDisabled", err)
				}
				first.wantClose(t)
				second.wantClose(t)
				if n := s.opened.Load(); n != 2 {
					t.Errorf("opened %d connections, want 2", n)
				}
			})
		})
	}
}

func TestTooMany_backsOff(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newSlackEnd()
		r := start(t, s, socket.Config{Connections: 2})
		first := s.accept(t)
		began := time.Now()
		for range 8 {
			p := s.accept(t)
			p.disconnect("too_many_websockets")
			p.wantClose(t)
		}
		if took := time.Since(began); took < 15*time.Second {
			t.Errorf("eight attempts took %v, want growing waits", took)
		}
		first.deliver("e1")
		first.wantAck(t, "e1")
		s.accept(t)
		synctest.Wait()
		if n := r.Ready(); n != 2 {
			t.Errorf("Ready() = %d once Slack has room, want 2", n)
		}
	})
}

func TestRefused_stops(t *testing.T) {
	t.Parallel()
	codes := []string{
		"invalid_auth", "not_authed", "account_inactive", "token_revoked", "token_expired", "missing_scope",
		"not_allowed_token_type", "forbidden_team",
	}
	for _, code := range codes {
		t.Run(code, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				s := newSlackEnd()
				s.answer = func(_ int64, w http.ResponseWriter) bool { answerError(w, code); return true }
				r := start(t, s, socket.Config{})
				err := r.wait(t)
				refused, ok := errors.AsType[*socket.RefusedError](err)
				if !ok || refused.Code != code || !strings.Contains(err.Error(), code+": ") {
					t.Errorf("Run = %v, want a RefusedError that explains %s", err, code)
				}
				if n := s.opened.Load(); n != 1 {
					t.Errorf("asked %d times, want 1", n)
				}
			})
		})
	}
}

// A refusal ends all connections, those at work included.
func TestRefused_later(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newSlackEnd()
		s.answer = func(n int64, w http.ResponseWriter) bool {
			if n > 2 {
				answerError(w, "token_revoked")
			}
			return n > 2
		}
		r := start(t, s, socket.Config{Connections: 2})
		first, second := s.accept(t), s.accept(t)
		first.drop()
		if _, ok := errors.AsType[*socket.RefusedError](r.wait(t)); !ok {
			t.Errorf("Run = %v, want a RefusedError", r.err)
		}
		second.wantClose(t)
	})
}

func TestOpening_triesAgain(t *testing.T) {
	t.Parallel()
	tests := map[string]func(w http.ResponseWriter){
		"server error":          func(w http.ResponseWriter) { w.WriteHeader(http.StatusInternalServerError) },
		"internal_error":        func(w http.ResponseWriter) { answerError(w, "internal_error") },
		"no JSON":               func(w http.ResponseWriter) { _, _ = w.Write([]byte("<html>")) },
		"no address":            func(w http.ResponseWriter) { _, _ = w.Write([]byte(`{"ok":true}`)) },
		"an address of no use":  func(w http.ResponseWriter) { _, _ = w.Write([]byte(`{"ok":true,"url":"http://x/"}`)) },
		"a ticket that is void": func(w http.ResponseWriter) { _, _ = w.Write([]byte(`{"ok":true,"url":"ws://slack.test/gone"}`)) },
		"neither ok nor error":  func(w http.ResponseWriter) { _, _ = w.Write([]byte(`{}`)) },
	}
	for name, fail := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				s := newSlackEnd()
				s.answer = func(n int64, w http.ResponseWriter) bool {
					if n <= 3 {
						fail(w)
					}
					return n <= 3
				}
				start(t, s, socket.Config{})
				began := time.Now()
				s.accept(t)
				if took := time.Since(began); took < 500*time.Millisecond || took > 5*time.Second {
					t.Errorf("connected after %v, want after three short waits", took)
				}
			})
		})
	}
}

func TestRateLimited_waits(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		limit func(w http.ResponseWriter)
		least time.Duration
	}{
		"with Retry-After": {func(w http.ResponseWriter) {
			w.Header().Set("Retry-After", "45")
			w.WriteHeader(http.StatusTooManyRequests)
		}, 45 * time.Second},
		"without":               {func(w http.ResponseWriter) { w.WriteHeader(http.StatusTooManyRequests) }, 10 * time.Second},
		"in a 200":              {func(w http.ResponseWriter) { answerError(w, "ratelimited") }, 10 * time.Second},
		"for a year":            {func(w http.ResponseWriter) { limitFor(w, 365*24*3600) }, time.Minute},
		"for more than can be":  {func(w http.ResponseWriter) { limitFor(w, 1<<40) }, 10 * time.Second},
		"for less than nothing": {func(w http.ResponseWriter) { limitFor(w, -5) }, 10 * time.Second},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				s := newSlackEnd()
				var limited time.Time
				s.answer = func(n int64, w http.ResponseWriter) bool {
					switch {
					case n == 1:
						limited = time.Now()
						tt.limit(w)
						return true
					case time.Since(limited) < tt.least:
						t.Errorf("asked again after %v, want at least %v", time.Since(limited), tt.least)
					}
					return false
				}
				start(t, s, socket.Config{})
				p := awaitLong(t, s)
				p.hello()
			})
		})
	}
}

func limitFor(w http.ResponseWriter, seconds int) {
	w.Header().Set("Retry-After", strconv.Itoa(seconds))
	w.WriteHeader(http.StatusTooManyRequests)
}

func awaitLong(t testing.TB, s *slackEnd) *peer {
	t.Helper()
	select {
	case p := <-s.peers:
		return p
	case <-time.After(time.Hour):
		t.Fatal("no connection in an hour")
		return nil
	}
}

// Retry-After of one connection's call holds for all.
func TestRateLimited_holdsAll(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newSlackEnd()
		s.answer = func(n int64, w http.ResponseWriter) bool {
			if n == 3 {
				limitFor(w, 45)
			}
			return n == 3
		}
		start(t, s, socket.Config{Connections: 2})
		first, second := s.accept(t), s.accept(t)
		time.Sleep(time.Hour)
		first.drop()
		time.Sleep(time.Second)
		second.drop()
		time.Sleep(40 * time.Second)
		if n := s.opened.Load(); n != 3 {
			t.Errorf("asked %d times while limited, want 3", n)
		}
		s.accept(t)
		s.accept(t)
	})
}

// No server can make the client ask more often than Slack's tier 3 allows, nor one connection without growing waits.
func TestNoStorm(t *testing.T) {
	t.Parallel()
	tests := map[string]func(p *peer){
		"accepts and closes":         func(*peer) {},
		"greets and closes":          func(p *peer) { p.hello() },
		"greets and asks to refresh": func(p *peer) { p.hello(); p.disconnect("refresh_requested"); p.read() },
		"has too many":               func(p *peer) { p.hello(); p.disconnect("too_many_websockets"); p.read() },
		"closes politely":            func(p *peer) { p.hello(); _ = p.ws.Close(websocket.StatusNormalClosure, "bye") },
		"lives for eleven seconds":   func(p *peer) { p.hello(); time.AfterFunc(11*time.Second, p.drop); p.read() },
	}
	for name, auto := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				asked := tenMinutes(t, auto, 10)
				if most := mostInAMinute(asked); most > 50 {
					t.Errorf("ten connections asked %d times within a minute, want at most 50", most)
				}
				if len(asked) < 100 {
					t.Errorf("ten connections asked %d times in ten minutes, want them to go on trying", len(asked))
				}
			})
			synctest.Test(t, func(t *testing.T) {
				if asked := tenMinutes(t, auto, 1); len(asked) > 60 {
					t.Errorf("one connection asked %d times in ten minutes, want growing waits", len(asked))
				}
			})
		})
	}
}

// tenMinutes returns when a client with so many connections asked for one, in ten minutes.
func tenMinutes(t *testing.T, auto func(p *peer), connections int) (asked []time.Time) {
	t.Helper()
	s := newSlackEnd()
	s.auto = auto
	times := make(chan time.Time, 10_000)
	s.answer = func(int64, http.ResponseWriter) bool { times <- time.Now(); return false }
	r := start(t, s, socket.Config{Connections: connections})
	time.Sleep(10 * time.Minute)
	r.stop()
	_ = r.wait(t)
	close(times)
	for at := range times {
		asked = append(asked, at)
	}
	return asked
}

func mostInAMinute(sorted []time.Time) (most int) {
	slices.SortFunc(sorted, time.Time.Compare)
	from := 0
	for i, at := range sorted {
		for at.Sub(sorted[from]) >= time.Minute {
			from++
		}
		most = max(most, i-from+1)
	}
	return most
}

// A ticket opens no connection to a host that isn't Slack's.
func TestOpening_foreignAddress(t *testing.T) {
	t.Parallel()
	for _, address := range []string{
		"ws://evil.example/link", "wss://slack.com.evil.example/link", "wss://evilslack.com/link", "ws://slack.com/link",
		"ws://slack.test:8080/link", "ws://me@slack.test/link", "wss://slack.com:444/link", "ws://slack.test./link", "ws:slack.test", "ws:///link",
	} {
		synctest.Test(t, func(t *testing.T) {
			s := newSlackEnd()
			asked := 0
			s.answer = func(_ int64, w http.ResponseWriter) bool {
				asked++
				_ = json.NewEncoder(w).Encode(map[string]any{"ok": true, "url": address})
				return true
			}
			pipes := newPipes()
			server := &http.Server{Handler: s, ErrorLog: slog.NewLogLogger(slog.DiscardHandler, 0)}
			go func() { _ = server.Serve(pipes) }()
			t.Cleanup(func() { close(s.over); _ = server.Close() })
			r := startOver(t, "http://slack.test", func(ctx context.Context, network, addr string) (net.Conn, error) {
				if addr != "slack.test:80" {
					t.Errorf("%s: dialled %s", address, addr)
				}
				return pipes.dial(ctx, network, addr)
			}, socket.Config{})
			time.Sleep(5 * time.Second)
			synctest.Wait()
			if text := string(r.log.Bytes()); asked < 2 || !strings.Contains(text, "no usable address") || strings.Contains(text, "link") {
				t.Errorf("%s: asked %d times; the log says %s", address, asked, text)
			}
		})
	}
}
