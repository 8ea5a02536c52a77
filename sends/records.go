package sends

import (
	"context"
	"fmt"
	"iter"
	"strconv"
	"strings"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/coupontools/couponbot/internal/rediserr"
	"github.com/coupontools/couponbot/sends/recipients"
)

// pageSize is how many recipients are read at a time.
const pageSize = 500

// Send returns a confirmed send, or [ErrNoSend].
func (s *Service) Send(ctx context.Context, id string) (Send, error) {
	hash, err := s.cfg.Redis.HGetAll(ctx, s.keys(id)[keySend]).Result()
	if err != nil {
		return Send{}, fmt.Errorf("read send %s: %w", id, redisError(err))
	}
	f := sendHash(hash)
	if f["confirmed"] == "" {
		return Send{}, ErrNoSend
	}
	return s.withStall(f.send(id)), nil
}

// Live returns the sends that haven't ended, in the order of their confirmation.
func (s *Service) Live(ctx context.Context) ([]Send, error) {
	all, err := s.listed(ctx, s.cfg.Redis.ZRange(ctx, s.key("sends:live"), 0, -1))
	var live []Send
	for _, send := range all {
		if !send.Ended() {
			live = append(live, send)
		}
	}
	return live, err
}

// Recent returns the last n confirmed sends that still have records, the newest first.
func (s *Service) Recent(ctx context.Context, n int) ([]Send, error) {
	return s.listed(ctx, s.cfg.Redis.ZRangeArgs(ctx, redis.ZRangeArgs{
		Key: s.key("sends:recent"), Start: 0, Stop: n - 1, Rev: true,
	}))
}

func (s *Service) listed(ctx context.Context, list *redis.StringSliceCmd) ([]Send, error) {
	ids, err := list.Result()
	if err != nil {
		return nil, fmt.Errorf("list sends: %w", redisError(err))
	}
	hashes := make([]*redis.MapStringStringCmd, len(ids))
	_, err = s.cfg.Redis.Pipelined(ctx, func(p redis.Pipeliner) error {
		for i, id := range ids {
			hashes[i] = p.HGetAll(ctx, s.keys(id)[keySend])
		}
		return nil
	})
	if err != nil && rediserr.KindOf(err) != rediserr.Damaged { // a damaged record hides no other
		return nil, fmt.Errorf("list sends: %w", redisError(err))
	}
	var all []Send
	for i, id := range ids {
		if f := sendHash(hashes[i].Val()); f["confirmed"] != "" {
			all = append(all, s.withStall(f.send(id)))
		}
	}
	return all, nil
}

// Outcome is one recipient of a send and its state.
type Outcome struct {
	recipients.Recipient
	Status     Status
	Code, Text string
	// Action is what the API says it did when it accepted the call: "email_sent". It may be empty.
	Action string
	// At is when the outcome was recorded, or the claim made; zero if neither happened.
	At time.Time

	claim string // the token of the claim, if there is an outcome
}

// Recipients iterates over the recipients of a send and their outcomes, in the order of the list. It can be used while the
// send runs; each page is read at one moment. It ends after an error, which is [ErrNoSend] if there is no such send.
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

// page reads the recipients of a send from an index on, at most pageSize, in one transaction.
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

// parse parses a stored outcome.
func (o *Outcome) parse(record string) {
	v := strings.SplitN(record, "|", 6)
	if len(v) < 6 {
		return
	}
	o.Status, o.claim, o.At, o.Code, o.Action, o.Text = Status(v[0]), v[1], parseMillis(v[2]), v[3], v[4], v[5]
}

// infer sets the state of a recipient without a stored outcome.
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

// claimTimes returns the times of claims by index.
func claimTimes(claims map[string]string) map[string]time.Time {
	times := make(map[string]time.Time, len(claims))
	for _, held := range claims {
		index, at, _ := strings.Cut(held, ":")
		times[index] = parseMillis(at)
	}
	return times
}
