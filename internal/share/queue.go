package share

import (
	"context"
	"slices"
	"sync"
)

type personKey struct{}

// WithPerson returns a context for work that a person waits for; a [Queue] tells people apart by it.
func WithPerson(ctx context.Context, person string) context.Context {
	return context.WithValue(ctx, personKey{}, person)
}

func personOf(ctx context.Context) string {
	person, _ := ctx.Value(personKey{}).(string)
	return person
}

// Queue is a semaphore that serves people in turn, however much each of them has waiting. Work without a person counts as
// that of one more. Make it with [NewQueue].
type Queue struct {
	mu      sync.Mutex
	free    int
	turns   []string // the people who wait, the next one first
	waiting map[string][]chan struct{}
}

// NewQueue returns a queue of which so many can be in at a time.
func NewQueue(atOnce int) *Queue { return &Queue{free: atOnce, waiting: map[string][]chan struct{}{}} }

// Acquire waits until it's the turn of the person in ctx, or returns the cause of ctx when that ends first. The caller ends
// the turn with [Queue.Release].
func (q *Queue) Acquire(ctx context.Context) error {
	person := personOf(ctx)
	q.mu.Lock()
	if q.free > 0 {
		q.free--
		q.mu.Unlock()
		return nil
	}
	turn := make(chan struct{})
	if len(q.waiting[person]) == 0 {
		q.turns = append(q.turns, person)
	}
	q.waiting[person] = append(q.waiting[person], turn)
	q.mu.Unlock()
	select {
	case <-turn:
		return nil
	case <-ctx.Done():
	}
	if !q.leave(person, turn) {
		q.Release() // the turn came at the same moment
	}
	return context.Cause(ctx)
}

// leave stops waiting; false if the turn has come.
func (q *Queue) leave(person string, turn chan struct{}) bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	at := slices.Index(q.waiting[person], turn)
	if at < 0 {
		return false
	}
	q.waiting[person] = slices.Delete(q.waiting[person], at, at+1)
	q.settle(person)
	return true
}

// Release ends a turn.
func (q *Queue) Release() {
	q.mu.Lock()
	defer q.mu.Unlock()
	if len(q.turns) == 0 {
		q.free++
		return
	}
	person := q.turns[0]
	close(q.waiting[person][0])
	q.waiting[person] = q.waiting[person][1:]
	q.turns = append(q.turns[1:], person)
	q.settle(person)
}

// settle takes a person who has nothing waiting out of the queue.
func (q *Queue) settle(person string) {
	if len(q.waiting[person]) > 0 {
		return
	}
	delete(q.waiting, person)
	q.turns = slices.DeleteFunc(q.turns, func(other string) bool { return other == person })
}
