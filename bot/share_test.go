package bot

import (
	"fmt"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/coupontools/couponbot/bot/socket"
)

// typedBy is the envelope of a command of one of many people.
func typedBy(user, command, trigger string) socket.Envelope {
	e := typedCommand(command, trigger)
	e.Payload = []byte(strings.Replace(string(e.Payload), `"U1"`, `"`+user+`"`, 1))
	return e
}

// However much one person asks for, others are served; what is too much is refused in words at once.
func TestShare_oneGreedyPerson(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b, f := newFake(t, Command{Name: "/do", Run: waits()}, Command{Name: "/quick", Run: takes(0, Reply{Text: "Found."})})
		const many = 2100
		for i := range many {
			go b.handle(t.Context(), typedBy("UGREEDY", "/do", fmt.Sprint(i)), newAcks().send)
		}
		synctest.Wait()
		refused := f.of("response_url")
		if len(refused) != many-maxOfPerson || !strings.Contains(refused[0].body, "You have 20 requests in progress") {
			t.Errorf("%d of %d are refused: %v", len(refused), many, refused[:min(len(refused), 1)])
		}
		start := time.Now()
		b.handle(t.Context(), typedBy("U2", "/quick", "other"), newAcks().send)
		answers := f.of("response_url")
		if last := answers[len(answers)-1]; !strings.Contains(last.body, "Found.") || last.at.Sub(start) > time.Second {
			t.Errorf("another person got %s after %v", last.body, last.at.Sub(start))
		}
		b.Drain(t.Context())
		synctest.Wait()
		if !b.shares.Take("UGREEDY") {
			t.Error("what has ended still counts")
		}
	})
}

// While Slack takes no message, what one person asks for too much doesn't pile up.
func TestShare_refusalsThatHang(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b, f := newFake(t, Command{Name: "/do", Run: waits()})
		f.fail = func(method string) (int, http.Header, string) {
			if method == "response_url" {
				return -1, nil, ""
			}
			return 0, nil, ""
		}
		var open atomic.Int32
		for i := range 2100 {
			go func() {
				open.Add(1)
				b.handle(t.Context(), typedBy("UGREEDY", "/do", fmt.Sprint(i)), newAcks().send)
				open.Add(-1)
			}()
		}
		synctest.Wait()
		if n := open.Load(); n > maxOfPerson+maxRefusals {
			t.Errorf("%d requests are in progress, want %d at most", n, maxOfPerson+maxRefusals)
		}
		b.Drain(t.Context())
		time.Sleep(2 * answerTime)
	})
}

// A submission and a type-ahead over the limit are acknowledged, too.
func TestShare_acknowledged(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b, _ := newFake(t)
		for b.shares.Take("U1") {
		}
		submit, suggest := newAcks(), newAcks()
		b.handle(t.Context(), envelope("view_submission", `"view":{"id":"V1","callback_id":"x"}`), submit.send)
		b.handle(t.Context(), envelope("block_suggestion", `"action_id":"x","value":"a"`), suggest.send)
		if got := fmt.Sprint(submit.payloads); !strings.Contains(got, "You have 20 requests in progress") {
			t.Errorf("a submission gets %s", got)
		}
		if got := fmt.Sprint(suggest.payloads); !strings.Contains(got, `"options":[]`) {
			t.Errorf("a type-ahead gets %s", got)
		}
	})
}

// Slack is asked about an unknown user once a minute, and not at all during a rate limit.
func TestShare_asksSlackLittle(t *testing.T) {
	t.Parallel()
	limited := http.Header{"Retry-After": {"30"}}
	for name, test := range map[string]struct {
		status int
		header http.Header
		body   string
		after  time.Duration // when Slack may be asked again
		users  int           // how many different people ask
		words  string
	}{
		"not known": {200, nil, `{"ok":false,"error":"user_not_found"}`, time.Minute, 1, "workspace"},
		"limited":   {429, limited, `{"ok":false,"error":"ratelimited"}`, 30 * time.Second, 50, "Slack"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				b, f := newFake(t, Command{Name: "/do", Run: takes(0, Reply{Text: "Found."})})
				f.fail = func(method string) (int, http.Header, string) {
					if method != "users.info" {
						return 0, nil, ""
					}
					return test.status, test.header, test.body
				}
				ask := func(i int) {
					b.handle(t.Context(), typedBy(fmt.Sprintf("U%d", i%test.users), "/do", fmt.Sprint(i)), newAcks().send)
				}
				for i := range 300 {
					ask(i)
				}
				if n := len(f.of("users.info")); n != 1 {
					t.Errorf("300 commands cost %d calls of users.info", n)
				}
				answers := f.of("response_url")
				if len(answers) != 300 || !strings.Contains(answers[299].body, test.words) {
					t.Errorf("%d of 300 are answered, the last with %v", len(answers), answers[len(answers)-1].body)
				}
				time.Sleep(test.after)
				f.fail = nil
				ask(300)
				if answers := f.of("response_url"); !strings.Contains(answers[300].body, "Found.") {
					t.Errorf("after %v: %s", test.after, answers[300].body)
				}
			})
		})
	}
}

// While Slack limits the rate, an answer younger than five minutes serves, and no call is made.
func TestShare_limitedServesOlder(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b, f := newFake(t, Command{Name: "/do", Run: takes(0, Reply{Text: "Found."})})
		do := func(i int) string {
			b.handle(t.Context(), typedCommand("/do", fmt.Sprint(i)), newAcks().send)
			answers := f.of("response_url")
			return answers[len(answers)-1].body
		}
		do(0)
		f.fail = func(method string) (int, http.Header, string) {
			if method != "users.info" {
				return 0, nil, ""
			}
			return http.StatusTooManyRequests, http.Header{"Retry-After": {"3600"}}, "{}"
		}
		time.Sleep(2 * time.Minute)
		for i := range 50 {
			if got := do(1 + i); !strings.Contains(got, "Found.") {
				t.Fatalf("an answer of two minutes ago does not serve: %s", got)
			}
		}
		if n := len(f.of("users.info")); n != 2 {
			t.Errorf("%d calls of users.info, want two", n)
		}
		time.Sleep(4 * time.Minute)
		if got := do(100); strings.Contains(got, "Found.") {
			t.Errorf("an answer of six minutes ago serves: %s", got)
		}
	})
}
