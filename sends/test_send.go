package sends

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/coupontools/couponbot/sends/recipients"
)

// MaxTests is how many tests one person can send a UTC day.
const MaxTests = 5

// ErrTooManyTests says that a person has sent as many tests today, by UTC, as they can.
var ErrTooManyTests = errors.New("no more tests today")

// Test sends what is in a draft to one recipient, who should be the person that the draft belongs to, and at once. It is a
// send of its own, as safe as any; the draft stays as it is. It returns also how many tests the person has left today. It
// gives [ErrTooManyTests], and what [Service.SaveDraft] and [Service.Confirm] give; only those that are confirmed, or may
// be, count.
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

// countTest counts one more test of a person today. A count that go-redis repeats costs the person a test, and no more.
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
