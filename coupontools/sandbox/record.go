package sandbox

import (
	"context"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"time"
)

// Message is an e-mail, a text message or a push message that the service sent out.
type Message struct {
	// Kind is "email", "sms" or "push".
	Kind string
	// Directory, Campaign or LoyaltyCard is the id of what was sent, or of what a push message concerns.
	Directory, Campaign, LoyaltyCard string
	// To is the recipient as given: an address, a number, or for a push message a session or user, empty for all.
	To string
	// Subject is an e-mail's, Body the text of any other message, without the link that the real service appends.
	Subject, Body string
	// Times is how often the same message was sent, and At when first.
	Times int
	At    time.Time
}

// record is what the service remembers about its callers.
type record struct {
	calls      map[string]int
	sent       []Message
	index      map[Message]int // in sent, by the message without Times and At
	total      int
	violations []string
	changed    chan struct{} // closed and replaced at each change
}

func newRecord() record {
	return record{calls: map[string]int{}, index: map[Message]int{}, changed: make(chan struct{})}
}

func (r *record) change() {
	close(r.changed)
	r.changed = make(chan struct{})
}

func (r *record) called(path string) {
	r.calls[path]++
	r.change()
}

func (r *record) violation(req *http.Request, what string) {
	r.violations = append(r.violations, fmt.Sprintf("%s %s: %s", req.Method, req.URL.Path, what))
}

func (r *record) send(m Message) {
	i, again := r.index[m]
	if !again {
		i = len(r.sent)
		r.index[m] = i
		m.At = now()
		r.sent = append(r.sent, m)
	}
	r.sent[i].Times++
	r.total++
	r.change()
}

// got reports whether a campaign was sent to an address.
func (r *record) got(id, to string) bool {
	return slices.ContainsFunc(r.sent, func(m Message) bool { return m.Kind == "email" && m.Campaign == id && m.To == to })
}

// Violations returns the calls' violations of the documentation, one line each.
func (s *Server) Violations() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.record.violations)
}

// Sent returns the messages sent, ordered by first time, including those of callers that got no answer.
func (s *Server) Sent() []Message {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.record.sent)
}

// Calls returns the number of requests for a path ("/v3/send/sms"), or for all paths if it is "", including failed ones.
func (s *Server) Calls(path string) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.record.count(path)
}

func (r *record) count(path string) int {
	if path != "" {
		return r.calls[path]
	}
	total := 0
	for n := range maps.Values(r.calls) {
		total += n
	}
	return total
}

// AwaitSent waits until n messages have been sent, counting repetitions.
func (s *Server) AwaitSent(ctx context.Context, n int) error {
	return s.await(ctx, func() bool { return s.record.total >= n })
}

// AwaitCalls waits until there have been n requests for a path, or for all paths if it is "".
func (s *Server) AwaitCalls(ctx context.Context, path string, n int) error {
	return s.await(ctx, func() bool { return s.record.count(path) >= n })
}

func (s *Server) await(ctx context.Context, done func() bool) error {
	for {
		s.mu.Lock()
		ok, changed := done(), s.record.changed
		s.mu.Unlock()
		if ok {
			return nil
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}
