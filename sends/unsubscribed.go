package sends

import (
	"context"
	"crypto/rand"
	"errors"
	"slices"
	"strconv"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/coupontools/couponbot/coupontools"
	"github.com/coupontools/couponbot/sends/recipients"
)

// Contacts is what [*coupontools.Client] knows of the account's SMS groups.
type Contacts interface {
	SMSGroups(ctx context.Context) ([]coupontools.SMSGroup, error)
	SMSContacts(ctx context.Context, group string) ([]coupontools.SMSContact, error)
}

const (
	// unsubscribedEvery is how often the fleet reads who has unsubscribed in Coupontools, unsubscribedRetry how soon it tries
	// again if it cannot.
	unsubscribedEvery, unsubscribedRetry = 15 * time.Minute, time.Minute
	// unsubscribedTime is how long that may take: a call for each group, at the pace of all.
	unsubscribedTime = 10 * time.Minute
	// noSMS is the code that Coupontools answers with for an account without an SMS service.
	noSMS = 103
)

// watchUnsubscribed keeps the list of those who have unsubscribed in Coupontools, until ctx ends. One process of the fleet
// reads it at a time; while it can't be read the last one stays.
func (s *Service) watchUnsubscribed(ctx context.Context) {
	if s.cfg.Contacts == nil {
		return
	}
	for {
		if mine, err := s.unsubscribedTurn(ctx); err == nil && mine {
			err := s.readUnsubscribed(ctx)
			if err != nil {
				s.cfg.Log.Warn("Cannot read who has unsubscribed in Coupontools; the last list stays", "error", err)
			}
			s.endUnsubscribedTurn(context.WithoutCancel(ctx), err == nil)
		}
		if !sleep(ctx, unsubscribedRetry) {
			return
		}
	}
}

// unsubscribedReading is the value of the turn while a process reads the list; afterwards it is another one.
const unsubscribedReading = "reading"

// unsubscribedTurn acquires the turn to read the list. A turn counts as over if it lasts longer than any can, since the clock of
// Redis was set back, or if it rests after a reading whose list can't be used any more.
func (s *Service) unsubscribedTurn(ctx context.Context) (bool, error) {
	l, err := s.lists(ctx)
	if err != nil {
		return false, err
	}
	turn := s.key("unsubscribed:turn")
	left, err := s.cfg.Redis.PTTL(ctx, turn).Result()
	if err != nil {
		return false, err
	}
	state, err := s.cfg.Redis.Get(ctx, turn).Result()
	if err != nil && !errors.Is(err, redis.Nil) {
		return false, err
	}
	if left > unsubscribedEvery || left == -1 || l.unread() && state != unsubscribedReading {
		if err := s.cfg.Redis.Del(ctx, turn).Err(); err != nil {
			return false, err
		}
	}
	return s.cfg.Redis.SetNX(ctx, turn, unsubscribedReading, unsubscribedTime).Result()
}

// endUnsubscribedTurn has the fleet rest after a reading; if that failed it is tried again in a minute.
func (s *Service) endUnsubscribedTurn(ctx context.Context, read bool) {
	turn := s.key("unsubscribed:turn")
	if read {
		s.cfg.Redis.Set(ctx, turn, "resting", unsubscribedEvery)
	} else {
		s.cfg.Redis.Del(ctx, turn)
	}
}

func (s *Service) readUnsubscribed(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, unsubscribedTime)
	defer cancel()
	h, err := s.ready(ctx)
	if err != nil {
		return err
	}
	groups, err := s.cfg.Contacts.SMSGroups(ctx)
	if e, ok := errors.AsType[*coupontools.Error](err); ok && slices.Contains(e.Codes, noSMS) {
		groups, err = nil, nil
	}
	if err != nil {
		return err
	}
	list := map[string]any{}
	for _, g := range groups {
		contacts, err := s.cfg.Contacts.SMSContacts(ctx, g.ID)
		if err != nil {
			return err
		}
		for _, c := range contacts {
			if to, ok := unsubscriber(c); ok {
				list[h.person(recipients.SMS, to)] = strconv.FormatInt(unixMillis(c.UnsubscribedAt), 10)
			}
		}
	}
	return s.replaceUnsubscribed(ctx, list, h.keyID)
}

// unsubscriber is the number of a contact that has unsubscribed. Coupontools writes it without the +.
func unsubscriber(c coupontools.SMSContact) (string, bool) {
	if !c.Unsubscribed || c.Phone == "" {
		return "", false
	}
	phone := c.Phone
	if phone[0] != '+' {
		phone = "+" + phone
	}
	r, err := recipients.Phone(phone, recipients.Rules{Kind: recipients.SMS})
	return r.To, err == nil
}

// replaceUnsubscribed puts a list in the place of the last one, with how many are on it, when it was read and the fingerprint of
// the hashes' key, all at once.
func (s *Service) replaceUnsubscribed(ctx context.Context, list map[string]any, keyID string) error {
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
		p.HSet(ctx, s.key("unsubscribed:read"), "count", len(list), "at", now.UnixMilli(), "key", keyID)
		return nil
	})
	return err
}
