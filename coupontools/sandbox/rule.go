package sandbox

import (
	"slices"
	"sync"
)

// Rule says which calls go wrong, and how.
type Rule struct {
	// Path is the call's ("/v3/send/sms"); empty for all.
	Path string
	// Fault is what happens to it.
	Fault Fault
	// Skip lets that many matching calls through first.
	Skip int
	// Times is how many calls it happens to; 0 is no limit.
	Times int
	// Chance, above 0, hits only that share of the calls (0 to 1), by the seed's own dice.
	Chance float64
}

type activeRule struct {
	Rule
	mended chan struct{}
}

// Break puts a rule in force until it is used up or mended. Mending lets calls that wait in it go on. Of several rules that
// hit the same call, the one put in force first has it.
func (s *Server) Break(r Rule) (mend func()) {
	s.mu.Lock()
	defer s.mu.Unlock()
	active := &activeRule{Rule: r, mended: make(chan struct{})}
	s.rules = append(s.rules, active)
	return sync.OnceFunc(func() { s.mend(active) })
}

// Mend ends all rules.
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

// pick returns the fault of the first rule that hits a call to path. A rule that is used up stays, since calls may
// still wait in it.
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
