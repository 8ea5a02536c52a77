package slacksim

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/coder/websocket"

	"github.com/coupontools/couponbot/bot/slacksim/blockkit"
)

// Slack's documentation of Socket Mode, and what its users report.
const (
	maxConnections = 10
	maxAck         = 20_480 // bytes; a frame of this size or more closes the connection with 1009
	ticketLife     = 30 * time.Second
	warningAhead   = 10 * time.Second
	disconnectLag  = time.Second // from the frame disconnect to the cut
	usualLife      = 18_060      // seconds, as hello says
	debugLife      = 360 * time.Second
	writeTime      = 30 * time.Second
	queueLen       = 4_096 // frames waiting for one connection
	socketHost     = "applink-local"
)

// Distribution is which connection gets the next envelope.
type Distribution int

// The ways to distribute envelopes.
const (
	RoundRobin Distribution = iota // each in turn
	Oldest                         // always the one open longest
	Newest                         // always the one opened last
)

// socketState is the server side of Socket Mode.
type socketState struct {
	tickets map[string]time.Time
	conns   []*conn // that have not ended, oldest first
	opened  int
	turn    int
	how     Distribution
	life    time.Duration // of a connection, 0 = no end
	sent    map[string]*delivery
	order   []string // envelope ids in sent, oldest first
	running sync.WaitGroup
}

func newSocketState() socketState {
	return socketState{tickets: map[string]time.Time{}, sent: map[string]*delivery{}}
}

// conn is one connection of the bot. Its fields but ws and out are guarded by the server's mu.
type conn struct {
	id      int
	ws      *websocket.Conn
	out     chan []byte // frames to send
	ready   bool        // hello was sent
	leaving bool        // a disconnect frame was sent: no more envelopes
	silent  bool        // half-open: nothing passes any more
	gone    bool
	cut     string // why the server ended it, "" if it did not
}

// Distribute says which connection gets the next envelope; [RoundRobin] at first.
func (s *Server) Distribute(how Distribution) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.socket.how = how
}

// SetConnectionLife makes connections end after d, with a warning up to 10 s ahead. 0 = they do not end.
func (s *Server) SetConnectionLife(d time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.socket.life = d
}

// Connections returns how many connections have had hello and are not being closed.
func (s *Server) Connections() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.usable())
}

func (s *Server) usable() []*conn {
	var out []*conn
	for _, c := range s.socket.conns {
		if c.ready && !c.leaving {
			out = append(out, c)
		}
	}
	return out
}

// connectionsOpen gives out a ticket.
func (s *Server) connectionsOpen(c *call) (answer, *refusal) {
	for ticket, at := range s.socket.tickets {
		if time.Since(at) > ticketLife {
			delete(s.socket.tickets, ticket)
		}
	}
	ticket := uuid()
	s.socket.tickets[ticket] = time.Now()
	return answer{"url": "ws" + strings.TrimPrefix(c.base, "http") + "/link/?ticket=" + ticket + "&app_id=" + App}, nil
}

// serveSocket is one connection from handshake to end.
func (s *Server) serveSocket(w http.ResponseWriter, r *http.Request) {
	if !s.useTicket(r.URL.Query().Get("ticket")) {
		http.Error(w, "ticket refused", http.StatusForbidden)
		return
	}
	c := &conn{out: make(chan []byte, queueLen)}
	ws, err := websocket.Accept(w, r, &websocket.AcceptOptions{
		OnPingReceived: func(context.Context, []byte) bool {
			s.mu.Lock()
			defer s.mu.Unlock()
			return !c.silent
		},
	})
	if err != nil {
		return
	}
	ws.SetReadLimit(maxBody)
	c.ws = ws
	n, ok := s.enter(c)
	if !ok {
		return
	}
	defer s.socket.running.Done()
	ctx, cancel := context.WithCancel(s.life)
	defer cancel()
	s.socket.running.Go(func() { c.write(ctx) })
	s.greet(c, n)
	if n <= maxConnections {
		s.socket.running.Go(func() { s.ping(ctx, c) })
		s.endAfter(c, r.URL.Query().Get("debug_reconnects") == "true")
	}
	s.leave(c, s.read(ctx, c))
}

// useTicket takes a ticket: good once, for 30 s.
func (s *Server) useTicket(ticket string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	at, known := s.socket.tickets[ticket]
	delete(s.socket.tickets, ticket)
	refused := s.faults.tickets > 0
	if refused {
		s.faults.tickets--
	}
	ok := known && !refused && time.Since(at) <= ticketLife
	s.note(TrafficEntry{FromBot: true, Kind: "socket", Name: "open", Status: cond(ok, "ok", "ticket refused")})
	return ok
}

// enter counts the connection in and returns how many there are; false when the server is closing.
func (s *Server) enter(c *conn) (int, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.life.Err() != nil {
		_ = c.ws.CloseNow()
		return 0, false
	}
	s.socket.running.Add(1)
	s.socket.opened++
	c.id = s.socket.opened
	s.socket.conns = append(s.socket.conns, c)
	return len(s.socket.conns), true
}

// greet sends hello, or sends the eleventh connection away.
func (s *Server) greet(c *conn, n int) {
	if n > maxConnections {
		s.dismiss(c, "too_many_websockets", disconnectLag)
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	hello := blockkit.EncodeJSON(answer{
		"type": "hello", "num_connections": n, "connection_info": answer{"app_id": App},
		"debug_info": answer{
			"host": socketHost, "started": time.Now().UTC().Format("2006-01-02 15:04:05.000"), "build_number": 1,
			"approximate_connection_time": usualLife,
		},
	})
	c.send(hello)
	c.ready = true
	s.note(TrafficEntry{Kind: "socket", Name: "hello", Status: fmt.Sprintf("connection %d of %d", c.id, n), Request: string(hello)})
	s.change(Event{Kind: EventConnections})
}

// send queues one frame, never waiting. A bot that does not read is cut off in the end.
func (c *conn) send(frame []byte) {
	select {
	case c.out <- frame:
	default:
		go func() { _ = c.ws.CloseNow() }()
	}
}

// write sends what is queued until ctx ends.
func (c *conn) write(ctx context.Context) {
	for {
		select {
		case frame := <-c.out:
			limited, cancel := context.WithTimeout(ctx, writeTime)
			err := c.ws.Write(limited, websocket.MessageText, frame)
			cancel()
			if err != nil {
				_ = c.ws.CloseNow()
				return
			}
		case <-ctx.Done():
			return
		}
	}
}

func (s *Server) ping(ctx context.Context, c *conn) {
	tick := time.NewTicker(s.pingEvery)
	defer tick.Stop()
	for {
		select {
		case <-tick.C:
		case <-ctx.Done():
			return
		}
		s.mu.Lock()
		silent := c.silent
		s.mu.Unlock()
		if silent {
			continue
		}
		limited, cancel := context.WithTimeout(ctx, s.pingEvery+writeTime)
		err := c.ws.Ping(limited)
		cancel()
		if err != nil && ctx.Err() == nil {
			_ = c.ws.CloseNow()
			return
		}
	}
}

// endAfter ends the connection after its life, with a warning ahead.
func (s *Server) endAfter(c *conn, debug bool) {
	s.mu.Lock()
	life := s.socket.life
	s.mu.Unlock()
	if debug {
		life = debugLife
	}
	if life <= 0 {
		return
	}
	time.AfterFunc(max(0, life-warningAhead), func() { s.dismiss(c, "warning", min(life, warningAhead)) })
}

// read hands frames on until the connection ends, and returns why.
func (s *Server) read(ctx context.Context, c *conn) error {
	for {
		_, frame, err := c.ws.Read(ctx)
		if err != nil {
			return err
		}
		if len(frame) >= maxAck {
			return s.tooLarge(c, len(frame))
		}
		s.received(c, frame)
	}
}

// tooLarge closes the connection, as Slack does.
func (s *Server) tooLarge(c *conn, size int) error {
	reason := "Max frame length of " + strconv.Itoa(maxAck) + " has been exceeded"
	s.mu.Lock()
	c.cut, c.leaving = reason, true
	s.violate("a frame of %d bytes: from %d on Slack closes the connection", size, maxAck)
	s.mu.Unlock()
	_ = c.ws.Close(websocket.StatusMessageTooBig, reason)
	return websocket.CloseError{Code: websocket.StatusMessageTooBig, Reason: reason}
}

// leave writes the end of a connection down.
func (s *Server) leave(c *conn, err error) {
	_ = c.ws.CloseNow()
	s.mu.Lock()
	defer s.mu.Unlock()
	code := int(websocket.CloseStatus(err))
	end := CloseRecord{Connection: c.id, Clean: code > 0, Code: code, ByBot: c.cut == "", Reason: c.cut, At: time.Now()}
	if code <= 0 {
		end.Code = 1006
	}
	c.gone = true
	s.socket.conns = slices.DeleteFunc(slices.Clone(s.socket.conns), func(x *conn) bool { return x == c })
	s.observed.closes = keep(s.observed.closes, maxRecords, end)
	s.excuse(c)
	status := fmt.Sprintf("connection %d: %d %s", c.id, end.Code, c.cut)
	s.note(TrafficEntry{FromBot: end.ByBot, Kind: "socket", Name: "close", Status: status})
	s.change(Event{Kind: EventConnections})
}

// dismiss sends a disconnect frame and cuts the connection after a while.
func (s *Server) dismiss(c *conn, reason string, lag time.Duration) {
	frame := blockkit.EncodeJSON(answer{"type": "disconnect", "reason": reason, "debug_info": answer{"host": socketHost}})
	s.mu.Lock()
	c.leaving = true
	s.note(TrafficEntry{Kind: "socket", Name: "disconnect", Status: reason, Request: string(frame)})
	s.change(Event{Kind: EventConnections})
	c.send(frame)
	s.mu.Unlock()
	time.AfterFunc(lag, func() { s.cut(c, reason) })
}

// cut ends a connection without a frame.
func (s *Server) cut(c *conn, reason string) {
	s.mu.Lock()
	if c.gone {
		s.mu.Unlock()
		return
	}
	c.cut, c.leaving = reason, true
	s.mu.Unlock()
	_ = c.ws.CloseNow()
}

func (s *Server) open() []*conn {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.socket.conns)
}

// Disconnect sends every connection a disconnect frame with the reason (warning, refresh_requested, link_disabled,
// too_many_websockets) and cuts it a second later, after a warning ten seconds later. New connections are not affected.
func (s *Server) Disconnect(reason string) {
	lag := disconnectLag
	if reason == "warning" {
		lag = warningAhead
	}
	for _, c := range s.open() {
		s.dismiss(c, reason, lag)
	}
}

// Drop cuts every connection without a frame.
func (s *Server) Drop() {
	for _, c := range s.open() {
		s.cut(c, "dropped")
	}
}

// Silence makes the open connections half-open: they stay counted and are given envelopes, but nothing passes any more.
func (s *Server) Silence() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, c := range s.socket.conns {
		c.silent = true
		s.excuse(c)
	}
}

// excuse frees the bot from acknowledging what this connection delivered: it cannot.
func (s *Server) excuse(c *conn) {
	for _, d := range s.socket.sent {
		if d.conn == c.id {
			d.excused = true
		}
	}
}

// pick returns the connection for the next envelope, nil if there is none.
func (s *Server) pick() *conn {
	all := s.usable()
	if len(all) == 0 {
		return nil
	}
	switch s.socket.how {
	case Oldest:
		return all[0]
	case Newest:
		return all[len(all)-1]
	}
	s.socket.turn++
	return all[s.socket.turn%len(all)]
}
