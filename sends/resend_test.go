package sends

import (
	"context"
	"errors"
	"slices"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/coupontools/couponbot/coupontools"
	"github.com/coupontools/couponbot/sends/recipients"
)

func TestResend_unknownOnce(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var well atomic.Bool
		s := service(connect(t, startRedis(t), nil), func(_ context.Context, to string) error {
			if !well.Load() && (to == number(1) || to == number(3)) {
				return failure(coupontools.Unknown, 500)
			}
			return nil
		})
		id := confirmed(t, s, 5)
		start(t, s)
		if _, err := s.Resend(t.Context(), id, team, mia); !errors.As(err, new(*StateError)) {
			t.Errorf("Resend() of a running send = %v, want a StateError", err)
		}
		awaitEnd(t, s, id, time.Minute)
		if _, err := s.Resend(t.Context(), id, team, mia); !errors.As(err, new(*TooSoonError)) {
			t.Errorf("Resend() at once = %v, want a TooSoonError", err)
		}
		time.Sleep(30*time.Second + claimGrace)
		first, err := s.Resend(t.Context(), id, team, mia)
		if err != nil || len(first.List.Recipients) != 2 || first.List.Recipients[1].To != number(3) {
			t.Fatalf("Resend() = %+v, %v, want a draft to the two who are unknown", first.List, err)
		}
		second, err := s.Resend(t.Context(), id, team, ben)
		if err != nil {
			t.Fatal(err)
		}
		well.Store(true)
		if _, err := s.Confirm(t.Context(), first.ID, team, mia); err != nil {
			t.Fatal(err)
		}
		if _, err := s.Confirm(t.Context(), second.ID, team, ben); !errors.Is(err, ErrResent) {
			t.Errorf("Confirm() of another draft to the same = %v, want %v", err, ErrResent)
		}
		if _, err := s.Resend(t.Context(), id, team, ben); !errors.Is(err, ErrResent) {
			t.Errorf("Resend() afterwards = %v, want %v", err, ErrResent)
		}
		send := awaitEnd(t, s, first.ID, time.Minute)
		if send.Counts != (Counts{Total: 2, Accepted: 2}) || send.Parent != id || read(t, s, id).Resent != first.ID {
			t.Errorf("it ended as %+v, child of %q", send.Counts, send.Parent)
		}
	})
}

// A recipient that turns out to have been reached isn't called again.
func TestResend_skipsAnswered(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := service(connect(t, startRedis(t), nil), func(context.Context, string) error {
			return failure(coupontools.Unknown, 500)
		})
		id := confirmed(t, s, 3)
		stop := start(t, s)
		awaitEnd(t, s, id, time.Minute)
		stop()
		time.Sleep(30*time.Second + claimGrace)
		d, err := s.Resend(t.Context(), id, team, mia)
		if err != nil {
			t.Fatal(err)
		}
		record := s.cfg.Redis.HGet(t.Context(), s.keys(id)[keyOutcomes], "1").Val()
		token := record[len("unknown|"):][:len("XXXXXXXXXXXXXXXXXXXXXXXXXX:2")]
		if err := s.runScript(t.Context(), outcomeScript, id, token, "1", string(Accepted), "", "", 10, "").Err(); err != nil {
			t.Fatal(err)
		}
		if _, err := s.Confirm(t.Context(), d.ID, team, mia); err != nil {
			t.Fatal(err)
		}
		start(t, s)
		if send := awaitEnd(t, s, d.ID, time.Minute); send.Counts != (Counts{Total: 3, Skipped: 1, Unknown: 2}) {
			t.Errorf("it ended as %+v %v, want the one who got an answer skipped", send.Counts, send.Skips)
		}
	})
}

// If the records of the first send expire while its resend waits, nobody knows who was reached: everybody is skipped for
// that reason.
func TestResend_firstSendExpired(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var well atomic.Bool
		s := service(connect(t, startRedis(t), nil), func(context.Context, string) error {
			if well.Load() {
				return nil
			}
			return failure(coupontools.Unknown, 500)
		}, func(c *Config) { c.ReportTTL = time.Hour })
		id := confirmed(t, s, 3)
		stop := start(t, s)
		awaitEnd(t, s, id, time.Minute)
		stop()
		well.Store(true)
		time.Sleep(30*time.Second + claimGrace)
		d, err := s.Resend(t.Context(), id, team, mia)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := s.Confirm(t.Context(), d.ID, team, mia); err != nil {
			t.Fatal(err)
		}
		act(t, s, d.ID, Pause, mia)
		time.Sleep(time.Hour - time.Minute)
		if _, err := s.Send(t.Context(), id); !errors.Is(err, ErrNoSend) {
			t.Fatalf("Send() of the first = %v, want it expired", err)
		}
		act(t, s, d.ID, Resume, mia)
		start(t, s)
		send := awaitEnd(t, s, d.ID, time.Minute)
		want := []Skip{{Rule: recipients.RuleExpired, Count: 3}}
		if send.Counts != (Counts{Total: 3, Skipped: 3}) || !slices.Equal(send.Skips, want) {
			t.Errorf("it ended as %+v %v, want all skipped by %v", send.Counts, send.Skips, want)
		}
	})
}

// The call with the unknown outcome doesn't bar its own resend; another send does.
func TestResend_frequencyCap(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var well atomic.Bool
		s := service(connect(t, startRedis(t), nil), func(context.Context, string) error {
			if well.Load() {
				return nil
			}
			return failure(coupontools.Unknown, 500)
		}, func(c *Config) { c.FrequencyCap = 24 * time.Hour })
		id := confirmed(t, s, 3)
		start(t, s)
		awaitEnd(t, s, id, time.Minute)
		time.Sleep(30*time.Second + claimGrace)
		well.Store(true)
		d, err := s.Resend(t.Context(), id, team, mia)
		if err != nil || len(d.List.Recipients) != 3 {
			t.Fatalf("Resend() = %+v, %v, want a draft to all three", d.List, err)
		}
		if _, err := s.Confirm(t.Context(), d.ID, team, mia); err != nil {
			t.Fatal(err)
		}
		if send := awaitEnd(t, s, d.ID, time.Minute); send.Counts != (Counts{Total: 3, Accepted: 3}) {
			t.Errorf("it ended as %+v %v, want all accepted", send.Counts, send.Skips)
		}
		if _, err := s.SaveDraft(t.Context(), draft(3)); !errors.Is(err, ErrNobodyLeft) {
			t.Errorf("SaveDraft() of another send = %v, want %v", err, ErrNobodyLeft)
		}
	})
}

// A rejected resend doesn't count: the unknown recipients can be sent to again.
func TestResend_afterRejection(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := service(connect(t, startRedis(t), nil), func(context.Context, string) error {
			return failure(coupontools.Unknown, 500)
		}, func(c *Config) { c.ApprovalOver = 1 })
		id := confirmed(t, s, 3)
		stop := start(t, s)
		act(t, s, id, Approve, ben)
		awaitEnd(t, s, id, time.Minute)
		stop()
		time.Sleep(30*time.Second + claimGrace)
		d, err := s.Resend(t.Context(), id, team, mia)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := s.Confirm(t.Context(), d.ID, team, mia); err != nil {
			t.Fatal(err)
		}
		act(t, s, d.ID, Reject, ben)
		next := map[string]string{}
		for _, user := range []string{mia, ben} {
			d, err := s.Resend(t.Context(), id, team, user)
			if err != nil {
				t.Fatalf("Resend() of %s after one was rejected = %v, want a draft", user, err)
			}
			next[user] = d.ID
		}
		if send, err := s.Confirm(t.Context(), next[mia], team, mia); send.State != StateAwaiting || err != nil {
			t.Errorf("Confirm() = %s, %v, want it to await approval", send.State, err)
		}
		if _, err := s.Confirm(t.Context(), next[ben], team, ben); !errors.Is(err, ErrResent) {
			t.Errorf("Confirm() of another = %v, want %v", err, ErrResent)
		}
	})
}

// A draft to the unknown that was made before the key of the do-not-contact list changed is replaced by another one.
func TestResend_againAfterAnotherKey(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := service(connect(t, startRedis(t), nil), func(context.Context, string) error {
			return failure(coupontools.Unknown, 500)
		})
		id := confirmed(t, s, 3)
		stop := start(t, s)
		awaitEnd(t, s, id, time.Minute)
		stop()
		time.Sleep(30*time.Second + claimGrace)
		before, err := s.Resend(t.Context(), id, team, mia)
		if err != nil {
			t.Fatal(err)
		}
		s.cfg.SuppressionKey = "another"
		if _, err := s.AcceptSuppressionList(t.Context(), Actor{User: mia}); err != nil {
			t.Fatal(err)
		}
		if _, err := s.Confirm(t.Context(), before.ID, team, mia); !errors.Is(err, ErrOutdated) {
			t.Fatalf("Confirm() = %v, want %v", err, ErrOutdated)
		}
		d, err := s.Resend(t.Context(), id, team, mia)
		if err != nil {
			t.Fatal(err)
		}
		if send, err := s.Confirm(t.Context(), d.ID, team, mia); send.State != StateRunning || err != nil {
			t.Errorf("Confirm() of the next one = %s, %v, want it to run", send.State, err)
		}
	})
}
