package sends

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
)

// Action is what a person does with a confirmed send.
type Action string

// What can be done with a send, and in which states.
const (
	// Pause holds a running send: from that moment nobody is called who was not claimed yet.
	Pause Action = "pause"
	// Resume lets a paused send go on.
	Resume Action = "resume"
	// Cancel ends a send that has not ended: who was not claimed yet is skipped.
	Cancel Action = "cancel"
	// Approve lets a send start that awaits approval. Nobody approves their own.
	Approve Action = "approve"
	// Reject cancels a send that awaits approval.
	Reject Action = "reject"
)

// Actor is who does something, and where: the channel and the message whose button was pressed, if it was one.
type Actor struct{ Team, User, Channel, Message string }

var (
	// ErrOwnSend says that somebody tried to approve their own send.
	ErrOwnSend = errors.New("nobody approves their own send")
	// ErrChanged says that the records of a send are not those that were put up for approval.
	ErrChanged = errors.New("the send is not what was to be approved")
)

// StateError says that something cannot be done with a send in the state it is in.
type StateError struct {
	Action Action
	Send   Send
}

func (e *StateError) Error() string {
	return fmt.Sprintf("cannot %s a send that is %s", e.Action, e.Send.State)
}

// Act does something with a send, once: a repeat by the same person, with nothing done in between, answers alike. It gives
// a [*StateError] if the send is in no state for it, [ErrNoSend], [ErrOwnSend], [ErrChanged], [ErrUnavailable], or, for what
// lets it go out, [ErrEvicts], [ErrSuppressionKey] or [ErrSuppressionLost].
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
		if reply[0] == "late" { // somebody else pressed just now; a copy of this press that turns up later still does nothing
			acts = f.count("actions")
			continue
		}
		return s.actResult(ctx, id, a, reply[0], f)
	}
}

// actResult is the answer to somebody who did something.
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
