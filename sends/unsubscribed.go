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
			if err := s.readUnsubscribed(ctx); err != nil {
				s.cfg.Log.Warn("Cannot read who has unsubscribed in Coupontools; the last list stays", "error", err)
				s.cfg.Redis.Del(context.WithoutCancel(ctx), s.key("unsubscribed:turn")) // it is tried again in a minute
			}
		}
		if !sleep(ctx, unsubscribedRetry) {
			return
		}
	}
}

// unsubscribedTurn acquires the turn to read the list. A turn that lasts longer than any can comes of a clock that was put
// back, and the turn of a list that is not there any more is of no use: both count as over.
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
	if left > unsubscribedEvery || left == -1 || l.unread() && l.unsubscribedMark != "" {
		if err := s.cfg.Redis.Del(ctx, turn).Err(); err != nil {
			return false, err
		}
	}
	return s.cfg.Redis.SetNX(ctx, turn, 1, unsubscribedEvery).Result()
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
	return s.replaceUnsubscribed(ctx, list)
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

// replaceUnsubscribed puts a list in the place of the last one, with how many are on it and when it was read, all at once.
func (s *Service) replaceUnsubscribed(ctx context.Context, list map[string]any) error {
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
		p.HSet(ctx, s.key("unsubscribed:read"), "count", len(list), "at", now.UnixMilli())
		return nil
	})
	return err
}
