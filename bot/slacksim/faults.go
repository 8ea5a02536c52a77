package slacksim

import "time"

// Inject adds a fault. Several faults for the same method apply one after the other.
func (s *Server) Inject(f Fault) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.faults.calls = append(s.faults.calls, f)
}

// ClearFaults removes the faults of [Server.Inject].
func (s *Server) ClearFaults() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.faults.calls = nil
}

// EnforceRates turns Slack's rate limits on or off: calls per minute and method, and one message a second and channel with a
// burst of three. They are off at first, so that tests are fast.
func (s *Server) EnforceRates(on bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.rates = rateLimits{enforced: on, calls: map[string][]time.Time{}, posts: map[string][]time.Time{}}
}

// RefuseTickets makes the next n socket handshakes fail.
func (s *Server) RefuseTickets(n int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.faults.tickets = n
}

// Duplicate delivers the next n envelopes twice, with the same envelope_id.
func (s *Server) Duplicate(n int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.faults.duplicates = n
}

// Withhold delays the next n envelopes by d; others overtake them. The time for their acknowledgement starts when they are sent.
func (s *Server) Withhold(n int, d time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.faults.withheld, s.faults.withheldFor = n, d
}

// RefuseForeignAcks decides whether acknowledgements on another connection than the one that delivered the envelope are ignored.
// It isn't known what Slack does; at first they count.
func (s *Server) RefuseForeignAcks(on bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.faults.refuseForeignAcks = on
}

// Distribute decides which connection gets the next envelope. At first that's [RoundRobin].
func (s *Server) Distribute(d Distribution) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.connections.distribution = d
}

// SetConnectionLife makes new connections end after d, with a warning up to 10 s before. 0 is no limit.
func (s *Server) SetConnectionLife(d time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.connections.life = d
}

// Disconnect sends a disconnect frame to every connection, with a reason: warning, refresh_requested, link_disabled or
// too_many_websockets. It cuts them 1 s later, after a warning 10 s later. New connections aren't affected.
func (s *Server) Disconnect(reason string) {
	delay := disconnectDelay
	if reason == reasonWarning {
		delay = warningTime
	}
	for _, c := range s.openConnections() {
		s.disconnect(c, reason, delay)
	}
}

// Drop cuts every connection without a frame.
func (s *Server) Drop() {
	for _, c := range s.openConnections() {
		s.cut(c, "dropped")
	}
}

// Silence makes the open connections half-open: they count and get envelopes, but nothing is transmitted any more.
func (s *Server) Silence() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, c := range s.connections.open {
		c.silent = true
		s.connections.excuse(c)
	}
}
