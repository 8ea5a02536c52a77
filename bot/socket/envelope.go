package socket

import (
	"context"
	"encoding/json"
	"time"

	"github.com/coupontools/couponbot/internal/bulkhead"
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
		l.c.cfg.Guard.Go(bulkhead.SocketEnvelope,
			func() error { l.c.cfg.Handler(ctx, env, ack); return nil },
			func(err error) { l.c.handled(env, ack, err) })
	default:
		l.log.Warn("dropped an envelope: too many are being handled", "envelope", env.ID, "type", env.kind())
		l.c.cfg.Observe.overflow(env.kind())
		_ = ack.Send(nil)
	}
}

// handled acknowledges in the handler's place if need be, and makes room for another envelope.
func (c *Client) handled(env Envelope, ack *Ack, err error) {
	defer func() { <-c.busy }()
	_ = ack.Send(nil)
	if bulkhead.Panicked(err) {
		c.log.Error("handler panicked", "envelope", env.ID, "type", env.kind(), "err", err)
	}
}
