package sends

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"
)

// unsubscribedOld is from which age on the list of the unsubscribed in Coupontools is too old to rely on.
const unsubscribedOld = 3 * time.Hour

// Concern is a reason to doubt what recipients are checked against.
type Concern string

// The concerns. With the first four nothing is sent.
const (
	// ConcernEvicts: Redis is known to throw keys away when it is full.
	ConcernEvicts Concern = "evicts"
	// ConcernLost: the do-not-contact list, or a part of it, has disappeared.
	ConcernLost Concern = "lost"
	// ConcernKey: the do-not-contact list was made with another key.
	ConcernKey Concern = "key"
	// ConcernOlder: Redis still has an older do-not-contact list, which was made with another key.
	ConcernOlder Concern = "older"
	// ConcernRekeyed: the key of the do-not-contact list was gone and replaced by a new one; or it was replaced so lately that
	// the frequency cap does not know whom something was sent before.
	ConcernRekeyed Concern = "rekeyed"
	// ConcernEmpty: nobody is on the do-not-contact list: it is new, or was lost before this process started. No
	// admin has confirmed it.
	ConcernEmpty Concern = "empty"
	// ConcernUnread: Coupontools' list of the unsubscribed was never read, or has disappeared.
	ConcernUnread Concern = "unread"
	// ConcernOld: Coupontools' list of the unsubscribed was last read more than three hours ago.
	ConcernOld Concern = "old"
)

// Refuses reports whether nothing is sent because of the concern.
func (c Concern) Refuses() bool {
	return slices.Contains([]Concern{ConcernEvicts, ConcernLost, ConcernKey, ConcernOlder}, c)
}

// Checked is what recipients are checked against.
type Checked struct {
	// Suppressed is how many people are on the do-not-contact list, Unsubscribed how many have unsubscribed in Coupontools.
	Suppressed, Unsubscribed int
	// Unreadable is how many people are on older lists that were made with another key.
	Unreadable int
	// KeyAge is how long the do-not-contact list has had its key, if that has replaced another one.
	KeyAge time.Duration
	// Unconfirmed is true if no admin has continued with the list as it is.
	Unconfirmed bool
	// Capped is true if the frequency cap doesn't know of messages from before the key was replaced.
	Capped bool
	// Age is how long ago Coupontools was asked for the unsubscribed, negative if it never was.
	Age time.Duration
	// Concerns are the reasons to doubt it, the worst first.
	Concerns []Concern
}

// InspectLists is [Service.Checked] without moving the people of older lists.
func (s *Service) InspectLists(ctx context.Context) (Checked, error) {
	l, err := s.readLists(ctx)
	if err != nil {
		return Checked{}, fmt.Errorf("read the lists: %w", err)
	}
	return s.checked(l), nil
}

// Checked returns what recipients are checked against now. It gives [ErrUnavailable].
func (s *Service) Checked(ctx context.Context) (Checked, error) {
	l, err := s.lists(ctx)
	if err != nil {
		return Checked{}, fmt.Errorf("read the lists: %w", err)
	}
	return s.checked(l), nil
}

func (s *Service) checked(l listState) Checked {
	c := Checked{
		Suppressed: int(l.people), Unsubscribed: int(l.unsubscribed), Unreadable: int(l.unreadable()), Unconfirmed: !l.confirmed, Age: -1,
	}
	if !l.rekeyed.IsZero() {
		c.KeyAge = max(l.now.Sub(l.rekeyed), 0)
		c.Capped = c.KeyAge < s.cfg.FrequencyCap
	}
	if !l.unread() {
		c.Age = max(l.now.Sub(l.readAt), 0)
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
