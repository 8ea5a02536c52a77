package share

import "sync"

// Counter counts the work under way of each person, up to a limit. Make it with [NewCounter].
type Counter struct {
	limit int

	mu     sync.Mutex
	people map[string]int
}

// NewCounter returns a counter that lets each person have so many pieces of work.
func NewCounter(limit int) *Counter { return &Counter{limit: limit, people: map[string]int{}} }

// Take counts one more piece of work, or reports false if the person has as many as they can. The caller ends each piece
// that was counted with [Counter.Done].
func (c *Counter) Take(person string) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.people[person] >= c.limit {
		return false
	}
	c.people[person]++
	return true
}

// Done ends a piece of work.
func (c *Counter) Done(person string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.people[person]--; c.people[person] == 0 {
		delete(c.people, person)
	}
}
