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

// maxAudit is the approximate number of entries that the audit log keeps.
const maxAudit = 100_000

// Actor is the person who acts, and where: the channel and the message of the pressed button, if it was a button.
type Actor struct{ Team, User, Channel, Message string }

// Entry is one audited action. Recipients in it are masked.
type Entry struct {
	// ID is its position in the log.
	ID string
	At time.Time
	// What is the action: "send", "test", "approve", "reject", "pause", "resume", "cancel", "start", "stop", "report",
	// "suppress", "unsuppress", or one that the commands add.
	What string
	// Actor is who did it, and where. The User is empty for couponbot itself.
	Actor
	// Send is the id of the affected send, if any.
	Send string
	// Before and After are the states around the action; Note adds details.
	Before, After, Note string
}

// Record writes an entry. Actions on a send need no call of it: the script that changes the send writes the entry.
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

// Trail iterates over the audit log from the newest entry to the oldest; with before, from the entry older than that id. It
// ends after an error.
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
