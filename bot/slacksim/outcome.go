package slacksim

import "time"

// Outcome is the result of an interaction, such as a click.
type Outcome struct {
	Envelope string        // id of the envelope; "" if the bot wasn't told
	Acked    bool          // in time
	Delay    time.Duration // from sending the envelope to its acknowledgement
	// Failure is the error that Slack shows: dispatch_failed (no connection), operation_timeout (no acknowledgement within
	// 3 s), invalid_response (an acknowledgement that isn't allowed), or "".
	Failure string
	Message *Message          // that the acknowledgement of a command contained, if any
	Action  string            // of the acknowledgement of a submit: close, errors, update, push or clear
	Errors  map[string]string // of the acknowledgement of a submit, by block_id
	View    *View             // the top of the person's stack afterwards, nil if no modal is open
}

// Values of [Outcome.Failure].
const (
	failureNoSocket = "dispatch_failed"
	failureNoAck    = "operation_timeout"
	failureBadAck   = "invalid_response"
)

// AckRecord is an acknowledgement that the bot sent.
type AckRecord struct {
	Envelope, Type, Name string        // Name: the command, the action_id, the callback_id
	Connection           int           // number of the connection it came on
	Delay                time.Duration // since the envelope was sent
	Size                 int           // of the frame, in bytes
	Late                 bool          // after 3 s
	Repeat               bool          // more acknowledgements than deliveries of the envelope
	Elsewhere            bool          // on another connection than the one that delivered it
}

// CloseRecord is the end of a connection.
type CloseRecord struct {
	Connection int
	Clean      bool // with a close frame from the bot
	Code       int  // of the close frame, 1006 without one
	ByBot      bool // the bot closed it, not the server
	Reason     string
	At         time.Time
}
