package slacksim

import (
	"bytes"
	"encoding/json"
	"time"

	"github.com/coupontools/couponbot/bot/slacksim/blockkit"
)

// Types of envelopes.
const (
	slashCommands = "slash_commands"
	interactive   = "interactive"
	eventsAPI     = "events_api"
)

// delivery is an envelope on its way to the bot, until its acknowledgement.
type delivery struct {
	id       string
	envelope string // its type
	name     string // the command, the action_id and the like
	payload  json.RawMessage
	accepts  bool // the acknowledgement may have a payload
	attempt  int  // of an event: 0, 1 and so on

	// apply does what the payload of the acknowledgement asks for and returns the failure if that isn't allowed. Without it
	// the payload must be empty.
	apply func(payload json.RawMessage) (failure string)
	// onFailure shows a failure to the person. It may be nil.
	onFailure func(failure string)

	connection int // number
	sent       time.Time
	copies     int // how often it was sent
	acks       int
	acked      bool // in time
	finished   bool // acknowledged or too late
	excused    bool // the connection is closed or silent, so the bot can't acknowledge
	delay      time.Duration
	failure    string
	done       chan struct{} // closed when it is finished
}

// frame returns the envelope as it is sent.
func (d *delivery) frame() []byte {
	envelope := object{
		"envelope_id": d.id, "type": d.envelope, "accepts_response_payload": d.accepts, "payload": d.payload,
	}
	if d.envelope == eventsAPI {
		reason := ""
		if d.attempt > 0 {
			reason = "timeout"
		}
		envelope["retry_attempt"], envelope["retry_reason"] = d.attempt, reason
	}
	return blockkit.EncodeJSON(envelope)
}

// isEmpty reports whether the payload of an acknowledgement asks for nothing.
func isEmpty(payload json.RawMessage) bool {
	switch string(bytes.TrimSpace(payload)) {
	case "", "null", "{}", `""`:
		return true
	}
	return false
}
