package sends

import (
	"context"
	"crypto/rand"
	"errors"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"

	"github.com/redis/go-redis/v9"

	"github.com/coupontools/couponbot/coupontools"
	"github.com/coupontools/couponbot/sends/recipients"
)

// Contacts is the part of [*coupontools.Client] for the account's SMS groups.
type Contacts interface {
	SMSGroups(ctx context.Context) ([]coupontools.SMSGroup, error)
	SMSContacts(ctx context.Context, group string) ([]coupontools.SMSContact, error)
}

const (
	// unsubscribedEvery is how often one of all processes reads who has unsubscribed in Coupontools; unsubscribedRetry is the
	// wait after an error.
	unsubscribedEvery, unsubscribedRetry = 15 * time.Minute, time.Minute
	// unsubscribedTime limits one reading: a call for each group, at the common pace.
	unsubscribedTime = 10 * time.Minute
	// noSMS is Coupontools' error code for an account without an SMS service.
	noSMS = 103
)

// watchUnsubscribed keeps the list of those who have unsubscribed in Coupontools up to date, until ctx ends. One process
// reads it at a time. If that fails, the previous list stays.
func (s *Service) watchUnsubscribed(ctx context.Context) {
	if s.cfg.Contacts == nil {
		return
	}
	for {
		if mine, err := s.acquireUnsubscribedLease(ctx); err == nil && mine {
			err := s.readUnsubscribed(ctx)
			if err != nil {
				s.cfg.Log.Warn("Cannot read who has unsubscribed in Coupontools; the last list stays", "error", err)
			}
			s.releaseUnsubscribedLease(context.WithoutCancel(ctx), err == nil)
		}
		if !sleep(ctx, unsubscribedRetry) {
			return
		}
	}
}

// unsubscribedLeaseScript acquires the lease to read the list. After a reading the value of the lease is "resting" until the next
// one is due; a list that can't be used doesn't wait for that. A longer TTL than any lease has means that the clock of Redis was
// set back, and counts as expired.
//
//	KEYS[1] lease
//	ARGV[1] length of the lease (ms)
//	ARGV[2] longest TTL (ms)
//	ARGV[3] "1" if the list can't be used
//
// Returns 1 if it acquired the lease, else 0.
var unsubscribedLeaseScript = redis.NewScript(`
local length, longest, unusable = ARGV[1], tonumber(ARGV[2]), ARGV[3] == '1'
local state, left = redis.call('GET', KEYS[1]), redis.call('PTTL', KEYS[1])
local held = state and left > 0 and left <= longest
if held and not (unusable and state == 'resting') then return 0 end
redis.call('SET', KEYS[1], 'reading', 'PX', length)
return 1`)

func (s *Service) acquireUnsubscribedLease(ctx context.Context) (bool, error) {
	l, err := s.lists(ctx)
	if err != nil {
		return false, err
	}
	return unsubscribedLeaseScript.Run(ctx, s.cfg.Redis, []string{s.key("unsubscribed:lease")},
		unsubscribedTime.Milliseconds(), unsubscribedEvery.Milliseconds(), flag(l.unread())).Bool()
}

// releaseUnsubscribedLease lets all processes rest after a reading. If the reading failed, the next try acquires the lease again.
func (s *Service) releaseUnsubscribedLease(ctx context.Context, read bool) {
	lease := s.key("unsubscribed:lease")
	if read {
		s.cfg.Redis.Set(ctx, lease, "resting", unsubscribedEvery)
	} else {
		s.cfg.Redis.Del(ctx, lease)
	}
}

func (s *Service) readUnsubscribed(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, unsubscribedTime)
	defer cancel()
	h, err := s.hasher(ctx)
	if err != nil {
		return err
	}
	groups, err := s.cfg.Contacts.SMSGroups(ctx)
	if e, ok := errors.AsType[*coupontools.Error](err); ok && slices.Contains(e.Codes, noSMS) {
		return s.keepUnsubscribed(ctx, h.keyID)
	}
	if err != nil {
		return err
	}
	list, unreadable := map[string]any{}, 0
	for _, g := range groups {
		contacts, err := s.cfg.Contacts.SMSContacts(ctx, g.ID)
		if err != nil {
			return err
		}
		for _, c := range contacts {
			if !c.Unsubscribed || c.Phone == "" {
				continue
			}
			to, err := optedOutNumber(c.Phone)
			if err != nil {
				unreadable++
				continue
			}
			list[h.person(recipients.SMS, to)] = strconv.FormatInt(unixMillis(c.UnsubscribedAt), 10)
		}
	}
	if unreadable > 0 {
		s.cfg.Log.Warn("Coupontools lists people as unsubscribed whose phone numbers can't be read", "people", unreadable)
	}
	return s.replaceUnsubscribed(ctx, list, unreadable, h.keyID)
}

// optedOutNumber returns the phone number of a contact that has unsubscribed. Coupontools writes it without the +.
func optedOutNumber(phone string) (string, error) {
	digits := strings.TrimLeftFunc(phone, func(r rune) bool { return !unicode.IsDigit(r) })
	r, err := recipients.Phone("+"+digits, recipients.Rules{Kind: recipients.SMS})
	return r.To, err
}

// keepUnsubscribed marks the list that was read last as read now. It is for an account without an SMS service: nobody can
// unsubscribe there, and the list is needed when the service is back.
func (s *Service) keepUnsubscribed(ctx context.Context, keyID string) error {
	l, err := s.lists(ctx)
	if err != nil {
		return err
	}
	if l.unread() {
		return s.replaceUnsubscribed(ctx, nil, 0, keyID)
	}
	return s.cfg.Redis.HSet(ctx, s.key("unsubscribed:read"), "at", l.now.UnixMilli()).Err()
}

// replaceUnsubscribed replaces the list, its length, how many more have numbers that can't be read, the time of the reading and
// the fingerprint of the hashes' key in one transaction.
func (s *Service) replaceUnsubscribed(ctx context.Context, list map[string]any, unreadable int, keyID string) error {
	now, err := s.cfg.Redis.Time(ctx).Result()
	if err != nil {
		return err
	}
	key, next := s.key("unsubscribed"), s.key("unsubscribed:"+rand.Text())
	_, err = s.cfg.Redis.TxPipelined(ctx, func(p redis.Pipeliner) error {
		if len(list) == 0 {
			p.Del(ctx, key)
		} else {
			p.HSet(ctx, next, list)
			p.Rename(ctx, next, key)
		}
		p.HSet(ctx, s.key("unsubscribed:read"), "count", len(list), "unreadable", unreadable, "at",
			now.UnixMilli(), "key", keyID)
		return nil
	})
	return err
}
