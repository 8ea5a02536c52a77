package sends

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"
)

// unsubscribedOld is the age from which the list of the unsubscribed in Coupontools is out of date.
const unsubscribedOld = 3 * time.Hour

// Concern is a reason to distrust the lists that recipients are checked against.
type Concern string

// The concerns. With the first four nothing is sent.
const (
	// ConcernEvicts means that Redis evicts keys when it is full.
	ConcernEvicts Concern = "evicts"
	// ConcernLost means that the do-not-contact list, or a part of it, has disappeared.
	ConcernLost Concern = "lost"
	// ConcernKey means that the do-not-contact list was made with another key.
	ConcernKey Concern = "key"
	// ConcernOlder means that Redis still has an older do-not-contact list, made with another key.
	ConcernOlder Concern = "older"
	// ConcernRekeyed means that the key of the do-not-contact list was missing and replaced, or replaced so recently that the
	// frequency cap doesn't know all earlier sends.
	ConcernRekeyed Concern = "rekeyed"
	// ConcernEmpty means that the do-not-contact list is empty and no admin has confirmed it: it is new, or was lost before
	// this process started.
	ConcernEmpty Concern = "empty"
	// ConcernUnread means that Coupontools' list of the unsubscribed was never read, or has disappeared.
	ConcernUnread Concern = "unread"
	// ConcernOld means that Coupontools' list of the unsubscribed was last read more than three hours ago.
	ConcernOld Concern = "old"
)

// Refuses reports whether nothing is sent because of the concern.
func (c Concern) Refuses() bool {
	return slices.Contains([]Concern{ConcernEvicts, ConcernLost, ConcernKey, ConcernOlder}, c)
}

// ListStatus describes the lists that recipients are checked against.
type ListStatus struct {
	// Suppressed is the length of the do-not-contact list, Unsubscribed that of the list of the unsubscribed in Coupontools.
	Suppressed, Unsubscribed int
	// BadNumbers is how many more people have unsubscribed in Coupontools, with numbers that can't be read. They may get messages.
	BadNumbers int
	// Unreadable is how many people are on older lists that were made with another key.
	Unreadable int
	// KeyAge is how long the do-not-contact list has had its key, if that replaced another one.
	KeyAge time.Duration
	// Unconfirmed is true if no admin has accepted the list as it is.
	Unconfirmed bool
	// Capped is true if the frequency cap doesn't know messages from before the key was replaced.
	Capped bool
	// Age is how long ago the list of the unsubscribed was read; negative if it never was.
	Age time.Duration
	// Concerns are the reasons to distrust the lists, the worst first.
	Concerns []Concern
}

// InspectLists is [Service.ListStatus] for a read-only check: it doesn't move the people of older lists.
func (s *Service) InspectLists(ctx context.Context) (ListStatus, error) {
	l, err := s.readLists(ctx)
	if err != nil {
		return ListStatus{}, fmt.Errorf("read the lists: %w", err)
	}
	return s.listStatus(l), nil
}

// ListStatus returns the current state of the lists that recipients are checked against, or [ErrUnavailable].
func (s *Service) ListStatus(ctx context.Context) (ListStatus, error) {
	l, err := s.lists(ctx)
	if err != nil {
		return ListStatus{}, fmt.Errorf("read the lists: %w", err)
	}
	return s.listStatus(l), nil
}

// clockSlack is how far in the future something may have happened. If it lies further ahead, the clock of Redis was set back
// since, and its age isn't known.
const clockSlack = time.Minute

func (s *Service) listStatus(l listState) ListStatus {
	c := ListStatus{
		Suppressed: int(l.people), Unsubscribed: int(l.unsubscribed), Unreadable: int(l.unreadable()), Unconfirmed: !l.confirmed, Age: -1,
		BadNumbers: l.badNumbers,
	}
	if !l.rekeyed.IsZero() {
		c.KeyAge = max(l.now.Sub(l.rekeyed), 0)
		c.Capped = c.KeyAge < s.cfg.FrequencyCap
	}
	if age := l.now.Sub(l.readAt); !l.unread() && age > -clockSlack {
		c.Age = max(age, 0)
	}
	if s.policy.checkUsable() != nil {
		c.Concerns = append(c.Concerns, ConcernEvicts)
	}
	err := s.checkReadable(l)
	switch {
	case errors.Is(err, ErrSuppressionLost):
		c.Concerns = append(c.Concerns, ConcernLost)
	case err != nil:
		c.Concerns = append(c.Concerns, ConcernKey)
	}
	if c.Unreadable > 0 {
		c.Concerns = append(c.Concerns, ConcernOlder)
	}
	if c.Capped || !l.rekeyed.IsZero() && !l.confirmed {
		c.Concerns = append(c.Concerns, ConcernRekeyed)
	}
	if err == nil && c.Unreadable == 0 && l.people == 0 && !l.confirmed {
		c.Concerns = append(c.Concerns, ConcernEmpty)
	}
	switch {
	case s.cfg.Contacts == nil:
	case c.Age < 0:
		c.Concerns = append(c.Concerns, ConcernUnread)
	case c.Age > unsubscribedOld:
		c.Concerns = append(c.Concerns, ConcernOld)
	}
	return c
}
