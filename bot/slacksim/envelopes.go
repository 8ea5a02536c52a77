package slacksim

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/coupontools/couponbot/bot/slacksim/blockkit"
)

// ackTime is how long the bot has for an acknowledgement (Slack: 3 s, for every type).
const ackTime = 3 * time.Second

// What Slack shows when a command or a click came to nothing.
const (
	failureNoSocket = "dispatch_failed"
	failureNoAck    = "operation_timeout"
	failureBadAck   = "invalid_response"
)

// delivery is one envelope, from the person's act to the acknowledgement.
type delivery struct {
	id, kind, name string
	payload        json.RawMessage
	accepts        bool // the acknowledgement may carry a payload
	attempt        int  // of an event
	// apply does what the acknowledgement asks, and returns the failure if that is not allowed. nil = it must be empty.
	apply func(payload json.RawMessage) string
	// failed shows the person that it came to nothing.
	failed func(failure string)

	conn    int
	sent    time.Time // by the machine's clock
	copies  int       // how often it was sent
	acks    int
	acked   bool // in time
	over    bool // acknowledged, or the time is up
	excused bool // its connection is gone or silent: no acknowledgement can come
	delay   time.Duration
	failure string
	done    chan struct{} // closed with over
}

// deliver sends the envelope and waits for its acknowledgement, for 3 s or until ctx ends. It takes mu itself.
func (s *Server) deliver(ctx context.Context, d *delivery) (Outcome, error) {
	d.done = make(chan struct{})
	if err := s.holdBack(ctx); err != nil {
		return Outcome{}, err
	}
	s.mu.Lock()
	s.dispatch(d)
	s.mu.Unlock()
	select {
	case <-d.done:
	case <-ctx.Done():
		return Outcome{Envelope: d.id}, fmt.Errorf("wait for the acknowledgement of %s: %w", d.name, ctx.Err())
	case <-s.life.Done():
		return Outcome{Envelope: d.id}, fmt.Errorf("wait for the acknowledgement of %s: the local Slack was closed", d.name)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	return Outcome{Envelope: d.id, Acked: d.acked, Delay: d.delay, Failure: d.failure}, nil
}

// holdBack waits if envelopes are to be withheld.
func (s *Server) holdBack(ctx context.Context) error {
	s.mu.Lock()
	wait := time.Duration(0)
	if s.faults.withheld > 0 {
		s.faults.withheld--
		wait = s.faults.withheldFor
	}
	s.mu.Unlock()
	if wait == 0 {
		return nil
	}
	select {
	case <-time.After(wait):
		return nil
	case <-ctx.Done():
		return fmt.Errorf("hold an envelope back: %w", ctx.Err())
	}
}

// dispatch sends the envelope and starts its clock.
func (s *Server) dispatch(d *delivery) {
	if d.id == "" {
		d.id = uuid()
	}
	first := s.pick()
	if first == nil {
		s.note(TrafficEntry{Kind: "envelope", Name: d.name, Status: failureNoSocket, Request: string(d.payload)})
		s.finish(d, failureNoSocket)
		return
	}
	frame := d.frame()
	d.conn, d.sent, d.copies, d.excused = first.id, time.Now(), 1, first.silent
	if !first.silent {
		first.send(frame)
	}
	if s.faults.duplicates > 0 {
		s.faults.duplicates--
		d.copies++
		s.other(first).send(frame)
	}
	s.remember(d)
	s.note(TrafficEntry{Kind: "envelope", Name: d.name, Status: fmt.Sprintf("connection %d", first.id), Request: string(d.payload)})
	time.AfterFunc(ackTime, func() { s.expire(d) })
}

// other returns another connection than c if there is one.
func (s *Server) other(c *conn) *conn {
	for _, o := range s.usable() {
		if o != c && !o.silent {
			return o
		}
	}
	return c
}

func (d *delivery) frame() []byte {
	envelope := answer{
		"envelope_id": d.id, "type": d.kind, "accepts_response_payload": d.accepts, "payload": d.payload,
	}
	if d.kind == "events_api" {
		envelope["retry_attempt"], envelope["retry_reason"] = d.attempt, cond(d.attempt > 0, "timeout", "")
	}
	return blockkit.EncodeJSON(envelope)
}

// remember keeps the delivery for its acknowledgement, and for telling a late or double one from an unknown one.
func (s *Server) remember(d *delivery) {
	s.socket.sent[d.id] = d
	s.socket.order = append(s.socket.order, d.id)
	if len(s.socket.order) > maxRecords {
		for _, id := range s.socket.order[:maxRecords/4] {
			delete(s.socket.sent, id)
		}
		s.socket.order = append([]string(nil), s.socket.order[maxRecords/4:]...)
	}
}

// finish ends the wait for the acknowledgement.
func (s *Server) finish(d *delivery, failure string) {
	d.over, d.failure, d.payload = true, failure, nil
	if failure != "" && d.failed != nil {
		d.failed(failure)
	}
	close(d.done)
	s.change(Event{Kind: EventTraffic})
}

// expire is called when the three seconds are over.
func (s *Server) expire(d *delivery) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if d.over {
		return
	}
	if !d.excused {
		s.violate("%s (envelope %s) was not acknowledged within %v", d.name, d.id, ackTime)
	}
	s.finish(d, failureNoAck)
}

// received handles one frame from the bot.
func (s *Server) received(c *conn, raw []byte) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if c.silent {
		return
	}
	var frame struct {
		EnvelopeID string          `json:"envelope_id"`
		Payload    json.RawMessage `json:"payload"`
	}
	decoder := json.NewDecoder(bytes.NewReader(raw))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&frame); err != nil {
		s.violate("a frame that is no acknowledgement: %v", err)
		return
	}
	d := s.socket.sent[frame.EnvelopeID]
	if d == nil {
		s.violate("an acknowledgement for the unknown envelope %q", frame.EnvelopeID)
		return
	}
	s.acknowledged(c, d, frame.Payload, len(raw))
}

// acknowledged writes an acknowledgement down and, if it is the first in time, does what it asks.
func (s *Server) acknowledged(c *conn, d *delivery, payload json.RawMessage, size int) {
	d.acks++
	delay := time.Since(d.sent)
	record := AckRecord{
		Envelope: d.id, Type: d.kind, Name: d.name, Connection: c.id, Delay: delay, Size: size,
		Late: d.over && !d.acked, Repeat: d.acks > d.copies, Elsewhere: c.id != d.conn && d.copies == 1,
	}
	s.observed.acks = keep(s.observed.acks, maxRecords, record)
	if record.Repeat {
		s.violate("%s (envelope %s) was acknowledged %d times", d.name, d.id, d.acks)
	}
	ignored := d.over || record.Elsewhere && s.faults.strictAcks
	if !ignored {
		d.acked, d.delay = true, delay
		s.finish(d, s.obey(d, payload))
	}
	s.note(TrafficEntry{
		FromBot: true, Kind: "ack", Name: d.name, Status: cond(ignored, "ignored", cond(d.failure == "", "ok", d.failure)),
		Duration: delay, Request: string(payload), Violation: record.Repeat || record.Late || d.failure != "",
	})
}

// obey does what the acknowledgement's payload asks and returns the failure, if it is not allowed.
func (s *Server) obey(d *delivery, payload json.RawMessage) string {
	if blank(payload) && d.kind != "interactive" {
		return ""
	}
	if d.apply == nil {
		if !blank(payload) {
			s.violate("%s: the acknowledgement must be empty", d.name)
		}
		return ""
	}
	return d.apply(payload)
}

// blank says whether a payload says nothing.
func blank(payload json.RawMessage) bool {
	switch string(bytes.TrimSpace(payload)) {
	case "", "null", "{}", `""`:
		return true
	}
	return false
}
