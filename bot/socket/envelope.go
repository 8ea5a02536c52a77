package socket

import (
	"context"
	"encoding/json"
	"time"
)

// Envelope is what Slack delivers over a connection.
type Envelope struct {
	// ID is Slack's envelope_id. The same one may come twice.
	ID string
	// Type is slash_commands, interactive, events_api, or one that Slack adds tomorrow.
	Type string
	// Payload is Slack's JSON as it came; nil if there was none.
	Payload json.RawMessage
	// RetryAttempt counts Slack's repeats of an event, from 0. A repeat may be the only delivery.
	RetryAttempt int
	// RetryReason says why an event is repeated: "timeout", or nothing.
	RetryReason string
	// Received is when the frame was read.
	Received time.Time
}

// Handler takes one envelope, in its own goroutine. It must acknowledge before it returns; if it does not, or panics,
// an empty acknowledgement is sent in its place. The context carries the values of Run's and is never cancelled by this
// package, neither by a reconnect nor by a stop: a handler sets its own deadlines.
type Handler func(ctx context.Context, env Envelope, ack *Ack)
