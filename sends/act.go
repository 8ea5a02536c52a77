package sends

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
)

var (
	// ErrOwnSend means that a person tried to approve their own send.
	ErrOwnSend = errors.New("nobody approves their own send")
	// ErrChanged means that the records of a send differ from those that were presented for approval.
	ErrChanged = errors.New("the send is not what was to be approved")
)

// StateError means that the send's state doesn't allow the action.
type StateError struct {
	Action Action
	Send   Send
}

func (e *StateError) Error() string {
	return fmt.Sprintf("cannot %s a send that is %s", e.Action, e.Send.State)
}

// Act changes the state of a send, once: a repeat by the same person, with no other action in between, gets the same answer.
// Errors: [*StateError], [ErrNoSend], [ErrOwnSend], [ErrChanged], [ErrUnavailable]; for Resume and Approve also [ErrEvicts],
// [ErrSuppressionKey] or [ErrSuppressionLost].
func (s *Service) Act(ctx context.Context, id string, a Action, by Actor) (Send, error) {
	if a == Resume || a == Approve {
		if _, err := s.safeHasher(ctx); err != nil {
			return Send{}, fmt.Errorf("%s send %s: %w", a, id, err)
		}
	}
	press := rand.Text()
	for acts := 0; ; {
		reply, err := s.runScript(ctx, actScript, id, string(a), by.User, by.Channel, by.Message, acts, press).StringSlice()
		if err != nil {
			return Send{}, fmt.Errorf("%s send %s: %w", a, id, redisError(err))
		}
		if reply, err = atLeast(reply, 1); err != nil {
			return Send{}, fmt.Errorf("%s send %s: %w", a, id, err)
		}
		f := parsePairs(reply[1:])
		if reply[0] == "late" { // another person acted just now; with the count in its arguments, a late copy of this call does nothing
			acts = f.count("actions")
			continue
		}
		return s.actResult(ctx, id, a, reply[0], f)
	}
}

// actResult turns the code of actScript into the result of Act.
func (s *Service) actResult(ctx context.Context, id string, a Action, code string, f sendHash) (Send, error) {
	send := f.send(id)
	switch code {
	case "done":
		s.count(Skipped, f.count("newly_skipped"))
		s.enqueueConfirmed(ctx, f, send)
		return send, nil
	case "again":
		return send, nil
	case "own":
		return send, ErrOwnSend
	case "changed":
		return send, ErrChanged
	case "state":
		return send, &StateError{Action: a, Send: send}
	default:
		return Send{}, ErrNoSend
	}
}
