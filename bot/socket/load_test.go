package socket_test

import (
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/coder/websocket"
	gorilla "github.com/gorilla/websocket"

	"github.com/coupontools/couponbot/bot/socket"
)

// Connections are renewed and dropped while envelopes pour in and handlers take their time: whatever was delivered on
// a connection that lived is acknowledged exactly once.
func TestLoad_losesNothing(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		const envelopes = 20_000 // one each 10 ms
		lb := newBalancer()
		s := newSlackEnd()
		s.auto = lb.serve
		r := start(t, s, socket.Config{Connections: 3, Handler: func(_ context.Context, _ socket.Envelope, ack *socket.Ack) {
			time.Sleep(rand.N(2500 * time.Millisecond))
			_ = ack.Send(nil)
		}})
		time.Sleep(time.Second)
		for i := range envelopes {
			time.Sleep(10 * time.Millisecond)
			switch {
			case i%1_300 == 0:
				lb.pick().disconnect("refresh_requested")
			case i%3_100 == 0:
				lb.drop()
			}
			lb.deliver(fmt.Sprintf("e%d", i))
		}
		r.stop()
		_ = r.wait(t)
		lost, repeated, excused := lb.count()
		if lost > 0 || repeated > 0 {
			t.Errorf("of %d envelopes %d were not acknowledged and %d more than once", envelopes, lost, repeated)
		}
		if len(lb.sent) < envelopes-100 || excused > envelopes/100 || len(lb.dropped) < 5 {
			t.Errorf("delivered %d envelopes with %d drops, %d excused: the test tests too little",
				len(lb.sent), len(lb.dropped), excused)
		}
	})
}

// balancer spreads envelopes over the connections, as Slack does.
type balancer struct {
	mu      sync.Mutex
	live    []*peer
	dropped map[*peer]time.Time
	sent    map[string]delivery
	acked   map[string]int
}

type delivery struct {
	on *peer
	at time.Time
}

func newBalancer() *balancer {
	return &balancer{dropped: make(map[*peer]time.Time), sent: make(map[string]delivery), acked: make(map[string]int)}
}

func (b *balancer) serve(p *peer) {
	p.hello()
	b.change(func() { b.live = append(b.live, p) })
	for {
		_, raw, err := p.ws.Read(context.Background())
		if err != nil {
			b.change(func() { b.live = slices.DeleteFunc(b.live, func(o *peer) bool { return o == p }) })
			return
		}
		var frame struct {
			EnvelopeID string `json:"envelope_id"`
		}
		_ = json.Unmarshal(raw, &frame)
		b.change(func() { b.acked[frame.EnvelopeID]++ })
	}
}

func (b *balancer) change(how func()) {
	b.mu.Lock()
	defer b.mu.Unlock()
	how()
}

func (b *balancer) pick() *peer {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.live[rand.N(len(b.live))]
}

func (b *balancer) deliver(id string) {
	p := b.pick()
	err := p.trySend(fmt.Sprintf(`{"envelope_id":%q,"type":"interactive","payload":{}}`, id))
	if err == nil {
		b.change(func() { b.sent[id] = delivery{p, time.Now()} })
	}
}

func (b *balancer) drop() {
	p := b.pick()
	b.change(func() {
		b.dropped[p] = time.Now()
		b.live = slices.DeleteFunc(b.live, func(o *peer) bool { return o == p })
	})
	p.drop()
}

// count returns how many envelopes were lost, repeated or excused: those just before a dropped connection may be lost.
func (b *balancer) count() (lost, repeated, excused int) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for id, sent := range b.sent {
		dropped, was := b.dropped[sent.on]
		switch n := b.acked[id]; {
		case n > 1:
			repeated++
		case n == 1:
		case was && dropped.Sub(sent.at) < 3*time.Second:
			excused++
		default:
			lost++
		}
	}
	return lost, repeated, excused
}

// Over real TCP a connection that is closed with unread bytes is reset, which can destroy what was written last.
func TestStop_losesNoAcknowledgement(t *testing.T) {
	t.Parallel()
	s := newSlackEnd()
	server := httptest.NewServer(s)
	t.Cleanup(server.Close)
	var sent atomic.Int64
	r := startOver(t, server.URL, (&net.Dialer{}).DialContext, socket.Config{
		Observe: socket.Observer{Acked: func(_ string, _ time.Duration, err error) {
			if err == nil {
				sent.Add(1)
			}
		}},
	})
	p := s.accept(t)
	flood := make(chan struct{})
	go func() {
		defer close(flood)
		for i := 0; p.open() && i < cap(p.frames); i++ {
			p.deliver(fmt.Sprintf("e%d", i))
		}
	}()
	for range 1000 {
		<-p.frames
	}
	r.stop()
	<-flood
	p.wantClose(t)
	_ = r.wait(t)
	if got := 1000 + len(p.frames); got != int(sent.Load()) {
		t.Errorf("%d acknowledgements were sent, %d arrived", sent.Load(), got)
	}
}

// BenchmarkRoundTrip compares the way from envelope to acknowledgement with the same text echoed by a bare connection.
func BenchmarkRoundTrip(b *testing.B) {
	s := newSlackEnd()
	peers := make(chan *websocket.Conn, 1)
	s.auto = func(p *peer) {
		p.hello()
		peers <- p.ws
		<-s.over
	}
	server := httptest.NewServer(s)
	b.Cleanup(server.Close)
	b.Cleanup(func() { close(s.over) })
	dial := (&net.Dialer{}).DialContext

	bare := startEcho(b, server, peers)
	r := startOver(b, server.URL, dial, socket.Config{})
	acked := <-peers
	b.Cleanup(func() { _ = acked.CloseNow(); r.stop() })

	text := fmt.Appendf(nil, `{"envelope_id":"01234567-89ab-cdef-0123-456789abcdef","type":"slash_commands",`+
		`"accepts_response_payload":true,"payload":{"command":"/directories","text":%q}}`, strings.Repeat("x", 600))
	var echoes, acks []time.Duration
	for b.Loop() {
		echoes = append(echoes, roundTrip(b, bare, text))
		acks = append(acks, roundTrip(b, acked, text))
	}
	echo, ack := median(echoes), median(acks)
	b.ReportMetric(float64(echo.Nanoseconds())/1e3, "echo-µs")
	b.ReportMetric(float64(ack.Nanoseconds())/1e3, "ack-µs")
	b.ReportMetric(float64(ack)/float64(echo), "ack/echo")
}

// startEcho connects a bare client that sends back what it gets, and returns the server's end.
func startEcho(b *testing.B, server *httptest.Server, peers <-chan *websocket.Conn) *websocket.Conn {
	b.Helper()
	ws, answer, err := gorilla.DefaultDialer.DialContext(b.Context(), "ws"+strings.TrimPrefix(server.URL, "http")+"/link", nil)
	if err != nil {
		b.Fatal(err)
	}
	_ = answer.Body.Close()
	if _, _, err := ws.ReadMessage(); err != nil { // hello
		b.Fatal(err)
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		for {
			kind, text, err := ws.ReadMessage()
			if err != nil || ws.WriteMessage(kind, text) != nil {
				return
			}
		}
	}()
	b.Cleanup(func() { _ = ws.Close(); <-done })
	return <-peers
}

func roundTrip(b *testing.B, ws *websocket.Conn, text []byte) time.Duration {
	b.Helper()
	began := time.Now()
	if err := ws.Write(b.Context(), websocket.MessageText, text); err != nil {
		b.Fatal(err)
	}
	if _, _, err := ws.Read(b.Context()); err != nil {
		b.Fatal(err)
	}
	return time.Since(began)
}

func median(d []time.Duration) time.Duration {
	slices.Sort(d)
	return d[len(d)/2]
}
