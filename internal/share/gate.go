// Package share divides what the process has among the people who use it, so that one of them can't take it all.
package share

import (
	"context"
	"errors"
	"fmt"
	"sync"

	"golang.org/x/sync/semaphore"
)

const (
	// maxLoaded is how many pieces of work may have their input in memory at a time.
	maxLoaded = 3
	// maxOfPerson and maxInAll are how many pieces may be at a gate, the ones being worked on included.
	maxOfPerson = 10
	maxInAll    = 200
)

// Errors of [Gate.Enter].
var (
	ErrTooManyOfPerson = errors.New("this person has too much work waiting")
	ErrTooMany         = errors.New("too much work is waiting")
)

// Gate bounds heavy work by its weight. A person has one piece of work under way at a time; their others wait, as does
// work for which there is no room. Make it with [NewGate].
type Gate struct {
	whole  int64
	loaded *semaphore.Weighted
	room   *semaphore.Weighted

	mu     sync.Mutex
	all    int
	people map[string]*line
}

// line is the work of one person at a gate.
type line struct {
	turn *semaphore.Weighted
	n    int
}

// NewGate returns a gate through which work of the whole weight passes at a time. Heavier work counts as the whole and is
// done alone.
func NewGate(whole int64) *Gate {
	return &Gate{
		whole: whole, loaded: semaphore.NewWeighted(maxLoaded), room: semaphore.NewWeighted(whole), people: map[string]*line{},
	}
}

// Waiting returns how many pieces of work of a person are at the gate.
func (g *Gate) Waiting(person string) int {
	g.mu.Lock()
	defer g.mu.Unlock()
	if l := g.people[person]; l != nil {
		return l.n
	}
	return 0
}

// Enter waits until a person may load what they want worked on, and returns a pass; the caller ends it with [Pass.Leave].
// The error is [ErrTooManyOfPerson], [ErrTooMany], or the context's if that ends first.
func (g *Gate) Enter(ctx context.Context, person string) (*Pass, error) {
	l, err := g.join(person)
	if err != nil {
		return nil, err
	}
	if err := l.turn.Acquire(ctx, 1); err != nil {
		g.part(person, l)
		return nil, fmt.Errorf("wait for a turn: %w", err)
	}
	p := &Pass{g: g, person: person, line: l}
	if err := g.loaded.Acquire(ctx, 1); err != nil {
		p.Leave()
		return nil, fmt.Errorf("wait for a turn: %w", err)
	}
	p.loads = true
	return p, nil
}

func (g *Gate) join(person string) (*line, error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	l := g.people[person]
	if l == nil {
		l = &line{turn: semaphore.NewWeighted(1)}
	}
	switch {
	case l.n == maxOfPerson:
		return nil, ErrTooManyOfPerson
	case g.all == maxInAll:
		return nil, ErrTooMany
	}
	g.people[person] = l
	g.all++
	l.n++
	return l, nil
}

func (g *Gate) part(person string, l *line) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.all--
	if l.n--; l.n == 0 {
		delete(g.people, person)
	}
}

// Pass is a person's turn at a [Gate].
type Pass struct {
	g      *Gate
	person string
	line   *line
	loads  bool
	weight int64
}

// Weigh waits until there is room for work of this weight.
func (p *Pass) Weigh(ctx context.Context, weight int64) error {
	weight = min(max(weight, 1), p.g.whole)
	if err := p.g.room.Acquire(ctx, weight); err != nil {
		return fmt.Errorf("wait for room: %w", err)
	}
	p.weight = weight
	return nil
}

// Leave gives back what the pass holds.
func (p *Pass) Leave() {
	if p.weight > 0 {
		p.g.room.Release(p.weight)
	}
	if p.loads {
		p.g.loaded.Release(1)
	}
	p.line.turn.Release(1)
	p.g.part(p.person, p.line)
}
