package sends

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/coupontools/couponbot/coupontools"
)

func TestRun_oneCallEach(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		m := startRedis(t)
		var c calls
		s := service(connect(t, m, nil), c.accepting)
		id := confirmed(t, s, 1200)
		if live, err := s.Live(t.Context()); err != nil || len(live) != 1 || live[0].ID != id {
			t.Errorf("Live() = %v, %v, want the send", live, err)
		}
		start(t, s)

		send := awaitEnd(t, s, id, time.Minute)

		if want := (Counts{Total: 1200, Accepted: 1200}); send.Counts != want || send.State != StateCompleted {
			t.Errorf("the send ended as %s %+v, want completed %+v", send.State, send.Counts, want)
		}
		if send.ConfirmedAt.IsZero() || send.StartedAt.Before(send.ConfirmedAt) || send.EndedAt.Before(send.StartedAt) {
			t.Errorf("times are %v, %v, %v, want one after the other", send.ConfirmedAt, send.StartedAt, send.EndedAt)
		}
		c.checkOnce(t)
		if all := checkRecords(t, s, id); len(all) != 1200 || all[number(777)].Line != 778 {
			t.Errorf("%d recipients are recorded, 777 as %+v", len(all), all[number(777)])
		}
		if live, err := s.Live(t.Context()); err != nil || len(live) != 0 {
			t.Errorf("Live() = %v, %v, want none", live, err)
		}
	})
}

func TestRun_recordsExpire(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		m := startRedis(t)
		s := service(connect(t, m, nil), accept, func(c *Config) { c.ReportTTL = time.Hour })
		id := confirmed(t, s, 3)
		time.Sleep(25 * time.Hour) // longer than the lifetime of a draft, without a process
		stop := start(t, s)
		awaitEnd(t, s, id, time.Minute)
		time.Sleep(50 * time.Minute)
		checkRecords(t, s, id)
		time.Sleep(11 * time.Minute)
		if _, err := s.Send(t.Context(), id); !errors.Is(err, ErrNoSend) {
			t.Errorf("Send() after the report's time = %v, want ErrNoSend", err)
		}
		stop()
		for _, key := range m.Keys() {
			if strings.Contains(key, id) || strings.Contains(key, ":send:") {
				t.Errorf("%s is left in Redis", key)
			}
		}
	})
}

func TestRun_stopReasons(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		api    api
		change func(*Config)
		want   Counts
		why    string
	}{
		"the sender may not any more": {
			api: func(context.Context, string) error { panic("called") },
			change: func(c *Config) {
				c.MayStart = func(context.Context, string, string) error { return errors.New("not in SENDERS") }
			},
			want: Counts{Total: 30, Skipped: 30},
			why:  "not in SENDERS",
		},
		"the account is refused": {
			api: func(context.Context, string) error {
				return &coupontools.Error{Class: coupontools.AccountRefused, Codes: []int{103}, Texts: []string{"No SMS service."}}
			},
			want: Counts{Total: 30, Skipped: 30},
			why:  "refused the whole account (103: No SMS service)",
		},
		"the account is refused without a word": {
			api:  func(context.Context, string) error { return failure(coupontools.AccountRefused, 403) },
			want: Counts{Total: 30, Skipped: 30},
			why:  "refused the whole account (HTTP 403). Its",
		},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				var counted sync.Map
				s := service(connect(t, startRedis(t), nil), tt.api, func(c *Config) {
					c.Pace = every(200 * time.Millisecond)
					c.Observe = func(outcome string) {
						n, _ := counted.LoadOrStore(outcome, new(atomic.Int64))
						n.(*atomic.Int64).Add(1)
					}
					if tt.change != nil {
						tt.change(c)
					}
				})
				id := confirmed(t, s, 30)
				start(t, s)
				send := awaitEnd(t, s, id, time.Hour)
				if send.State != StateStopped || send.Counts != tt.want || !strings.Contains(send.Why, tt.why) {
					t.Errorf("the send ended as %s %+v (%q), want stopped %+v (%q)",
						send.State, send.Counts, send.Why, tt.want, tt.why)
				}
				for _, o := range checkRecords(t, s, id) {
					if o.Status == Skipped && o.Text != send.Why {
						t.Errorf("skipped with %q, want the reason %q", o.Text, send.Why)
					}
				}
				synctest.Wait()
				if n, ok := counted.Load("skipped"); !ok || n.(*atomic.Int64).Load() != int64(tt.want.Skipped) {
					t.Errorf("observed skipped %v, want %d", n, tt.want.Skipped)
				}
			})
		})
	}
}

// If nobody can tell whether the sender may still send, the send backs off, and is paused in the end.
func TestRun_mayStartUnknown(t *testing.T) {
	t.Parallel()
	for name, away := range map[string]time.Duration{"for a minute": time.Minute, "for an hour": time.Hour} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				well := time.Now().Add(away)
				s := service(connect(t, startRedis(t), nil), accept, func(c *Config) {
					c.MayStart = func(context.Context, string, string) error {
						if time.Now().Before(well) {
							return fmt.Errorf("%w: no answer", ErrCannotAsk)
						}
						return nil
					}
				})
				id := confirmed(t, s, 3)
				start(t, s)
				time.Sleep(20 * time.Second)
				if send := read(t, s, id); send.State != StateRunning || send.BackoffReason != backoffMayStart {
					t.Errorf("it is %s and backing off with %q, want %q", send.State, send.BackoffReason, backoffMayStart)
				}
				if away == time.Hour {
					send := await(t, s, id, away, func(send Send) bool { return send.State == StatePaused })
					if !strings.Contains(send.Why, "Slack") {
						t.Errorf("it is paused since %q, want words about Slack", send.Why)
					}
					return
				}
				if send := awaitEnd(t, s, id, 2*time.Minute); send.Counts.Accepted != 3 || send.BackoffReason != "" {
					t.Errorf("it ended as %+v, backing off with %q", send.Counts, send.BackoffReason)
				}
			})
		})
	}
}

func TestRun_pausedByFailuresInARow(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		err  error
		want Counts
		why  string
	}{
		"nobody can be reached": {failure(coupontools.NotSent, 0), Counts{Total: 30}, "could not be reached"},
		"no verdicts":           {failure(coupontools.Unknown, 500), Counts{Total: 30, Unknown: 10}, "no clear answer"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				var (
					c    calls
					well atomic.Bool
				)
				s := service(connect(t, startRedis(t), nil), func(_ context.Context, to string) error {
					if !well.Load() {
						return tt.err
					}
					c.record(to)
					return nil
				}, func(c *Config) { c.Pace = every(200 * time.Millisecond) })
				id := confirmed(t, s, 30)
				start(t, s)
				await(t, s, id, 20*time.Minute, func(send Send) bool { return send.State == StatePaused })
				time.Sleep(time.Minute)
				send := read(t, s, id)
				if send.Counts != tt.want || !strings.Contains(send.Why, tt.why) || send.By != "" || send.Ended() {
					t.Errorf("the send is %s %+v (%q), want paused %+v (%q)", send.State, send.Counts, send.Why, tt.want, tt.why)
				}
				well.Store(true)
				if _, err := s.Act(t.Context(), id, Resume, Actor{Team: team, User: ben}); err != nil {
					t.Fatal(err)
				}
				send = awaitEnd(t, s, id, time.Minute)
				want := tt.want
				want.Accepted = 30 - want.Unknown
				if send.Counts != want || send.State != StateCompleted || send.Why != "" {
					t.Errorf("resumed, the send ended as %s %+v (%q), want completed %+v", send.State, send.Counts, send.Why, want)
				}
				checkRecords(t, s, id)
			})
		})
	}
}

// Ten equal refusals in a row that no recipient explains pause a send, recorded by any replica. Other outcomes between them
// restart the count, and so does Resume.
func TestRun_pausedByEqualRefusals(t *testing.T) {
	t.Parallel()
	refusal := func(code int, text string) error {
		return &coupontools.Error{Class: coupontools.Refused, Status: 422, Codes: []int{code}, Texts: []string{text}}
	}
	refused := refusal(604, "It could not be sent.")
	tests := map[string]struct {
		answer func(call int) error
		failed int // how many failed when it is paused; 0 if it never is
	}{
		"all alike":              {func(int) error { return refused }, 10},
		"the last ten of many":   {func(call int) error { return map[bool]error{true: refused}[call > 12] }, 10},
		"one in ten is accepted": {func(call int) error { return map[bool]error{true: refused}[call%10 > 0] }, 0},
		"other words": {func(call int) error {
			return map[bool]error{true: refused, false: refusal(604, "Not now.")}[call%10 > 0]
		}, 0},
		"another code": {func(call int) error {
			return map[bool]error{true: refused, false: refusal(605, "It could not be sent.")}[call%10 > 0]
		}, 0},
		"no clear answer between": {func(call int) error {
			return map[bool]error{true: refused, false: failure(coupontools.Unknown, 500)}[call%10 > 0]
		}, 0},
		"bad addresses": {func(int) error { return refusal(305, "Email address not valid.") }, 0},
		"bad numbers":   {func(int) error { return refusal(301, "Invalid character in parameter: phone") }, 0},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				var (
					m    = startRedis(t)
					made atomic.Int64
					well atomic.Bool
				)
				pace := func(c *Config) { c.Pace, c.InFlight = every(200*time.Millisecond), 1 }
				f := func(context.Context, string) error {
					if well.Load() {
						return nil
					}
					return tt.answer(int(made.Add(1)))
				}
				s := service(connect(t, m, nil), f, pace)
				start(t, service(connect(t, m, nil), f, pace))
				start(t, s)
				id := confirmed(t, s, 40)
				if tt.failed == 0 {
					if send := awaitEnd(t, s, id, 5*time.Minute); send.Why != "" {
						t.Errorf("it ended, paused since %q", send.Why)
					}
					return
				}
				paused := func(send Send) bool { return send.State == StatePaused }
				send := await(t, s, id, time.Minute, paused)
				const why = "Coupontools refused 10 in a row for the same reason: “It could not be sent” (code 604). " +
					"Perhaps the SMS credits are used up."
				if send.Why != why || send.Counts.Failed != tt.failed {
					t.Errorf("it is paused with %+v since %q, want %d failed and %q", send.Counts, send.Why, tt.failed, why)
				}
				if e := newest(t, s); e.What != "pause" || e.User != "" || e.Note != why || e.After != "paused" {
					t.Errorf("the trail says %+v", e)
				}
				made.Store(100)
				if _, err := s.Act(t.Context(), id, Resume, Actor{Team: team, User: ben}); err != nil {
					t.Fatal(err)
				}
				if send = await(t, s, id, time.Minute, paused); send.Counts.Failed != 2*tt.failed {
					t.Errorf("resumed, it is paused with %+v, want ten more refusals", send.Counts)
				}
				well.Store(true)
				if _, err := s.Act(t.Context(), id, Resume, Actor{Team: team, User: ben}); err != nil {
					t.Fatal(err)
				}
				if send = awaitEnd(t, s, id, time.Minute); send.Counts.Failed != 2*tt.failed || send.Counts.Pending() != 0 {
					t.Errorf("it ended as %+v, want those who failed to stay failed", send.Counts)
				}
				checkRecords(t, s, id)
			})
		})
	}
}

// A send with nobody left ends, with any outcome of its last calls.
func TestRun_notPausedWithNobodyLeft(t *testing.T) {
	t.Parallel()
	for _, class := range []coupontools.Class{coupontools.Refused, coupontools.Unknown} {
		t.Run(class.String(), func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				s := service(connect(t, startRedis(t), nil), func(context.Context, string) error { return failure(class, 422) })
				id := confirmed(t, s, streakLimit)
				start(t, s)
				send := awaitEnd(t, s, id, time.Minute)
				if e := newest(t, s); send.State != StateCompleted || send.Why != "" || e.What == "pause" {
					t.Errorf("it ended as %s since %q, the trail says %+v", send.State, send.Why, e)
				}
			})
		})
	}
}

// newest returns the last entry of the audit log.
func newest(t testing.TB, s *Service) Entry {
	t.Helper()
	for e, err := range s.Trail(t.Context(), "") {
		if err != nil {
			t.Fatal(err)
		}
		return e
	}
	return Entry{}
}

// every is a pace of one call per duration.
type every time.Duration

func (e every) Wait(ctx context.Context) error {
	sleep(ctx, time.Duration(e))
	return ctx.Err()
}

func TestRun_retriesUnsentCalls(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		err  error
		most time.Duration // until the send is done
		slow time.Duration // the wait passed to Config.Slow
	}{
		"no connection":   {failure(coupontools.NotSent, 0), 5 * time.Minute, 0},
		"429":             {failure(coupontools.RateLimited, 429), 10 * time.Minute, time.Second},
		"429 with a wait": {&coupontools.Error{Class: coupontools.RateLimited, RetryAfter: 90 * time.Second}, 10 * time.Minute, 90 * time.Second},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				var (
					c     calls
					tries atomic.Int64
					slow  atomic.Int64
					well  = time.Now().Add(tt.most)
				)
				s := service(connect(t, startRedis(t), nil), func(_ context.Context, to string) error {
					if time.Now().Before(well) {
						tries.Add(1)
						return tt.err
					}
					c.record(to)
					return nil
				}, func(c *Config) { c.Slow = func(_ context.Context, d time.Duration) { slow.Store(int64(d)) } })
				id := confirmed(t, s, 40)
				start(t, s)
				send := awaitEnd(t, s, id, 2*time.Hour)
				if want := (Counts{Total: 40, Accepted: 40}); send.Counts != want {
					t.Errorf("the send ended as %s %+v (%s), want %+v", send.State, send.Counts, send.Why, want)
				}
				c.checkOnce(t)
				if n, most := tries.Load(), 8*int64(6+tt.most/maxRetryWait); n > most {
					t.Errorf("%d calls while the API turned them away, want waits that grow (at most %d)", n, most)
				}
				if got := time.Duration(slow.Load()); got != tt.slow {
					t.Errorf("the fleet was slowed for %v, want %v", got, tt.slow)
				}
			})
		})
	}
}

func TestRun_backoffReason(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		err  error
		want string
	}{
		"no connection":         {failure(coupontools.NotSent, 0), backoffUnreachable},
		"429 again and again":   {failure(coupontools.RateLimited, 429), backoffRateLimited},
		"429 with a long wait":  {&coupontools.Error{Class: coupontools.RateLimited, RetryAfter: 20 * time.Second}, backoffRateLimited},
		"429 with a short wait": {&coupontools.Error{Class: coupontools.RateLimited, RetryAfter: 2 * time.Second}, ""},
		"refusals":              {&coupontools.Error{Class: coupontools.Refused, Codes: []int{305}}, ""},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				m, ill := startRedis(t), time.Now().Add(time.Second)
				well := ill.Add(15 * time.Second)
				if tt.want == "" {
					well = ill.Add(2500 * time.Millisecond)
				}
				f := func(context.Context, string) error {
					if now := time.Now(); now.After(ill) && now.Before(well) {
						return tt.err
					}
					return nil
				}
				var first, second recorder
				with := func(b *recorder) func(*Config) {
					return func(c *Config) { c.Notifier, c.Pace = b, every(100*time.Millisecond) }
				}
				stop := start(t, service(connect(t, m, nil), f, with(&first)))
				s := service(connect(t, m, nil), f, with(&second))
				id := confirmed(t, s, 200)
				time.Sleep(time.Until(well) - time.Second)
				if got := read(t, s, id).BackoffReason; got != tt.want {
					t.Errorf("backing off with %q, want %q", got, tt.want)
				}
				stop()
				start(t, s)
				await(t, s, id, time.Minute, func(send Send) bool { return send.BackoffReason == "" && !send.Ended() })
				send := awaitEnd(t, s, id, 5*time.Minute)
				time.Sleep(10 * time.Second)
				synctest.Wait()
				if send.BackoffReason != "" || second.last().BackoffReason != "" {
					t.Errorf("backing off at the end with %q, notified %q, want nothing", send.BackoffReason, second.last().BackoffReason)
				}
				if reasons := first.backoffReasons(); tt.want != "" && !slices.Contains(reasons, tt.want) || tt.want == "" && len(reasons) > 0 {
					t.Errorf("notified of backoffs %q, want %q", reasons, tt.want)
				}
			})
		})
	}
}

// A claim that a late script releases doesn't change the backoff.
func TestRun_lateAnswersDontBackOff(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := service(connect(t, startRedis(t), nil), accept, func(c *Config) { c.Pace = every(time.Second) })
		id := confirmed(t, s, 20)
		start(t, s)
		await(t, s, id, time.Minute, func(send Send) bool { return send.Counts.Accepted > 3 })
		if err := s.runScript(t.Context(), releaseClaimScript, id, "gone:1", "0", backoffUnreachable).Err(); err != nil {
			t.Fatal(err)
		}
		if got := read(t, s, id); got.BackoffReason != "" {
			t.Errorf("backing off with %q, want nothing", got.BackoffReason)
		}
	})
}

func TestRun_continuesAfterADeadProcess(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		m, f := startRedis(t), &faults{}
		var c calls
		dying := make(chan struct{})
		dead := service(connect(t, m, f), func(_ context.Context, to string) error {
			c.record(to)
			if c.total() > 5 {
				f.disconnect() // this process loses Redis, and its call never returns
				close(dying)
				<-t.Context().Done()
			}
			return nil
		}, func(c *Config) { c.Pace = every(100 * time.Millisecond) })
		id := confirmed(t, dead, 20)
		start(t, dead)
		<-dying

		well := service(connect(t, m, nil), c.accepting)
		start(t, well)
		send := awaitEnd(t, well, id, 2*time.Minute)

		if want := (Counts{Total: 20, Accepted: 19, Unknown: 1}); send.Counts != want || send.State != StateCompleted {
			t.Errorf("the send ended as %s %+v, want completed %+v", send.State, send.Counts, want)
		}
		c.checkOnce(t)
		checkRecords(t, well, id)
		if c.total() != 20 {
			t.Errorf("%d calls, want 20", c.total())
		}
		if took := send.EndedAt.Sub(send.ConfirmedAt); took > 30*time.Second+claimGrace+2*renewEvery {
			t.Errorf("it took %v until the dead call was unknown", took)
		}
	})
}

func TestRun_lateVerdictReplacesUnknown(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		err  error
		want Counts
	}{
		"accepted": {nil, Counts{Total: 3, Accepted: 3}},
		"refused":  {failure(coupontools.Refused, 422), Counts{Total: 3, Accepted: 2, Failed: 1}},
		"not sent": {failure(coupontools.NotSent, 0), Counts{Total: 3, Accepted: 2, Skipped: 1}},
		"unknown":  {failure(coupontools.Unknown, 500), Counts{Total: 3, Accepted: 2, Unknown: 1}},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				m, f := startRedis(t), &faults{}
				var late recorder
				cut := service(connect(t, m, f), func(_ context.Context, to string) error {
					if to != number(0) {
						return nil
					}
					f.disconnect()
					time.Sleep(20 * time.Second)
					return tt.err
				}, func(c *Config) { c.Pace = every(time.Second) })
				id := confirmed(t, cut, 3)
				start(t, cut)
				time.Sleep(3 * time.Second)
				start(t, service(connect(t, m, nil), accept, func(c *Config) { c.Notifier = &late }))
				send := awaitEnd(t, service(connect(t, m, nil), accept), id, 3*time.Minute)
				if want := (Counts{Total: 3, Accepted: 2, Unknown: 1}); send.Counts != want {
					t.Fatalf("while the verdict is held the send is at %+v, want %+v", send.Counts, want)
				}
				f.set(nil)
				time.Sleep(time.Minute)
				if got := read(t, cut, id).Counts; got != tt.want {
					t.Errorf("with the verdict the send is at %+v, want %+v", got, tt.want)
				}
				checkRecords(t, cut, id)
				if last := late.last(); last.Counts != tt.want {
					t.Errorf("notified last: %+v, want %+v", last.Counts, tt.want)
				}
			})
		})
	}
}

func TestRun_noCallsWithoutRedis(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		m, f := startRedis(t), &faults{}
		var c calls
		s := service(connect(t, m, f), c.accepting, func(c *Config) { c.Pace = every(100 * time.Millisecond) })
		id := confirmed(t, s, 50)
		start(t, s)
		time.Sleep(2 * time.Second)
		var asked atomic.Int64
		f.set(func(redis.Cmder) (int, bool) { asked.Add(1); return 0, false })
		time.Sleep(time.Second)
		before := c.total()
		time.Sleep(10 * time.Minute)
		if n := asked.Load() / 600; n > 20 {
			t.Errorf("Redis was asked %d times a second while it was away, want that to cost nothing", n)
		}
		if c.total() != before || before == 0 || before == 50 {
			t.Errorf("%d calls, %d of them without Redis, want none of those", c.total(), c.total()-before)
		}
		f.set(nil)
		send := awaitEnd(t, s, id, time.Minute)
		if want := (Counts{Total: 50, Accepted: 50}); send.Counts != want {
			t.Errorf("the send ended as %+v, want %+v", send.Counts, want)
		}
		c.checkOnce(t)
	})
}

// A resumed send doesn't wait for the backoff before the pause.
func TestRun_resumeEndsBackoff(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var turned atomic.Bool
		s := service(connect(t, startRedis(t), nil), func(context.Context, string) error {
			if turned.CompareAndSwap(false, true) {
				return &coupontools.Error{Class: coupontools.RateLimited, RetryAfter: 10 * time.Minute}
			}
			return nil
		})
		id := confirmed(t, s, 20)
		start(t, s)
		time.Sleep(20 * time.Second)
		for _, a := range []Action{Pause, Resume} {
			if _, err := s.Act(t.Context(), id, a, Actor{Team: team, User: mia}); err != nil {
				t.Fatal(err)
			}
		}
		awaitEnd(t, s, id, 3*time.Second)
	})
}

func TestRun_shutdownInTime(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		m := startRedis(t)
		var c calls
		hang := func(ctx context.Context, to string) error {
			c.record(to)
			<-ctx.Done()
			return failure(coupontools.Unknown, 0)
		}
		s := service(connect(t, m, nil), hang, func(c *Config) {
			c.Pace, c.CallTimeout, c.ShutdownTimeout = every(100*time.Millisecond), time.Minute, 20*time.Second
		})
		id := confirmed(t, s, 20)
		stop := start(t, s)
		time.Sleep(350 * time.Millisecond)
		called := c.total()
		began := time.Now()
		stop()
		if took := time.Since(began); took < 15*time.Second || took > 20*time.Second {
			t.Errorf("Run ended %v after its context, want nearly ShutdownTimeout", took)
		}
		if called == 0 || c.total() != called {
			t.Errorf("%d calls before the context ended and %d after, want none after", called, c.total()-called)
		}
		if got := read(t, s, id); got.Counts.Unknown != called || got.Ended() {
			t.Errorf("the send is at %+v, want %d unknown", got.Counts, called)
		}
		next := service(connect(t, m, nil), c.accepting)
		start(t, next)
		began = time.Now()
		send := awaitEnd(t, next, id, time.Minute)
		if want := (Counts{Total: 20, Accepted: 20 - called, Unknown: called}); send.Counts != want {
			t.Errorf("the send ended as %+v, want %+v", send.Counts, want)
		}
		if took := time.Since(began); took > scanEvery {
			t.Errorf("it went on after %v, want at once", took)
		}
		c.checkOnce(t)
	})
}

func TestRun_slowSendDelaysNoOther(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := service(connect(t, startRedis(t), nil), func(ctx context.Context, to string) error {
			if strings.HasPrefix(to, "+32470") {
				<-ctx.Done()
				return failure(coupontools.Unknown, 0)
			}
			return nil
		})
		start(t, s)
		slow := confirmed(t, s, 100)
		quick := draft(1)
		quick.List.Recipients[0].To = "+32471000000"
		d := save(t, s, quick)
		if _, err := s.Confirm(t.Context(), d.ID, team, mia); err != nil {
			t.Fatal(err)
		}
		awaitEnd(t, s, d.ID, 3*time.Second)
		if read(t, s, slow).Ended() {
			t.Error("the slow send has ended, want it still running")
		}
	})
}

func TestRun_lateScripts(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		m, f := startRedis(t), &faults{}
		var (
			mu    sync.Mutex
			steps [][]any
		)
		f.set(func(cmd redis.Cmder) (int, bool) {
			mu.Lock()
			defer mu.Unlock()
			if runs(cmd, claimScript) || runs(cmd, outcomeScript) || runs(cmd, releaseClaimScript) {
				steps = append(steps, slices.Clone(cmd.Args()))
			}
			return 1, true
		})
		var (
			c      calls
			turned atomic.Bool
		)
		s := service(connect(t, m, f), func(_ context.Context, to string) error {
			if to == number(12) && turned.CompareAndSwap(false, true) {
				return failure(coupontools.NotSent, 0)
			}
			c.record(to)
			if to < number(streakLimit-1) {
				return failure(coupontools.Unknown, 500)
			}
			return nil
		}, func(c *Config) { c.Pace = every(100 * time.Millisecond) })
		id := confirmed(t, s, 40)
		start(t, s)
		await(t, s, id, time.Minute, func(send Send) bool { return send.Counts.Accepted > 8 })
		mu.Lock()
		late := slices.Concat(steps, steps)
		mu.Unlock()
		late = append(late, slices.DeleteFunc(slices.Clone(late), func(args []any) bool { return args[1] != claimScript.Hash() })...)
		again := connect(t, m, nil)
		for _, args := range late {
			if err := again.Do(t.Context(), args...).Err(); err != nil {
				t.Fatal(err)
			}
		}
		send := awaitEnd(t, s, id, 3*time.Minute)
		if want := (Counts{Total: 40, Accepted: 31, Unknown: 9}); send.Counts != want || send.State != StateCompleted {
			t.Errorf("after %d scripts came late the send ended as %s %+v, want completed %+v",
				len(late), send.State, send.Counts, want)
		}
		c.checkOnce(t)
		if c.total() != 40 {
			t.Errorf("%d calls, want 40", c.total())
		}
	})
}

// A repeated press on Pause does nothing if another person has resumed the send meanwhile.
func TestAct_latePress(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		m, f := startRedis(t), &faults{}
		var press []any
		f.set(func(cmd redis.Cmder) (int, bool) {
			if runs(cmd, actScript) {
				press = slices.Clone(cmd.Args())
			}
			return 1, true
		})
		pressing, s := service(connect(t, m, f), accept), service(connect(t, m, nil), accept)
		id := confirmed(t, s, 20)
		for _, a := range []Action{Pause, Resume, Pause} { // Redis knows the script after the first press
			if _, err := pressing.Act(t.Context(), id, a, Actor{Team: team, User: mia}); err != nil {
				t.Fatal(err)
			}
		}
		if _, err := s.Act(t.Context(), id, Resume, Actor{Team: team, User: ben}); err != nil {
			t.Fatal(err)
		}
		if err := connect(t, m, nil).Do(t.Context(), press...).Err(); err != nil {
			t.Fatal(err)
		}
		if got := read(t, s, id); got.State != StateRunning || got.By != ben {
			t.Errorf("the send is %s by %s, want it running as %s resumed it", got.State, got.By, ben)
		}
	})
}

// A process without a reply to a claim releases it. If the claim reaches Redis only after that, it does nothing: nobody
// would make its call.
func TestReleaseClaim_beforeTheClaim(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := service(connect(t, startRedis(t), nil), accept)
		id := confirmed(t, s, 2)
		step := func(script *redis.Script, args ...any) (string, []any) {
			t.Helper()
			r, rest, err := parseReply(s.runScript(t.Context(), script, id, args...))
			if err != nil {
				t.Fatal(err)
			}
			return r.code, rest
		}
		claim := func(n int) (string, []any) {
			return step(claimScript, s.claimArgs("batch", int64(n))...)
		}
		step(acquireBatchScript, "batch", 0)
		if code, _ := step(releaseClaimScript, "batch:1", ""); code != "gone" {
			t.Errorf("the release before its claim: %s", code)
		}
		if code, _ := claim(1); code != "late" {
			t.Errorf("the claim after its release: %s, want late", code)
		}
		if code, rest := claim(2); code != "claimed" || rest[0] != "0" {
			t.Errorf("the next claim: %s %v, want the first recipient", code, rest)
		}
	})
}

// A reply that arrives after the loss of the records was found still counts for how many people may have been reached.
func TestBatch_lateReplyAfterLoss(t *testing.T) {
	t.Parallel()
	m := startRedis(t)
	s := service(connect(t, m, nil), accept)
	b := &batch{s: s, id: "S1", ctxs: &contexts{records: t.Context()}, wake: make(chan struct{}, 1)}
	b.fewestWaiting.Store(10)
	b.goneWaiting.Store(-1)
	b.observe(scriptReply{})
	b.observe(scriptReply{batches: 1, waiting: 8})
	if got, err := m.Get(s.key("gone:S1")); got != "8" || err != nil {
		t.Errorf("%q were waiting, %v, want 8", got, err)
	}
}
