package sends

import (
	"context"
	"errors"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/redis/go-redis/v9"

	"github.com/coupontools/couponbot/sends/recipients"
)

func TestDraft_ownerAndLifetime(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := service(connect(t, startRedis(t), nil), accept)
		d := draft(3)
		d.List.LeftOut = []recipients.LeftOut{{Line: 4, Text: "x", Reason: "not a number"}}
		saved := save(t, s, d)

		got, err := s.Draft(t.Context(), saved.ID, team, mia)
		if diff := cmp.Diff(saved, got); err != nil || diff != "" {
			t.Errorf("Draft() = %v, saved and read differ:\n%s", err, diff)
		}
		for _, who := range [][2]string{{team, ben}, {"T2", mia}, {"", ""}} {
			if _, err := s.Draft(t.Context(), saved.ID, who[0], who[1]); !errors.Is(err, ErrNoDraft) {
				t.Errorf("Draft() for %v = %v, want ErrNoDraft", who, err)
			}
			if _, err := s.Confirm(t.Context(), saved.ID, who[0], who[1]); !errors.Is(err, ErrNoDraft) {
				t.Errorf("Confirm() for %v = %v, want ErrNoDraft", who, err)
			}
		}
		if _, err := s.Send(t.Context(), saved.ID); !errors.Is(err, ErrNoSend) {
			t.Errorf("Send() of a draft = %v, want ErrNoSend", err)
		}
		time.Sleep(24*time.Hour + time.Second)
		if _, err := s.Confirm(t.Context(), saved.ID, team, mia); !errors.Is(err, ErrNoDraft) {
			t.Errorf("Confirm() after a day = %v, want ErrNoDraft", err)
		}
	})
}

// A person can have ten drafts. A further one deletes the oldest, but no confirmed send and no draft of another person.
func TestSaveDraft_atMostTenPerPerson(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		m := startRedis(t)
		s := service(connect(t, m, nil), accept)
		other := draft(1)
		other.User = ben
		others := save(t, s, other)
		var ids []string
		for i := range maxDrafts {
			ids = append(ids, save(t, s, draft(3)).ID)
			if i == 0 {
				if _, err := s.Confirm(t.Context(), ids[0], team, mia); err != nil {
					t.Fatal(err)
				}
			}
			m.SetTime(time.Now().Add(time.Duration(i+1) * time.Second))
		}
		for range 2 {
			ids = append(ids, save(t, s, draft(3)).ID)
			m.SetTime(time.Now().Add(time.Minute))
		}
		for i, id := range ids {
			want := error(nil)
			if i == 1 {
				want = ErrNoDraft
			}
			if _, err := s.Draft(t.Context(), id, team, mia); !errors.Is(err, want) {
				t.Errorf("draft %d: %v, want %v", i, err, want)
			}
		}
		if _, err := s.Confirm(t.Context(), ids[1], team, mia); !errors.Is(err, ErrNoDraft) {
			t.Errorf("Confirm() of the oldest draft = %v, want ErrNoDraft", err)
		}
		if _, err := s.Draft(t.Context(), others.ID, team, ben); err != nil {
			t.Errorf("somebody else's draft: %v", err)
		}
		for _, key := range m.Keys() {
			if strings.Contains(key, ids[1]) {
				t.Errorf("%s is left of the oldest draft", key)
			}
		}

		m.SetTime(time.Now().Add(-time.Hour)) // the clock of Redis is set back
		if _, err := s.Draft(t.Context(), save(t, s, draft(3)).ID, team, mia); err != nil {
			t.Errorf("a draft after the clock was set back: %v", err)
		}
	})
}

// A draft with a changed packed list isn't confirmed and stays a draft.
func TestConfirm_changedList(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		m := startRedis(t)
		s := service(connect(t, m, nil), accept)
		mine, other := save(t, s, draft(3)), save(t, s, draft(4))
		packed, err := m.Get(s.keys(other.ID)[keyPacked])
		if err != nil {
			t.Fatal(err)
		}
		if err := m.Set(s.keys(mine.ID)[keyPacked], packed); err != nil {
			t.Fatal(err)
		}
		if _, err := s.Confirm(t.Context(), mine.ID, team, mia); err == nil {
			t.Error("a draft with another list is confirmed")
		}
		if m.Exists(s.keys(mine.ID)[keyRecipients]) {
			t.Error("the list of a send is left behind")
		}
		if _, err := s.Send(t.Context(), mine.ID); !errors.Is(err, ErrNoSend) {
			t.Errorf("Send() = %v, want ErrNoSend", err)
		}
	})
}

// A draft keeps the number of skipped entries beyond the listed ones.
func TestSaveDraft_keepsMore(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := service(connect(t, startRedis(t), nil), accept)
		d := draft(3)
		d.List.More = map[recipients.Rule]int{recipients.RuleDuplicate: 840_000}
		saved := save(t, s, d)
		if got, err := s.Draft(t.Context(), saved.ID, team, mia); err != nil || got.List.Skipped() != 840_000 {
			t.Errorf("skipped = %d, %v", got.List.Skipped(), err)
		}
	})
}

func TestSaveDraft_nobodyLeft(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := service(connect(t, startRedis(t), nil), accept)
		if _, err := s.SaveDraft(t.Context(), draft(0)); err == nil {
			t.Error("SaveDraft() with no recipients = nil, want an error")
		}
	})
}

func TestConfirm_repeated(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		m := startRedis(t)
		var c calls
		a, b := service(connect(t, m, nil), c.accepting), service(connect(t, m, nil), c.accepting)
		id := save(t, a, draft(5)).ID
		start(t, a)
		start(t, b)

		var both sync.WaitGroup
		sends := make([]Send, 8)
		for i := range sends {
			s := []*Service{a, b}[i%2]
			both.Go(func() {
				var err error
				if sends[i], err = s.Confirm(t.Context(), id, team, mia); err != nil {
					t.Errorf("Confirm() = %v", err)
				}
			})
		}
		both.Wait()
		for _, s := range sends {
			if s.ID != id || s.ConfirmedAt != sends[0].ConfirmedAt {
				t.Errorf("Confirm() = %+v, want the same send each time", s)
			}
		}
		awaitEnd(t, a, id, time.Minute)
		if late, err := b.Confirm(t.Context(), id, team, mia); err != nil || late.State != StateCompleted {
			t.Errorf("Confirm() after the end = %+v, %v, want the completed send", late, err)
		}
		c.checkOnce(t)
		if c.total() != 5 {
			t.Errorf("%d calls, want 5", c.total())
		}
	})
}

func TestConfirm_lostReply(t *testing.T) {
	t.Parallel()
	lost := func(script *redis.Script, times int) func(redis.Cmder) (int, bool) {
		return func(cmd redis.Cmder) (int, bool) {
			if script == nil || runs(cmd, script) {
				return times, false
			}
			return 1, true
		}
	}
	confirmOnly := func(times int) func(redis.Cmder) (int, bool) { return lost(confirmScript, times) }
	tests := map[string]struct {
		spoil func(redis.Cmder) (int, bool)
		want  error
		later error // of the next try, when Redis works again
	}{
		"Redis away before":                {lost(nil, 0), ErrUnavailable, nil},
		"the question lost":                {confirmOnly(0), ErrUnavailable, ErrNoDraft},
		"the answer lost":                  {confirmOnly(1), nil, nil},
		"the reply lost, requested twice":  {confirmOnly(2), nil, nil},
		"the question hanging":             {confirmOnly(-1), ErrUnavailable, ErrNoDraft},
		"Redis hanging from that moment":   {lostReplies(-1), ErrUncertain, nil},
		"Redis gone at that very moment":   {lostReplies(0), ErrUncertain, nil},
		"Redis gone right after confirmed": {lostReplies(1), ErrUncertain, nil},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				m, f := startRedis(t), &faults{}
				s := service(connect(t, m, f), accept)
				id := save(t, s, draft(2)).ID
				warm := save(t, s, draft(1)).ID // so that Redis knows the scripts, as in production
				if _, err := s.Confirm(t.Context(), warm, team, mia); err != nil {
					t.Fatal(err)
				}
				f.set(tt.spoil)
				ctx, cancel := context.WithTimeout(t.Context(), 2*time.Second) // as in a view submission
				defer cancel()
				began := time.Now()
				send, err := s.Confirm(ctx, id, team, mia)
				if took := time.Since(began); took > 2*time.Second {
					t.Errorf("Confirm() took %v, want no longer than its context", took)
				}
				if !errors.Is(err, tt.want) || (err == nil) != (tt.want == nil) {
					t.Errorf("Confirm() = %v, want %v", err, tt.want)
				}
				if err == nil && (send.ID != id || send.State != StateRunning) {
					t.Errorf("Confirm() = %+v, want the running send", send)
				}
				f.set(nil)
				if _, err := s.Confirm(t.Context(), id, team, mia); !errors.Is(err, tt.later) {
					t.Errorf("Confirm() again = %v, want %v", err, tt.later)
				}
			})
		})
	}
}

// lostReplies passes a number of confirm scripts to Redis and loses their replies; after that nothing reaches Redis.
func lostReplies(times int) func(redis.Cmder) (int, bool) {
	gone := false
	return func(cmd redis.Cmder) (int, bool) {
		if gone {
			return min(times, 0), false
		}
		if runs(cmd, confirmScript) {
			gone = true
			return times, false
		}
		return 1, true
	}
}

// Saving a withdrawn draft again doesn't revive it: a late confirmation could find it.
func TestSaveDraft_afterWithdrawal(t *testing.T) {
	t.Parallel()
	s := service(connect(t, startRedis(t), nil), accept)
	d := draft(1)
	d.ID = "FORM"
	first, err := s.SaveDraft(t.Context(), d)
	if err != nil || first.ID != "FORM" {
		t.Fatalf("SaveDraft = %q, %v; want the id asked for", first.ID, err)
	}
	if _, err := s.withdraw(t.Context(), "FORM", time.Second, errors.New("no answer")); !errors.Is(err, ErrUnavailable) {
		t.Fatalf("void = %v, want ErrUnavailable", err)
	}
	again, err := s.SaveDraft(t.Context(), d)
	if err != nil || again.ID == "FORM" {
		t.Fatalf("SaveDraft after that = %q, %v; want another id", again.ID, err)
	}
	if _, err := s.Confirm(t.Context(), again.ID, d.Team, d.User); err != nil {
		t.Errorf("Confirm = %v, want the new draft to go out", err)
	}
}
