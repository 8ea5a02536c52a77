package socket

import (
	"context"
	"encoding/json"
	"fmt"
	"runtime"
	"runtime/debug"
	"time"
)

// Envelope is what Slack delivers over a connection.
type Envelope struct {
	// ID is Slack's envelope_id. The same one may come twice.
	ID string
	// Type is slash_commands, interactive, events_api, or one that Slack adds tomorrow.
	Type string
	// Payload is Slack's JSON as it came, not checked to be valid; nil if there was none.
	Payload json.RawMessage
	// RetryAttempt counts Slack's repeats of an event, from 0. A repeat may be the only delivery.
	RetryAttempt int
	// RetryReason says why an event is repeated: "timeout", or nothing.
	RetryReason string
	// Received is when the frame was read.
	Received time.Time
}

// kind is the type as a label.
func (e Envelope) kind() string {
	switch e.Type {
	case "slash_commands", "interactive", "events_api":
		return e.Type
	default:
		return "other"
	}
}

// Handler takes one envelope, in its own goroutine. It must acknowledge before it returns; if it does not, or panics,
// an empty acknowledgement is sent in its place. The context carries the values of Run's and is never cancelled by this
// package, neither by a reconnect nor by a stop: a handler sets its own deadlines.
type Handler func(ctx context.Context, env Envelope, ack *Ack)

// take hands an envelope on without waiting for the handler. Text that was not understood, and what comes while too
// much is being handled, is acknowledged empty at once so that Slack does not repeat it.
func (l *link) take(ctx context.Context, env Envelope, understood bool) {
	if !l.begin() {
		return
	}
	l.c.cfg.Observe.envelope(env.kind())
	ack := &Ack{link: l, id: env.ID, kind: env.kind(), received: env.Received}
	if !understood {
		l.log.Warn("acknowledged an envelope that is no JSON", "envelope", env.ID)
		_ = ack.Send(nil)
		return
	}
	select {
	case l.c.busy <- struct{}{}:
		go l.c.handle(ctx, env, ack)
	default:
		l.log.Warn("dropped an envelope: too many are being handled", "envelope", env.ID, "type", env.kind())
		l.c.cfg.Observe.overflow(env.kind())
		_ = ack.Send(nil)
	}
}

// handle runs the handler, and acknowledges in its place if need be.
func (c *Client) handle(ctx context.Context, env Envelope, ack *Ack) {
	defer func() { <-c.busy }()
	defer func() { _ = ack.Send(nil) }()
	defer func() {
		if p := recover(); p != nil {
			c.cfg.Observe.panic(env.kind())
			c.log.Error("handler panicked", "envelope", env.ID, "type", env.kind(), "panic", nameOf(p),
				"stack", string(debug.Stack()))
		}
	}()
	c.cfg.Handler(ctx, env, ack)
}

// nameOf describes a panic without what people wrote, which any value but the runtime's own may hold.
func nameOf(p any) string {
	if err, ok := p.(runtime.Error); ok {
		return err.Error()
	}
	return fmt.Sprintf("%T", p)
}
