package sends

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/redis/go-redis/v9"
)

// board is a Teller that keeps what it was told.
type board struct {
	mu    sync.Mutex
	told  []Send
	knew  []map[string]string
	times []time.Time
	// places are where messages are posted, in place of two.
	places int
	// still is how many of them are not edited.
	still int
	// fail says what to do about a telling before it counts; it may be nil.
	fail func(ctx context.Context) error
}

func (b *board) Tell(ctx context.Context, s Send, told map[string]string) (map[string]string, error) {
	if b.fail != nil {
		if err := b.fail(ctx); err != nil {
			return nil, err
		}
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	b.told, b.knew, b.times = append(b.told, s), append(b.knew, maps.Clone(told)), append(b.times, time.Now())
	if len(told) == 0 {
		told = map[string]string{"C1": "1.1", "D1": "1.2"}
		for i := range b.places {
			told[fmt.Sprint("C", i)] = "1.1"
		}
	}
	return told, nil
}

func (b *board) Edits(_ Send, told map[string]string) int { return len(told) - b.still }

func (b *board) last() Send {
	b.mu.Lock()
	defer b.mu.Unlock()
	if len(b.told) == 0 {
		return Send{}
	}
	return b.told[len(b.told)-1]
}

// holdups are the reasons told why a send does not go on.
func (b *board) holdups() []string {
	b.mu.Lock()
	defer b.mu.Unlock()
	var all []string
	for _, s := range b.told {
		if s.Holdup != "" {
			all = append(all, s.Holdup)
		}
	}
	return all
}

func TestTeller_isToldFromStartToEnd(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var b board
		s := service(connect(t, startRedis(t), nil), accept, func(c *Config) {
			c.Teller, c.Pace = &b, every(200*time.Millisecond)
		})
		id := confirmed(t, s, 300)
		began := time.Now()
		start(t, s)
		awaitEnd(t, s, id, 2*time.Minute)
		time.Sleep(10 * time.Second)
		synctest.Wait()

		if first := b.told[0]; first.Ended() || b.times[0].Sub(began) > time.Second || len(b.knew[0]) != 0 {
			t.Errorf("told first after %v: %+v, remembering %v, want the start", b.times[0].Sub(began), first.Counts, b.knew[0])
		}
		if last := b.last(); last.State != StateCompleted || last.Counts.Accepted != 300 {
			t.Errorf("told last: %s %+v, want the end", last.State, last.Counts)
		}
		for i := range b.times[1:] {
			if gap := b.times[i+1].Sub(b.times[i]); gap < tellEvery && !b.told[i+1].Ended() {
				t.Errorf("told again after %v, want at least %v", gap, tellEvery)
			}
			if len(b.knew[i+1]) != 2 {
				t.Errorf("telling %d knew %v, want the messages of the first", i+1, b.knew[i+1])
			}
		}
		if n := len(b.told); n < 10 || n > 22 {
			t.Errorf("told %d times in a minute, want about 20", n)
		}
	})
}

func TestTeller_allShareFortyEditsAMinute(t *testing.T) {
	t.Parallel()
	for _, places := range []int{2, 12, 25} {
		t.Run(fmt.Sprint(places, " places"), func(t *testing.T) {
			t.Parallel()
			fortyEdits(t, places)
		})
	}
}

func fortyEdits(t *testing.T, places int) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		m := startRedis(t)
		boards := make([]board, 4)
		for i := range boards {
			boards[i].places = places
			s := service(connect(t, m, nil), accept, func(c *Config) { c.Teller, c.Pace = &boards[i], every(time.Second) })
			confirmed(t, s, 120)
			confirmed(t, s, 120)
			start(t, s)
		}
		time.Sleep(20 * time.Minute)
		synctest.Wait()
		ends := 0
		for i := range boards {
			ends += len(boards[i].delays())
		}
		if ends != 8 {
			t.Errorf("%d ends were told, want 8", ends)
		}
		if n := busiest(edits(boards, true)); n > 40 {
			t.Errorf("%d edits in one minute, want at most 40", n)
		}
		if n := busiest(edits(boards, false)); n > max(20, editRate+places+1) {
			t.Errorf("%d edits before the end in one minute, want at most 20, or %d and one telling", n, editRate)
		}
	})
}

// delays are how long after the ends of sends these were told.
func (b *board) delays() []time.Duration {
	b.mu.Lock()
	defer b.mu.Unlock()
	var all []time.Duration
	for i, s := range b.told {
		if s.Ended() {
			all = append(all, b.times[i].Sub(s.EndedAt))
		}
	}
	return all
}

// edits are the times at which messages that were there already were edited, those of ends too or not.
func edits(boards []board, ends bool) []time.Time {
	var all []time.Time
	for i := range boards {
		for j, at := range boards[i].times {
			if boards[i].told[j].Ended() && !ends {
				continue
			}
			for range boards[i].knew[j] {
				all = append(all, at)
			}
		}
	}
	return all
}

// busiest is the most of these times that any minute has.
func busiest(times []time.Time) (most int) {
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

func TestTeller_isToldOfTheEndAtOnce(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := board{fail: func(context.Context) error { time.Sleep(100 * time.Millisecond); return nil }}
		s := service(connect(t, startRedis(t), nil), func(context.Context, string) error {
			time.Sleep(900 * time.Millisecond)
			return nil
		}, func(c *Config) { c.Teller = &b })
		start(t, s)
		for range 5 {
			awaitEnd(t, s, confirmed(t, s, 1), 5*time.Second)
			time.Sleep(time.Second)
		}
		delays := b.delays()
		if len(delays) != 5 || slices.Max(delays) > 200*time.Millisecond {
			t.Errorf("the ends were told after %v, want 5 at once", delays)
		}
	})
}

// A send that is over in no time is told of once, with its outcome, and so never waits for a turn to edit.
func TestTeller_isToldOnceOfAQuickSend(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var b board
		s := service(connect(t, startRedis(t), nil), accept, func(c *Config) { c.Teller = &b })
		start(t, s)
		const quick = 60
		for range quick {
			awaitEnd(t, s, confirmed(t, s, 1), 5*time.Second)
			time.Sleep(time.Second)
		}
		if delays := b.delays(); len(delays) != quick || slices.Max(delays) > 200*time.Millisecond {
			t.Errorf("the ends were told after %v, want %d at once", delays, quick)
		}
		if len(b.told) != quick {
			t.Errorf("told %d times, want once for each of %d", len(b.told), quick)
		}
	})
}

// Long sends that have something to tell all the time take no room from the ends of many short ones.
func TestTeller_endsWaitForNoOtherNews(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		places int
		most   time.Duration
	}{
		"two messages each: all at once": {places: 0, most: 100 * time.Millisecond},
		"four":                           {places: 3, most: time.Minute},
		"ten":                            {places: 9, most: 5 * time.Minute},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				m := startRedis(t)
				boards := make([]board, 4)
				services := make([]*Service, len(boards))
				for i := range boards {
					boards[i].places = tt.places
					services[i] = service(connect(t, m, nil), accept, func(c *Config) {
						c.Teller, c.Pace = &boards[i], every(time.Second)
					})
					start(t, services[i])
					confirmed(t, services[i], 500)
				}
				time.Sleep(90 * time.Second)
				for i := range 8 {
					confirmed(t, services[i%len(services)], 20)
				}
				time.Sleep(tt.most + time.Minute)
				synctest.Wait()
				var delays []time.Duration
				for i := range boards {
					delays = append(delays, boards[i].delays()...)
				}
				if len(delays) != 8 || slices.Max(delays) > tt.most {
					t.Errorf("the ends of the short sends were told after %v, want 8 within %v", delays, tt.most)
				}
				if n := busiest(edits(boards, true)); n > 40 {
					t.Errorf("%d edits in one minute, want at most 40", n)
				}
			})
		})
	}
}

func TestTeller_thatFailsOrHangsSlowsNothing(t *testing.T) {
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
				b := board{fail: func(ctx context.Context) error {
					if time.Now().After(well) {
						return nil
					}
					return fail(ctx)
				}}
				s := service(connect(t, startRedis(t), nil), accept, func(c *Config) { c.Teller = &b })
				start(t, s)
				for range 70 {
					awaitEnd(t, s, confirmed(t, s, 5), time.Second)
				}
				if live, err := s.Live(t.Context()); err != nil || len(live) != 0 {
					t.Errorf("Live() = %v, %v, want none", live, err)
				}
				time.Sleep(3 * time.Minute)
				synctest.Wait()
				if len(b.told) != 70 || !b.last().Ended() {
					t.Errorf("told %d times, want the end of each of 70 sends", len(b.told))
				}
			})
		})
	}
}

func TestTeller_knowsTheMessagesOfAnotherProcess(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		m := startRedis(t)
		var first, second board
		with := func(b *board) func(*Config) {
			return func(c *Config) { c.Teller, c.Pace = b, every(time.Second) }
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
		if len(second.knew) == 0 || second.knew[0]["C1"] != "1.1" || !second.last().Ended() {
			t.Errorf("the second process knew %v and told %+v, want the messages of the first", second.knew, second.last())
		}
	})
}

// A message that was being posted when the process was told to stop is not posted again by the next one, even if Redis
// was away just then.
func TestTeller_postsOnceThoughTheProcessStops(t *testing.T) {
	t.Parallel()
	tests := map[string]func(f *faults){
		"slow Slack": func(*faults) {},
		"Redis away as it is kept": func(f *faults) {
			well := time.Now().Add(10 * time.Second)
			f.set(func(cmd redis.Cmder) (int, bool) {
				ok := !runs(cmd, toldScript) || time.Now().After(well)
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
				var first, second board
				first.fail = func(context.Context) error { time.Sleep(4 * time.Second); return nil }
				with := func(b *board) func(*Config) {
					return func(c *Config) { c.Teller, c.Pace = b, every(time.Second) }
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
				if len(second.knew) == 0 || second.knew[0]["C1"] != "1.1" {
					t.Errorf("the second process knew %v, want the messages of the first", second.knew)
				}
			})
		})
	}
}

// What a person does with a send is told soon, though it has more messages than are edited as it goes on.
func TestTeller_isToldOfANewStateSoon(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := board{places: 20}
		s := service(connect(t, startRedis(t), nil), accept, func(c *Config) {
			c.Teller, c.Pace, c.ApprovalOver = &b, every(time.Second), 5
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
				t.Errorf("after %s the last that was told is %s", a.action, last.State)
			}
		}
	})
}

// Places that are not edited take no room from those that are.
func TestTeller_countsOnlyWhatIsEdited(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := board{places: 20, still: 20}
		s := service(connect(t, startRedis(t), nil), accept, func(c *Config) { c.Teller, c.Pace = &b, every(time.Second) })
		start(t, s)
		awaitEnd(t, s, confirmed(t, s, 60), 2*time.Minute)
		time.Sleep(10 * time.Second)
		synctest.Wait()
		if n := len(b.told); n < 8 {
			t.Errorf("told %d times in a minute, want as often as a send with few messages", n)
		}
	})
}
