package sends

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/alicebob/miniredis/v2"

	"github.com/coupontools/couponbot/coupontools"
	"github.com/coupontools/couponbot/sends/recipients"
)

// changeKey deletes the key of the do-not-contact list, and an admin continues without it.
func changeKey(t testing.TB, m *miniredis.Miniredis, s *Service) {
	t.Helper()
	m.Del(s.listKey("key"))
	if _, err := s.AcceptSuppressionList(t.Context(), Actor{User: mia}); err != nil {
		t.Fatal(err)
	}
}

// A send that was confirmed before the key changed is checked against the list with the new key.
func TestRun_keyChanged(t *testing.T) {
	t.Parallel()
	for name, n := range map[string]int{"a few people": 3, "a full page": pageSize, "several pages": 2*pageSize + 7} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				m := startRedis(t)
				var c calls
				s := service(connect(t, m, nil), c.accepting)
				suppress(t, s, number(90_000))
				id := confirmed(t, s, n)
				changeKey(t, m, s)
				suppress(t, s, number(1), number(n-1))
				start(t, s)
				send := awaitEnd(t, s, id, 10*time.Minute)
				if want := (Counts{Total: n, Accepted: n - 2, Skipped: 2}); send.Counts != want {
					t.Errorf("it ended as %+v, want %+v", send.Counts, want)
				}
				if c.n[number(1)] != 0 || c.n[number(n-1)] != 0 {
					t.Error("somebody on the do-not-contact list was called")
				}
				c.checkOnce(t)
				checkRecords(t, s, id)
			})
		})
	}
}

// A process with another SUPPRESSION_KEY can't hash the recipients again: the send backs off and says why.
func TestRun_waitsForTheRightKey(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		m := startRedis(t)
		rdb := connect(t, m, nil)
		var c calls
		with := func(key string) *Service {
			return service(rdb, c.accepting, func(c *Config) { c.SuppressionKey = key })
		}
		id := confirmed(t, with(""), 3)
		m.Del(with("").listKey("key"))
		right := with("right")
		suppress(t, right, number(1))
		stop := start(t, with("wrong"))
		await(t, right, id, time.Minute, func(send Send) bool { return send.BackoffReason == backoffKey })
		stop()
		if c.total() != 0 {
			t.Errorf("%d calls were made", c.total())
		}
		start(t, right)
		if send := awaitEnd(t, right, id, time.Minute); send.Counts != (Counts{Total: 3, Accepted: 2, Skipped: 1}) {
			t.Errorf("it ended as %+v, want one skipped", send.Counts)
		}
	})
}

// A draft that was checked with another key isn't confirmed.
func TestConfirm_keyChanged(t *testing.T) {
	t.Parallel()
	m := startRedis(t)
	s := service(connect(t, m, nil), accept)
	suppress(t, s, number(9))
	d := save(t, s, draft(3))
	changeKey(t, m, s)
	for _, what := range []string{"a draft", "a draft of the version before"} {
		if _, err := s.Confirm(t.Context(), d.ID, team, mia); !errors.Is(err, ErrOutdated) {
			t.Errorf("Confirm() of %s = %v, want %v", what, err, ErrOutdated)
		}
		m.HDel(s.keys(d.ID)[keySend], "key")
	}
}

// After a change of the key, sends wait until the people who unsubscribed in Coupontools were read again.
func TestUnsubscribed_keyChanged(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		m := startRedis(t)
		var c calls
		s := service(connect(t, m, nil), c.accepting, func(c *Config) { c.Contacts = contacts{number(1)[1:]} })
		suppress(t, s, number(9))
		id := confirmed(t, s, 3)
		if err := s.readUnsubscribed(t.Context()); err != nil {
			t.Fatal(err)
		}
		s.cfg.Redis.Set(t.Context(), s.key("unsubscribed:lease"), "resting", unsubscribedEvery)
		changeKey(t, m, s)
		if got, err := s.ListStatus(t.Context()); err != nil || !slices.Contains(got.Concerns, ConcernUnread) {
			t.Errorf("Checked() = %+v, %v, want the unsubscribed not known", got, err)
		}
		start(t, s)
		if send := awaitEnd(t, s, id, 5*time.Minute); send.Counts != (Counts{Total: 3, Accepted: 2, Skipped: 1}) {
			t.Errorf("it ended as %+v, want the one who unsubscribed skipped", send.Counts)
		}
	})
}

// People with a missing key aren't counted. They are back when the key is back.
func TestAccept_setsUnreadablePeopleAside(t *testing.T) {
	t.Parallel()
	m := startRedis(t)
	rdb := connect(t, m, nil)
	with := func(key string) *Service { return service(rdb, accept, func(c *Config) { c.SuppressionKey = key }) }
	acceptFor := func(s *Service, want int) {
		t.Helper()
		m.Del(s.listKey("key"))
		if got, err := s.AcceptSuppressionList(t.Context(), Actor{User: mia}); got.People != want || err != nil {
			t.Errorf("AcceptSuppressionList() = %+v, %v, want %d people", got, err, want)
		}
		if got, err := s.ListStatus(t.Context()); got.Suppressed != want || err != nil {
			t.Errorf("Checked() = %+v, %v, want %d people", got, err, want)
		}
	}
	first, second := with("first"), with("second")
	suppress(t, first, number(0), number(1))
	acceptFor(second, 0)
	suppress(t, second, number(2))
	acceptFor(second, 1) // the same key
	acceptFor(first, 2)
	if d := save(t, first, draft(3)); len(d.List.Recipients) != 1 {
		t.Errorf("%d people get it, want 1", len(d.List.Recipients))
	}
}

// A hash from before a change of the key is neither looked up nor added after it.
func TestSuppression_keyChangesMeanwhile(t *testing.T) {
	t.Parallel()
	m := startRedis(t)
	s := service(connect(t, m, nil), accept)
	suppress(t, s, number(0))
	before, err := s.hasher(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	changeKey(t, m, s)
	person := before.person(recipients.SMS, number(0))
	if _, err := s.facts(t.Context(), before, []string{person}, mia); !errors.Is(err, ErrSuppressionKey) {
		t.Errorf("facts() = %v, want %v", err, ErrSuppressionKey)
	}
	if _, err := s.changeList(t.Context(), addToListScript, before.keyID, person, "1||"); !errors.Is(err, ErrSuppressionKey) {
		t.Errorf("addToList = %v, want %v", err, ErrSuppressionKey)
	}
	if _, err := s.changeList(t.Context(), removeFromListScript, before.keyID, person); !errors.Is(err, ErrSuppressionKey) {
		t.Errorf("takeOffList = %v, want %v", err, ErrSuppressionKey)
	}
	m.HSet(s.listKey("marker"), "key", before.keyID) // a process of the previous version made another key
	if _, err := s.SaveDraft(t.Context(), draft(1)); !errors.Is(err, ErrSuppressionKey) {
		t.Errorf("SaveDraft() = %v, want %v", err, ErrSuppressionKey)
	}
}

// Records of the previous version, without fingerprints, are used.
func TestSuppression_noFingerprints(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		m := startRedis(t)
		var c calls
		s := service(connect(t, m, nil), c.accepting, func(c *Config) { c.Contacts = contacts{number(1)[1:]} })
		id := confirmed(t, s, 4)
		d := save(t, s, draft(5))
		suppress(t, s, number(2))
		if err := s.readUnsubscribed(t.Context()); err != nil {
			t.Fatal(err)
		}
		m.HDel(s.listKey("marker"), "key")
		m.HDel(s.key("unsubscribed:read"), "key")
		for _, id := range []string{id, d.ID} {
			m.HDel(s.keys(id)[keySend], "key")
		}
		start(t, s)
		if _, err := s.Confirm(t.Context(), d.ID, team, mia); err != nil {
			t.Errorf("Confirm() = %v", err)
		}
		for id, n := range map[string]int{id: 4, d.ID: 5} {
			if send := awaitEnd(t, s, id, 5*time.Minute); send.Counts != (Counts{Total: n, Accepted: n - 2, Skipped: 2}) {
				t.Errorf("it ended as %+v, want two skipped", send.Counts)
			}
		}
	})
}

// A generated key has the same fingerprint when it becomes a setting.
func TestFingerprint(t *testing.T) {
	t.Parallel()
	if a, b := keyFingerprint("made:"+"736563726574"), keyFingerprint(hashSetting("secret")); a != b || len(a) != 16 {
		t.Errorf("the fingerprints are %q and %q, want the same", a, b)
	}
	for _, stored := range []string{"", "made:xyz", "given:other", "secret"} {
		if got := keyFingerprint(stored); got != "" {
			t.Errorf("fingerprint(%q) = %q, want none", stored, got)
		}
	}
}

// slowContacts are contacts that take minutes to read.
type slowContacts struct {
	contacts
	readers *atomic.Int32
}

func (c slowContacts) SMSGroups(ctx context.Context) ([]coupontools.SMSGroup, error) {
	c.readers.Add(1)
	sleep(ctx, 5*time.Minute)
	return c.contacts.SMSGroups(ctx)
}

// One process at a time reads who unsubscribed, even if the previous list can't be used any more.
func TestUnsubscribed_oneReader(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		m := startRedis(t)
		var readers atomic.Int32
		slow := func(c *Config) { c.Contacts = slowContacts{contacts{number(1)[1:]}, &readers} }
		s := service(connect(t, m, nil), accept, slow)
		suppress(t, s, number(9))
		if err := s.readUnsubscribed(t.Context()); err != nil {
			t.Fatal(err)
		}
		changeKey(t, m, s)
		readers.Store(0)
		start(t, s)
		start(t, service(connect(t, m, nil), accept, slow))
		time.Sleep(4 * time.Minute)
		if n := readers.Load(); n != 1 {
			t.Errorf("%d processes read at the same time, want 1", n)
		}
	})
}

// A missing key of an empty list is replaced, and couponbot warns until an admin confirms it; not at the first start.
func TestKey_goneFromEmptyList(t *testing.T) {
	t.Parallel()
	for name, lose := range map[string]func(m *miniredis.Miniredis, s *Service){
		"the key":            func(m *miniredis.Miniredis, s *Service) { m.Del(s.listKey("key")) },
		"the key and marker": func(m *miniredis.Miniredis, s *Service) { m.Del(s.listKey("key")); m.Del(s.listKey("marker")) },
		"everything":         func(m *miniredis.Miniredis, _ *Service) { m.FlushAll() },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				m := startRedis(t)
				var out bytes.Buffer
				s := service(connect(t, m, nil), accept, func(c *Config) { c.Log = slog.New(slog.NewTextHandler(&out, nil)) })
				concerns := func(want ...Concern) {
					t.Helper()
					save(t, s, draft(1))
					if got, err := s.ListStatus(t.Context()); err != nil || !slices.Equal(got.Concerns, want) {
						t.Errorf("the concerns are %q, %v, want %q", got.Concerns, err, want)
					}
				}
				concerns(ConcernEmpty)
				if out.Len() > 0 {
					t.Errorf("a first start logs %s", &out)
				}
				lose(m, s)
				concerns(ConcernRekeyed, ConcernEmpty)
				if !strings.Contains(out.String(), "has got a new one") {
					t.Errorf("the log says %q, want it to tell of the new key", &out)
				}
				if _, err := s.AcceptSuppressionList(t.Context(), Actor{User: mia}); err != nil {
					t.Fatal(err)
				}
				concerns()
			})
		})
	}
}

// couponbot warns while the frequency cap can't know what was sent before the key changed.
func TestKey_frequencyCapStartsOver(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		m := startRedis(t)
		s := service(connect(t, m, nil), accept, func(c *Config) { c.FrequencyCap = 24 * time.Hour })
		suppress(t, s, number(0))
		changeKey(t, m, s)
		for _, step := range []struct {
			after time.Duration
			want  []Concern
		}{{23 * time.Hour, []Concern{ConcernRekeyed}}, {2 * time.Hour, nil}} {
			time.Sleep(step.after)
			got, err := s.ListStatus(t.Context())
			if err != nil || !slices.Equal(got.Concerns, step.want) || got.Capped != (step.want != nil) {
				t.Errorf("Checked() = %+v, %v, want %q", got, err, step.want)
			}
		}
	})
}

// An admin can confirm a new list. One that appears in its place after a loss isn't confirmed.
func TestAccept_newList(t *testing.T) {
	t.Parallel()
	m := startRedis(t)
	rdb := connect(t, m, nil)
	concerned := func() bool {
		t.Helper()
		got, err := service(rdb, accept).ListStatus(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		return slices.Contains(got.Concerns, ConcernEmpty)
	}
	if !concerned() {
		t.Error("a new list is no concern before an admin has confirmed it")
	}
	if got, err := service(rdb, accept).AcceptSuppressionList(t.Context(), Actor{User: mia}); got != (Acceptance{}) || err != nil {
		t.Errorf("AcceptSuppressionList() = %+v, %v", got, err)
	}
	if concerned() {
		t.Error("a new list is a concern after an admin has confirmed it")
	}
	s := service(rdb, accept)
	suppress(t, s, number(0))
	if _, err := s.Unsuppress(t.Context(), recipients.SMS, number(0), Actor{}); err != nil || concerned() {
		t.Errorf("a list that everybody was taken off is a concern (%v)", err)
	}
	m.FlushAll()
	if !concerned() {
		t.Error("a list that was lost is no concern")
	}
}
