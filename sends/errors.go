package sends

import (
	"errors"
	"fmt"

	"github.com/coupontools/couponbot/internal/rediserr"
)

// Errors about drafts and sends. Any other error is a fault.
var (
	// ErrNoDraft means that there is no such draft: it has expired, was withdrawn, or belongs to another person.
	ErrNoDraft = errors.New("no such draft")
	// ErrOutdated means that the do-not-contact list has another key than when the draft was saved, or that the draft's records
	// are damaged. The draft has to be made again.
	ErrOutdated = errors.New("the draft was checked against another do-not-contact list")
	// ErrNoSend means that there is no such send, or that its records have expired.
	ErrNoSend = errors.New("no such send")
	// ErrUnavailable means that Redis can't be reached or refuses: nothing was sent or changed. It also wraps the error of
	// Redis; package rediserr explains that.
	ErrUnavailable = errors.New("redis is unavailable, nothing was sent")
	// ErrDamaged means that a key in Redis holds another type of value than expected: the record is damaged, or the id isn't
	// that of a send. Redis itself works.
	ErrDamaged = errors.New("a record in redis is damaged")
	// ErrUncertain means that the connection to Redis broke during the confirmation, so the send may go out or not. Repeating
	// [Service.Confirm] can't send it twice.
	ErrUncertain = errors.New("redis went away while the send was confirmed, it may go out")
	// ErrNobodyLeft means that the rules on who may be written to left nobody in the list.
	ErrNobodyLeft = errors.New("nobody is left to send to")
	// ErrCannotAsk is wrapped by the error of [Config.MayStart] if it can't find out whether a sender may still send.
	ErrCannotAsk = errors.New("nobody can say whether the sender still may")
	// ErrSuppressionKey means that the key of the do-not-contact list isn't the one that the list was made with, so the people
	// on it can't be recognised.
	ErrSuppressionKey = errors.New("the key of the do-not-contact list has changed")
	// ErrSuppressionLost means that the do-not-contact list, or a part of it, has disappeared from Redis: its marker says so,
	// this process has seen more of it, or its key is missing.
	ErrSuppressionLost = errors.New("the do-not-contact list is not in redis any more")
	// ErrSuppressionOlder means that Redis still has an older do-not-contact list, whose people can't be added to the current
	// one because it has another key.
	ErrSuppressionOlder = errors.New("an older do-not-contact list can't be read")
	// ErrEvicts means that Redis evicts keys when it is full, so nothing in it is safe.
	ErrEvicts = errors.New("redis may throw keys away")
	// ErrResent means that the unknown recipients of a send were sent to again before.
	ErrResent = errors.New("the unknown recipients were sent to again already")
	// ErrNoUnknown means that a send has no unknown recipients.
	ErrNoUnknown = errors.New("no recipient is unknown")
)

// redisError wraps an error of Redis in [ErrDamaged] or [ErrUnavailable].
func redisError(err error) error {
	if rediserr.KindOf(err) == rediserr.Damaged {
		return fmt.Errorf("%w: %w", ErrDamaged, err)
	}
	return fmt.Errorf("%w: %w", ErrUnavailable, err)
}

// errReply means that Redis, or a proxy before it, answered with another kind of value than the command has.
var errReply = fmt.Errorf("%w: unexpected answer", ErrDamaged)

// atLeast returns values, or an error if there are fewer than n.
func atLeast[V any](values []V, n int) ([]V, error) {
	if len(values) < n {
		return nil, errReply
	}
	return values, nil
}
