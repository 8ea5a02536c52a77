package sends

import (
	"context"
	"crypto/rand"
	"errors"
	"slices"
	"strconv"
	"time"

	"github.com/coupontools/couponbot/coupontools"
	"github.com/coupontools/couponbot/sends/recipients"
)

// Contacts is what [*coupontools.Client] knows of the account's SMS groups.
type Contacts interface {
	SMSGroups(ctx context.Context) ([]coupontools.SMSGroup, error)
	SMSContacts(ctx context.Context, group string) ([]coupontools.SMSContact, error)
}

const (
	// unsubscribedEvery is how often the fleet reads who has unsubscribed at Coupontools, unsubscribedRetry how soon it tries
	// again if it cannot.
	unsubscribedEvery, unsubscribedRetry = 15 * time.Minute, time.Minute
	// unsubscribedTime is how long that may take: a call for each group, at the pace of all.
	unsubscribedTime = 10 * time.Minute
	// noSMS is the code that Coupontools answers with for an account without an SMS service.
	noSMS = 103
)

// watchUnsubscribed keeps the list of those who have unsubscribed at Coupontools, until ctx ends. One process of the fleet
// reads it at a time; while it cannot be read the last one stays.
func (s *Service) watchUnsubscribed(ctx context.Context) {
	if s.cfg.Contacts == nil {
		return
	}
	for {
		turn := s.key("unsubscribed:turn")
		first, err := s.cfg.Redis.SetNX(ctx, turn, 1, unsubscribedEvery).Result()
		if err == nil && first {
			if err := s.readUnsubscribed(ctx); err != nil {
				s.cfg.Log.Warn("Cannot read who has unsubscribed at Coupontools; the last list stays", "error", err)
				s.cfg.Redis.Del(context.WithoutCancel(ctx), turn) // somebody tries again in a minute
			}
		}
		if !sleep(ctx, unsubscribedRetry) {
			return
		}
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

// replaceUnsubscribed puts a list in the place of the last one, all at once.
func (s *Service) replaceUnsubscribed(ctx context.Context, list map[string]any) error {
	key, next := s.key("unsubscribed"), s.key("unsubscribed:"+rand.Text())
	if len(list) == 0 {
		return s.cfg.Redis.Del(ctx, key).Err()
	}
	pipe := s.cfg.Redis.TxPipeline()
	pipe.HSet(ctx, next, list)
	pipe.Rename(ctx, next, key)
	_, err := pipe.Exec(ctx)
	return err
}
