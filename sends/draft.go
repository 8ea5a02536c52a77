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
	// draftTTL is how long a draft lives.
	draftTTL = 24 * time.Hour
	// maxDrafts is how many drafts a person can have; another one takes the place of the oldest.
	maxDrafts = 10
	// approvalTime is how long a confirmed send waits for somebody to approve it.
	approvalTime = 24 * time.Hour
	// confirmTimeout is how long Confirm may take if its context sets no end; minWithdrawTime what is left in any case for
	// learning what became of a confirmation whose answer was lost.
	confirmTimeout, minWithdrawTime = 10 * time.Second, 500 * time.Millisecond
)

// Offer is a kind of thing that can be sent.
type Offer string

// What can be sent.
const (
	OfferDirectory   Offer = "directory"
	OfferCampaign    Offer = "campaign"
	OfferLoyaltyCard Offer = "loyalty_card"
)

// Draft is a send as a person prepared it.
type Draft struct {
	// ID names the draft; the send keeps it. [Service.SaveDraft] makes one up if it is empty; drafts with the same ID are
	// one draft.
	ID string
	// Team and User are Slack's ids of the person the draft belongs to.
	Team, User string
	// Offer is what kind of thing is sent ("" stands for [OfferDirectory]), OfferID which; OfferName is for people.
	Offer              Offer
	OfferID, OfferName string
	Kind               recipients.Kind
	// Subject is an e-mail's, Message a text message's.
	Subject, Message string
	List             recipients.List
	// Origin is the Slack channel of the command; it may be empty.
	Origin string
	// ScheduledAt is when the send is to begin; zero for at once.
	ScheduledAt time.Time
	// Test says that it goes to its sender alone: no frequency or daily cap bars it, or counts it.
	Test bool
	// Parent is the send whose unknown recipients this one is for; see [Service.Resend].
	Parent    string
	CreatedAt time.Time
}

// SaveDraft keeps d for 24 hours, unless its person makes ten others meanwhile, and returns it with its id and its time. Who
// is on the do-not-contact list or over a cap is left out of the list first, with the reason. It gives [ErrNobodyLeft], beside
// the draft as it would have been; [ErrSuppressionKey]; [ErrSuppressionLost]; [ErrEvicts]; or, without Redis,
// [ErrUnavailable].
func (s *Service) SaveDraft(ctx context.Context, d Draft) (Draft, error) { return s.save(ctx, d, nil) }

// save is SaveDraft; with a Parent, calls are those that each recipient got from it.
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
		if reply, err = atLeast(reply, 3); err != nil {
			return Draft{}, fmt.Errorf("save draft: %w", err)
		}
		created, _ := reply[0].(string)
		if state, _ := reply[1].(string); state == "" {
			d.ID = rand.Text() // the draft of that name was withdrawn, and a late confirmation must not find it again
			continue
		}
		if reply[2] != int64(1) { // the rules may have left out others the first time
			return s.Draft(ctx, d.ID, d.Team, d.User)
		}
		d.CreatedAt = parseMillis(created)
		return d, nil
	}
}

// saveArgs gives the arguments of saveScript.
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

// packedRecipient is a recipient in a draft, with the place in the parent's list if the draft repeats a send.
type packedRecipient struct {
	recipients.Recipient
	Place string `json:"place,omitempty"`
}

// packedList makes the list of a draft.
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

// appendEntries appends the recipients of a draft as they are in a send's list; see [parseRecipient].
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

// Draft returns the draft with that id if it belongs to that team and user, else [ErrNoDraft]. A draft that became a send
// can still be read. Without Redis it gives [ErrUnavailable].
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

// parseRecipients reads the recipients of a send, or of a draft, whose list is packed.
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

// parseRecipient reads an entry of a send's list: "hash of the person|place in the parent's list|country|recipient".
func parseRecipient(entry string) (recipients.Recipient, error) {
	var r recipients.Recipient
	parts := strings.SplitN(entry, "|", 4)
	if len(parts) < 4 {
		return r, errors.New("an entry of the list is damaged")
	}
	return r, json.Unmarshal([]byte(parts[3]), &r)
}

// rekey returns an entry of a send's list with the hash of h in place of its own. It leaves a damaged one, which is never called.
func (h *hasher) rekey(kind recipients.Kind, entry string) string {
	r, err := parseRecipient(entry)
	if err != nil {
		return entry
	}
	_, rest, _ := strings.Cut(entry, "|")
	return h.person(kind, r.To) + "|" + rest
}

// Confirm makes a draft of that team and user a send, once: a repeat by the same person answers with the same send. From
// then on it is running, scheduled, or awaiting approval. It gives [ErrNoDraft]; [ErrOutdated]; [ErrResent]; [ErrSuppressionKey];
// [ErrSuppressionLost]; [ErrEvicts]; [ErrUnavailable] when Redis is away, and then nothing was sent; or [ErrUncertain]. It
// keeps half of its context's time for finding out which.
func (s *Service) Confirm(ctx context.Context, id, team, user string) (Send, error) {
	// Trying first tells a Redis that is away or refuses from one that fails at the moment of confirming. It also keeps a
	// send from being confirmed whose turn cannot be queued.
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

// confirmArgs gives the arguments of confirmScript, the recipients of the draft among them.
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

// afterConfirm sees to it that a send that was confirmed just now is taken on.
func (s *Service) afterConfirm(ctx context.Context, id string, f sendHash) Send {
	send := f.send(id)
	s.enqueueConfirmed(ctx, f, send)
	s.wakeLeader(id)
	return send
}

// withdraw withdraws a draft whose confirmation had no answer. Whichever came first, that or this, is what holds.
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
