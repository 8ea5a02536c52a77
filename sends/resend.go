package sends

import (
	"context"
	"fmt"
	"time"
)

// TooSoonError means that a late answer may still arrive for unknown recipients.
type TooSoonError struct{ Until time.Time }

func (e *TooSoonError) Error() string { return "it is too soon to resend the unknown" }

// Resend saves a draft to the unknown recipients of an ended send. The person must know that some may get it twice. Only one
// such draft can be confirmed. Recipients are skipped if their outcome becomes known meanwhile. Errors: [ErrNoSend],
// [ErrNoUnknown], [ErrResent], [*StateError], [*TooSoonError], and those of [Service.SaveDraft].
func (s *Service) Resend(ctx context.Context, id, team, user string) (Draft, error) {
	send, err := s.Send(ctx, id)
	if err != nil {
		return Draft{}, err
	}
	switch {
	case !send.Ended():
		return Draft{}, &StateError{Action: "resend", Send: send}
	case send.Resent != "":
		return Draft{}, ErrResent
	case send.Counts.Unknown == 0:
		return Draft{}, ErrNoUnknown
	}
	now, err := s.cfg.Redis.Time(ctx).Result()
	if err != nil {
		return Draft{}, fmt.Errorf("resend: %w", redisError(err))
	}
	if until := send.EndedAt.Add(s.cfg.CallTimeout + claimGrace); now.Before(until) {
		return Draft{}, &TooSoonError{Until: until}
	}
	d := Draft{
		ID: id + "-" + user, Team: team, User: user, Offer: send.Offer, OfferID: send.OfferID, OfferName: send.OfferName,
		Kind: send.Kind, Subject: send.Subject, Message: send.Message, Origin: send.Origin, Parent: id,
	}
	place, calls := 0, map[string]priorCall{}
	for o, err := range s.Recipients(ctx, id) {
		if err != nil {
			return Draft{}, err
		}
		if o.Status == Unknown {
			calls[o.To] = priorCall{place: place, claim: o.claim}
			d.List.Recipients = append(d.List.Recipients, o.Recipient)
		}
		place++
	}
	return s.save(ctx, d, calls)
}
