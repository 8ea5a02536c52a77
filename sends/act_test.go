package sends

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/coupontools/couponbot/coupontools"
)

func actor(user string) Actor { return Actor{Team: team, User: user, Channel: "C1", Message: "1.1"} }

func act(t testing.TB, s *Service, id string, a Action, user string) Send {
	t.Helper()
	send, err := s.Act(t.Context(), id, a, actor(user))
	if err != nil {
		t.Fatalf("Act(%s) = %v", a, err)
	}
	return send
}

// trail returns the audited actions, oldest first: "what who before>after".
func trail(t testing.TB, s *Service) []string {
	t.Helper()
	var all []string
	for e, err := range s.Trail(t.Context(), "") {
		if err != nil {
			t.Fatal(err)
		}
		all = append([]string{e.What + " " + e.User + " " + e.Before + ">" + e.After}, all...)
	}
	return all
}

func wantTrail(t testing.TB, s *Service, want ...string) {
	t.Helper()
	got := trail(t, s)
	if len(got) != len(want) {
		t.Fatalf("the audit trail says %q, want %q", got, want)
	}
	for i := range want {
		if got[i] != want[i] {
			t.Errorf("entry %d of the audit trail is %q, want %q", i, got[i], want[i])
		}
	}
}

func TestAct_pauseAndResume(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var c calls
		m := startRedis(t)
		s := service(connect(t, m, nil), c.accepting, func(c *Config) { c.Pace = every(100 * time.Millisecond) })
		id := confirmed(t, s, 100)
		start(t, s)
		await(t, s, id, time.Minute, func(send Send) bool { return send.Counts.Accepted > 20 })
		send := act(t, s, id, Pause, ben)
		if send.State != StatePaused || send.By != ben {
			t.Errorf("Act(pause) = %s by %q, want paused by %s", send.State, send.By, ben)
		}
		time.Sleep(time.Second)
		before := c.total()
		time.Sleep(time.Minute)
		if c.total() != before {
			t.Errorf("%d calls while it was paused, want none", c.total()-before)
		}
		if _, err := s.Act(t.Context(), id, Pause, actor(mia)); !errors.As(err, new(*StateError)) {
			t.Errorf("Act(pause) of a paused send = %v, want a StateError", err)
		}
		act(t, s, id, Resume, mia)
		send = awaitEnd(t, s, id, time.Minute)
		if want := (Counts{Total: 100, Accepted: 100}); send.Counts != want || send.State != StateCompleted {
			t.Errorf("it ended as %s %+v, want completed %+v", send.State, send.Counts, want)
		}
		c.checkOnce(t)
		wantTrail(t, s, "send UMIA draft>running", "pause UBEN running>paused", "resume UMIA paused>running")
	})
}

// A resumed send continues at once: the backoff before the pause has ended.
func TestAct_resumeEndsBackoff(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var slowed atomic.Bool
		s := service(connect(t, startRedis(t), nil), func(context.Context, string) error {
			if slowed.CompareAndSwap(false, true) {
				return &coupontools.Error{Class: coupontools.RateLimited, RetryAfter: 10 * time.Minute}
			}
			return nil
		})
		id := confirmed(t, s, 3)
		start(t, s)
		time.Sleep(30 * time.Second)
		act(t, s, id, Pause, mia)
		act(t, s, id, Resume, mia)
		awaitEnd(t, s, id, time.Minute)
	})
}

// A press is repeated if its reply was lost. If another person undid it meanwhile, the repeat changes nothing.
func TestAct_repeatedPress(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		m, f := startRedis(t), &faults{}
		s, other := service(connect(t, m, f), accept), service(connect(t, m, nil), accept)
		id := confirmed(t, s, 5)
		act(t, s, id, Pause, ben) // Redis knows the script
		act(t, s, id, Resume, ben)
		tries := 0
		f.set(func(cmd redis.Cmder) (int, bool) {
			if !runs(cmd, actScript) {
				return 1, true
			}
			if tries++; tries != 2 { // the first try reads how many actions were done
				return 1, true
			}
			if err := other.cfg.Redis.Do(t.Context(), cmd.Args()...).Err(); err != nil {
				t.Error(err)
			}
			act(t, other, id, Resume, ben)
			return 1, true
		})
		if _, err := s.Act(t.Context(), id, Pause, actor(mia)); err != nil {
			t.Errorf("Act(pause) = %v, want the answer of what was done", err)
		}
		if send := read(t, s, id); send.State != StateRunning || send.By != ben {
			t.Errorf("it is %s by %s, want running, as %s wanted it last", send.State, send.By, ben)
		}
	})
}

func TestAct_cancelSkipsWaiting(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var c calls
		var skipped atomic.Int64
		s := service(connect(t, startRedis(t), nil), c.accepting, func(c *Config) {
			c.Pace = every(100 * time.Millisecond)
			c.Observe = func(outcome string) {
				if outcome == string(Skipped) {
					skipped.Add(1)
				}
			}
		})
		id := confirmed(t, s, 100)
		start(t, s)
		await(t, s, id, time.Minute, func(send Send) bool { return send.Counts.Accepted > 20 })
		act(t, s, id, Cancel, mia)
		if again, err := s.Act(t.Context(), id, Cancel, actor(mia)); err != nil || again.State != StateCancelled {
			t.Errorf("Act(cancel) repeated = %s, %v, want the same answer", again.State, err)
		}
		send := awaitEnd(t, s, id, time.Minute)
		if n := c.total(); send.State != StateCancelled || send.Why != WhyCancelled ||
			send.Counts != (Counts{Total: 100, Accepted: n, Skipped: 100 - n}) {
			t.Errorf("it ended as %s (%s) %+v after %d calls", send.State, send.Why, send.Counts, n)
		}
		if got := skipped.Load(); got != int64(send.Counts.Skipped) {
			t.Errorf("%d were counted as skipped, want %d", got, send.Counts.Skipped)
		}
		for _, o := range checkRecords(t, s, id) {
			if o.Status == Skipped && o.Text != WhyCancelled {
				t.Errorf("skipped with %q, want %q", o.Text, WhyCancelled)
			}
		}
		wantTrail(t, s, "send UMIA draft>running", "cancel UMIA running>cancelled")
	})
}

func TestAct_approvalByAnotherPerson(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var c calls
		s := service(connect(t, startRedis(t), nil), c.accepting, func(c *Config) { c.ApprovalOver = 10 })
		start(t, s)
		small, large := confirmed(t, s, 10), confirmed(t, s, 11)
		awaitEnd(t, s, small, time.Minute)
		time.Sleep(time.Minute)
		if send := read(t, s, large); send.State != StateAwaiting || c.total() != 10 {
			t.Errorf("unapproved it is %s after %d calls, want awaiting after 10", send.State, c.total())
		}
		if _, err := s.Act(t.Context(), large, Approve, actor(mia)); !errors.Is(err, ErrOwnSend) {
			t.Errorf("Act(approve) by the sender = %v, want %v", err, ErrOwnSend)
		}
		if send := act(t, s, large, Approve, ben); send.Approver != ben || send.State != StateRunning {
			t.Errorf("Act(approve) = %s approved by %q", send.State, send.Approver)
		}
		awaitEnd(t, s, large, time.Minute)
		if _, err := s.Act(t.Context(), large, Reject, actor(ben)); !errors.As(err, new(*StateError)) {
			t.Errorf("Act(reject) of a completed send = %v, want a StateError", err)
		}
		if n := c.total(); n != 21 {
			t.Errorf("%d calls, want one for each of 10 and 11", n)
		}
	})
}

func TestAct_approvalOfChangedRecords(t *testing.T) {
	t.Parallel()
	tests := map[string]func(ctx context.Context, s *Service, id string) error{
		"another text": func(ctx context.Context, s *Service, id string) error {
			return s.cfg.Redis.HSet(ctx, s.keys(id)[keySend], "message", "Pay here").Err()
		},
		"another recipient": func(ctx context.Context, s *Service, id string) error {
			return s.cfg.Redis.LSet(ctx, s.keys(id)[keyRecipients], 3, `x||{"to":"+32470999999"}`).Err()
		},
	}
	for name, change := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				s := service(connect(t, startRedis(t), nil), accept, func(c *Config) { c.ApprovalOver = 1 })
				id := confirmed(t, s, 5)
				if err := change(t.Context(), s, id); err != nil {
					t.Fatal(err)
				}
				if _, err := s.Act(t.Context(), id, Approve, actor(ben)); !errors.Is(err, ErrChanged) {
					t.Errorf("Act(approve) = %v, want %v", err, ErrChanged)
				}
				if send := read(t, s, id); send.State != StateAwaiting {
					t.Errorf("it is %s, want awaiting", send.State)
				}
			})
		})
	}
}

func TestRun_cancelsWithoutApproval(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := service(connect(t, startRedis(t), nil), accept, func(c *Config) { c.ApprovalOver = 1 })
		id := confirmed(t, s, 5)
		time.Sleep(approvalTime - time.Second)
		start(t, s)
		if send := read(t, s, id); send.State != StateAwaiting {
			t.Errorf("within a day it is %s, want awaiting", send.State)
		}
		send := awaitEnd(t, s, id, 20*time.Second)
		if send.State != StateCancelled || send.Why != WhyNotApproved || send.Counts.Skipped != 5 {
			t.Errorf("it ended as %s (%s) %+v", send.State, send.Why, send.Counts)
		}
		wantTrail(t, s, "send UMIA draft>awaiting", "cancel  awaiting>cancelled")
	})
}

func TestRun_startsScheduledSend(t *testing.T) {
	t.Parallel()
	tests := map[string]bool{"with a process there": true, "with none there till later": false}
	for name, there := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				var asked sync.Map
				s := service(connect(t, startRedis(t), nil), accept, func(c *Config) {
					c.MayStart = func(context.Context, string, string) error {
						asked.Store("at", time.Now())
						return nil
					}
				})
				d := draft(5)
				d.ScheduledAt = time.Now().Add(3 * time.Minute)
				id := save(t, s, d).ID
				if send, err := s.Confirm(t.Context(), id, team, mia); err != nil || send.State != StateScheduled {
					t.Fatalf("Confirm() = %s, %v, want scheduled", send.State, err)
				}
				if there {
					start(t, s)
				}
				time.Sleep(3*time.Minute - time.Second)
				if send := read(t, s, id); send.State != StateScheduled {
					t.Errorf("before its time it is %s, want scheduled", send.State)
				}
				if !there {
					time.Sleep(time.Minute)
					start(t, s)
				}
				send := awaitEnd(t, s, id, 10*time.Second)
				if late := send.StartedAt.Sub(d.ScheduledAt); late < 0 || there && late > 3*time.Second {
					t.Errorf("it began %v after its time", late)
				}
				if at, ok := asked.Load("at"); !ok || at.(time.Time).Before(d.ScheduledAt) {
					t.Errorf("the sender's right was checked at %v, want as it begins", at)
				}
			})
		})
	}
}

func TestAct_concurrent(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		m := startRedis(t)
		s := service(connect(t, m, nil), accept, func(c *Config) { c.ApprovalOver = 1 })
		id := confirmed(t, s, 5)
		var all sync.WaitGroup
		for i := range 8 {
			user := []string{"UBEN", "UEVA"}[i%2]
			all.Go(func() {
				send, err := s.Act(t.Context(), id, []Action{Approve, Reject}[i/4], actor(user))
				if err != nil && !errors.As(err, new(*StateError)) || send.State == StateAwaiting {
					t.Errorf("Act() = %s, %v", send.State, err)
				}
			})
		}
		all.Wait()
		if n := len(trail(t, s)); n != 2 {
			t.Errorf("%d entries in the audit trail, want the send and what one person did", n)
		}
	})
}
