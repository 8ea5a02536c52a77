package socket

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"github.com/gorilla/websocket"
)

const (
	// pingEvery is how often we ping; a connection that brings nothing for silence, not even the answers to three
	// pings, is half-open. Slack: pings at least every 30 s, and its Node client every 1.7 s, giving up after 5 s.
	pingEvery = 5 * time.Second
	silence   = 15 * time.Second
	// writeTime bounds the writing of one acknowledgement. Slack: must have it within 3 s.
	writeTime = 2 * time.Second
	// closeTime bounds the writing of a close frame, and the wait for Slack's.
	closeTime = time.Second
)

// link is one connection. Its reader runs until it is gone.
type link struct {
	c   *Client
	log *slog.Logger
	ws  *websocket.Conn

	greeted chan struct{} // closed at hello, once the two fields below are set
	since   time.Time
	hello   greeting

	left chan struct{} // closed when the connection must be replaced
	gone chan struct{} // closed when its reader has ended

	born  time.Time
	heard atomic.Int64 // when anything last came, in nanoseconds after born
	write sync.Mutex   // held while a frame is written

	mu      sync.Mutex
	why     Reason        // why left is closed; "" while it is not
	closing bool          // no envelopes are taken any more
	unacked int           // envelopes taken and not acknowledged
	settled chan struct{} // closed when unacked falls to 0; nil unless somebody waits
}

func newLink(c *Client, ws *websocket.Conn, log *slog.Logger) *link {
	l := &link{
		c: c, log: log, ws: ws, born: time.Now(),
		greeted: make(chan struct{}), left: make(chan struct{}), gone: make(chan struct{}),
	}
	answer := ws.PingHandler()
	ws.SetPingHandler(func(text string) error { l.hear(); return answer(text) })
	ws.SetPongHandler(func(string) error { l.hear(); return nil })
	return l
}

func (l *link) hear() { l.heard.Store(int64(time.Since(l.born))) }

// read takes frames until the connection breaks or is closed.
func (l *link) read(ctx context.Context) {
	for {
		_, raw, err := l.ws.ReadMessage()
		if err != nil {
			l.log.Debug("socket ended", "err", err)
			return
		}
		l.hear()
		l.receive(ctx, raw, time.Now())
	}
}

// end takes the connection out of everything once its reader has ended.
func (l *link) end() {
	defer close(l.gone)
	l.drop()
	l.c.forget(l)
}

// drop breaks the connection and has it replaced, unless that has happened.
func (l *link) drop() {
	l.replace(ReasonDropped)
	_ = l.ws.Close()
}

// receive sorts one frame.
func (l *link) receive(ctx context.Context, raw []byte, at time.Time) {
	env, understood := decode(raw)
	env.Received = at
	switch {
	case env.Type == "hello":
		l.greet(readGreeting(raw))
	case env.Type == "disconnect":
		l.replace(disconnectReason(raw))
	case env.ID == "":
		l.log.Warn("dropped a frame without envelope_id", "bytes", len(raw))
	default:
		l.take(ctx, env, understood)
	}
}

// greet notes hello; the first one counts.
func (l *link) greet(g greeting) {
	select {
	case <-l.greeted:
		return
	default:
	}
	l.since, l.hello = time.Now(), g
	close(l.greeted)
}

func (l *link) describe() Connection {
	l.mu.Lock()
	defer l.mu.Unlock()
	return Connection{Since: l.since, AppID: l.hello.appID, Host: l.hello.host, Life: l.hello.life, Leaving: l.why != ""}
}

// replace marks the connection as one to be replaced; the first reason stays.
func (l *link) replace(why Reason) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.why == "" {
		l.why = why
		close(l.left)
	}
}

func (l *link) reason() Reason {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.why
}

// watch pings, and gives the connection up when it is silent.
func (l *link) watch() {
	tick := time.NewTicker(pingEvery)
	defer tick.Stop()
	for {
		select {
		case <-l.gone:
			return
		case <-tick.C:
		}
		if time.Since(l.born)-time.Duration(l.heard.Load()) >= silence {
			l.replace(ReasonSilent)
			l.farewell()
			_ = l.ws.Close()
			return
		}
		_ = l.ws.WriteControl(websocket.PingMessage, nil, time.Now().Add(closeTime))
	}
}

// send writes one text frame. A connection that cannot be written to is broken, unless it is being closed.
func (l *link) send(frame []byte) error {
	l.write.Lock()
	defer l.write.Unlock()
	_ = l.ws.SetWriteDeadline(time.Now().Add(writeTime))
	err := l.ws.WriteMessage(websocket.TextMessage, frame)
	if err != nil && !errors.Is(err, websocket.ErrCloseSent) {
		l.drop()
	}
	return err
}

// shut makes the connection drop what still comes. Slack repeats events, and tells people that a command failed.
func (l *link) shut() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.closing = true
}

// begin counts an envelope as taken; false if none are taken any more.
func (l *link) begin() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.closing {
		return false
	}
	l.unacked++
	return true
}

// done counts an envelope as acknowledged.
func (l *link) done() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.unacked--
	if l.unacked == 0 && l.settled != nil {
		close(l.settled)
		l.settled = nil
	}
}

// quiet returns a channel that is closed when nothing waits to be acknowledged.
func (l *link) quiet() <-chan struct{} {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.settled == nil {
		l.settled = make(chan struct{})
	}
	quiet := l.settled
	if l.unacked == 0 {
		close(l.settled)
		l.settled = nil
	}
	return quiet
}

// close waits for a moment when all is acknowledged, sends a close frame, reads on until Slack's comes back so that
// the last acknowledgements are not lost to a reset, and returns when the reader has ended.
func (l *link) close() {
	select {
	case <-l.gone:
	case <-l.quiet():
	case <-time.After(drainTime):
	}
	l.farewell()
	select {
	case <-l.gone:
	case <-time.After(closeTime):
	}
	_ = l.ws.Close()
	<-l.gone
}

// farewell sends a close frame, once. Slack: a connection that ends without one stays counted, and gets envelopes.
func (l *link) farewell() {
	normal := websocket.FormatCloseMessage(websocket.CloseNormalClosure, "")
	_ = l.ws.WriteControl(websocket.CloseMessage, normal, time.Now().Add(closeTime))
}
