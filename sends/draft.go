package sends

import "context"

// SaveDraft keeps d for 24 hours and returns it with its id.
func (s *Service) SaveDraft(ctx context.Context, d Draft) (Draft, error) { return d, ErrUnavailable }

// Draft returns the draft with that id if it belongs to that team and user; else [ErrNoDraft]. A draft that became a
// send can still be read as it was.
func (s *Service) Draft(ctx context.Context, id, team, user string) (Draft, error) { return Draft{}, ErrNoDraft }

// Confirm makes a draft of that team and user into a running send, once: a repeat by the same person answers with the
// same send. Errors: [ErrNoDraft]; [ErrUnavailable], nothing was sent and the draft can no longer be confirmed if it had
// been reached; [ErrUncertain].
func (s *Service) Confirm(ctx context.Context, id, team, user string) (Send, error) { return Send{}, ErrNoDraft }
