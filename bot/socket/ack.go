package socket

import (
	"errors"
	"fmt"
	"sync/atomic"
	"time"
)

// maxAckBytes bounds the frame of an acknowledgement. Slack: closes the connection, or drops the frame, at 20,480 bytes.
const maxAckBytes = 16 << 10

var (
	// ErrTooLarge says that the acknowledgement would be over 16 KB. Nothing was sent; Send may be called with less.
	ErrTooLarge = errors.New("acknowledgement is over 16 KB")
	// ErrAcked says that the envelope was acknowledged before.
	ErrAcked = errors.New("envelope is already acknowledged")
)

// Ack acknowledges one envelope, once. It may be used from several goroutines.
type Ack struct {
	link     *link
	id, kind string
	received time.Time
	spent    atomic.Bool
}

// Send writes the acknowledgement, with payload encoded as JSON unless it is nil, on the connection that delivered the
// envelope, or on another if that one is gone. A repeat gives [ErrAcked], a payload that is too large [ErrTooLarge].
// When writing fails the acknowledgement is lost: Slack counts the envelope as not taken.
func (a *Ack) Send(payload any) error {
	if a.spent.Load() {
		return ErrAcked
	}
	frame, err := encode(a.id, payload)
	if err != nil {
		return fmt.Errorf("encode acknowledgement: %w", err)
	}
	if len(frame) > maxAckBytes {
		return ErrTooLarge
	}
	if !a.spent.CompareAndSwap(false, true) {
		return ErrAcked
	}
	defer a.link.done()
	err = a.deliver(frame)
	a.link.c.cfg.Observe.acked(a.kind, time.Since(a.received), err)
	return err
}

// deliver writes the frame, as a last try on another connection: whether Slack honours that is not known.
func (a *Ack) deliver(frame []byte) error {
	err := a.link.send(frame)
	if err == nil {
		return nil
	}
	if other := a.link.c.other(a.link); other != nil {
		a.link.log.Warn("acknowledging on another socket", "envelope", a.id, "err", err)
		err = other.send(frame)
	}
	if err != nil {
		a.link.log.Warn("lost an acknowledgement", "envelope", a.id, "err", err)
		return fmt.Errorf("write acknowledgement: %w", err)
	}
	return nil
}
