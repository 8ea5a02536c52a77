package socket_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/coder/websocket"
	"github.com/slack-go/slack"
	"go.uber.org/goleak"

	"github.com/coupontools/couponbot/bot/socket"
	"github.com/coupontools/couponbot/internal/outbound"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// ticket stands in every connection's address; like the token it must never be logged.
const (
	ticket   = "secret-ticket"
	appToken = "xapp-1-test"
)

// slackEnd is Slack as far as a socket sees it: apps.connections.open, and the server's end of each connection, which
// the test scripts step by step.
type slackEnd struct {
	// answer takes the n-th call of apps.connections.open, from 1; false leaves it to be answered with an address.
	answer func(n int64, w http.ResponseWriter) bool
	// auto runs each connection instead of leaving it to accept.
	auto func(p *peer)
	// deaf connections are accepted but never read.
	deaf bool
	// stuck handshakes are never answered.
	stuck bool
	// wire, if set, notes what clients write.
	wire *writes

	opened atomic.Int64
	peers  chan *peer
	over   chan struct{}
}

func newSlackEnd() *slackEnd {
	return &slackEnd{peers: make(chan *peer, 1000), over: make(chan struct{})}
}

func (s *slackEnd) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	switch r.URL.Path {
	case "/api/apps.connections.open":
		s.open(w, r)
	case "/link":
		s.link(w, r)
	default:
		http.NotFound(w, r)
	}
}

func (s *slackEnd) open(w http.ResponseWriter, r *http.Request) {
	n := s.opened.Add(1)
	if s.answer != nil && s.answer(n, w) {
		return
	}
	if r.Header.Get("Authorization") != "Bearer "+appToken {
		answerError(w, "not_authed")
		return
	}
	_ = json.NewEncoder(w).Encode(map[string]any{"ok": true, "url": "ws://" + r.Host + "/link?ticket=" + ticket})
}

func answerError(w http.ResponseWriter, code string) {
	_ = json.NewEncoder(w).Encode(map[string]any{"ok": false, "error": code})
}

func (s *slackEnd) link(w http.ResponseWriter, r *http.Request) {
	if s.stuck {
		<-s.over
		return
	}
	ws, err := websocket.Accept(w, r, &websocket.AcceptOptions{InsecureSkipVerify: true})
	if err != nil {
		return
	}
	ws.SetReadLimit(20 << 10) // as Slack's
	p := &peer{ws: ws, frames: make(chan string, 10_000), closed: make(chan struct{})}
	defer close(p.closed)
	defer func() { _ = ws.CloseNow() }()
	if s.auto != nil {
		s.auto(p)
		return
	}
	s.peers <- p
	if s.deaf {
		<-s.over
		return
	}
	p.read()
}

// peer is the server's end of one connection.
type peer struct {
	ws     *websocket.Conn
	frames chan string // what the client sent
	closed chan struct{}
	err    error // why reading ended, once closed
}

func (p *peer) read() {
	for {
		_, raw, err := p.ws.Read(context.Background())
		if err != nil {
			p.err = err
			return
		}
		p.frames <- string(raw)
	}
}

func (p *peer) send(text string) { _ = p.trySend(text) }

func (p *peer) trySend(text string) error {
	return p.ws.Write(context.Background(), websocket.MessageText, []byte(text))
}

func (p *peer) hello() {
	p.send(`{"type":"hello","num_connections":1,"connection_info":{"app_id":"A1"},` +
		`"debug_info":{"host":"applink-1","approximate_connection_time":3600}}`)
}

func (p *peer) deliver(id string) {
	p.send(fmt.Sprintf(`{"envelope_id":%q,"type":"slash_commands","payload":{"text":"private words"}}`, id))
}

func (p *peer) disconnect(reason string) {
	p.send(fmt.Sprintf(`{"type":"disconnect","reason":%q}`, reason))
}

func (p *peer) drop() { _ = p.ws.CloseNow() }

// wantFrame awaits the next frame from the client.
func (p *peer) wantFrame(t testing.TB, want string) {
	t.Helper()
	select {
	case got := <-p.frames:
		if got != want {
			t.Errorf("client sent %.200s, want %.200s", got, want)
		}
	case <-p.closed:
		t.Fatalf("connection ended (%v), want the frame %.200s", p.err, want)
	case <-time.After(time.Minute):
		t.Fatalf("nothing sent in a minute, want the frame %.200s", want)
	}
}

func (p *peer) wantAck(t testing.TB, id string) {
	t.Helper()
	p.wantFrame(t, fmt.Sprintf(`{"envelope_id":%q}`, id))
}

// wantClose awaits the end of the connection, and a close frame before it.
func (p *peer) wantClose(t testing.TB) {
	t.Helper()
	select {
	case <-p.closed:
	case <-time.After(time.Minute):
		t.Fatal("connection still open after a minute")
	}
	if got := websocket.CloseStatus(p.err); got != websocket.StatusNormalClosure {
		t.Errorf("connection ended with %v, want a normal close frame", p.err)
	}
}

func (p *peer) open() bool {
	select {
	case <-p.closed:
		return false
	default:
		return true
	}
}

// accept awaits the next connection, and greets it.
func (s *slackEnd) accept(t testing.TB) *peer {
	t.Helper()
	p := s.next(t)
	p.hello()
	return p
}

func (s *slackEnd) next(t testing.TB) *peer {
	t.Helper()
	select {
	case p := <-s.peers:
		return p
	case <-time.After(2 * time.Minute):
		t.Fatal("no connection in two minutes")
		return nil
	}
}

// running is a client at work.
type running struct {
	*socket.Client
	stop context.CancelFunc
	done chan struct{}
	err  error
	log  *syncBuffer
}

// start runs a client against s inside a synctest bubble, over pipes.
func start(t testing.TB, s *slackEnd, cfg socket.Config) *running {
	t.Helper()
	pipes := newPipes()
	server := &http.Server{Handler: s, ErrorLog: slog.NewLogLogger(slog.DiscardHandler, 0)}
	go func() { _ = server.Serve(pipes) }()
	t.Cleanup(func() { close(s.over); _ = server.Close() })
	dial := pipes.dial
	if s.wire != nil {
		dial = func(ctx context.Context, network, addr string) (net.Conn, error) {
			conn, err := pipes.dial(ctx, network, addr)
			return &tapped{conn, s.wire}, err
		}
	}
	return startOver(t, "http://slack.test", dial, cfg)
}

type dialer = func(ctx context.Context, network, addr string) (net.Conn, error)

func startOver(t testing.TB, base string, dial dialer, cfg socket.Config) *running {
	t.Helper()
	r := &running{done: make(chan struct{}), log: &syncBuffer{}}
	api := &http.Client{Transport: &http.Transport{DialContext: dial, DisableKeepAlives: true}}
	cfg.Open = slack.New("xoxb-test", slack.OptionAppLevelToken(appToken), slack.OptionAPIURL(base+"/api/"),
		slack.OptionHTTPClient(api))
	cfg.Outbound = outbound.For(base)
	cfg.Log = slog.New(slog.NewTextHandler(r.log, &slog.HandlerOptions{Level: slog.LevelDebug}))
	if cfg.Guard != nil {
		cfg.Guard.Log = cfg.Log
	}
	if cfg.Handler == nil {
		cfg.Handler = func(_ context.Context, _ socket.Envelope, ack *socket.Ack) { _ = ack.Send(nil) }
	}
	r.Client = socket.New(cfg)
	r.SetDial(dial)
	ctx, stop := context.WithCancel(context.Background())
	r.stop = stop
	go func() { r.err = r.Run(ctx); close(r.done) }()
	t.Cleanup(func() {
		stop()
		<-r.done
		for _, secret := range []string{ticket, "private words", appToken} {
			if bytes.Contains(r.log.Bytes(), []byte(secret)) {
				t.Errorf("the log holds %q", secret)
			}
		}
	})
	return r
}

// wait awaits the end of Run.
func (r *running) wait(t testing.TB) error {
	t.Helper()
	select {
	case <-r.done:
		return r.err
	case <-time.After(time.Minute):
		t.Fatal("Run goes on after a minute")
		return nil
	}
}

// pipes is a network in memory, with which time in a synctest bubble can pass.
type pipes struct {
	conns chan net.Conn
	once  sync.Once
	over  chan struct{}
}

func newPipes() *pipes { return &pipes{conns: make(chan net.Conn), over: make(chan struct{})} }

func (p *pipes) dial(ctx context.Context, _, _ string) (net.Conn, error) {
	near, far := net.Pipe()
	select {
	case p.conns <- far:
		return near, nil
	case <-p.over:
		return nil, errors.New("connection refused")
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

func (p *pipes) Accept() (net.Conn, error) {
	select {
	case conn := <-p.conns:
		return conn, nil
	case <-p.over:
		return nil, net.ErrClosed
	}
}

func (p *pipes) Close() error {
	p.once.Do(func() { close(p.over) })
	return nil
}

func (p *pipes) Addr() net.Addr { return &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1), Port: 1} }

// syncBuffer is a buffer for several goroutines.
type syncBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

var _ io.Writer = (*syncBuffer)(nil)

func (b *syncBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.Write(p)
}

func (b *syncBuffer) Bytes() []byte {
	b.mu.Lock()
	defer b.mu.Unlock()
	return bytes.Clone(b.b.Bytes())
}
