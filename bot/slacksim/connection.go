package slacksim

import (
	"context"
	"slices"
	"sync"
	"time"

	"github.com/coder/websocket"
)

const (
	writeTimeout = 30 * time.Second
	maxQueue     = 4_096 // frames waiting for one connection
)

// Distribution decides which connection gets an envelope.
type Distribution int

// The ways to distribute envelopes.
const (
	RoundRobin Distribution = iota // each connection in turn
	Oldest                         // always the one that is open longest
	Newest                         // always the one that was opened last
)

// connection is a Socket Mode connection of the bot. The server's mutex guards it, apart from ws and queue.
type connection struct {
	id       int
	ws       *websocket.Conn
	queue    chan []byte // frames to send
	ready    bool        // hello was sent
	leaving  bool        // a disconnect frame was sent: it gets no more envelopes
	silent   bool        // half-open: it transmits nothing
	closed   bool
	cutCause string // why the server closed it, "" if it didn't
}

// send queues a frame without waiting. A bot that doesn't read is disconnected in the end.
func (c *connection) send(frame []byte) {
	select {
	case c.queue <- frame:
	default:
		go func() { _ = c.ws.CloseNow() }()
	}
}

// writeQueue sends queued frames until ctx ends.
func (c *connection) writeQueue(ctx context.Context) {
	for {
		select {
		case frame := <-c.queue:
			writing, cancel := context.WithTimeout(ctx, writeTimeout)
			err := c.ws.Write(writing, websocket.MessageText, frame)
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

// connections is the server's side of Socket Mode.
type connections struct {
	tickets      map[string]time.Time // when they were issued
	open         []*connection        // oldest first
	count        int                  // of all that were opened
	turn         int                  // of RoundRobin
	distribution Distribution
	life         time.Duration // of a connection, 0 without an end
	envelopes    map[string]*delivery
	order        []string // ids in envelopes, oldest first
	running      sync.WaitGroup
}

// newConnections returns a state without connections and tickets.
func newConnections() connections {
	return connections{tickets: map[string]time.Time{}, envelopes: map[string]*delivery{}}
}

// add numbers a connection and returns how many are open.
func (c *connections) add(conn *connection) int {
	c.count++
	conn.id = c.count
	c.open = append(c.open, conn)
	return len(c.open)
}

// remove drops a connection that has ended.
func (c *connections) remove(conn *connection) {
	c.open = slices.DeleteFunc(slices.Clone(c.open), func(x *connection) bool { return x == conn })
}

// usable returns the connections that get envelopes.
func (c *connections) usable() []*connection {
	var out []*connection
	for _, conn := range c.open {
		if conn.ready && !conn.leaving {
			out = append(out, conn)
		}
	}
	return out
}

// next returns the connection for the next envelope, nil if there is none.
func (c *connections) next() *connection {
	all := c.usable()
	if len(all) == 0 {
		return nil
	}
	switch c.distribution {
	case Oldest:
		return all[0]
	case Newest:
		return all[len(all)-1]
	}
	c.turn++
	return all[c.turn%len(all)]
}

// another returns a usable connection other than this one, or this one if it is the only one.
func (c *connections) another(conn *connection) *connection {
	for _, x := range c.usable() {
		if x != conn && !x.silent {
			return x
		}
	}
	return conn
}

// track keeps a delivery for its acknowledgement, so that a late or repeated one is recognised.
func (c *connections) track(d *delivery) {
	c.envelopes[d.id] = d
	c.order = append(c.order, d.id)
	if len(c.order) > maxRecords {
		for _, id := range c.order[:maxRecords/4] {
			delete(c.envelopes, id)
		}
		c.order = append([]string(nil), c.order[maxRecords/4:]...)
	}
}

// excuse marks what a connection delivered: the bot can't acknowledge it.
func (c *connections) excuse(conn *connection) {
	for _, d := range c.envelopes {
		if d.connection == conn.id {
			d.excused = true
		}
	}
}
