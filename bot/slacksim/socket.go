package slacksim

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/coder/websocket"

	"github.com/coupontools/couponbot/bot/slacksim/blockkit"
)

// Numbers from Slack's documentation of Socket Mode and from reports of its users.
const (
	maxConnections  = 10
	maxFrame        = 20_480 // bytes; a frame of this size closes the connection with 1009
	ticketLife      = 30 * time.Second
	warningTime     = 10 * time.Second // between the warning and the end of a connection
	disconnectDelay = time.Second      // between other disconnect frames and the end
	announcedLife   = 18_060           // seconds, in hello
	debugLife       = 360 * time.Second
	socketHost      = "applink-local"
)

// Reasons of disconnect frames.
const (
	reasonWarning = "warning"
	reasonTooMany = "too_many_websockets"
)

// appsConnectionsOpen issues a ticket for one connection.
func (s *Server) appsConnectionsOpen(c *call) (object, *apiError) {
	tickets := s.connections.tickets
	for ticket, at := range tickets {
		if time.Since(at) > ticketLife {
			delete(tickets, ticket)
		}
	}
	ticket := uuid()
	tickets[ticket] = time.Now()
	return object{"url": "ws" + strings.TrimPrefix(c.base, "http") + "/link/?ticket=" + ticket + "&app_id=" + App}, nil
}

// serveSocket serves one connection from the handshake to its end.
func (s *Server) serveSocket(w http.ResponseWriter, r *http.Request) {
	if !s.useTicket(r.URL.Query().Get("ticket")) {
		http.Error(w, "ticket refused", http.StatusForbidden)
		return
	}
	c := &connection{queue: make(chan []byte, maxQueue)}
	ws, err := websocket.Accept(w, r, &websocket.AcceptOptions{
		OnPingReceived: func(context.Context, []byte) bool { return !s.isSilent(c) },
	})
	if err != nil {
		return
	}
	ws.SetReadLimit(maxBody)
	c.ws = ws
	n, ok := s.addConnection(c)
	if !ok {
		return
	}
	defer s.connections.running.Done()
	ctx, cancel := context.WithCancel(s.life)
	defer cancel()
	s.connections.running.Go(func() { c.writeQueue(ctx) })
	if n > maxConnections {
		s.disconnect(c, reasonTooMany, disconnectDelay)
	} else {
		s.sendHello(c, n)
		s.connections.running.Go(func() { s.ping(ctx, c) })
		s.limitLife(c, r.URL.Query().Get("debug_reconnects") == "true")
	}
	s.removeConnection(c, s.readFrames(ctx, c))
}

// useTicket takes a ticket: it is valid once, for 30 s.
func (s *Server) useTicket(ticket string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	at, ok := s.connections.tickets[ticket]
	delete(s.connections.tickets, ticket)
	if s.faults.tickets > 0 {
		s.faults.tickets--
		ok = false
	}
	ok = ok && time.Since(at) <= ticketLife
	status := "ok"
	if !ok {
		status = "ticket refused"
	}
	s.addTraffic(TrafficEntry{FromBot: true, Kind: "socket", Name: "open", Status: status})
	return ok
}

// isSilent reports whether a connection is half-open. It locks mu itself.
func (s *Server) isSilent(c *connection) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return c.silent
}

// addConnection returns how many connections are open with the new one. It reports false if the server is closing.
func (s *Server) addConnection(c *connection) (int, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.life.Err() != nil {
		_ = c.ws.CloseNow()
		return 0, false
	}
	s.connections.running.Add(1)
	return s.connections.add(c), true
}

// sendHello greets a new connection, from when on it gets envelopes. It locks mu itself.
func (s *Server) sendHello(c *connection, n int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	hello := blockkit.EncodeJSON(object{
		"type": "hello", "num_connections": n, "connection_info": object{"app_id": App},
		"debug_info": object{
			"host": socketHost, "started": time.Now().UTC().Format("2006-01-02 15:04:05.000"), "build_number": 1,
			"approximate_connection_time": announcedLife,
		},
	})
	c.send(hello)
	c.ready = true
	status := fmt.Sprintf("connection %d of %d", c.id, n)
	s.addTraffic(TrafficEntry{Kind: "socket", Name: "hello", Status: status, Request: string(hello)})
	s.notify(Event{Kind: EventConnections})
}

// ping pings the bot until ctx ends. A bot that doesn't answer is disconnected.
func (s *Server) ping(ctx context.Context, c *connection) {
	ticker := time.NewTicker(s.pingInterval)
	defer ticker.Stop()
	for {
		select {
		case <-ticker.C:
		case <-ctx.Done():
			return
		}
		if s.isSilent(c) {
			continue
		}
		pinging, cancel := context.WithTimeout(ctx, s.pingInterval+writeTimeout)
		err := c.ws.Ping(pinging)
		cancel()
		if err != nil && ctx.Err() == nil {
			_ = c.ws.CloseNow()
			return
		}
	}
}

// limitLife disconnects the connection after its life, with a warning before.
func (s *Server) limitLife(c *connection, debug bool) {
	s.mu.Lock()
	life := s.connections.life
	s.mu.Unlock()
	if debug {
		life = debugLife
	}
	if life <= 0 {
		return
	}
	time.AfterFunc(max(0, life-warningTime), func() { s.disconnect(c, reasonWarning, min(life, warningTime)) })
}

// readFrames handles the bot's frames until the connection ends, and returns why it ended.
func (s *Server) readFrames(ctx context.Context, c *connection) error {
	for {
		_, frame, err := c.ws.Read(ctx)
		if err != nil {
			return err
		}
		if len(frame) >= maxFrame {
			return s.rejectFrame(c, len(frame))
		}
		s.receive(c, frame)
	}
}

// rejectFrame closes the connection because of a frame that is too large, as Slack does.
func (s *Server) rejectFrame(c *connection, size int) error {
	reason := "Max frame length of " + strconv.Itoa(maxFrame) + " has been exceeded"
	s.mu.Lock()
	c.cutCause, c.leaving = reason, true
	s.violation("a frame of %d bytes: from %d on Slack closes the connection", size, maxFrame)
	s.mu.Unlock()
	_ = c.ws.Close(websocket.StatusMessageTooBig, reason)
	return websocket.CloseError{Code: websocket.StatusMessageTooBig, Reason: reason}
}

// removeConnection records the end of a connection.
func (s *Server) removeConnection(c *connection, err error) {
	_ = c.ws.CloseNow()
	s.mu.Lock()
	defer s.mu.Unlock()
	code := int(websocket.CloseStatus(err))
	end := CloseRecord{Connection: c.id, Clean: code > 0, Code: code, ByBot: c.cutCause == "", Reason: c.cutCause, At: time.Now()}
	if code <= 0 {
		end.Code = int(websocket.StatusAbnormalClosure)
	}
	c.closed = true
	s.connections.remove(c)
	s.connections.excuse(c)
	s.closes = appendBounded(s.closes, maxRecords, end)
	status := fmt.Sprintf("connection %d: %d %s", c.id, end.Code, c.cutCause)
	s.addTraffic(TrafficEntry{FromBot: end.ByBot, Kind: "socket", Name: "close", Status: status})
	s.notify(Event{Kind: EventConnections})
}

// disconnect sends a disconnect frame and cuts the connection after a delay. It locks mu itself.
func (s *Server) disconnect(c *connection, reason string, delay time.Duration) {
	frame := blockkit.EncodeJSON(object{"type": "disconnect", "reason": reason, "debug_info": object{"host": socketHost}})
	s.mu.Lock()
	c.leaving = true
	s.addTraffic(TrafficEntry{Kind: "socket", Name: "disconnect", Status: reason, Request: string(frame)})
	s.notify(Event{Kind: EventConnections})
	c.send(frame)
	s.mu.Unlock()
	time.AfterFunc(delay, func() { s.cut(c, reason) })
}

// cut ends a connection without a close frame. It locks mu itself.
func (s *Server) cut(c *connection, cause string) {
	s.mu.Lock()
	if c.closed {
		s.mu.Unlock()
		return
	}
	c.cutCause, c.leaving = cause, true
	s.mu.Unlock()
	_ = c.ws.CloseNow()
}

// openConnections locks mu itself.
func (s *Server) openConnections() []*connection {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.connections.open)
}
