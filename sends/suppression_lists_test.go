package sends

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/alicebob/miniredis/v2"
	"github.com/redis/go-redis/v9"

	"github.com/coupontools/couponbot/coupontools"
	"github.com/coupontools/couponbot/sends/recipients"
	"github.com/coupontools/couponbot/sends/redistest"
)

// losses are ways to lose the do-not-contact list, or a part of it.
var losses = map[string]func(m *miniredis.Miniredis, s *Service){
	"the people":        func(m *miniredis.Miniredis, s *Service) { m.Del(s.listKey("people")) },
	"one of the people": func(m *miniredis.Miniredis, s *Service) { m.HDel(s.listKey("people"), mustFirst(m, s)) },
	"the key":           func(m *miniredis.Miniredis, s *Service) { m.Del(s.listKey("key")) },
	"the marker":        func(m *miniredis.Miniredis, s *Service) { m.Del(s.listKey("marker")) },
	"the people and the marker": func(m *miniredis.Miniredis, s *Service) {
		m.Del(s.listKey("people"))
		m.Del(s.listKey("marker"))
	},
	"all three": func(m *miniredis.Miniredis, s *Service) {
		for _, name := range []string{"people", "key", "marker"} {
			m.Del(s.listKey(name))
		}
	},
	"the last changes": func(m *miniredis.Miniredis, s *Service) { // an older copy was restored
		m.HDel(s.listKey("people"), mustFirst(m, s))
		m.HSet(s.listKey("marker"), "count", "1", "revision", "1")
	},
}

func mustFirst(m *miniredis.Miniredis, s *Service) string {
	keys, err := m.HKeys(s.listKey("people"))
	if err != nil {
		panic(err)
	}
	return keys[0]
}

// When the do-not-contact list disappears under a running process, everything that would send is refused.
func TestSuppression_lostWhileRunning(t *testing.T) {
	t.Parallel()
	for name, lose := range losses {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				m := startRedis(t)
				var c calls
				s := service(connect(t, m, nil), c.accepting)
				suppress(t, s, number(0))
				suppress(t, s, number(1))
				d := save(t, s, draft(3))
				running := confirmed(t, s, 3)
				lose(m, s)

				want := ErrSuppressionLost
				if _, err := s.SaveDraft(t.Context(), draft(3)); !errors.Is(err, want) {
					t.Errorf("SaveDraft() = %v, want %v", err, want)
				}
				if _, err := s.Confirm(t.Context(), d.ID, team, mia); !errors.Is(err, want) {
					t.Errorf("Confirm() = %v, want %v", err, want)
				}
				if _, err := s.Suppress(t.Context(), recipients.SMS, []string{number(9)}, Actor{}, ""); !errors.Is(err, want) {
					t.Errorf("Suppress() = %v, want %v", err, want)
				}
				if got, err := s.ListStatus(t.Context()); err != nil || !slices.Contains(got.Concerns, ConcernLost) {
					t.Errorf("Checked() = %+v, %v, want it lost", got, err)
				}
				start(t, s)
				send := await(t, s, running, time.Minute, func(send Send) bool { return send.State == StatePaused })
				if send.Why != pausedListLost || c.total() != 0 {
					t.Errorf("the running send is paused because %q after %d calls, want %q and none", send.Why, c.total(), pausedListLost)
				}
				if _, err := s.Act(t.Context(), running, Resume, Actor{Team: team, User: mia}); !errors.Is(err, want) {
					t.Errorf("Resume = %v, want %v", err, want)
				}

				if got, err := s.AcceptSuppressionList(t.Context(), Actor{User: mia}); err != nil || got.People > 2 {
					t.Fatalf("AcceptSuppressionList() = %+v, %v", got, err)
				}
				if _, err := s.Act(t.Context(), running, Resume, Actor{Team: team, User: mia}); err != nil {
					t.Errorf("Resume after somebody accepted the list = %v", err)
				}
				awaitEnd(t, s, running, time.Minute)
			})
		})
	}
}

// A loss is noticed after a restart too, as long as Redis has kept anything of the list.
func TestSuppression_lostBeforeStart(t *testing.T) {
	t.Parallel()
	for name, lose := range losses {
		if name == "all three" || name == "the last changes" { // nothing, or a list that is whole, is left
			continue
		}
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			m := startRedis(t)
			rdb := connect(t, m, nil)
			suppress(t, service(rdb, accept), number(0))
			s := service(rdb, accept)
			lose(m, s)
			if _, err := s.SaveDraft(t.Context(), draft(1)); !errors.Is(err, ErrSuppressionLost) {
				t.Errorf("SaveDraft() = %v, want %v", err, ErrSuppressionLost)
			}
		})
	}
}

// An empty list, and an unread or old list of the unsubscribed, are concerns that refuse nothing.
func TestChecked_concerns(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		m := startRedis(t)
		away := true
		s := service(connect(t, m, nil), accept, func(c *Config) { c.Contacts = contactsUnless{&away} })
		concerns := func(want ...Concern) {
			t.Helper()
			got, err := s.ListStatus(t.Context())
			if err != nil || !slices.Equal(got.Concerns, want) {
				t.Errorf("the concerns are %q, %v, want %q", got.Concerns, err, want)
			}
		}
		concerns(ConcernEmpty, ConcernUnread)
		save(t, s, draft(1))
		suppress(t, s, number(0))
		concerns(ConcernUnread)
		m.SetTime(time.Now())
		away = false
		if err := s.readUnsubscribed(t.Context()); err != nil {
			t.Fatal(err)
		}
		concerns()
		if got, _ := s.ListStatus(t.Context()); got.Suppressed != 1 || got.Unsubscribed != 1 {
			t.Errorf("Checked() = %+v, want one on each list", got)
		}
		m.SetTime(time.Now().Add(4 * time.Hour))
		concerns(ConcernOld)
		m.SetTime(time.Now().Add(-4 * time.Hour)) // the clock of Redis was set back
		concerns(ConcernUnread)
		m.SetTime(time.Now())
		concerns()
		m.Del(s.key("unsubscribed"))
		concerns(ConcernUnread)
	})
}

// contactsUnless are contacts that can't be read while away is true.
type contactsUnless struct{ away *bool }

func (c contactsUnless) SMSGroups(ctx context.Context) ([]coupontools.SMSGroup, error) {
	if *c.away {
		return nil, errors.New("away")
	}
	return contacts{}.SMSGroups(ctx)
}

func (contactsUnless) SMSContacts(ctx context.Context, group string) ([]coupontools.SMSContact, error) {
	return contacts{number(5)[1:]}.SMSContacts(ctx, group)
}

// A send waits while the list of the unsubscribed is gone, and continues when it was read again.
func TestRun_unsubscribedLost(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		m := startRedis(t)
		var c calls
		s := service(connect(t, m, nil), c.accepting, func(c *Config) { c.Contacts = contacts{number(1)[1:]} })
		id := confirmed(t, s, 3)
		if err := s.readUnsubscribed(t.Context()); err != nil {
			t.Fatal(err)
		}
		s.cfg.Redis.Set(t.Context(), s.key("unsubscribed:lease"), "resting", unsubscribedEvery)
		m.Del(s.key("unsubscribed"))
		start(t, s)
		if send := awaitEnd(t, s, id, 5*time.Minute); send.Counts != (Counts{Total: 3, Accepted: 2, Skipped: 1}) {
			t.Errorf("it ended as %+v, want the one who unsubscribed skipped", send.Counts)
		}
	})
}

// An older list with keys that depend on the API keys moves to its name, with its key, and is merged if it comes back.
func TestUseSuppressionList_movesOlderList(t *testing.T) {
	t.Parallel()
	m := startRedis(t)
	rdb := connect(t, m, nil)
	old := service(rdb, accept)
	suppress(t, old, number(0))
	person := mustFirst(m, old)
	value := m.HGet(old.listKey("people"), person)
	m.FlushAll()
	m.HSet(old.key("suppressed"), person, value)
	if err := m.Set(old.key("suppression:key"), "given:"+strings.Repeat("0", 64)); err != nil {
		t.Fatal(err)
	}
	named := func() *Service {
		s := service(rdb, accept)
		s.UseSuppressionList("T1")
		return s
	}
	if _, err := named().SaveDraft(t.Context(), draft(1)); !errors.Is(err, ErrSuppressionKey) {
		t.Errorf("SaveDraft() = %v, want %v since the list moved with its key", err, ErrSuppressionKey)
	}
	s := named()
	if m.Exists(s.key("suppressed")) || m.HGet(s.listKey("people"), person) != value {
		t.Error("the list of before was not moved")
	}
	m.HSet(s.key("suppressed"), "another", value)
	if got, err := s.ListStatus(t.Context()); err != nil || got.Suppressed != 2 {
		t.Errorf("Checked() = %+v, %v, want both people", got, err)
	}
}

// putOlder writes a do-not-contact list of the previous version under a prefix.
func putOlder(t testing.TB, m *miniredis.Miniredis, prefix, key string, people ...string) {
	t.Helper()
	h, err := service(connect(t, m, nil), accept).newHasher(key)
	if err != nil {
		t.Fatal(err)
	}
	list, keyName := olderKeys(prefix)
	for _, to := range people {
		m.HSet(list, h.person(recipients.SMS, to), suppressedValue(time.Now(), mia, "by hand"))
	}
	if err := m.Set(keyName, key); err != nil {
		t.Fatal(err)
	}
}

// Keys of do-not-contact lists in the form in which Redis keeps them.
const firstKey, secondKey = "made:6669727374", "made:7365636f6e64"

// An older list with another key refuses all sends, in any state of the current list, until an admin continues without it.
func TestOlderList_otherKey(t *testing.T) {
	t.Parallel()
	for name, lose := range losses {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				m := startRedis(t)
				var alerts []Concern
				var c calls
				s := service(connect(t, m, nil), c.accepting, func(c *Config) {
					c.Alert = func(_ context.Context, c Concern, _ ListStatus) error { alerts = append(alerts, c); return nil }
				})
				s.UseSuppressionList("T1")
				suppress(t, s, number(0), number(1))
				suppress(t, s, number(2))
				id := confirmed(t, s, 5)
				putOlder(t, m, s.cfg.Prefix, firstKey, number(3))
				start(t, s)
				await(t, s, id, time.Minute, func(send Send) bool { return send.BackoffReason == backoffOlder })
				if _, err := s.SaveDraft(t.Context(), draft(1)); !errors.Is(err, ErrSuppressionOlder) {
					t.Errorf("SaveDraft() = %v, want %v", err, ErrSuppressionOlder)
				}
				got, err := s.ListStatus(t.Context())
				if err != nil || got.Unreadable != 1 || !slices.Equal(got.Concerns, []Concern{ConcernOlder}) || !ConcernOlder.Refuses() {
					t.Errorf("Checked() = %+v, %v, want it to name the older list", got, err)
				}
				time.Sleep(2 * time.Minute)
				synctest.Wait()
				if !slices.Equal(alerts, []Concern{ConcernOlder}) {
					t.Errorf("the admins were notified of %q, want the older list", alerts)
				}

				lose(m, s)
				if _, err := s.SaveDraft(t.Context(), draft(1)); !errors.Is(err, ErrSuppressionLost) {
					t.Errorf("SaveDraft() after a loss = %v, want %v", err, ErrSuppressionLost)
				}
				if got, err := s.AcceptSuppressionList(t.Context(), Actor{User: mia}); err != nil || got.SetAside+got.People == 0 {
					t.Fatalf("AcceptSuppressionList() = %+v, %v", got, err)
				}
				if got, err := s.ListStatus(t.Context()); err != nil || len(got.Concerns) > 1 || slices.ContainsFunc(got.Concerns, Concern.Refuses) {
					t.Errorf("Checked() after that = %+v, %v, want nothing that refuses", got, err)
				}
				if send := read(t, s, id); send.State == StatePaused { // the claim saw the loss
					if _, err := s.Act(t.Context(), id, Resume, Actor{Team: team, User: mia}); err != nil {
						t.Fatal(err)
					}
				}
				awaitEnd(t, s, id, time.Minute)
			})
		})
	}
}

// While the current list is lost and an older one has another key, a backup can be imported.
func TestOlderList_importAfterLoss(t *testing.T) {
	t.Parallel()
	m := startRedis(t)
	s := service(connect(t, m, nil), accept, func(c *Config) { c.SuppressionKey = "secret" })
	s.UseSuppressionList("T1")
	suppress(t, s, number(0), number(1))
	backup := export(t, s)
	m.FlushAll()
	putOlder(t, m, s.cfg.Prefix, firstKey, number(3))
	if n, err := importBackup(t, s, backup...); n != 2 || err != nil {
		t.Errorf("ImportSuppressionList() = %d, %v, want 2 people", n, err)
	}
	if _, err := s.SaveDraft(t.Context(), draft(1)); !errors.Is(err, ErrSuppressionOlder) {
		t.Errorf("SaveDraft() = %v, want %v", err, ErrSuppressionOlder)
	}
	if got, err := s.AcceptSuppressionList(t.Context(), Actor{User: mia}); got != (Acceptance{People: 2, SetAside: 1}) || err != nil {
		t.Errorf("AcceptSuppressionList() = %+v, %v, want 2 people, 1 set aside", got, err)
	}
	if d := save(t, s, draft(3)); len(d.List.Recipients) != 1 {
		t.Errorf("%d people get it, want 1", len(d.List.Recipients))
	}
}

// An older list is added to a list that is empty or has the same key, also from the prefixes of earlier API keys.
func TestOlderList_added(t *testing.T) {
	t.Parallel()
	m := startRedis(t)
	rdb := connect(t, m, nil)
	s := service(rdb, accept)
	s.UseSuppressionList("T1")
	save(t, s, draft(1)) // makes a key
	const earlier = "couponbot:{A1:old}:"
	putOlder(t, m, earlier, firstKey, number(0))
	if d := save(t, s, draft(3)); len(d.List.Recipients) != 3 {
		t.Errorf("%d people get it before the earlier prefix is known, want 3", len(d.List.Recipients))
	}
	s.UseEarlierPrefixes(earlier)
	putOlder(t, m, s.cfg.Prefix, secondKey, number(2))
	if _, err := s.SaveDraft(t.Context(), draft(3)); !errors.Is(err, ErrSuppressionOlder) {
		t.Errorf("SaveDraft() = %v, want %v since only one of the two can be added", err, ErrSuppressionOlder)
	}
	if _, err := s.AcceptSuppressionList(t.Context(), Actor{User: mia}); err != nil {
		t.Fatal(err)
	}
	putOlder(t, m, earlier, s.mustKey(t), number(1))
	if d := save(t, s, draft(3)); len(d.List.Recipients) != 1 {
		t.Errorf("%d people get it, want 1", len(d.List.Recipients))
	}
	if got, err := s.ListStatus(t.Context()); got.Suppressed != 2 || len(got.Concerns) > 0 || err != nil {
		t.Errorf("Checked() = %+v, %v, want 2 people and no concern", got, err)
	}
}

// mustKey returns the key of the list in the form in which Redis keeps it.
func (s *Service) mustKey(t testing.TB) string {
	t.Helper()
	l, err := s.readLists(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return l.key
}

// A lost SUPPRESSION_KEY stops sends until an admin continues without the people who were hashed with it.
func TestAccept_withoutTheKey(t *testing.T) {
	t.Parallel()
	m := startRedis(t)
	rdb := connect(t, m, nil)
	with := func(key string) *Service { return service(rdb, accept, func(c *Config) { c.SuppressionKey = key }) }
	suppress(t, with("lost"), number(0), number(1))
	for _, step := range []struct {
		key  string
		want Acceptance
	}{{"", Acceptance{SetAside: 2}}, {"another", Acceptance{}}, {"lost", Acceptance{People: 2}}} {
		s := with(step.key)
		if _, err := s.SaveDraft(t.Context(), draft(3)); !errors.Is(err, ErrSuppressionKey) {
			t.Errorf("SaveDraft() with the key %q = %v, want %v", step.key, err, ErrSuppressionKey)
		}
		if got, err := s.AcceptSuppressionList(t.Context(), Actor{User: mia}); got != step.want || err != nil {
			t.Errorf("AcceptSuppressionList() with the key %q = %+v, %v, want %+v", step.key, got, err, step.want)
		}
		if d := save(t, s, draft(3)); len(d.List.Recipients) != 3-step.want.People {
			t.Errorf("%d people get it with the key %q, want %d", len(d.List.Recipients), step.key, 3-step.want.People)
		}
	}
}

// Bots with other API keys, or another prefix, share the list with their name.
func TestUseSuppressionList_otherAPIKeys(t *testing.T) {
	t.Parallel()
	rdb := connect(t, startRedis(t), nil)
	before, after := service(rdb, accept), service(rdb, accept, func(c *Config) { c.Prefix = "couponbot:{A1:new}:" })
	before.UseSuppressionList("T1")
	after.UseSuppressionList("T1")
	suppress(t, before, number(0))
	if d := save(t, after, draft(2)); len(d.List.Recipients) != 1 {
		t.Errorf("%d people get it, want 1", len(d.List.Recipients))
	}
}

// While Redis is known to evict keys, no send starts or continues. Sends continue when that is fixed.
func TestRun_waitsWhileRedisEvicts(t *testing.T) {
	t.Parallel()
	server := redistest.New(t)
	var c calls
	s := service(dial(t, server), c.accepting)
	policy := func(p string) {
		t.Helper()
		if err := dial(t, server).ConfigSet(t.Context(), "maxmemory-policy", p).Err(); err != nil {
			t.Fatal(err)
		}
	}
	d := save(t, s, draft(3))
	id := confirmed(t, s, 3)
	policy("allkeys-lru")
	if _, err := s.Confirm(t.Context(), d.ID, team, mia); !errors.Is(err, ErrEvicts) {
		t.Errorf("Confirm() = %v, want %v", err, ErrEvicts)
	}
	start(t, s)
	await(t, s, id, time.Minute, func(send Send) bool { return send.BackoffReason == backoffEvicts })
	if _, err := s.SaveDraft(t.Context(), draft(3)); !errors.Is(err, ErrEvicts) {
		t.Errorf("SaveDraft() = %v, want %v", err, ErrEvicts)
	}
	if got, err := s.ListStatus(t.Context()); err != nil || got.Concerns[0] != ConcernEvicts || !got.Concerns[0].Refuses() {
		t.Errorf("Checked() = %+v, %v, want it to name that Redis evicts", got, err)
	}
	if c.total() != 0 {
		t.Errorf("%d calls were made", c.total())
	}
	policy("noeviction")
	if send := awaitEnd(t, s, id, time.Minute); send.Counts.Accepted != 3 {
		t.Errorf("it ended as %+v, want all accepted", send.Counts)
	}
}

// The admins are alerted of a concern once, by any number of processes, and again when it comes back.
func TestAlert_once(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		m := startRedis(t)
		var alerts []Concern
		alert := func(c *Config) {
			c.Alert = func(_ context.Context, c Concern, _ ListStatus) error {
				alerts = append(alerts, c)
				if len(alerts) == 1 {
					return errors.New("Slack is away")
				}
				return nil
			}
		}
		s := service(connect(t, m, nil), accept, alert)
		start(t, s)
		start(t, service(connect(t, m, nil), accept, alert))
		time.Sleep(2 * time.Minute)
		synctest.Wait()
		if want := []Concern{ConcernEmpty, ConcernEmpty}; !slices.Equal(alerts, want) {
			t.Errorf("notified of %q, want %q, with one repeat after the error", alerts, want)
		}
		suppress(t, s, number(0))
		time.Sleep(2 * time.Minute)
		m.Del(s.listKey("people"))
		time.Sleep(2 * time.Minute)
		synctest.Wait()
		if want := []Concern{ConcernEmpty, ConcernEmpty, ConcernLost}; !slices.Equal(alerts, want) {
			t.Errorf("notified of %q, want %q", alerts, want)
		}
	})
}

// Redis remembers an alert as long as the concern lasts, and for a while after a process last saw it.
func TestAlert_memory(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		m := startRedis(t)
		rdb, alerts := connect(t, m, nil), 0
		watch := func() {
			s := service(rdb, accept, func(c *Config) {
				c.Alert = func(context.Context, Concern, ListStatus) error { alerts++; return nil }
			})
			since := map[Concern]time.Time{ConcernEmpty: time.Now().Add(-alertAfter)}
			s.checkSafety(t.Context(), since)
		}
		for i, step := range []struct {
			after time.Duration
			want  int
		}{{0, 1}, {alertTTL - time.Minute, 1}, {alertTTL - time.Minute, 1}, {alertTTL + time.Minute, 2}} {
			time.Sleep(step.after)
			watch()
			if alerts != step.want {
				t.Errorf("after step %d the admins were notified %d times, want %d", i, alerts, step.want)
			}
		}
		key := service(rdb, accept).alertKey(ConcernEmpty)
		m.SetTTL(key, 24*time.Hour) // the clock of Redis was set back
		if watch(); alerts != 3 {
			t.Errorf("the admins were notified %d times, want again after the clock was set back", alerts)
		}
		if left := m.TTL(key); left <= 0 || left > alertTTL {
			t.Errorf("it is remembered for %v, want %v", left, alertTTL)
		}
	})
}

// A repeated script whose reply was lost doesn't suppress the alert.
func TestAlert_lostReply(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		f, alerts := &faults{}, 0
		s := service(connect(t, startRedis(t), f), accept, func(c *Config) {
			c.Alert = func(context.Context, Concern, ListStatus) error { alerts++; return nil }
		})
		f.set(func(redis.Cmder) (int, bool) { return 2, true }) // go-redis repeats a command without a reply
		s.alert(t.Context(), ConcernEmpty, ListStatus{})
		if alerts != 1 {
			t.Errorf("the admins were notified %d times, want once", alerts)
		}
	})
}

// A lease with a longer TTL than any lease was made before Redis's clock was set back: it counts as expired.
func TestLeases_clockSetBack(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		m := startRedis(t)
		var c calls
		s := service(connect(t, m, nil), c.accepting, func(c *Config) { c.Contacts = contacts{} })
		id := confirmed(t, s, 3)
		keys := s.keys(id)
		for key, hash := range map[string]bool{keys[keyLeader]: false, keys[keyBatch]: true, s.key("unsubscribed:lease"): false} {
			if hash {
				m.HSet(key, "owner", "a process that died")
			} else if err := m.Set(key, "a process that died"); err != nil {
				t.Fatal(err)
			}
			m.SetTTL(key, time.Hour)
		}
		s.cfg.Redis.HSet(t.Context(), keys[keySend], "backoff_until", time.Now().Add(time.Hour).UnixMilli(), "batches", 0)
		start(t, s)
		if send := awaitEnd(t, s, id, 30*time.Second); send.Counts.Accepted != 3 {
			t.Errorf("it ended as %+v, want all accepted", send.Counts)
		}
		if got, err := s.ListStatus(t.Context()); err != nil || got.Age < 0 {
			t.Errorf("Checked() = %+v, %v, want the unsubscribed read", got, err)
		}
	})
}
