package socket

import "errors"

// maxAckBytes bounds the frame of an acknowledgement. Slack: closes the connection, or drops the frame, at 20,480 bytes.
const maxAckBytes = 16 << 10

var (
	// ErrTooLarge: the acknowledgement would be over 16 KB. Nothing was sent, and Send may be called with less.
	ErrTooLarge = errors.New("acknowledgement is over 16 KB")
	// ErrAcked: the envelope has been acknowledged already.
	ErrAcked = errors.New("envelope is already acknowledged")
)

// Ack acknowledges one envelope, once. It may be used from several goroutines.
type Ack struct{}

// Send writes the acknowledgement, with payload encoded as JSON unless it is nil, on the connection that delivered the
// envelope, or on another if that one is gone. A repeat gives [ErrAcked], a payload that is too large [ErrTooLarge].
// After any other error the acknowledgement is lost: Slack counts the envelope as not taken.
func (a *Ack) Send(payload any) error { return nil }
