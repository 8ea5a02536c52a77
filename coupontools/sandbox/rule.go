package sandbox

import (
	"slices"
	"sync"
)

// Rule makes some calls fail.
type Rule struct {
	// Path selects the calls ("/v3/send/sms"); empty is all.
	Path string
	// Fault is how they fail.
	Fault Fault
	// Skip is how many matching calls succeed first.
	Skip int
	// Times is how many calls fail; 0 is no limit.
	Times int
	// Chance, above 0, is the share of the calls that fail (0 to 1), drawn from the seed.
	Chance float64
}

type activeRule struct {
	Rule
	mended chan struct{}
}

// Break adds a rule, which applies until it is used up or mend is called. Calls that wait in a rule continue when it is
// mended. If several rules match a call, the oldest applies.
func (s *Server) Break(r Rule) (mend func()) {
	s.mu.Lock()
	defer s.mu.Unlock()
	active := &activeRule{Rule: r, mended: make(chan struct{})}
	s.rules = append(s.rules, active)
	return sync.OnceFunc(func() { s.mend(active) })
}

// Mend removes all rules.
func (s *Server) Mend() {
	s.mu.Lock()
	rules := slices.Clone(s.rules)
	s.mu.Unlock()
	for _, r := range rules {
		s.mend(r)
	}
}

func (s *Server) mend(r *activeRule) {
	s.mu.Lock()
	defer s.mu.Unlock()
	select {
	case <-r.mended:
	default:
		close(r.mended)
	}
	s.rules = slices.DeleteFunc(s.rules, func(other *activeRule) bool { return other == r })
}

// pick returns the fault of the first rule that matches a call to path. A rule that is used up stays, since calls may still
// wait in it.
func (s *Server) pick(path string) (Fault, <-chan struct{}) {
	for _, r := range s.rules {
		if r.hits(path, s.chance.Float64) {
			return r.Fault, r.mended
		}
	}
	return Fault{}, nil
}

func (r *activeRule) hits(path string, dice func() float64) bool {
	switch {
	case r.Path != "" && r.Path != path, r.Times < 0:
		return false
	case r.Skip > 0:
		r.Skip--
		return false
	case r.Chance > 0 && dice() >= r.Chance:
		return false
	}
	switch r.Times {
	case 0:
	case 1:
		r.Times = -1
	default:
		r.Times--
	}
	return true
}
