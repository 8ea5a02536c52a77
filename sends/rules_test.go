package sends

import (
	"context"
	"errors"
	"fmt"
	"os"
	"regexp"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/coupontools/couponbot/coupontools"
	"github.com/coupontools/couponbot/sends/recipients"
)

func suppress(t testing.TB, s *Service, people ...string) {
	t.Helper()
	if _, err := s.Suppress(t.Context(), recipients.SMS, people, actor(mia), "by hand"); err != nil {
		t.Fatal(err)
	}
}

func TestSaveDraft_suppressed(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := service(connect(t, startRedis(t), nil), accept)
		suppress(t, s, number(1), number(3))
		d := save(t, s, draft(4))
		if len(d.List.Recipients) != 2 || len(d.List.LeftOut) != 2 || d.List.LeftOut[0].Rule != recipients.RuleSuppressed {
			t.Errorf("SaveDraft() kept %v and left out %v", d.List.Recipients, d.List.LeftOut)
		}
		suppress(t, s, number(0), number(2))
		if _, err := s.SaveDraft(t.Context(), draft(4)); !errors.Is(err, ErrNobodyLeft) {
			t.Errorf("SaveDraft() to nobody = %v, want %v", err, ErrNobodyLeft)
		}
	})
}

func TestRun_suppressedMeanwhile(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var c calls
		s := service(connect(t, startRedis(t), nil), c.accepting)
		id := save(t, s, draft(1000)).ID
		var stop []string
		for i := 100; i < 900; i++ {
			stop = append(stop, number(i))
		}
		suppress(t, s, stop...)
		if _, err := s.Confirm(t.Context(), id, team, mia); err != nil {
			t.Fatal(err)
		}
		start(t, s)
		send := awaitEnd(t, s, id, time.Minute)
		if want := (Counts{Total: 1000, Accepted: 200, Skipped: 800}); send.Counts != want {
			t.Errorf("it ended as %+v, want %+v", send.Counts, want)
		}
		if len(send.Skips) != 1 || send.Skips[0] != (Skip{recipients.RuleSuppressed, 800}) {
			t.Errorf("skipped by %v, want all by the suppression list", send.Skips)
		}
		if o := checkRecords(t, s, id)[number(500)]; o.Status != Skipped || o.Code != string(recipients.RuleSuppressed) {
			t.Errorf("one who was suppressed is recorded as %+v", o)
		}
	})
}

// A person who is barred now may not be barred at the scheduled time.
func TestSaveDraft_capsAtScheduledTime(t *testing.T) {
	t.Parallel()
	tests := map[string]func(*Config){
		"too soon":        func(c *Config) { c.FrequencyCap = 12 * time.Hour },
		"a sender's day":  func(c *Config) { c.DailyCapPerson = 4 },
		"everybody's day": func(c *Config) { c.DailyCap = 4 },
	}
	for name, change := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				s := service(connect(t, startRedis(t), nil), accept, change)
				id := confirmed(t, s, 4)
				start(t, s)
				awaitEnd(t, s, id, time.Minute)
				d := draft(4)
				d.ScheduledAt = time.Now().Add(time.Hour)
				if _, err := s.SaveDraft(t.Context(), d); !errors.Is(err, ErrNobodyLeft) {
					t.Errorf("SaveDraft() for an hour from now = %v, want %v", err, ErrNobodyLeft)
				}
				d.ScheduledAt = time.Now().Add(25 * time.Hour)
				if saved := save(t, s, d); len(saved.List.Recipients) != 4 {
					t.Errorf("SaveDraft() for tomorrow left out %v, want nobody", saved.List.LeftOut)
				}
			})
		})
	}
}

func TestUnsuppress(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := service(connect(t, startRedis(t), nil), accept)
		suppress(t, s, number(0))
		for i, want := range []bool{true, false} {
			if was, err := s.Unsuppress(t.Context(), recipients.SMS, number(0), actor(ben)); err != nil || was != want {
				t.Errorf("Unsuppress() %d = %v, %v, want %v", i, was, err, want)
			}
		}
		save(t, s, draft(1))
		wantTrail(t, s, "suppress UMIA >1 added", "unsuppress UBEN suppressed>not suppressed")
	})
}

func TestRun_caps(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		change func(*Config)
		again  func(t *testing.T) // what happens before the second send
		want   Counts             // of the second send, to the same four people
	}{
		"off": {func(*Config) {}, nil, Counts{Total: 4, Accepted: 4}},
		"too soon": {
			func(c *Config) { c.FrequencyCap = time.Hour }, func(*testing.T) { time.Sleep(59 * time.Minute) },
			Counts{Total: 4, Skipped: 4},
		},
		"long enough": {
			func(c *Config) { c.FrequencyCap = time.Hour }, func(*testing.T) { time.Sleep(61 * time.Minute) },
			Counts{Total: 4, Accepted: 4},
		},
		"a sender's day":  {func(c *Config) { c.DailyCapPerson = 6 }, nil, Counts{Total: 4, Accepted: 2, Skipped: 2}},
		"everybody's day": {func(c *Config) { c.DailyCap = 7 }, nil, Counts{Total: 4, Accepted: 3, Skipped: 1}},
		"the next day": {
			func(c *Config) { c.DailyCap = 7 }, func(*testing.T) { time.Sleep(24 * time.Hour) },
			Counts{Total: 4, Accepted: 4},
		},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				m := startRedis(t)
				var c calls
				s := service(connect(t, m, nil), c.accepting, tt.change)
				second := save(t, s, draft(4)).ID
				stop := start(t, s)
				awaitEnd(t, s, confirmed(t, s, 4), time.Minute)
				stop()
				if tt.again != nil {
					tt.again(t)
				}
				if tt.want.Skipped == 0 {
					second = save(t, s, draft(4)).ID // the first may have expired
				}
				if _, err := s.Confirm(t.Context(), second, team, mia); err != nil {
					t.Fatal(err)
				}
				start(t, s)
				if send := awaitEnd(t, s, second, time.Minute); send.Counts != tt.want {
					t.Errorf("the second send ended as %+v %v, want %+v", send.Counts, send.Skips, tt.want)
				}
			})
		})
	}
}

// A call that reached nobody counts for no cap.
func TestRun_capsCountOnlySent(t *testing.T) {
	t.Parallel()
	tests := map[string]error{
		"refused":       failure(coupontools.Refused, 422),
		"no connection": failure(coupontools.NotSent, 0),
	}
	for name, first := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				var well atomic.Bool
				s := service(connect(t, startRedis(t), nil), func(context.Context, string) error {
					if well.Load() {
						return nil
					}
					return first
				}, func(c *Config) { c.FrequencyCap = time.Hour })
				id := confirmed(t, s, 1)
				start(t, s)
				time.Sleep(3 * time.Second)
				well.Store(true)
				time.Sleep(20 * time.Second)
				id2 := confirmRecipients(t, s, draft(1))
				if name == "refused" && id2 == "" {
					t.Error("one whom the API refused is barred from the next send")
				}
				if name != "refused" && (id2 != "" || read(t, s, id).Counts.Accepted != 1) {
					t.Error("one who got the message at last is not barred from the next send")
				}
			})
		})
	}
}

// A counter that Redis has dropped isn't decremented.
func TestRun_dayCounterNotNegative(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		m := startRedis(t)
		var s *Service
		var dropped atomic.Bool
		s = service(connect(t, m, nil), func(context.Context, string) error {
			if dropped.CompareAndSwap(false, true) {
				m.Del(s.dayKey(time.Now(), mia))
				return failure(coupontools.NotSent, 0)
			}
			return nil
		})
		id := confirmed(t, s, 1)
		start(t, s)
		awaitEnd(t, s, id, time.Minute)
		key := s.dayKey(time.Now(), mia)
		if n, _ := m.Get(key); n != "1" || m.TTL(key) <= 0 {
			t.Errorf("the day counts %s for %v, want 1 for a while", n, m.TTL(key))
		}
	})
}

// confirmRecipients confirms d and returns its id, "" if nobody is left in it.
func confirmRecipients(t testing.TB, s *Service, d Draft) string {
	t.Helper()
	saved, err := s.SaveDraft(t.Context(), d)
	if errors.Is(err, ErrNobodyLeft) {
		return ""
	}
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.Confirm(t.Context(), saved.ID, team, mia); err != nil {
		t.Fatal(err)
	}
	return saved.ID
}

func TestSuppressionKey_changed(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		before, after string
		want          error
	}{
		"made and kept":      {"", "", nil},
		"the same":           {"secret", "secret", nil},
		"another":            {"secret", "other", ErrSuppressionKey},
		"taken away":         {"secret", "", ErrSuppressionKey},
		"set after one made": {"", "secret", ErrSuppressionKey},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				rdb := connect(t, startRedis(t), nil)
				with := func(key string) *Service {
					return service(rdb, accept, func(c *Config) { c.SuppressionKey = key })
				}
				before := with(tt.before)
				suppress(t, before, number(0))
				d := save(t, before, draft(2))

				after := with(tt.after)
				if _, err := after.SaveDraft(t.Context(), draft(2)); !errors.Is(err, tt.want) {
					t.Errorf("SaveDraft() = %v, want %v", err, tt.want)
				}
				if _, err := after.Confirm(t.Context(), d.ID, team, mia); !errors.Is(err, tt.want) {
					t.Errorf("Confirm() = %v, want %v", err, tt.want)
				}
			})
		})
	}
}

func TestWhy_allRules(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		m := startRedis(t)
		s := service(connect(t, m, nil), accept, func(c *Config) {
			c.FrequencyCap, c.DailyCapPerson, c.DailyCap = time.Hour, 1, 2
			c.Contacts = contacts{number(0)[1:]}
		})
		if all, err := s.Why(t.Context(), recipients.SMS, number(0), mia); err != nil || len(all) != 0 {
			t.Errorf("Why() before anything = %v, %v, want no rule", all, err)
		}
		id := save(t, s, draft(1)).ID
		suppress(t, s, number(1))
		if _, err := s.Confirm(t.Context(), id, team, mia); err != nil {
			t.Fatal(err)
		}
		start(t, s)
		awaitEnd(t, s, id, time.Minute)
		suppress(t, s, number(0))
		all, err := s.Why(t.Context(), recipients.SMS, number(0), mia)
		if err != nil {
			t.Fatal(err)
		}
		var got []recipients.Rule
		for _, b := range all {
			got = append(got, b.Rule)
		}
		want := []recipients.Rule{recipients.RuleSuppressed, recipients.RuleUnsubscribed, recipients.RuleFrequencyCap, recipients.RuleDailyCapPerson}
		if read(t, s, id).Counts.Skipped == 1 { // the unsubscribed were read before the first batch
			want = want[:2]
		}
		if len(got) != len(want) {
			t.Errorf("Why() = %v, want %v", got, want)
		}
		if all[0].By != mia || all[0].Note != "by hand" {
			t.Errorf("suppressed by %q (%q), want by %s", all[0].By, all[0].Note, mia)
		}
	})
}

// contacts are numbers that have unsubscribed in Coupontools.
type contacts []string

func (contacts) SMSGroups(context.Context) ([]coupontools.SMSGroup, error) {
	return []coupontools.SMSGroup{{ID: "gro_1"}}, nil
}

func (c contacts) SMSContacts(context.Context, string) ([]coupontools.SMSContact, error) {
	all := []coupontools.SMSContact{{ID: "con_0", Phone: "32470999999"}}
	for _, phone := range c {
		all = append(all, coupontools.SMSContact{ID: "con_" + phone, Phone: phone, Unsubscribed: true})
	}
	return all, nil
}

// contactsWithoutSMS are the contacts of an account that may have no SMS service any more.
type contactsWithoutSMS struct {
	contacts
	gone *bool
}

func (c contactsWithoutSMS) SMSGroups(ctx context.Context) ([]coupontools.SMSGroup, error) {
	if *c.gone {
		return nil, &coupontools.Error{Class: coupontools.AccountRefused, Codes: []int{noSMS}}
	}
	return c.contacts.SMSGroups(ctx)
}

// People who unsubscribed with a number that can't be read are counted, since they may get messages.
func TestUnsubscribed_badNumber(t *testing.T) {
	t.Parallel()
	s := service(connect(t, startRedis(t), nil), accept, func(c *Config) { c.Contacts = contacts{"0470000001", number(0)[1:]} })
	if err := s.readUnsubscribed(t.Context()); err != nil {
		t.Fatal(err)
	}
	if got, err := s.ListStatus(t.Context()); err != nil || got.Unsubscribed != 1 || got.BadNumbers != 1 {
		t.Errorf("ListStatus() = %+v, %v, want one person unsubscribed and one more with a bad number", got, err)
	}
}

// Those who have unsubscribed are remembered while the account has no SMS service, and count as read.
func TestUnsubscribed_withoutAnSMSService(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		gone := true
		s := service(connect(t, startRedis(t), nil), accept, func(c *Config) {
			c.Contacts = contactsWithoutSMS{contacts{"tel:+" + number(0)[1:]}, &gone}
		})
		for _, step := range []struct {
			gone bool
			want int // who get it
		}{{true, 3}, {false, 2}, {true, 2}} {
			gone = step.gone
			time.Sleep(unsubscribedOld)
			if err := s.readUnsubscribed(t.Context()); err != nil {
				t.Fatal(err)
			}
			if d := save(t, s, draft(3)); len(d.List.Recipients) != step.want {
				t.Errorf("without a service %v: %d people get it, want %d", gone, len(d.List.Recipients), step.want)
			}
			if got, err := s.ListStatus(t.Context()); err != nil || got.Age != 0 || got.Unsubscribed != 3-step.want {
				t.Errorf("without a service %v: ListStatus() = %+v, %v", gone, got, err)
			}
		}
	})
}

func TestRun_readsUnsubscribed(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var c calls
		s := service(connect(t, startRedis(t), nil), c.accepting, func(c *Config) {
			c.Contacts = contacts{number(1)[1:], "not a number"}
		})
		id := save(t, s, draft(3)).ID
		start(t, s)
		time.Sleep(time.Second)
		if d := save(t, s, draft(3)); len(d.List.LeftOut) != 1 || d.List.LeftOut[0].Rule != recipients.RuleUnsubscribed {
			t.Errorf("SaveDraft() left out %v, want the one who unsubscribed", d.List.LeftOut)
		}
		if _, err := s.Confirm(t.Context(), id, team, mia); err != nil {
			t.Fatal(err)
		}
		if send := awaitEnd(t, s, id, time.Minute); send.Counts != (Counts{Total: 3, Accepted: 2, Skipped: 1}) {
			t.Errorf("it ended as %+v, want one skipped", send.Counts)
		}
	})
}

// RuleWords explains every rule by which the claim script skips people.
func TestRuleWords_ofTheClaimScript(t *testing.T) {
	t.Parallel()
	source, err := os.ReadFile("scripts_claim.go")
	rules := regexp.MustCompile(`return '(\w+)'`).FindAllStringSubmatch(string(source), -1)
	if err != nil || len(rules) < 7 {
		t.Fatalf("the script has %d rules, %v, want at least 7", len(rules), err)
	}
	seen := map[string]string{RuleWords("new"): "a rule without words"}
	for _, rule := range rules {
		words := RuleWords(recipients.Rule(rule[1]))
		if other, again := seen[words]; again {
			t.Errorf("%s has the words of %s: %q", rule[1], other, words)
		}
		seen[words] = rule[1]
	}
}

// The preview and the claim script have the same rule: for every combination of facts about a person and a send, both name the
// same barrier.
func TestBarriers_sameInTheClaimScript(t *testing.T) {
	t.Parallel()
	for kind, prepare := range map[string]func(d *Draft){
		"send":      func(*Draft) {},
		"test send": func(d *Draft) { d.Test = true },
		"resend":    func(d *Draft) { d.Parent = "PARENT" },
	} {
		for _, used := range [][2]int{{0, 0}, {1000, 0}, {0, 1000}, {1000, 1000}} { // recipients today, of the sender and of all
			t.Run(fmt.Sprint(kind, used), func(t *testing.T) {
				t.Parallel()
				compareBarriers(t, prepare, used)
			})
		}
	}
}

func compareBarriers(t *testing.T, prepare func(*Draft), used [2]int) {
	const frequency = time.Hour
	m, now := startRedis(t), time.Unix(1_800_000_000, 0)
	m.SetTime(now)
	s := service(connect(t, m, nil), accept, func(c *Config) {
		c.FrequencyCap, c.DailyCapPerson, c.DailyCap = frequency, 1000, 1000
	})
	h, err := s.hasher(t.Context())
	if err != nil {
		t.Fatal(err)
	}

	// One person for each combination of what Redis knows about a person.
	d, calls := draft(0), map[string]priorCall{}
	prepare(&d)
	var suppressed []string
	unsubscribed, last := map[string]any{}, map[string]string{}
	ago := func(token string, d time.Duration) string { return fmt.Sprint(token, "|", now.Add(-d).UnixMilli()) }
	for _, isSuppressed := range []bool{false, true} {
		for _, since := range []string{"", "0", "1799999999000"} {
			for call := range 5 {
				i := len(d.List.Recipients)
				to, token := number(i), fmt.Sprint("parent:", i)
				d.List.Recipients = append(d.List.Recipients, recipients.Recipient{To: to, Country: "BE"})
				calls[to] = priorCall{place: i, claim: token}
				m.HSet(s.key("send:PARENT:outcomes"), fmt.Sprint(i), "unknown|"+token+"|0|||")
				person := h.person(d.Kind, to)
				if isSuppressed {
					suppressed = append(suppressed, to)
				}
				if since != "" {
					unsubscribed[person] = since
				}
				last[person] = []string{"", ago("other:1", 0), ago("other:1", frequency-time.Millisecond), ago("other:1", frequency), ago(token, 0)}[call]
			}
		}
	}
	m.HSet(s.key("send:PARENT"), "state", "completed")
	if d.Parent == "" {
		calls = nil
	}
	saved, err := s.save(t.Context(), d, calls)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.Confirm(t.Context(), saved.ID, team, mia); err != nil {
		t.Fatal(err)
	}
	suppress(t, s, suppressed...)
	if err := s.replaceUnsubscribed(t.Context(), unsubscribed, 0, h.keyID); err != nil {
		t.Fatal(err)
	}
	set := func(key, value string) {
		if err := m.Set(key, value); err != nil {
			t.Fatal(err)
		}
	}
	for person, value := range last {
		if value != "" {
			set(s.lastKey(person), value)
		}
	}
	set(s.dayKey(now, mia), fmt.Sprint(used[0]))
	set(s.dayKey(now, "*"), fmt.Sprint(used[1]))

	list, err := s.applyRules(t.Context(), h, d, calls)
	if err != nil {
		t.Fatal(err)
	}
	preview := map[string]string{}
	for _, person := range list.LeftOut {
		preview[person.Text] = string(person.Rule)
	}
	run := func(script *redis.Script, args ...any) string {
		reply, _, err := parseReply(s.runScript(t.Context(), script, saved.ID, args...))
		if err != nil {
			t.Fatal(err)
		}
		return reply.code
	}
	run(acquireBatchScript, "batch", 0)
	for n := int64(1); run(claimScript, s.claimArgs("batch", n)...) == "claimed"; n++ {
	}
	for o, err := range s.Recipients(t.Context(), saved.ID) {
		if err != nil {
			t.Fatal(err)
		}
		if o.Status != Claimed && o.Status != Skipped || o.Code != preview[o.To] {
			t.Errorf("%s is %s by %q, the preview says %q", o.To, o.Status, o.Code, preview[o.To])
		}
	}
	if len(preview) < len(d.List.Recipients)/2 {
		t.Errorf("only %d of %d people are barred", len(preview), len(d.List.Recipients))
	}
}
