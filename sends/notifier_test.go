package sends

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/alicebob/miniredis/v2"
	"github.com/go-redis/redis_rate/v10"
	"github.com/redis/go-redis/v9"
)

// recorder is a Notifier that records its calls.
type recorder struct {
	mu       sync.Mutex
	notified []notification
	// places is the number of messages, 2 if less.
	places int
	// notEdited is how many of them are never edited.
	notEdited int
	// failing returns the error of a notification; it may be nil.
	failing func(ctx context.Context, place string) error
	// placesErr returns the error of Places; it may be nil.
	placesErr func() error
}

// notification is one posted or edited message.
type notification struct {
	send   Send
	place  string
	before map[string]string
	at     time.Time
}

// edit reports whether the message existed before.
func (t notification) edit() bool { return t.before[t.place] != "" }

func (r *recorder) Places(_ context.Context, _ Send, posted map[string]string) (posts, edits []string, err error) {
	for i := range max(r.places, 2) {
		switch place := fmt.Sprint("C", i+1); {
		case posted[place] == "":
			posts = append(posts, place)
		case i >= r.notEdited:
			edits = append(edits, place)
		}
	}
	if r.placesErr != nil {
		err = r.placesErr()
	}
	return posts, edits, err
}

func (r *recorder) Notify(ctx context.Context, s Send, place string, posted map[string]string) (string, error) {
	if r.failing != nil {
		if err := r.failing(ctx, place); err != nil {
			return "", err
		}
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.notified = append(r.notified, notification{s, place, maps.Clone(posted), time.Now()})
	if id := posted[place]; id != "" {
		return id, nil
	}
	return fmt.Sprint("1.", len(r.notified)), nil
}

func (r *recorder) last() Send {
	r.mu.Lock()
	defer r.mu.Unlock()
	if len(r.notified) == 0 {
		return Send{}
	}
	return r.notified[len(r.notified)-1].send
}

// at returns the notifications at one place.
func (r *recorder) at(place string) (all []notification) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, t := range r.notified {
		if t.place == place {
			all = append(all, t)
		}
	}
	return all
}

// posts counts the posted messages by place.
func posts(boards ...*recorder) map[string]int {
	n := map[string]int{}
	for _, b := range boards {
		b.mu.Lock()
		for _, t := range b.notified {
			if !t.edit() {
				n[t.place]++
			}
		}
		b.mu.Unlock()
	}
	return n
}

// backoffReasons returns the reasons of backoffs in notifications.
func (r *recorder) backoffReasons() []string {
	r.mu.Lock()
	defer r.mu.Unlock()
	var all []string
	for _, t := range r.notified {
		if t.send.BackoffReason != "" {
			all = append(all, t.send.BackoffReason)
		}
	}
	return all
}

func TestNotifier_startToEnd(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var b recorder
		s := service(connect(t, startRedis(t), nil), accept, func(c *Config) {
			c.Notifier, c.Pace = &b, every(200*time.Millisecond)
		})
		id := confirmed(t, s, 300)
		began := time.Now()
		start(t, s)
		awaitEnd(t, s, id, 2*time.Minute)
		time.Sleep(10 * time.Second)
		synctest.Wait()

		all := b.at("C2")
		if first := all[0]; first.send.Ended() || first.at.Sub(began) > time.Second || first.edit() {
			t.Errorf("notified first after %v: %+v, remembering %v, want the start", first.at.Sub(began), first.send.Counts, first.before)
		}
		if last := b.last(); last.State != StateCompleted || last.Counts.Accepted != 300 {
			t.Errorf("notified last: %s %+v, want the end", last.State, last.Counts)
		}
		for i, again := range all[1:] {
			if gap := again.at.Sub(all[i].at); gap < notifyEvery && !again.send.Ended() {
				t.Errorf("notified again after %v, want at least %v", gap, notifyEvery)
			}
			if len(again.before) != 2 {
				t.Errorf("notification %d had %v before, want the messages of the first", i+1, again.before)
			}
		}
		if n := len(all); n < 10 || n > 22 {
			t.Errorf("notified %d times in a minute, want about 20", n)
		}
	})
}

func TestNotifier_sharesFortyEditsAMinute(t *testing.T) {
	t.Parallel()
	for _, places := range []int{13, 40} {
		t.Run(fmt.Sprint(places, " places"), func(t *testing.T) {
			t.Parallel()
			checkEditRate(t, places)
		})
	}
}

func checkEditRate(t *testing.T, places int) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		m := startRedis(t)
		boards := make([]recorder, 4)
		for i := range boards {
			boards[i].places = places
			s := service(connect(t, m, nil), accept, func(c *Config) { c.Notifier, c.Pace = &boards[i], every(time.Second) })
			confirmed(t, s, 120)
			confirmed(t, s, 120)
			start(t, s)
		}
		ends := func() (n int) {
			for i := range boards {
				n += len(boards[i].delays())
			}
			return n
		}
		most := max(20*time.Minute, time.Duration(places)*45*time.Second)
		for began := time.Now(); ends() < 8 && time.Since(began) < most; {
			time.Sleep(time.Minute)
		}
		synctest.Wait()
		if n := ends(); n != 8 {
			t.Errorf("%d ends were shown, want 8", n)
		}
		if n := mostInAMinute(edits(boards, true)); n > 40 {
			t.Errorf("%d edits in one minute, want at most 40", n)
		}
		if n, most := mostInAMinute(edits(boards, false)), max(20, editRate+min(places, editBurst/2)); n > most {
			t.Errorf("%d edits before the end in one minute, want at most %d", n, most)
		}
	})
}

// delays returns the times from the end of each send until all its messages showed it.
func (r *recorder) delays() []time.Duration {
	r.mu.Lock()
	defer r.mu.Unlock()
	latest, places := map[string]time.Duration{}, map[string]int{}
	for _, t := range r.notified {
		if t.send.Ended() {
			latest[t.send.ID] = t.at.Sub(t.send.EndedAt)
			places[t.send.ID]++
		}
	}
	maps.DeleteFunc(latest, func(id string, _ time.Duration) bool { return places[id] < max(r.places, 2) })
	return slices.Collect(maps.Values(latest))
}

// edits returns the times at which existing messages were edited, with or without those of ends.
func edits(boards []recorder, ends bool) []time.Time {
	var all []time.Time
	for i := range boards {
		for _, t := range boards[i].notified {
			if t.edit() && (ends || !t.send.Ended()) {
				all = append(all, t.at)
			}
		}
	}
	return all
}

// mostInAMinute returns the largest number of times within one minute.
func mostInAMinute(times []time.Time) (most int) {
	for _, from := range times {
		n := 0
		for _, at := range times {
			if d := at.Sub(from); d >= 0 && d < time.Minute {
				n++
			}
		}
		most = max(most, n)
	}
	return most
}

func TestNotifier_endAtOnce(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := recorder{failing: func(context.Context, string) error { time.Sleep(100 * time.Millisecond); return nil }}
		s := service(connect(t, startRedis(t), nil), func(context.Context, string) error {
			time.Sleep(900 * time.Millisecond)
			return nil
		}, func(c *Config) { c.Notifier = &b })
		start(t, s)
		for range 5 {
			awaitEnd(t, s, confirmed(t, s, 1), 5*time.Second)
			time.Sleep(time.Second)
		}
		delays := b.delays()
		if len(delays) != 5 || slices.Max(delays) > 300*time.Millisecond {
			t.Errorf("the ends were notified after %v, want 5 at once", delays)
		}
	})
}

// A short send is posted once, with its result, so it needs no edit.
func TestNotifier_quickSendOnce(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var b recorder
		s := service(connect(t, startRedis(t), nil), accept, func(c *Config) { c.Notifier = &b })
		start(t, s)
		const quick = 60
		for range quick {
			awaitEnd(t, s, confirmed(t, s, 1), 5*time.Second)
			time.Sleep(time.Second)
		}
		if delays := b.delays(); len(delays) != quick || slices.Max(delays) > 200*time.Millisecond {
			t.Errorf("the ends were notified after %v, want %d at once", delays, quick)
		}
		if n := len(b.at("C1")); n != quick {
			t.Errorf("notified %d times, want once for each of %d", n, quick)
		}
	})
}

// The progress of long sends doesn't delay the ends of many short ones.
func TestNotifier_endsBeforeProgress(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		places int
		most   time.Duration
	}{
		"two messages each: all at once": {places: 0, most: 100 * time.Millisecond},
		"ten":                            {places: 10, most: 5 * time.Minute},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				m := startRedis(t)
				boards := make([]recorder, 4)
				services := make([]*Service, len(boards))
				for i := range boards {
					boards[i].places = tt.places
					services[i] = service(connect(t, m, nil), accept, func(c *Config) {
						c.Notifier, c.Pace = &boards[i], every(time.Second)
					})
					start(t, services[i])
					confirmed(t, services[i], 500)
				}
				time.Sleep(90 * time.Second)
				for i := range 8 {
					confirmed(t, services[i%len(services)], 20)
				}
				delays := func() (all []time.Duration) {
					for i := range boards {
						all = append(all, boards[i].delays()...)
					}
					return all
				}
				for began := time.Now(); len(delays()) < 8 && time.Since(began) < tt.most+time.Minute; {
					time.Sleep(30 * time.Second)
				}
				synctest.Wait()
				if all := delays(); len(all) != 8 || slices.Max(all) > tt.most {
					t.Errorf("the ends of the short sends were shown after %v, want 8 within %v", all, tt.most)
				}
				if n := mostInAMinute(edits(boards, true)); n > 40 {
					t.Errorf("%d edits in one minute, want at most 40", n)
				}
			})
		})
	}
}

func TestNotifier_failsOrHangs(t *testing.T) {
	t.Parallel()
	tests := map[string]func(ctx context.Context) error{
		"fails": func(context.Context) error { return errors.New("channel_not_found") },
		"hangs": func(ctx context.Context) error { <-ctx.Done(); return ctx.Err() },
	}
	for name, fail := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				well := time.Now().Add(time.Minute)
				b := recorder{failing: func(ctx context.Context, _ string) error {
					if time.Now().After(well) {
						return nil
					}
					return fail(ctx)
				}}
				s := service(connect(t, startRedis(t), nil), accept, func(c *Config) { c.Notifier = &b })
				start(t, s)
				for range 70 {
					awaitEnd(t, s, confirmed(t, s, 5), time.Second)
				}
				if live, err := s.Live(t.Context()); err != nil || len(live) != 0 {
					t.Errorf("Live() = %v, %v, want none", live, err)
				}
				time.Sleep(3 * time.Minute)
				synctest.Wait()
				if n := len(b.delays()); n != 70 || len(b.notified) != 140 {
					t.Errorf("notified %d times of %d ends, want both messages of 70 sends once", len(b.notified), n)
				}
			})
		})
	}
}

func TestNotifier_getsPostsOfAnotherProcess(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		m := startRedis(t)
		var first, second recorder
		with := func(b *recorder) func(*Config) {
			return func(c *Config) { c.Notifier, c.Pace = b, every(time.Second) }
		}
		a := service(connect(t, m, nil), accept, with(&first))
		id := confirmed(t, a, 20)
		stop := start(t, a)
		time.Sleep(8 * time.Second)
		stop()
		start(t, service(connect(t, m, nil), accept, with(&second)))
		awaitEnd(t, a, id, time.Minute)
		time.Sleep(5 * time.Second)
		synctest.Wait()
		if n := len(posts(&second)); n > 0 || !second.last().Ended() {
			t.Errorf("the second process posted %d messages and showed %+v, want those of the first edited", n, second.last())
		}
	})
}

// A message that was being posted at the shutdown of a process isn't posted again by the next one, even if Redis was
// unreachable at that moment.
func TestNotifier_postsOnceAtShutdown(t *testing.T) {
	t.Parallel()
	tests := map[string]func(f *faults){
		"slow Slack": func(*faults) {},
		"Redis away as it is kept": func(f *faults) {
			well := time.Now().Add(10 * time.Second)
			f.set(func(cmd redis.Cmder) (int, bool) {
				ok := !runs(cmd, savePostScript) || time.Now().After(well)
				return map[bool]int{true: 1}[ok], ok
			})
		},
	}
	for name, spoil := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				m, f := startRedis(t), &faults{}
				spoil(f)
				var first, second recorder
				first.failing = func(context.Context, string) error { time.Sleep(4 * time.Second); return nil }
				with := func(b *recorder) func(*Config) {
					return func(c *Config) { c.Notifier, c.Pace = b, every(time.Second) }
				}
				a := service(connect(t, m, f), accept, with(&first))
				id := confirmed(t, a, 20)
				stop := start(t, a)
				time.Sleep(2 * time.Second)
				b := service(connect(t, m, nil), accept, with(&second))
				start(t, b)
				stop()
				awaitEnd(t, b, id, 2*time.Minute)
				time.Sleep(10 * time.Second)
				synctest.Wait()
				if n := posts(&first, &second); n["C1"] != 1 || n["C2"] != 1 {
					t.Errorf("posted %v, want one message at each place", n)
				}
			})
		})
	}
}

// A process that is killed during a notification, or stuck until another one takes over, causes at most one repeated post:
// the message in flight.
func TestNotifier_repeatsAtMostOnePost(t *testing.T) {
	t.Parallel()
	for name, gone := range map[string]time.Duration{"killed": 10 * time.Minute, "stuck": 25 * time.Second} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				m, f := startRedis(t), &faults{}
				first, second := recorder{places: 6}, recorder{places: 6}
				first.failing = func(_ context.Context, place string) error {
					if place == "C4" && len(first.at(place)) == 0 {
						f.disconnect()
						time.Sleep(gone)
						f.set(nil)
					}
					return nil
				}
				with := func(b *recorder) func(*Config) {
					return func(c *Config) { c.Notifier, c.Pace = b, every(time.Second) }
				}
				a := service(connect(t, m, f), accept, with(&first))
				id := confirmed(t, a, 50)
				start(t, a)
				time.Sleep(5 * time.Second)
				b := service(connect(t, m, nil), accept, with(&second))
				start(t, b)
				awaitEnd(t, b, id, 5*time.Minute)
				time.Sleep(gone)
				synctest.Wait()
				want := map[string]int{"C1": 1, "C2": 1, "C3": 1, "C4": 2, "C5": 1, "C6": 1}
				if n := posts(&first, &second); !maps.Equal(n, want) {
					t.Errorf("posted %v, want %v", n, want)
				}
				if got := read(t, b, id).Posted["C4"]; got != "1.1" {
					t.Errorf("the message of C4 that is remembered is %s, want that of the second process", got)
				}
			})
		})
	}
}

// While Slack can't list all places, the known ones are notified once. A failing place doesn't delay the others.
func TestNotifier_retriesOnlyFailures(t *testing.T) {
	t.Parallel()
	tests := map[string]func(b *recorder, well time.Time){
		"places unknown": func(b *recorder, well time.Time) {
			b.placesErr = func() error {
				if time.Now().Before(well) {
					return errors.New("not_allowed_token_type")
				}
				return nil
			}
		},
		"one fails": func(b *recorder, well time.Time) {
			b.failing = func(_ context.Context, place string) error {
				if place == "C1" && time.Now().Before(well) {
					return errors.New("internal_error")
				}
				return nil
			}
		},
	}
	for name, spoil := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				b := recorder{places: 40}
				spoil(&b, time.Now().Add(20*time.Minute))
				s := service(connect(t, startRedis(t), nil), accept, func(c *Config) { c.Notifier, c.ApprovalOver = &b, 5 })
				id := confirmed(t, s, 50)
				start(t, s)
				time.Sleep(10 * time.Minute)
				if n := len(b.at("C2")); n != 1 {
					t.Errorf("notified %d times in ten minutes of waiting, want once", n)
				}
				if _, err := s.Act(t.Context(), id, Approve, Actor{Team: "T1", User: "U2"}); err != nil {
					t.Fatal(err)
				}
				time.Sleep(4 * time.Minute)
				for i := range 39 {
					if all := b.at(fmt.Sprint("C", i+2)); len(all) == 0 || !all[len(all)-1].send.Ended() {
						t.Errorf("the end was not shown at C%d within four minutes", i+2)
					}
				}
				time.Sleep(15 * time.Minute)
				synctest.Wait()
				if all := b.at("C1"); len(all) == 0 || !all[len(all)-1].send.Ended() || len(b.notified) > 40*4 {
					t.Errorf("notified %d times in all, at C1 %d times, want the end there too", len(b.notified), len(all))
				}
				if live, err := s.Live(t.Context()); err != nil || len(live) != 0 {
					t.Errorf("Live() = %v, %v, want none", live, err)
				}
			})
		})
	}
}

// An action of a person is shown soon, even if the send has more messages than are edited for progress.
func TestNotifier_newStateSoon(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := recorder{places: 21}
		s := service(connect(t, startRedis(t), nil), accept, func(c *Config) {
			c.Notifier, c.Pace, c.ApprovalOver = &b, every(time.Second), 5
		})
		id := confirmed(t, s, 100)
		start(t, s)
		time.Sleep(5 * time.Second)
		for _, a := range []struct {
			action Action
			want   State
		}{{Approve, StateRunning}, {Pause, StatePaused}} {
			if _, err := s.Act(t.Context(), id, a.action, Actor{Team: "T1", User: "U2"}); err != nil {
				t.Fatal(err)
			}
			time.Sleep(90 * time.Second)
			if last := b.last(); last.State != a.want {
				t.Errorf("after %s the last that was notified is %s", a.action, last.State)
			}
		}
	})
}

// Places without edits don't use up the pace.
func TestNotifier_countsOnlyEdits(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := recorder{places: 22, notEdited: 20}
		s := service(connect(t, startRedis(t), nil), accept, func(c *Config) { c.Notifier, c.Pace = &b, every(time.Second) })
		start(t, s)
		awaitEnd(t, s, confirmed(t, s, 60), 2*time.Minute)
		time.Sleep(10 * time.Second)
		synctest.Wait()
		if n := len(b.at("C22")); n < 8 {
			t.Errorf("notified %d times in a minute, want as often as a send with few messages", n)
		}
	})
}

// If edits are scarce for long, every message still gets its turn.
func TestNotifier_allPlacesInTurn(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := recorder{places: 3}
		s := service(connect(t, startRedis(t), nil), accept, func(c *Config) { c.Notifier, c.Pace = &b, every(2*time.Second) })
		id := confirmed(t, s, 600)
		start(t, s)
		time.Sleep(20 * time.Second)
		act(t, s, id, Pause, "U2")
		time.Sleep(10 * time.Second)
		// Other sends have just used up the burst.
		pace := redis_rate.Limit{Rate: editRate, Burst: editBurst, Period: time.Minute}
		if _, err := redis_rate.NewLimiter(s.cfg.Redis).AllowAtMost(t.Context(), s.cfg.Prefix+"sends:edits", pace, editBurst); err != nil {
			t.Fatal(err)
		}
		act(t, s, id, Resume, "U2")
		resumed := time.Now()
		time.Sleep(2 * time.Minute)
		synctest.Wait()
		for _, place := range []string{"C1", "C2", "C3"} {
			first := slices.IndexFunc(b.at(place), func(n notification) bool { return n.at.After(resumed) })
			if first < 0 || b.at(place)[first].at.Sub(resumed) > 30*time.Second {
				t.Errorf("%s is not notified within half a minute of the resume", place)
			}
		}
	})
}

// When the records of a send are gone, every place is notified once more with what was last read, and the log says so.
func TestNotifier_recordsGone(t *testing.T) {
	t.Parallel()
	for name, lose := range map[string]func(m *miniredis.Miniredis, s *Service, id string){
		"everything": func(m *miniredis.Miniredis, _ *Service, _ string) { m.FlushAll() },
		"the hash":   func(m *miniredis.Miniredis, s *Service, id string) { m.Del(s.keys(id)[keySend]) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				m := startRedis(t)
				var (
					out   bytes.Buffer
					fails atomic.Int32
					c     calls
				)
				b := &recorder{failing: func(context.Context, string) error {
					if fails.Add(-1) >= 0 {
						return errors.New("Slack is away")
					}
					return nil
				}}
				s := service(connect(t, m, nil), c.accepting, func(c *Config) {
					c.Notifier, c.Pace, c.Log = b, every(100*time.Millisecond), slog.New(slog.NewTextHandler(&out, nil))
				})
				stop := start(t, s)
				id := confirmed(t, s, 1000)
				await(t, s, id, time.Minute, func(send Send) bool { return send.Counts.Accepted > 200 })
				fails.Store(1) // the next notification fails and is retried
				lose(m, s, id)
				time.Sleep(time.Minute)
				for _, place := range []string{"C1", "C2"} {
					all := b.at(place)
					last := all[len(all)-1]
					if last.send.State != StateGone || last.send.Was != StateRunning || last.send.ReadAt.IsZero() || !last.edit() {
						t.Errorf("%s was notified last of %+v (an edit: %t), want the records gone", place, last.send, last.edit())
					}
					if n := c.total(); last.send.Reached < n || last.send.Reached > n+1 {
						t.Errorf("%s was notified that %d people may have been reached, of %d", place, last.send.Reached, n)
					}
				}
				before := len(b.at("C1"))
				time.Sleep(time.Hour)
				if more := len(b.at("C1")) - before; more > 0 {
					t.Errorf("C1 was notified %d times more", more)
				}
				if _, err := s.Act(t.Context(), id, Cancel, Actor{Team: team, User: mia}); !errors.Is(err, ErrNoSend) {
					t.Errorf("Cancel = %v, want %v", err, ErrNoSend)
				}
				stop()
				if n := strings.Count(out.String(), "records of a send are gone"); n != 1 || !strings.Contains(out.String(), id) {
					t.Errorf("the log has %d lines about it, want 1:\n%s", n, &out)
				}
			})
		})
	}
}

// A loss of the records during a notification is noticed, too.
func TestNotifier_recordsGoneMeanwhile(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		m := startRedis(t)
		var (
			lose atomic.Bool
			c    calls
		)
		b := &recorder{failing: func(context.Context, string) error {
			if lose.Swap(false) {
				m.FlushAll()
			}
			return nil
		}}
		s := service(connect(t, m, nil), c.accepting, func(c *Config) { c.Notifier, c.Pace = b, every(100*time.Millisecond) })
		start(t, s)
		id := confirmed(t, s, 1000)
		await(t, s, id, time.Minute, func(send Send) bool { return send.Counts.Accepted > 200 })
		lose.Store(true)
		time.Sleep(time.Minute)
		for _, place := range []string{"C1", "C2"} {
			all := b.at(place)
			last := all[len(all)-1].send
			if n := c.total(); last.State != StateGone || last.Reached < n || last.Reached > n+1 {
				t.Errorf("%s was notified last of %+v, want the records gone after %d calls", place, last, n)
			}
		}
	})
}

// People are notified of an end even if the records are gone before the first try succeeds.
func TestNotifier_recordsGoneAfterTheEnd(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		m := startRedis(t)
		var away atomic.Bool
		b := &recorder{failing: func(context.Context, string) error {
			if away.Load() {
				return errors.New("Slack is away")
			}
			return nil
		}}
		s := service(connect(t, m, nil), accept, func(c *Config) { c.Notifier, c.Pace = b, every(100*time.Millisecond) })
		start(t, s)
		id := confirmed(t, s, 100)
		await(t, s, id, time.Minute, func(send Send) bool { return send.Counts.Accepted > 50 })
		away.Store(true)
		awaitEnd(t, s, id, time.Minute)
		time.Sleep(notifyEvery)
		m.FlushAll()
		time.Sleep(notifyEvery)
		away.Store(false)
		time.Sleep(notifyMaxBackoff)
		for _, place := range []string{"C1", "C2"} {
			all := b.at(place)
			if last := all[len(all)-1].send; last.State != StateCompleted || last.Counts.Accepted != 100 {
				t.Errorf("%s was notified last of %s %+v, want the end", place, last.State, last.Counts)
			}
		}
	})
}

// A send that is missing among the live ones is put back there, and people are notified of its end.
func TestNotifier_notAmongTheLive(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		m := startRedis(t)
		var c calls
		b := &recorder{}
		s := service(connect(t, m, nil), c.accepting, func(c *Config) { c.Notifier, c.Pace = b, every(100*time.Millisecond) })
		start(t, s)
		id := confirmed(t, s, 500)
		await(t, s, id, time.Minute, func(send Send) bool { return send.Counts.Accepted > 100 })
		m.Del(s.key("sends:live"))
		awaitEnd(t, s, id, 5*time.Minute)
		time.Sleep(time.Minute)
		if last := b.last(); last.State != StateCompleted || last.Counts.Accepted != 500 {
			t.Errorf("the last notification was of %+v, want the end", last)
		}
		c.checkOnce(t)
	})
}

// A live send without records that no process has read is logged.
func TestLeader_recordsGone(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		m := startRedis(t)
		var out bytes.Buffer
		s := service(connect(t, m, nil), accept, func(c *Config) { c.Log = slog.New(slog.NewTextHandler(&out, nil)) })
		id := confirmed(t, s, 3)
		m.Del(s.keys(id)[keySend])
		stop := start(t, s)
		time.Sleep(time.Minute)
		stop()
		if n := strings.Count(out.String(), "had not ended are gone from Redis"); n != 1 {
			t.Errorf("the log has %d lines about it, want 1:\n%s", n, &out)
		}
	})
}
