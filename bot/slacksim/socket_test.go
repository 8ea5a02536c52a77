package slacksim_test

import (
	"context"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/coder/websocket"

	"github.com/coupontools/couponbot/bot/slacksim"
)

func TestSocket_hello(t *testing.T) {
	t.Parallel()
	s := start(t)
	l, err := s.dial(s.ticket())
	if err != nil {
		t.Fatal(err)
	}
	hello := l.read()
	if hello.Type != "hello" || hello.Number != 1 || hello.App["app_id"] != slacksim.App || hello.Debug["approximate_connection_time"] == nil {
		t.Errorf("hello = %+v", hello)
	}
}

func TestSocket_tickets(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := start(t)
		url := s.ticket()
		if _, err := s.dial(url); err != nil {
			t.Fatal(err)
		}
		if _, err := s.dial(url); err == nil {
			t.Error("a ticket was accepted twice")
		}
		old := s.ticket()
		time.Sleep(31 * time.Second)
		if _, err := s.dial(old); err == nil {
			t.Error("a ticket was accepted after 31 s")
		}
		s.RefuseTickets(1)
		if _, err := s.dial(s.ticket()); err == nil {
			t.Error("a ticket was accepted despite RefuseTickets")
		}
	})
}

func TestSocket_eleventhConnection(t *testing.T) {
	t.Parallel()
	s := start(t)
	for range 10 {
		s.connect()
	}
	l, err := s.dial(s.ticket())
	if err != nil {
		t.Fatal(err)
	}
	if e := l.read(); e.Type != "disconnect" || e.Reason != "too_many_websockets" {
		t.Errorf("eleventh got %+v", e)
	}
	if got := s.Connections(); got != 10 {
		t.Errorf("connections = %d, want 10", got)
	}
}

// typing runs a command of mia in the background.
func (s *slack) typing(ctx context.Context) <-chan slacksim.Outcome {
	out := make(chan slacksim.Outcome, 1)
	go func() {
		o, err := s.Command(ctx, slacksim.Mia, slacksim.Marketing, "/x", "")
		if err != nil && ctx.Err() == nil {
			s.t.Errorf("command: %v", err)
		}
		out <- o
	}()
	return out
}

func TestSocket_acknowledgedInTime(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := start(t)
		l := s.connect()
		out := s.typing(t.Context())
		e := l.read()
		time.Sleep(2900 * time.Millisecond)
		l.ack(e.ID, nil)
		if o := <-out; !o.Acked || o.Failure != "" || o.Delay != 2900*time.Millisecond {
			t.Errorf("outcome = %+v", o)
		}
		wantViolation(t, s.Server, "")
		if acks := s.Acks(); len(acks) != 1 || acks[0].Name != "/x" || acks[0].Late || acks[0].Repeat {
			t.Errorf("acks = %+v", acks)
		}
	})
}

func TestSocket_acknowledgedLate(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := start(t)
		l := s.connect()
		out := s.typing(t.Context())
		e := l.read()
		if o := <-out; o.Acked || o.Failure != "operation_timeout" {
			t.Errorf("outcome = %+v", o)
		}
		l.ack(e.ID, nil)
		synctest.Wait()
		wantViolation(t, s.Server, "wasn't acknowledged within 3s")
		if acks := s.Acks(); len(acks) != 1 || !acks[0].Late {
			t.Errorf("acks = %+v", acks)
		}
		if m := s.MessagesFor(slacksim.Mia, slacksim.Marketing); len(m) != 1 || !strings.Contains(m[0].Text, "operation_timeout") {
			t.Errorf("mia sees %+v", m)
		}
	})
}

func TestSocket_noConnection(t *testing.T) {
	t.Parallel()
	s := start(t)
	if o := <-s.typing(t.Context()); o.Failure != "dispatch_failed" {
		t.Errorf("outcome = %+v", o)
	}
	wantViolation(t, s.Server, "")
}

func TestSocket_badFrames(t *testing.T) {
	t.Parallel()
	tests := map[string]struct{ frame, want string }{
		"unknown envelope": {`{"envelope_id":"nope"}`, "unknown envelope"},
		"not JSON":         {`hello`, "isn't an acknowledgement"},
		"an unknown field": {`{"envelope_id":"nope","body":{}}`, "isn't an acknowledgement"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := start(t)
			s.connect().write(test.frame)
			s.awaitViolation(test.want)
		})
	}
}

func (s *slack) awaitViolation(want string) {
	s.t.Helper()
	err := s.Await(s.t.Context(), func(s *slacksim.Server) bool {
		return slices.ContainsFunc(s.Violations(), func(v string) bool { return strings.Contains(v, want) })
	})
	if err != nil {
		s.t.Fatalf("no violation with %q: %v", want, err)
	}
}

func TestSocket_acknowledgedTwice(t *testing.T) {
	t.Parallel()
	s := start(t)
	l := s.connect()
	out := s.typing(t.Context())
	e := l.read()
	l.ack(e.ID, nil)
	l.ack(e.ID, nil)
	<-out
	s.awaitViolation("acknowledged 2 times")
}

func TestSocket_duplicateDelivery(t *testing.T) {
	t.Parallel()
	s := start(t)
	s.Duplicate(1)
	one, two := s.connect(), s.connect()
	out := s.typing(t.Context())
	first, second := one.read(), two.read()
	if first.ID != second.ID {
		t.Errorf("ids differ: %s, %s", first.ID, second.ID)
	}
	one.ack(first.ID, nil)
	two.ack(second.ID, nil)
	if o := <-out; !o.Acked {
		t.Errorf("outcome = %+v", o)
	}
	if err := s.Await(t.Context(), func(s *slacksim.Server) bool { return len(s.Acks()) == 2 }); err != nil {
		t.Fatal(err)
	}
	wantViolation(t, s.Server, "")
}

func TestSocket_tooLargeAcknowledgement(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := start(t)
		l := s.connect()
		out := s.typing(t.Context())
		l.write(sized(t, l.read().ID, 20_479))
		if o := <-out; !o.Acked || o.Message == nil {
			t.Errorf("20,479 bytes: %+v", o)
		}
		wantViolation(t, s.Server, "")
		out = s.typing(t.Context())
		l.write(sized(t, l.read().ID, 20_480))
		_, err := l.tryRead(t.Context())
		if closeCode(err) != 1009 || !strings.Contains(err.Error(), "Max frame length of 20480 has been exceeded") {
			t.Errorf("20,480 bytes: closed with %v", err)
		}
		wantViolation(t, s.Server, "20480 bytes")
		<-out
	})
}

// sized returns an acknowledgement of a number of bytes.
func sized(t *testing.T, id string, size int) string {
	t.Helper()
	frame := encode(t, object{"envelope_id": id, "payload": object{"text": ""}})
	return strings.Replace(frame, `"text":""`, `"text":"`+letters(size-len(frame))+`"`, 1)
}

func TestSocket_distribution(t *testing.T) {
	t.Parallel()
	s := start(t)
	links := []*link{s.connect(), s.connect()}
	seen := make([]int, len(links))
	got := make(chan int)
	for i, l := range links {
		go func() {
			for {
				e, err := l.tryRead(t.Context())
				if err != nil {
					return
				}
				_ = l.ws.Write(t.Context(), websocket.MessageText, []byte(`{"envelope_id":"`+e.ID+`"}`))
				got <- i
			}
		}()
	}
	for range 4 {
		out := s.typing(t.Context())
		seen[<-got]++
		<-out
	}
	if seen[0] != 2 || seen[1] != 2 {
		t.Errorf("envelopes by connection = %v, want 2 each", seen)
	}
	s.Distribute(slacksim.Newest)
	out := s.typing(t.Context())
	if i := <-got; i != 1 {
		t.Errorf("the newest connection didn't get the envelope")
	}
	<-out
}

func TestSocket_ends(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		end  func(*slack, *link)
		want slacksim.CloseRecord
	}{
		"the bot closes": {func(_ *slack, l *link) { _ = l.ws.Close(websocket.StatusNormalClosure, "") }, slacksim.CloseRecord{Clean: true, Code: 1000, ByBot: true}},
		"the bot drops":  {func(_ *slack, l *link) { _ = l.ws.CloseNow() }, slacksim.CloseRecord{Code: 1006, ByBot: true}},
		"Slack drops":    {func(s *slack, _ *link) { s.Drop() }, slacksim.CloseRecord{Code: 1006, Reason: "dropped"}},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := start(t)
			test.end(s, s.connect())
			if err := s.Await(t.Context(), func(s *slacksim.Server) bool { return len(s.Closes()) == 1 }); err != nil {
				t.Fatal(err)
			}
			got := s.Closes()[0]
			if got.Clean != test.want.Clean || got.Code != test.want.Code || got.ByBot != test.want.ByBot || got.Reason != test.want.Reason {
				t.Errorf("close = %+v, want %+v", got, test.want)
			}
		})
	}
}

func TestSocket_disconnectFrames(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := start(t)
		l := s.connect()
		begun := time.Now()
		s.Disconnect("refresh_requested")
		if e := l.read(); e.Type != "disconnect" || e.Reason != "refresh_requested" || e.Debug["host"] == nil {
			t.Errorf("frame = %+v", e)
		}
		if s.Connections() != 0 {
			t.Error("a disconnecting connection still counts")
		}
		if _, err := l.tryRead(t.Context()); err == nil || time.Since(begun) != time.Second {
			t.Errorf("after %v: %v, want the end after 1 s", time.Since(begun), err)
		}
		s.SetConnectionLife(time.Minute)
		l = s.connect()
		begun = time.Now()
		if e := l.read(); e.Reason != "warning" || time.Since(begun) != 50*time.Second {
			t.Errorf("after %v: %+v, want a warning 10 s before the end", time.Since(begun), e)
		}
	})
}

func TestSocket_silence(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := start(t, slacksim.WithPingInterval(time.Second))
		l := s.connect()
		s.Silence()
		if o := <-s.typing(t.Context()); o.Failure != "operation_timeout" {
			t.Errorf("outcome = %+v", o)
		}
		wantViolation(t, s.Server, "")
		if s.Connections() != 1 {
			t.Error("a half-open connection must stay counted")
		}
		reading := l.ws.CloseRead(t.Context())
		ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
		defer cancel()
		if l.ws.Ping(ctx) == nil {
			t.Error("a half-open connection answered a ping")
		}
		_ = l.ws.CloseNow()
		<-reading.Done()
	})
}

func TestSocket_pings(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := start(t)
		pings := make(chan time.Time, 10)
		//nolint:bodyclose // the connection owns the body of a handshake
		ws, _, err := websocket.Dial(t.Context(), s.ticket(), &websocket.DialOptions{
			HTTPClient:     s.client,
			OnPingReceived: func(context.Context, []byte) bool { pings <- time.Now(); return true },
		})
		if err != nil {
			t.Fatal(err)
		}
		begun := time.Now()
		reading := &link{t: t, ws: ws}
		reading.read()
		ctx := ws.CloseRead(t.Context())
		if got := (<-pings).Sub(begun); got != 10*time.Second {
			t.Errorf("first ping after %v", got)
		}
		if got := (<-pings).Sub(begun); got != 20*time.Second {
			t.Errorf("second ping after %v", got)
		}
		_ = ws.CloseNow()
		<-ctx.Done()
	})
}

func TestSocket_foreignAcknowledgement(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := start(t)
		s.Distribute(slacksim.Oldest)
		one, two := s.connect(), s.connect()
		out := s.typing(t.Context())
		two.ack(one.read().ID, nil)
		if o := <-out; !o.Acked || !s.Acks()[0].Elsewhere {
			t.Errorf("outcome = %+v, acks = %+v", o, s.Acks())
		}
		s.RefuseForeignAcks(true)
		out = s.typing(t.Context())
		two.ack(one.read().ID, nil)
		if o := <-out; o.Acked {
			t.Error("it counted despite RefuseForeignAcks")
		}
	})
}

func TestSocket_withhold(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := start(t)
		s.serve(quiet)
		s.Withhold(1, 5*time.Second)
		begun := time.Now()
		if o := <-s.typing(t.Context()); !o.Acked || time.Since(begun) != 5*time.Second {
			t.Errorf("outcome = %+v after %v", o, time.Since(begun))
		}
	})
}

func TestEvents_retries(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := start(t)
		l := s.connect()
		done := make(chan error, 1)
		go func() {
			_, err := s.Say(t.Context(), slacksim.Mia, s.Direct(slacksim.Mia), "hello there")
			done <- err
		}()
		var ids []any
		for attempt := range 3 {
			e := l.read()
			if e.Type != "events_api" || e.Attempt != attempt {
				t.Errorf("envelope = %+v, want attempt %d", e, attempt)
			}
			ids = append(ids, e.Payload["event_id"])
			if attempt == 2 {
				l.ack(e.ID, nil)
			}
		}
		if err := <-done; err != nil || ids[0] != ids[2] {
			t.Errorf("said: %v; event ids = %v", err, ids)
		}
	})
}
