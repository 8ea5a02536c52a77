package socket_test

import (
	"context"
	"errors"
	"net"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/coupontools/couponbot/bot/socket"
	"github.com/coupontools/couponbot/internal/bulkhead"
)

func TestEnvelope(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		frame string
		want  socket.Envelope
	}{
		"a command": {
			`{"envelope_id":"e1","type":"slash_commands","accepts_response_payload":true,"payload":{"command":"/x"}}`,
			socket.Envelope{ID: "e1", Type: "slash_commands", Payload: []byte(`{"command":"/x"}`)},
		},
		"a repeated event": {
			`{"envelope_id":"e1","type":"events_api","payload":{},"retry_attempt":2,"retry_reason":"timeout"}`,
			socket.Envelope{ID: "e1", Type: "events_api", Payload: []byte(`{}`), RetryAttempt: 2, RetryReason: "timeout"},
		},
		"fields of other types": {
			`{"payload":"text","retry_attempt":"1","retry_reason":7,"type":"interactive","envelope_id":"e1","debug_info":3}`,
			socket.Envelope{ID: "e1", Type: "interactive", Payload: []byte(`"text"`), RetryAttempt: 1},
		},
		"a type of tomorrow, with nothing in it": {
			`{"envelope_id":"e1","type":"telepathy"}`,
			socket.Envelope{ID: "e1", Type: "telepathy"},
		},
		"no type": {`{"envelope_id":"e1"}`, socket.Envelope{ID: "e1"}},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				s := newSlackEnd()
				got := make(chan socket.Envelope, 1)
				start(t, s, socket.Config{Handler: func(_ context.Context, env socket.Envelope, ack *socket.Ack) {
					got <- env
					_ = ack.Send(nil)
				}})
				p := s.accept(t)
				p.send(tt.frame)
				p.wantAck(t, "e1")
				if diff := cmp.Diff(tt.want, <-got, cmpopts.IgnoreFields(socket.Envelope{}, "Received")); diff != "" {
					t.Errorf("envelope differs (-want +got):\n%s", diff)
				}
			})
		})
	}
}

func TestEnvelope_notUnderstood(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newSlackEnd()
		r := start(t, s, socket.Config{Handler: func(_ context.Context, env socket.Envelope, _ *socket.Ack) {
			t.Errorf("handed on %+v", env)
		}})
		p := s.accept(t)
		p.send(`no JSON, private words`)
		p.send(`{"type":"slash_commands","payload":"private words"}`)
		p.send(`{"envelope_id":"` + strings.Repeat("x", 300) + `"}`)
		p.send(`["envelope_id"]`)
		p.send(`{"type":"events_api","envelope_id": "e1","payload":{"cut off":"private words`)
		p.wantAck(t, "e1")
		if n := strings.Count(string(r.log.Bytes()), "without envelope_id"); n != 4 {
			t.Errorf("logged %d frames without an id, want 4", n)
		}
	})
}

func TestAck(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newSlackEnd()
		start(t, s, socket.Config{Handler: func(_ context.Context, _ socket.Envelope, ack *socket.Ack) {
			if err := ack.Send(func() {}); err == nil || errors.Is(err, socket.ErrAcked) {
				t.Errorf("Send(func) = %v, want an encoding error", err)
			}
			if err := ack.Send(strings.Repeat("x", 16<<10)); !errors.Is(err, socket.ErrTooLarge) {
				t.Errorf("Send(16 KB) = %v, want ErrTooLarge", err)
			}
			if err := ack.Send(map[string]string{"text": "<&>"}); err != nil {
				t.Errorf("Send(smaller) = %v", err)
			}
			for _, payload := range []any{nil, strings.Repeat("x", 16<<10)} {
				if err := ack.Send(payload); !errors.Is(err, socket.ErrAcked) {
					t.Errorf("second Send = %v, want ErrAcked", err)
				}
			}
		}})
		p := s.accept(t)
		p.deliver("e1")
		p.wantFrame(t, `{"envelope_id":"e1","payload":{"text":"<&>"}}`)
		synctest.Wait()
		if len(p.frames) > 0 {
			t.Errorf("client also sent %.200s", <-p.frames)
		}
	})
}

func TestAck_onceFromManyGoroutines(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		const tries = 20
		s := newSlackEnd()
		results := make(chan error, tries)
		start(t, s, socket.Config{Handler: func(_ context.Context, _ socket.Envelope, ack *socket.Ack) {
			var encoding, sending sync.WaitGroup
			encoding.Add(tries)
			for range tries {
				sending.Go(func() { results <- ack.Send(meeting{&encoding}) })
			}
			sending.Wait()
		}})
		p := s.accept(t)
		p.deliver("e1")
		p.wantFrame(t, `{"envelope_id":"e1","payload":"met"}`)
		refused := 0
		for range tries {
			if errors.Is(<-results, socket.ErrAcked) {
				refused++
			}
		}
		if len(p.frames) > 0 || refused != tries-1 {
			t.Errorf("%d more frames and %d refusals, want 0 and %d", len(p.frames), refused, tries-1)
		}
	})
}

// meeting is a payload. Encoding it waits until all callers encode it.
type meeting struct{ all *sync.WaitGroup }

func (m meeting) MarshalJSON() ([]byte, error) {
	m.all.Done()
	m.all.Wait()
	return []byte(`"met"`), nil
}

// Slack drops acknowledgements that arrive in several frames.
func TestAck_isOneFrame(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var wire writes
		s := newSlackEnd()
		s.wire = &wire
		start(t, s, socket.Config{Handler: func(_ context.Context, _ socket.Envelope, ack *socket.Ack) {
			_ = ack.Send(strings.Repeat("x", 16_000))
		}})
		p := s.accept(t)
		p.deliver("e1")
		p.wantFrame(t, `{"envelope_id":"e1","payload":"`+strings.Repeat("x", 16_000)+`"}`)
		const finalText = 0x81 // FIN and the opcode of text, RFC 6455, 5.2
		if got := wire.largest(); len(got) < 16_000 || got[0] != finalText {
			t.Errorf("largest write has %d bytes and begins %#x, want the whole acknowledgement in one frame", len(got), got[0])
		}
	})
}

// tapped notes what is written to a connection.
type tapped struct {
	net.Conn
	to *writes
}

func (c *tapped) Write(p []byte) (int, error) {
	c.to.add(p)
	return c.Conn.Write(p)
}

type writes struct {
	mu  sync.Mutex
	all [][]byte
}

func (w *writes) add(p []byte) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.all = append(w.all, append([]byte(nil), p...))
}

func (w *writes) largest() (most []byte) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, p := range w.all {
		if len(p) > len(most) {
			most = p
		}
	}
	return most
}

func TestHandler_panicsOrForgets(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newSlackEnd()
		var panics []bulkhead.Place
		r := start(t, s, socket.Config{
			Handler: func(_ context.Context, env socket.Envelope, _ *socket.Ack) {
				switch env.ID {
				case "panics":
					panic("private words")
				case "goes wrong":
					_ = env.ID[len(env.ID)+len(env.Type):]
				}
			},
			Guard: &bulkhead.Guard{Count: func(at bulkhead.Place) { panics = append(panics, at) }},
		})
		p := s.accept(t)
		p.deliver("panics")
		p.wantAck(t, "panics")
		p.deliver("goes wrong")
		p.wantAck(t, "goes wrong")
		p.deliver("forgets")
		p.wantAck(t, "forgets")
		if diff := cmp.Diff([]bulkhead.Place{bulkhead.SocketEnvelope, bulkhead.SocketEnvelope}, panics); diff != "" {
			t.Errorf("panics observed differ (-want +got):\n%s", diff)
		}
		for _, want := range []string{"ack_test.go", "panic=string", "slice bounds out of range"} {
			if !strings.Contains(string(r.log.Bytes()), want) {
				t.Errorf("the log of the panics lacks %q", want)
			}
		}
	})
}

func TestHandler_overflow(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newSlackEnd()
		release := make(chan struct{})
		overflows := 0
		start(t, s, socket.Config{
			Handler: func(_ context.Context, _ socket.Envelope, ack *socket.Ack) { <-release; _ = ack.Send(nil) },
			Observe: socket.Observer{Overflow: func(string) { overflows++ }},
		})
		p := s.accept(t)
		for range socket.MaxHandlers {
			p.deliver("held")
		}
		p.deliver("too much")
		p.wantAck(t, "too much")
		if overflows != 1 {
			t.Errorf("observed %d overflows, want 1", overflows)
		}
		close(release)
		for range socket.MaxHandlers {
			p.wantAck(t, "held")
		}
		p.deliver("room again")
		p.wantAck(t, "room again")
	})
}

func TestAck_onAnotherConnection(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newSlackEnd()
		release := make(chan struct{})
		start(t, s, socket.Config{Connections: 2, Handler: func(_ context.Context, _ socket.Envelope, ack *socket.Ack) {
			<-release
			if err := ack.Send(nil); err != nil {
				t.Errorf("Send = %v, want the other connection to serve", err)
			}
		}})
		first, second := s.accept(t), s.accept(t)
		first.deliver("e1")
		synctest.Wait()
		first.drop()
		synctest.Wait()
		close(release)
		second.wantAck(t, "e1")
	})
}

func TestAck_noConnectionLeft(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newSlackEnd()
		release, sent := make(chan struct{}), make(chan error)
		observed := make(chan error, 1)
		start(t, s, socket.Config{
			Handler: func(_ context.Context, _ socket.Envelope, ack *socket.Ack) { <-release; sent <- ack.Send(nil) },
			Observe: socket.Observer{Acked: func(_ string, _ time.Duration, err error) { observed <- err }},
		})
		p := s.accept(t)
		p.deliver("e1")
		synctest.Wait()
		p.drop()
		synctest.Wait()
		close(release)
		if err := <-sent; err == nil {
			t.Error("Send = nil, want an error")
		}
		if err := <-observed; err == nil {
			t.Error("observed no error")
		}
	})
}

// A server that does not read holds up neither the handler nor what comes after.
func TestAck_serverDoesNotRead(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newSlackEnd()
		s.deaf = true
		took := make(chan time.Duration, 1)
		r := start(t, s, socket.Config{Handler: func(_ context.Context, _ socket.Envelope, ack *socket.Ack) {
			began := time.Now()
			if err := ack.Send(nil); err == nil {
				t.Error("Send = nil, want an error")
			}
			took <- time.Since(began)
		}})
		s.accept(t).deliver("e1")
		if d := <-took; d > 3*time.Second {
			t.Errorf("Send took %v, want less than Slack waits", d)
		}
		failed := time.Now()
		s.accept(t)
		if d := time.Since(failed); d > 3*time.Second {
			t.Errorf("the connection was replaced after %v, want soon", d)
		}
		r.stop()
		_ = r.wait(t)
	})
}
