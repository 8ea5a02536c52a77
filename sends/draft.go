package sends

import (
	"cmp"
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/coupontools/couponbot/sends/recipients"
)

const (
	// draftTTL is the lifetime of a draft.
	draftTTL = 24 * time.Hour
	// maxDrafts is the number of drafts a person can have; a further one replaces the oldest.
	maxDrafts = 10
	// confirmTimeout is the timeout of Confirm if its context has no deadline. minWithdrawTime is the least time for
	// withdrawing a draft after its confirmation got no reply.
	confirmTimeout, minWithdrawTime = 10 * time.Second, 500 * time.Millisecond
)

// priorCall is a call without a known outcome: the recipient's place in the list of its send, and the token of its claim.
type priorCall struct {
	place int
	claim string
}

// SaveDraft stores d for 24 hours, or until its owner has ten newer ones, and returns it with its id and time. First it
// leaves out recipients on the do-not-contact list or over a cap, with the reason. Errors: [ErrNobodyLeft], with the draft
// as it would have been; [ErrSuppressionKey]; [ErrSuppressionLost]; [ErrEvicts]; [ErrUnavailable].
func (s *Service) SaveDraft(ctx context.Context, d Draft) (Draft, error) { return s.save(ctx, d, nil) }

// save is SaveDraft. For a draft with a Parent, calls are the calls of the parent by recipient.
func (s *Service) save(ctx context.Context, d Draft, calls map[string]priorCall) (Draft, error) {
	d.Offer = cmp.Or(d.Offer, OfferDirectory)
	h, err := s.hasher(ctx)
	if err != nil {
		return Draft{}, fmt.Errorf("save draft: %w", err)
	}
	if err := s.policy.checkUsable(); err != nil {
		return Draft{}, fmt.Errorf("save draft: %w", err)
	}
	if d.List, err = s.applyRules(ctx, h, d, calls); err != nil {
		return Draft{}, fmt.Errorf("save draft: %w", err)
	}
	if len(d.List.Recipients) == 0 {
		return d, fmt.Errorf("save draft: %w", ErrNobodyLeft)
	}
	if d.ID == "" {
		d.ID = rand.Text()
	}
	args, err := d.saveArgs(h, calls)
	if err != nil {
		return Draft{}, fmt.Errorf("save draft: %w", err)
	}
	for {
		reply, err := s.runScript(ctx, saveDraftScript, d.ID, args...).Slice()
		if err != nil {
			return Draft{}, fmt.Errorf("save draft: %w", redisError(err))
		}
		if reply, err = atLeast(reply, 4); err != nil {
			return Draft{}, fmt.Errorf("save draft: %w", err)
		}
		created, _ := reply[0].(string)
		state, _ := reply[1].(string)
		switch {
		case reply[2] == int64(1):
		case d.replaces(State(state), reply[3] == h.keyID):
			d.ID = rand.Text() // a late confirmation must not find the draft with that id again
			continue
		default: // the rules may have left out other people the first time
			return s.Draft(ctx, d.ID, d.Team, d.User)
		}
		d.CreatedAt = parseMillis(created)
		return d, nil
	}
}

// replaces reports whether the earlier draft with the same id can't be confirmed any more: it was withdrawn, it was checked
// against a list with another key, or it was to resend to unconfirmed recipients, who can be resent to again.
func (d Draft) replaces(state State, sameKey bool) bool {
	return state == "" || state == StateDraft && !sameKey || state != StateDraft && d.Parent != ""
}

// saveArgs returns the arguments of saveDraftScript.
func (d Draft) saveArgs(h *hasher, calls map[string]priorCall) ([]any, error) {
	leftOut, err := pack(d.List.LeftOut)
	if err != nil {
		return nil, err
	}
	source, err := encodeSource(d.List.Source)
	if err != nil {
		return nil, err
	}
	more, err := json.Marshal(d.List.More)
	if err != nil {
		return nil, err
	}
	list := packedList(d.List.Recipients, calls)
	packed, err := pack(list)
	if err != nil {
		return nil, err
	}
	fields := []any{
		"team", d.Team, "user", d.User, "offer", d.OfferID, "offer_name", d.OfferName, "offer_kind", string(d.Offer),
		"kind", string(d.Kind), "subject", d.Subject, "message", d.Message, "origin", d.Origin,
		"due", unixMillis(d.ScheduledAt), "test", flag(d.Test), "parent", d.Parent, "source", source,
		"more", more, "key", h.keyID,
	}
	args := append([]any{draftTTL.Milliseconds(), maxDrafts, leftOut, packed, len(fields)}, fields...)
	return appendEntries(args, h, d.Kind, list)
}

// packedRecipient is a recipient in a draft. Place is the place in the parent's list, if the draft resends.
type packedRecipient struct {
	recipients.Recipient
	Place string `json:"place,omitempty"`
}

// packedList converts the recipients of a draft for packing.
func packedList(to []recipients.Recipient, calls map[string]priorCall) []packedRecipient {
	list := make([]packedRecipient, len(to))
	for i, r := range to {
		list[i].Recipient = r
		if calls != nil {
			list[i].Place = strconv.Itoa(calls[r.To].place)
		}
	}
	return list
}

// appendEntries appends recipients in the form in which a send stores them; see [parseRecipient].
func appendEntries(args []any, h *hasher, kind recipients.Kind, list []packedRecipient) ([]any, error) {
	for _, r := range list {
		text, err := json.Marshal(r.Recipient)
		if err != nil {
			return nil, err
		}
		args = append(args, strings.Join([]string{h.person(kind, r.To), r.Place, r.RateCountry(), string(text)}, "|"))
	}
	return args, nil
}

// Draft returns the draft with that id if it belongs to that team and user, else [ErrNoDraft]. It also returns one that was
// confirmed. Without Redis the error is [ErrUnavailable].
func (s *Service) Draft(ctx context.Context, id, team, user string) (Draft, error) {
	var (
		hash    *redis.MapStringStringCmd
		entries *redis.StringSliceCmd
		leftOut *redis.StringCmd
		packed  *redis.StringCmd
	)
	_, err := s.cfg.Redis.Pipelined(ctx, func(p redis.Pipeliner) error {
		keys := s.keys(id)
		hash, entries, leftOut = p.HGetAll(ctx, keys[keySend]), p.LRange(ctx, keys[keyRecipients], 0, -1), p.Get(ctx, keys[keyLeftOut])
		packed = p.Get(ctx, keys[keyPacked])
		return nil
	})
	if err != nil && !errors.Is(err, redis.Nil) {
		return Draft{}, fmt.Errorf("read draft: %w", redisError(err))
	}
	f := sendHash(hash.Val())
	if !f.belongsTo(team, user) {
		return Draft{}, ErrNoDraft
	}
	d := f.draft(id)
	if d.List.Source, err = decodeSource(f["source"]); err != nil {
		return Draft{}, fmt.Errorf("read draft %s: %w", id, err)
	}
	if d.List.Recipients, err = parseRecipients(entries.Val(), packed.Val()); err != nil {
		return Draft{}, fmt.Errorf("read draft %s: %w", id, err)
	}
	if d.List.LeftOut, err = unpack[recipients.LeftOut](leftOut.Val()); err != nil {
		return Draft{}, fmt.Errorf("read draft %s: %w", id, err)
	}
	if more := f["more"]; more != "" {
		if err := json.Unmarshal([]byte(more), &d.List.More); err != nil {
			return Draft{}, fmt.Errorf("read draft %s: %w", id, err)
		}
	}
	return d, nil
}

// parseRecipients parses the recipients of a send (entries) or of a draft (packed).
func parseRecipients(entries []string, packed string) ([]recipients.Recipient, error) {
	list, err := unpack[packedRecipient](packed)
	if err != nil {
		return nil, err
	}
	to := make([]recipients.Recipient, 0, max(len(entries), len(list)))
	for _, r := range list {
		to = append(to, r.Recipient)
	}
	if packed != "" {
		return to, nil
	}
	for _, entry := range entries {
		r, err := parseRecipient(entry)
		if err != nil {
			return nil, err
		}
		to = append(to, r)
	}
	return to, nil
}

// parseRecipient parses an entry of a send's list: "keyed hash of the person|place in the parent's list|country|recipient".
func parseRecipient(entry string) (recipients.Recipient, error) {
	var r recipients.Recipient
	parts := strings.SplitN(entry, "|", 4)
	if len(parts) < 4 {
		return r, errors.New("an entry of the list is damaged")
	}
	return r, json.Unmarshal([]byte(parts[3]), &r)
}

// rekey returns an entry of a send's list with the hash replaced by that of h. It returns a damaged entry unchanged: it is
// never called.
func (h *hasher) rekey(kind recipients.Kind, entry string) string {
	r, err := parseRecipient(entry)
	if err != nil {
		return entry
	}
	_, rest, _ := strings.Cut(entry, "|")
	return h.person(kind, r.To) + "|" + rest
}

// Confirm makes a draft of that team and user a send, once: a repeat returns the same send. The send is then running,
// scheduled, or awaiting approval. Errors: [ErrNoDraft]; [ErrOutdated]; [ErrResent]; [ErrSuppressionKey];
// [ErrSuppressionLost]; [ErrEvicts]; [ErrUnavailable] if nothing was sent; [ErrUncertain]. It keeps half of its context's
// time for finding out which of the last two.
func (s *Service) Confirm(ctx context.Context, id, team, user string) (Send, error) {
	// This distinguishes a Redis that is unreachable or refuses from one that fails during the confirmation. It also makes sure
	// that the batches can be queued.
	if err := s.Writable(ctx); err != nil {
		return Send{}, fmt.Errorf("confirm: %w", err)
	}
	h, err := s.safeHasher(ctx)
	if err != nil {
		return Send{}, fmt.Errorf("confirm: %w", err)
	}
	args, err := s.confirmArgs(ctx, h, id, team, user)
	if err != nil {
		return Send{}, err
	}
	end, ok := ctx.Deadline()
	if !ok {
		end = time.Now().Add(confirmTimeout)
	}
	half, cancel := context.WithTimeout(ctx, time.Until(end)/2)
	defer cancel()
	reply, err := s.runScript(half, confirmScript, id, args...).StringSlice()
	if err != nil {
		return s.withdraw(ctx, id, time.Until(end), err)
	}
	switch len(reply) {
	case 0:
		return Send{}, ErrNoDraft
	case 1:
		if reply[0] == "changed" {
			return Send{}, fmt.Errorf("confirm %s: %w", id, ErrOutdated)
		}
		return Send{}, fmt.Errorf("confirm %s: %w", id, ErrResent)
	}
	return s.afterConfirm(ctx, id, parsePairs(reply)), nil
}

// confirmArgs returns the arguments of confirmScript, with the recipients of the draft.
func (s *Service) confirmArgs(ctx context.Context, h *hasher, id, team, user string) ([]any, error) {
	var (
		hash   *redis.MapStringStringCmd
		packed *redis.StringCmd
	)
	_, err := s.cfg.Redis.Pipelined(ctx, func(p redis.Pipeliner) error {
		keys := s.keys(id)
		hash, packed = p.HGetAll(ctx, keys[keySend]), p.Get(ctx, keys[keyPacked])
		return nil
	})
	if err != nil && !errors.Is(err, redis.Nil) {
		return nil, fmt.Errorf("confirm: %w", redisError(err))
	}
	f := sendHash(hash.Val())
	if !f.belongsTo(team, user) {
		return nil, ErrNoDraft
	}
	if f.state() == StateDraft && f["key"] != "" && f["key"] != h.keyID {
		return nil, fmt.Errorf("confirm %s: %w", id, ErrOutdated)
	}
	list, err := unpack[packedRecipient](packed.Val())
	if err != nil {
		return nil, fmt.Errorf("confirm %s: %w", id, err)
	}
	args, err := appendEntries([]any{team, user, s.cfg.ApprovalOver}, h, f.draft(id).Kind, list)
	if err != nil {
		return nil, fmt.Errorf("confirm %s: %w", id, err)
	}
	return args, nil
}

// afterConfirm queues the first batch of a send and wakes its leader.
func (s *Service) afterConfirm(ctx context.Context, id string, f sendHash) Send {
	send := f.send(id)
	s.enqueueConfirmed(ctx, f, send)
	s.wakeLeader(id)
	return send
}

// withdraw withdraws a draft after its confirmation got no reply. If the confirmation came first, it returns the send.
func (s *Service) withdraw(ctx context.Context, id string, most time.Duration, cause error) (Send, error) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), max(most, minWithdrawTime))
	defer cancel()
	reply, err := s.runScript(ctx, withdrawScript, id).StringSlice()
	if err != nil {
		return Send{}, fmt.Errorf("confirm %s: %w: %w", id, ErrUncertain, cause)
	}
	f := parsePairs(reply)
	if f.state() == "" {
		return Send{}, fmt.Errorf("confirm %s: %w", id, redisError(cause))
	}
	return s.afterConfirm(ctx, id, f), nil
}
