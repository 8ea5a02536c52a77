package sends

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/coupontools/couponbot/sends/recipients"
)

// MaxTests is how many test sends one person can make in a UTC day.
const MaxTests = 5

// ErrTooManyTests means that a person has used up today's test sends.
var ErrTooManyTests = errors.New("no more tests today")

// Test sends the content of a draft to one recipient at once, who should be the owner of the draft. It is a send of its own
// with the same guarantees; the draft stays as it is. It also returns how many test sends the person has left today. Errors:
// [ErrTooManyTests], and those of [Service.SaveDraft] and [Service.Confirm]. Only test sends that are or may be confirmed
// count.
func (s *Service) Test(ctx context.Context, d Draft, to recipients.Recipient) (Send, int, error) {
	test, err := s.SaveDraft(ctx, Draft{
		Team: d.Team, User: d.User, Offer: d.Offer, OfferID: d.OfferID, OfferName: d.OfferName, Kind: d.Kind,
		Subject: d.Subject, Message: d.Message, Test: true, List: recipients.List{Recipients: []recipients.Recipient{to}},
	})
	if err != nil {
		return Send{}, 0, fmt.Errorf("test: %w", err)
	}
	n, err := s.countTest(ctx, d.User)
	if err != nil {
		return Send{}, 0, fmt.Errorf("test: %w", redisError(err))
	}
	if n > MaxTests {
		return Send{}, 0, ErrTooManyTests
	}
	send, err := s.Confirm(ctx, test.ID, d.Team, d.User)
	return send, MaxTests - n, err
}

// countTest counts one more test send of a person today. If go-redis repeats it, the person loses a test send, no more.
func (s *Service) countTest(ctx context.Context, user string) (int, error) {
	now, err := s.cfg.Redis.Time(ctx).Result()
	if err != nil {
		return 0, err
	}
	key := s.key("test:" + strconv.FormatInt(now.UnixMilli()/dayMillis, 10) + ":" + user)
	pipe := s.cfg.Redis.TxPipeline()
	n := pipe.Incr(ctx, key)
	pipe.Expire(ctx, key, 2*24*time.Hour)
	_, err = pipe.Exec(ctx)
	return int(n.Val()), err
}
