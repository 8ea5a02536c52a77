package bot

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/coupontools/couponbot/bot/blocks"
	"github.com/coupontools/couponbot/bot/socket"
)

// takes returns a handler with a Later that takes d, even if its context ends earlier.
func takes(d time.Duration, r Reply) Handler {
	return func(context.Context, Request) (Reply, error) {
		return Reply{Text: "Looking.", Later: func(context.Context) (Reply, error) {
			time.Sleep(d)
			return r, nil
		}}, nil
	}
}

// waits returns a handler with a Later that lasts until its context ends.
func waits() Handler {
	return func(context.Context, Request) (Reply, error) {
		return Reply{Later: func(ctx context.Context) (Reply, error) {
			<-ctx.Done()
			return Reply{}, ctx.Err()
		}}, nil
	}
}

func TestLater_interim(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		takes time.Duration
		want  []string
	}{
		{1900 * time.Millisecond, []string{"Found."}},
		{2100 * time.Millisecond, []string{"Looking.", "Found."}},
		{time.Minute, []string{"Looking.", "Found."}},
	} {
		t.Run(tt.takes.String(), func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				b, f := newFake(t, Command{Name: "/do", Run: takes(tt.takes, Reply{Text: "Found."})})
				a := newAcks()
				b.handle(t.Context(), typedCommand("/do", "t1"), a.send)
				answers := f.of("response_url")
				if len(answers) != len(tt.want) || a.after != 0 {
					t.Fatalf("%d answers, acknowledged after %v; want %d and at once", len(answers), a.after, len(tt.want))
				}
				for i, want := range tt.want {
					if !strings.Contains(answers[i].body, want) {
						t.Errorf("answer %d = %s, want %q", i, answers[i].body, want)
					}
				}
				if got := answers[0].at.Sub(a.start); len(tt.want) == 2 && got != interimAfter {
					t.Errorf("interim answer after %v, want %v", got, interimAfter)
				}
			})
		})
	}
}

func TestLater_viewNeedsNoInterim(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		view := blocks.Modal("v", "View", "", "Close", blocks.Text("Looking."))
		b, f := newFake(t, Command{Name: "/do", Run: func(context.Context, Request) (Reply, error) {
			r, _ := takes(time.Minute, Reply{View: view})(t.Context(), Request{})
			r.View = view
			return r, nil
		}})
		b.handle(t.Context(), typedCommand("/do", "t1"), newAcks().send)
		if answers := f.of("response_url"); len(answers) > 0 || len(f.of("views.open")) != 1 || len(f.of("views.update")) != 1 {
			t.Errorf("calls = %v, want a view opened and updated", f.calls)
		}
	})
}

func TestLater_takesTooLong(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b, f := newFake(t, Command{Name: "/do", Run: waits()})
		start := time.Now()
		b.handle(t.Context(), typedCommand("/do", "t1"), newAcks().send)
		answers := f.of("response_url")
		if got := answers[len(answers)-1]; !strings.Contains(got.body, "This took too long") || got.at.Sub(start) != laterTime {
			t.Errorf("after %v: %s, want words after %v", got.at.Sub(start), got.body, laterTime)
		}
	})
}

// However many come at once, and whatever their work waits for, none waits for its acknowledgement.
func TestLater_acknowledgedAtOnce(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b, _ := newFake(t, Command{Name: "/do", Run: waits()})
		all := make([]*acks, 1000)
		for i := range all {
			all[i] = newAcks()
			go b.handle(t.Context(), typedCommand("/do", fmt.Sprint(i)), all[i].send)
		}
		synctest.Wait()
		for i, a := range all {
			if len(a.payloads) != 1 || a.after != 0 {
				t.Errorf("command %d: %d acknowledgements, the first after %v; want one at once", i, len(a.payloads), a.after)
			}
		}
		b.Drain(t.Context())
	})
}

// A full pool refuses at once, and the refused work is not done.
func TestLater_fullPool(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b, f := newFake(t, Command{Name: "/do", Run: waits()})
		for i := range maxLater {
			go b.handle(t.Context(), typedBy(fmt.Sprintf("U%d", i/maxOfPerson+2), "/do", fmt.Sprint(i)), newAcks().send)
		}
		synctest.Wait()
		b.handle(t.Context(), typedCommand("/do", "one more"), newAcks().send)
		if answers := f.of("response_url"); len(answers) != 1 || !strings.Contains(answers[0].body,
			"couponbot is busy right now, so this was not started. Nothing was sent or changed.") {
			t.Errorf("answers = %v, want only that it is busy", answers)
		}
		b.Drain(t.Context())
	})
}

func TestDrain_waitsForAnswers(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b, f := newFake(t, Command{Name: "/do", Run: takes(4*time.Second, Reply{Text: "Found."})})
		b.taken(t, typedCommand("/do", "t1"))
		ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
		defer cancel()
		start := time.Now()
		b.Drain(ctx)
		answers := f.of("response_url")
		if time.Since(start) != 4*time.Second || !strings.Contains(answers[len(answers)-1].body, "Found.") {
			t.Errorf("Drain took %v, answers %v; want the answer after 4 s", time.Since(start), answers)
		}
	})
}

// taken hands an envelope over as the socket does.
func (b *Bot) taken(t *testing.T, env socket.Envelope) {
	t.Helper()
	a := newAcks()
	b.work.Go(func() { b.handle(t.Context(), env, a.send) })
	synctest.Wait()
}

func TestDrain_breaksOff(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b, f := newFake(t, Command{Name: "/do", Run: waits()})
		b.taken(t, typedCommand("/do", "t1"))
		ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
		defer cancel()
		b.Drain(ctx)
		answers := f.of("response_url")
		if got := answers[len(answers)-1].body; !strings.Contains(got, "couponbot is being restarted") || strings.Contains(got, "Reference") {
			t.Errorf("answer = %s, want words about the restart", got)
		}
	})
}

// A change that may have been made says so, even if a stopping bot is what broke it off.
func TestDrain_keepsUnsure(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		change := func(context.Context, Request) (Reply, error) {
			return Reply{Later: func(ctx context.Context) (Reply, error) {
				<-ctx.Done()
				return Reply{}, &Mistake{Text: "No answer.", Done: "It may have been done.", Unsure: true, Cause: ctx.Err()}
			}}, nil
		}
		b, f := newFake(t, Command{Name: "/do", Run: change})
		b.taken(t, typedCommand("/do", "t1"))
		ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
		defer cancel()
		b.Drain(ctx)
		answers := f.of("response_url")
		if got := answers[len(answers)-1].body; !strings.Contains(got, "It may have been done.") {
			t.Errorf("answer = %s, want that it may have been done", got)
		}
	})
}

// A handler that minds nothing does not keep the program from ending.
func TestDrain_endsInAnyCase(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b, _ := newFake(t, Command{Name: "/do", Run: takes(time.Hour, Reply{})})
		b.taken(t, typedCommand("/do", "t1"))
		ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
		defer cancel()
		start := time.Now()
		b.Drain(ctx)
		if took := time.Since(start); took > 5*time.Second+farewellTime {
			t.Errorf("Drain took %v, want at most %v more than its context", took, farewellTime)
		}
		time.Sleep(2 * time.Hour)
	})
}

// Submissions and options requests are acknowledged in time, even if the handler ignores its deadline.
func TestAck_inTime(t *testing.T) {
	t.Parallel()
	view := `"view":{"id":"V1","root_view_id":"V1","callback_id":"form"}`
	for name, env := range map[string]socket.Envelope{
		"submit": envelope("view_submission", view), "suggestion": envelope("block_suggestion", `"action_id":"pick","value":"x"`),
		"click": envelope("block_actions", view+`,"actions":[{"action_id":"press"}]`), "command": typedCommand("/do", "t1"),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				slow := func(context.Context, Request) (Reply, error) {
					time.Sleep(time.Minute)
					return Reply{Text: "Done."}, nil
				}
				b, _ := newFake(t, Command{
					Name: "/do", Run: slow, Actions: map[string]Action{"press": {Run: slow}}, Submissions: map[string]Submission{"form": {Run: slow}},
					Options: map[string]Options{"pick": {Run: func(context.Context, Request) ([]Option, error) {
						time.Sleep(time.Minute)
						return []Option{{"a", "a"}}, nil
					}}},
				})
				a := newAcks()
				b.handle(t.Context(), env, a.send)
				if len(a.payloads) != 1 || a.after > 2500*time.Millisecond {
					t.Errorf("acknowledged with %v after %v, want once within 2.5 s", a.payloads, a.after)
				}
				if name == "suggestion" && a.payloads[0] != `{"options":[]}` {
					t.Errorf("acknowledged with %s, want an empty list", a.payloads[0])
				}
				time.Sleep(time.Minute)
			})
		})
	}
}

// Slack's Web API hangs: nobody is let in, everything is acknowledged, and the words come as soon as a way is open.
func TestSlack_hangs(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b, f := newFake(t, Command{Name: "/do", Run: waits()})
		f.fail = func(method string) (int, http.Header, string) {
			if method == "users.info" {
				return -1, nil, ""
			}
			return 0, nil, ""
		}
		start := time.Now()
		b.handle(t.Context(), typedCommand("/do", "t1"), newAcks().send)
		if took := time.Since(start); took > quickTime || !strings.Contains(f.of("response_url")[0].body, "Slack could not be asked") {
			t.Errorf("after %v: %v, want a refusal within %v", took, f.calls, quickTime)
		}
	})
}

// Every way out hangs. The bot gives up, and says in the log that an answer was lost.
func TestAnswer_everyWayHangs(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b, f := newFake(t, Command{Name: "/do", Run: takes(0, Reply{Text: "Found."})})
		f.fail = func(method string) (int, http.Header, string) {
			if method == "users.info" {
				return 0, nil, ""
			}
			return -1, nil, ""
		}
		start := time.Now()
		b.handle(t.Context(), typedCommand("/do", "t1"), newAcks().send)
		if took := time.Since(start); took > 2*answerTime {
			t.Errorf("gave up after %v, want at most %v", took, 2*answerTime)
		}
	})
}

// An answer about a person serves 5 minutes when Slack cannot be asked; one about a channel only while it is fresh, since
// it may have been shared with another company meanwhile.
func TestKnown_ages(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b, f := newFake(t)
		if b.Private(t.Context(), "C1") || b.May(t.Context(), "T1", "U1", Read) != nil {
			t.Fatal("want a member in a channel of our own")
		}
		f.fail = func(string) (int, http.Header, string) { return http.StatusBadGateway, nil, "" }
		start := time.Now()
		for _, tt := range []struct {
			age           time.Duration
			private, fits bool
		}{{50 * time.Second, false, true}, {70 * time.Second, true, true}, {4 * time.Minute, true, true}, {6 * time.Minute, true, false}} {
			time.Sleep(tt.age - time.Since(start))
			private, err := b.Private(t.Context(), "C1"), b.May(t.Context(), "T1", "U1", Read)
			if private != tt.private || (err == nil) != tt.fits {
				t.Errorf("after %v: private %v, %v; want %v, allowed %v", tt.age, private, err, tt.private, tt.fits)
			}
		}
	})
}

func TestKnown_isBounded(t *testing.T) {
	t.Parallel()
	k := newSlackCache(nil, cacheStale, func(_ context.Context, id string) (string, error) { return id, nil })
	for i := range cacheSize + 10 {
		if got, err := k.get(t.Context(), fmt.Sprint(i)); err != nil || got != fmt.Sprint(i) {
			t.Fatalf("get(%d) = %q, %v", i, got, err)
		}
	}
	if len(k.answers) > cacheSize {
		t.Errorf("%d answers kept, want at most %d", len(k.answers), cacheSize)
	}
}
