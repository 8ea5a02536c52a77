package sends

import (
	"context"
	"fmt"
	"iter"
	"strconv"
	"strings"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/coupontools/couponbot/sends/recipients"
)

// pageSize is how many recipients are read at a time.
const pageSize = 500

// Status is what became of one recipient.
type Status string

// What can become of a recipient.
const (
	// Pending: no call was made; one will be while the send runs.
	Pending Status = "pending"
	// Claimed: a process is about to call, or is calling.
	Claimed Status = "claimed"
	// Accepted: the API took it.
	Accepted Status = "accepted"
	// Failed: the API refused it, for the reason in Code and Text.
	Failed Status = "failed"
	// Skipped: no call that did anything was made and none will be; Text says why.
	Skipped Status = "skipped"
	// Unknown: the API was called and may or may not have sent it. It is never repeated by itself.
	Unknown Status = "unknown"
)

// Outcome is one recipient of a send and what became of it.
type Outcome struct {
	recipients.Recipient
	Status     Status
	Code, Text string
	// Action is what the API says it did when it accepted the call: "email_sent". It may be empty.
	Action string
	// At is when the outcome was recorded, or the claim made; zero if neither was.
	At time.Time

	claim string // the token of the claim, if there is a record
}

// Recipients goes over the recipients of a send, in the order of its list, with what became of each. It may be used
// while the send runs; each part of the list is as it was when it was read. It ends after an error, which is
// [ErrNoSend] if there is no such send.
func (s *Service) Recipients(ctx context.Context, id string) iter.Seq2[Outcome, error] {
	return func(yield func(Outcome, error) bool) {
		for from := 0; ; from += pageSize {
			part, err := s.page(ctx, id, from)
			if err != nil {
				yield(Outcome{}, err)
				return
			}
			for _, o := range part {
				if !yield(o, nil) {
					return
				}
			}
			if len(part) < pageSize {
				return
			}
		}
	}
}

// page reads up to that many recipients of a send, in one transaction.
func (s *Service) page(ctx context.Context, id string, from int) ([]Outcome, error) {
	indexes := make([]string, pageSize)
	for i := range indexes {
		indexes[i] = strconv.Itoa(from + i)
	}
	var (
		hash    *redis.MapStringStringCmd
		entries *redis.StringSliceCmd
		records *redis.SliceCmd
		claims  *redis.MapStringStringCmd
		keys    = s.keys(id)
	)
	_, err := s.cfg.Redis.TxPipelined(ctx, func(p redis.Pipeliner) error {
		hash, entries = p.HGetAll(ctx, keys[keySend]), p.LRange(ctx, keys[keyRecipients], int64(from), int64(from+pageSize-1))
		records, claims = p.HMGet(ctx, keys[keyOutcomes], indexes...), p.HGetAll(ctx, keys[keyClaims])
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("read recipients of send %s: %w", id, redisError(err))
	}
	f := sendHash(hash.Val())
	if f["confirmed"] == "" {
		return nil, ErrNoSend
	}
	claimed := claimTimes(claims.Val())
	recorded, err := atLeast(records.Val(), pageSize)
	if err != nil || len(entries.Val()) > pageSize {
		return nil, fmt.Errorf("read recipients of send %s: %w", id, errReply)
	}
	part := make([]Outcome, len(entries.Val()))
	for i, entry := range entries.Val() {
		if part[i].Recipient, err = parseRecipient(entry); err != nil {
			return nil, fmt.Errorf("read recipients of send %s: %w", id, err)
		}
		if record, ok := recorded[i].(string); ok {
			part[i].parse(record)
			continue
		}
		part[i].infer(f, claimed[indexes[i]])
	}
	return part, nil
}

// parse takes an outcome from its record.
func (o *Outcome) parse(record string) {
	v := strings.SplitN(record, "|", 6)
	if len(v) < 6 {
		return
	}
	o.Status, o.claim, o.At, o.Code, o.Action, o.Text = Status(v[0]), v[1], parseMillis(v[2]), v[3], v[4], v[5]
}

// infer tells how a recipient without a record stands.
func (o *Outcome) infer(f sendHash, claimedAt time.Time) {
	switch {
	case !claimedAt.IsZero():
		o.Status, o.At = Claimed, claimedAt
	case f.state() == StateStopped, f.state() == StateCancelled:
		o.Status, o.Text = Skipped, f["why"]
	default:
		o.Status = Pending
	}
}

// claimTimes gives the times of claims by index.
func claimTimes(claims map[string]string) map[string]time.Time {
	times := make(map[string]time.Time, len(claims))
	for _, held := range claims {
		index, at, _ := strings.Cut(held, ":")
		times[index] = parseMillis(at)
	}
	return times
}
