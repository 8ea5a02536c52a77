package slacksim

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"time"
)

// ackTime is how long the bot may take to acknowledge an envelope. In Slack it is 3 s for every type.
const ackTime = 3 * time.Second

// deliver sends an envelope and waits for its acknowledgement, for 3 s or until ctx ends. It locks mu itself.
func (s *Server) deliver(ctx context.Context, d *delivery) (Outcome, error) {
	d.done = make(chan struct{})
	if err := s.withhold(ctx); err != nil {
		return Outcome{}, err
	}
	s.mu.Lock()
	s.send(d)
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

// withhold waits if the next envelope is to be delayed. It locks mu itself.
func (s *Server) withhold(ctx context.Context) error {
	s.mu.Lock()
	wait := s.faults.takeDelay()
	s.mu.Unlock()
	if wait == 0 {
		return nil
	}
	select {
	case <-time.After(wait):
		return nil
	case <-ctx.Done():
		return fmt.Errorf("delay an envelope: %w", ctx.Err())
	}
}

// send sends an envelope and starts the time of its acknowledgement.
func (s *Server) send(d *delivery) {
	if d.id == "" {
		d.id = uuid()
	}
	first := s.connections.next()
	if first == nil {
		s.addTraffic(TrafficEntry{Kind: "envelope", Name: d.name, Status: failureNoSocket, Request: string(d.payload)})
		s.finish(d, failureNoSocket)
		return
	}
	frame := d.frame()
	d.connection, d.sent, d.copies, d.excused = first.id, time.Now(), 1, first.silent
	if !first.silent {
		first.send(frame)
	}
	if s.faults.duplicates > 0 {
		s.faults.duplicates--
		d.copies++
		s.connections.another(first).send(frame)
	}
	s.connections.track(d)
	status := fmt.Sprintf("connection %d", first.id)
	s.addTraffic(TrafficEntry{Kind: "envelope", Name: d.name, Status: status, Request: string(d.payload)})
	time.AfterFunc(ackTime, func() { s.expire(d) })
}

// finish ends the wait for the acknowledgement; failure is "" if it was right.
func (s *Server) finish(d *delivery, failure string) {
	d.finished, d.failure, d.payload = true, failure, nil
	if failure != "" && d.onFailure != nil {
		d.onFailure(failure)
	}
	close(d.done)
	s.notify(Event{Kind: EventTraffic})
}

// expire finishes a delivery that wasn't acknowledged in time. It locks mu itself.
func (s *Server) expire(d *delivery) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if d.finished {
		return
	}
	if !d.excused {
		s.violation("%s (envelope %s) wasn't acknowledged within %v", d.name, d.id, ackTime)
	}
	s.finish(d, failureNoAck)
}

// receive handles a frame from the bot. It locks mu itself.
func (s *Server) receive(c *connection, raw []byte) {
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
		s.violation("a frame that isn't an acknowledgement: %v", err)
		return
	}
	d := s.connections.envelopes[frame.EnvelopeID]
	if d == nil {
		s.violation("an acknowledgement for the unknown envelope %q", frame.EnvelopeID)
		return
	}
	s.acknowledge(c, d, frame.Payload, len(raw))
}

// acknowledge records an acknowledgement. If it is the first one and in time, it does what the payload asks for.
func (s *Server) acknowledge(c *connection, d *delivery, payload json.RawMessage, size int) {
	d.acks++
	delay := time.Since(d.sent)
	record := AckRecord{
		Envelope: d.id, Type: d.envelope, Name: d.name, Connection: c.id, Delay: delay, Size: size,
		Late: d.finished && !d.acked, Repeat: d.acks > d.copies, Elsewhere: c.id != d.connection && d.copies == 1,
	}
	s.acks = appendBounded(s.acks, maxRecords, record)
	if record.Repeat {
		s.violation("%s (envelope %s) was acknowledged %d times", d.name, d.id, d.acks)
	}
	status := "ignored"
	if !d.finished && (!record.Elsewhere || !s.faults.refuseForeignAcks) {
		d.acked, d.delay = true, delay
		s.finish(d, s.apply(d, payload))
		status = "ok"
		if d.failure != "" {
			status = d.failure
		}
	}
	s.addTraffic(TrafficEntry{
		FromBot: true, Kind: "ack", Name: d.name, Status: status, Duration: delay, Request: string(payload),
		Violation: record.Repeat || record.Late || d.failure != "",
	})
}

// apply does what the payload of an acknowledgement asks for, and returns the failure if it isn't allowed.
func (s *Server) apply(d *delivery, payload json.RawMessage) (failure string) {
	if isEmpty(payload) && d.envelope != interactive {
		return ""
	}
	if d.apply == nil {
		if !isEmpty(payload) {
			s.violation("%s: the acknowledgement must be empty", d.name)
		}
		return ""
	}
	return d.apply(payload)
}
