package sends

import (
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/coupontools/couponbot/sends/recipients"
)

func TestTest_fiveTimesADay(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var c calls
		s := service(connect(t, startRedis(t), nil), c.accepting, func(c *Config) {
			c.ApprovalOver, c.DailyCapPerson = 1, 1
		})
		stop := start(t, s)
		d := save(t, s, draft(1))
		for i := range MaxTests {
			to := recipients.Recipient{To: number(100 + i)}
			send, left, err := s.Test(t.Context(), d, to)
			if err != nil || left != MaxTests-1-i || !send.Test || send.Counts.Total != 1 {
				t.Fatalf("test %d = %+v, %d left, %v", i, send, left, err)
			}
			if done := awaitEnd(t, s, send.ID, time.Minute); done.Counts.Accepted != 1 || done.Message != d.Message {
				t.Errorf("test %d ended as %+v", i, done)
			}
		}
		to := recipients.Recipient{To: number(100)}
		if _, _, err := s.Test(t.Context(), d, to); !errors.Is(err, ErrTooManyTests) {
			t.Errorf("one more test = %v, want ErrTooManyTests", err)
		}
		if c.total() != MaxTests {
			t.Errorf("%d calls, want %d", c.total(), MaxTests)
		}
		if _, err := s.Send(t.Context(), d.ID); !errors.Is(err, ErrNoSend) {
			t.Errorf("the draft = %v, want it to be a draft still", err)
		}
		for e, err := range s.Trail(t.Context(), "") {
			if err != nil || e.What != "test" && e.What != "start" && e.What != "end" {
				t.Errorf("the trail has %+v, %v", e, err)
			}
		}
		stop()
		time.Sleep(12 * time.Hour) // the bubble began at midnight UTC; drafts live a day
		if _, _, err := s.Test(t.Context(), d, to); !errors.Is(err, ErrTooManyTests) {
			t.Errorf("a test later the same day = %v, want ErrTooManyTests", err)
		}
		time.Sleep(12 * time.Hour)
		if _, left, err := s.Test(t.Context(), d, to); err != nil || left != MaxTests-1 {
			t.Errorf("a day later = %d left, %v", left, err)
		}
	})
}

// A person on the do-not-contact list gets no test send, and it doesn't count.
func TestTest_suppressedPerson(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := service(connect(t, startRedis(t), nil), accept)
		d := save(t, s, draft(1))
		if _, err := s.Suppress(t.Context(), recipients.SMS, []string{number(7)}, Actor{}, ""); err != nil {
			t.Fatal(err)
		}
		if _, _, err := s.Test(t.Context(), d, recipients.Recipient{To: number(7)}); !errors.Is(err, ErrNobodyLeft) {
			t.Errorf("Test() = %v, want ErrNobodyLeft", err)
		}
		if _, left, err := s.Test(t.Context(), d, recipients.Recipient{To: number(8)}); err != nil || left != MaxTests-1 {
			t.Errorf("Test() of another = %d left, %v", left, err)
		}
	})
}
