package socket

import "time"

// Observer is told what happens, for metrics. Any field may be nil. The functions are called from several goroutines,
// some with a lock held: they must not block, nor call the client. Kinds and reasons come from small fixed sets, so
// that they may be labels.
type Observer struct {
	// Envelope: one was received. Kind is its type: slash_commands, interactive, events_api or other.
	Envelope func(kind string)
	// Acked: an acknowledgement was written, or lost with an error, so long after the envelope was received.
	Acked func(kind string, latency time.Duration, err error)
	// Overflow: an envelope was acknowledged empty and dropped, since too many were being handled.
	Overflow func(kind string)
	// Reconnect: a connection is to be replaced, or could not be had.
	Reconnect func(reason Reason)
	// Ready: n connections have had hello now.
	Ready func(n int)
}

// Reason says why a connection is replaced, or could not be had.
type Reason string

// The reasons. The first four are Slack's own words in a disconnect frame.
const (
	ReasonWarning     Reason = "warning"
	ReasonRefresh     Reason = "refresh_requested"
	ReasonDisabled    Reason = "link_disabled"
	ReasonTooMany     Reason = "too_many_websockets"
	ReasonAsked       Reason = "asked"        // a disconnect frame with a reason not known here
	ReasonDropped     Reason = "dropped"      // the connection broke or was closed
	ReasonSilent      Reason = "silent"       // nothing came, not even an answer to pings
	ReasonNoHello     Reason = "no_hello"     // it opened, but Slack did not say hello
	ReasonOpen        Reason = "open_failed"  // apps.connections.open or the handshake failed
	ReasonRateLimited Reason = "rate_limited" // apps.connections.open was answered with 429
	ReasonRefused     Reason = "refused"      // apps.connections.open refused the token or the app
)

func (o Observer) envelope(kind string) {
	if o.Envelope != nil {
		o.Envelope(kind)
	}
}

func (o Observer) acked(kind string, latency time.Duration, err error) {
	if o.Acked != nil {
		o.Acked(kind, latency, err)
	}
}

func (o Observer) overflow(kind string) {
	if o.Overflow != nil {
		o.Overflow(kind)
	}
}

func (o Observer) reconnect(reason Reason) {
	if o.Reconnect != nil {
		o.Reconnect(reason)
	}
}

func (o Observer) ready(n int) {
	if o.Ready != nil {
		o.Ready(n)
	}
}
