package sends

import (
	"context"
	"fmt"
	"iter"
	"strconv"
	"strings"
	"time"

	"github.com/redis/go-redis/v9"
)

// maxAudit is about how many entries the audit trail keeps.
const maxAudit = 100_000

// Entry is one thing that somebody did, in the audit trail. It names no recipient but masked.
type Entry struct {
	// ID is its place in the trail.
	ID string
	At time.Time
	// What was done: "send", "test", "approve", "reject", "pause", "resume", "cancel", "start", "stop", "report",
	// "suppress", "unsuppress", and what the commands add to these.
	What string
	// Actor is who did it, and where; the User is empty for couponbot itself.
	Actor
	// Send is the id of the send it was done to, if it was one.
	Send string
	// Before and After are how things stood; Note says more.
	Before, After, Note string
}

// Record adds to the audit trail what somebody did. What is done to a send is added by itself, in one step with it.
func (s *Service) Record(ctx context.Context, e Entry) error {
	err := s.cfg.Redis.XAdd(ctx, &redis.XAddArgs{
		Stream: s.key("audit"), MaxLen: maxAudit, Approx: true,
		Values: []any{
			"what", e.What, "team", e.Team, "who", e.User, "send", e.Send,
			"before", e.Before, "after", e.After, "note", e.Note, "channel", e.Channel, "message", e.Message,
		},
	}).Err()
	if err != nil {
		return fmt.Errorf("record %s: %w", e.What, redisError(err))
	}
	return nil
}

// Trail goes over the audit trail from the newest entry to the oldest, or from before the entry with that id if it is not
// empty. It ends after an error.
func (s *Service) Trail(ctx context.Context, before string) iter.Seq2[Entry, error] {
	return func(yield func(Entry, error) bool) {
		for {
			last := "+"
			if before != "" {
				last = "(" + before
			}
			part, err := s.cfg.Redis.XRevRangeN(ctx, s.key("audit"), last, "-", pageSize).Result()
			if err != nil {
				yield(Entry{}, fmt.Errorf("read the audit trail: %w", redisError(err)))
				return
			}
			for _, m := range part {
				if !yield(entryOf(m), nil) {
					return
				}
				before = m.ID
			}
			if len(part) < pageSize {
				return
			}
		}
	}
}

func entryOf(m redis.XMessage) Entry {
	text := func(field string) string { v, _ := m.Values[field].(string); return v }
	at, _, _ := strings.Cut(m.ID, "-")
	ms, _ := strconv.ParseInt(at, 10, 64)
	return Entry{
		ID: m.ID, At: time.UnixMilli(ms), What: text("what"),
		Actor: Actor{Team: text("team"), User: text("who"), Channel: text("channel"), Message: text("message")},
		Send:  text("send"), Before: text("before"), After: text("after"), Note: text("note"),
	}
}
