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
	// Directory, Campaign or LoyaltyCard is the id of what was sent, or of what a push message is about.
	Directory, Campaign, LoyaltyCard string
	// To is the address or number, as it was given; of a push message the session or the user, empty for all.
	To string
	// Subject is an e-mail's, Body another's, without the link that the real service appends.
	Subject, Body string
	// Times is how often the very same was sent, and At when for the first time.
	Times int
	At    time.Time
}

// record is what the service remembers of its callers.
type record struct {
	calls      map[string]int
	sent       []Message
	index      map[Message]int // in sent, by the message without Times and At
	total      int
	violations []string
	changed    chan struct{} // closed and made anew at each change
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

// got reports whether an address was sent a campaign.
func (r *record) got(campaign, to string) bool {
	return slices.ContainsFunc(r.sent, func(m Message) bool { return m.Kind == "email" && m.Campaign == campaign && m.To == to })
}

// Violations returns what the documentation does not allow and callers did all the same, one line each.
func (s *Server) Violations() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.record.violations)
}

// Sent returns what was sent out, in the order of the first time, also when the caller got no answer.
func (s *Server) Sent() []Message {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.record.sent)
}

// Calls returns how many requests came for a path ("/v3/send/sms"), whatever became of them; for "" of all paths.
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

// AwaitSent waits until n messages were sent out, each repetition counted.
func (s *Server) AwaitSent(ctx context.Context, n int) error {
	return s.await(ctx, func() bool { return s.record.total >= n })
}

// AwaitCalls waits until n requests came for a path; for "" of all paths.
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
