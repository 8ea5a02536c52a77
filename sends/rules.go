package sends

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/coupontools/couponbot/sends/recipients"
)

// RuleWords explains a rule on who may be written to, in a sentence about a recipient.
func RuleWords(rule recipients.Rule) string {
	switch rule {
	case recipients.RuleSuppressed:
		return "It is on the do-not-contact list."
	case recipients.RuleUnsubscribed:
		return "It has unsubscribed in Coupontools."
	case recipients.RuleAnswered:
		return "Its outcome in the first send is known by now."
	case recipients.RuleExpired:
		return "The first send's records have expired, so we can't tell whether it reached them."
	case recipients.RuleFrequencyCap:
		return "It was sent something not long ago (FREQUENCY_CAP)."
	case recipients.RuleDailyCapPerson:
		return "The sender has reached their number of recipients for today, by UTC (DAILY_CAP_PERSON)."
	case recipients.RuleDailyCap:
		return "All senders together have reached their number of recipients for today, by UTC (DAILY_CAP)."
	}
	return "It may not be written to."
}

const dayMillis = 24 * 60 * 60 * 1000

// dayKey returns the key that counts the recipients of a day, of one sender or, with "*", of all.
func (s *Service) dayKey(now time.Time, whose string) string {
	return s.key("day:" + strconv.FormatInt(now.UnixMilli()/dayMillis, 10) + ":" + whose)
}

func (s *Service) lastKey(person string) string { return s.key("last:" + person) }

// facts are what Redis knows about people, in the order in which they were requested.
type facts struct {
	now          time.Time
	suppressed   []any
	unsubscribed []any
	last         []any
	mine, all    int // recipients today, of one sender and of all
}

// facts reads what the rules depend on, for people hashed by h, in pages of pageSize. It returns [ErrSuppressionKey] if the
// do-not-contact list has another key now.
func (s *Service) facts(ctx context.Context, h *hasher, people []string, user string) (facts, error) {
	f := facts{suppressed: make([]any, 0, len(people))}
	now, err := s.cfg.Redis.Time(ctx).Result()
	if err != nil {
		return f, redisError(err)
	}
	f.now = now
	for from := 0; from < len(people); from += pageSize {
		part := people[from:min(from+pageSize, len(people))]
		lasts := make([]string, len(part))
		for i, person := range part {
			lasts[i] = s.lastKey(person)
		}
		var suppressed, unsubscribed, last, key *redis.SliceCmd
		_, err := s.cfg.Redis.TxPipelined(ctx, func(p redis.Pipeliner) error {
			key = p.HMGet(ctx, s.listKey("marker"), "key")
			suppressed = p.HMGet(ctx, s.listKey("people"), part...)
			unsubscribed = p.HMGet(ctx, s.key("unsubscribed"), part...)
			last = p.MGet(ctx, lasts...)
			return nil
		})
		if err != nil {
			return f, redisError(err)
		}
		keyID, err := atLeast(key.Val(), 1)
		if err != nil {
			return f, err
		}
		if keyID[0] != h.keyID {
			return f, ErrSuppressionKey
		}
		for _, answer := range []struct {
			to   *[]any
			from *redis.SliceCmd
		}{{&f.suppressed, suppressed}, {&f.unsubscribed, unsubscribed}, {&f.last, last}} {
			values, err := atLeast(answer.from.Val(), len(part))
			if err != nil { // a missing answer must not count as "not barred"
				return f, err
			}
			*answer.to = append(*answer.to, values[:len(part)]...)
		}
	}
	used, err := s.cfg.Redis.MGet(ctx, s.dayKey(now, user), s.dayKey(now, "*")).Result()
	if err != nil {
		return f, redisError(err)
	}
	if used, err = atLeast(used, 2); err != nil {
		return f, err
	}
	f.mine, f.all = parseInt(used[0]), parseInt(used[1])
	return f, nil
}

// asOf returns the facts at a later time, if nothing else is sent until then.
func (f facts) asOf(later time.Time) facts {
	if later.UnixMilli()/dayMillis != f.now.UnixMilli()/dayMillis {
		f.mine, f.all = 0, 0
	}
	f.now = later
	return f
}

func parseInt(v any) int {
	text, _ := v.(string)
	n, _ := strconv.Atoi(text)
	return n
}

// lastAt returns when the i-th person was last sent something, as far as Redis remembers.
func (f facts) lastAt(i int) time.Time {
	text, ok := f.last[i].(string)
	if !ok {
		return time.Time{}
	}
	return parseMillis(text[strings.LastIndexByte(text, '|')+1:])
}

// lastBy reports whether the i-th person was last sent something by the claim with that token.
func (f facts) lastBy(i int, token string) bool {
	text, _ := f.last[i].(string)
	return token != "" && strings.HasPrefix(text, token+"|")
}

// applyRules leaves out recipients of a draft who can't be written to. A call that the draft resends doesn't bar its
// recipient.
func (s *Service) applyRules(ctx context.Context, h *hasher, d Draft, calls map[string]priorCall) (recipients.List, error) {
	list := d.List
	people := make([]string, len(list.Recipients))
	for i, r := range list.Recipients {
		people[i] = h.person(d.Kind, r.To)
	}
	f, err := s.facts(ctx, h, people, d.User)
	if err != nil {
		return list, err
	}
	if d.ScheduledAt.After(f.now) {
		f = f.asOf(d.ScheduledAt)
	}
	left := list
	left.Recipients = make([]recipients.Recipient, 0, len(list.Recipients))
	for i, r := range list.Recipients {
		if f.lastBy(i, calls[r.To].claim) {
			f.last[i] = nil
		}
		if barriers := s.barriers(f, i, len(left.Recipients), d.Test); len(barriers) > 0 {
			rule := barriers[0].Rule
			left.LeftOut = append(left.LeftOut, recipients.LeftOut{
				Line: r.Line, FromFile: r.FromFile, Text: r.To, Rule: rule, Reason: RuleWords(rule),
			})
			continue
		}
		left.Recipients = append(left.Recipients, r)
	}
	return left, nil
}

// Barrier is a rule that applies to a person now.
type Barrier struct {
	Rule recipients.Rule
	// Since is when the rule began to apply, Until when it ends; zero if unknown or for good.
	Since, Until time.Time
	// By is the Slack id of the person who added the entry to the do-not-contact list, Note how.
	By, Note string
}

// barriers returns the rules by which the i-th person can't be written to, in the order in which they are checked; before is how
// many recipients of the same send come first. A test send isn't subject to caps. The Lua function barrier in claimScript is the
// same rule.
func (s *Service) barriers(f facts, i, before int, test bool) []Barrier {
	var all []Barrier
	if f.suppressed[i] != nil {
		text, _ := f.suppressed[i].(string)
		all = append(all, suppressedBarrier(text))
	}
	if f.unsubscribed[i] != nil {
		text, _ := f.unsubscribed[i].(string)
		all = append(all, Barrier{Rule: recipients.RuleUnsubscribed, Since: parseDue(text)})
	}
	if test {
		return all
	}
	if last := f.lastAt(i); s.cfg.FrequencyCap > 0 && f.now.Sub(last) < s.cfg.FrequencyCap {
		all = append(all, Barrier{Rule: recipients.RuleFrequencyCap, Since: last, Until: last.Add(s.cfg.FrequencyCap)})
	}
	tomorrow := time.UnixMilli((f.now.UnixMilli()/dayMillis + 1) * dayMillis)
	if s.cfg.DailyCapPerson > 0 && f.mine+before >= s.cfg.DailyCapPerson {
		all = append(all, Barrier{Rule: recipients.RuleDailyCapPerson, Until: tomorrow})
	}
	if s.cfg.DailyCap > 0 && f.all+before >= s.cfg.DailyCap {
		all = append(all, Barrier{Rule: recipients.RuleDailyCap, Until: tomorrow})
	}
	return all
}

// Why returns every rule by which a sender can't write to a person now; none if they can. Errors: [ErrSuppressionKey],
// [ErrSuppressionLost] or [ErrUnavailable].
func (s *Service) Why(ctx context.Context, kind recipients.Kind, to, user string) ([]Barrier, error) {
	h, err := s.hasher(ctx)
	if err != nil {
		return nil, fmt.Errorf("why: %w", err)
	}
	f, err := s.facts(ctx, h, []string{h.person(kind, to)}, user)
	if err != nil {
		return nil, fmt.Errorf("why: %w", err)
	}
	return s.barriers(f, 0, 0, false), nil
}
