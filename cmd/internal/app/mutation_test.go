package app

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"net/http"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/coupontools/couponbot/bot/slacksim"
	"github.com/coupontools/couponbot/coupontools/sandbox"
	"github.com/coupontools/couponbot/sends"
	"github.com/coupontools/couponbot/sends/recipients"
)

// mutator changes one answer in some, in one place.
type mutator struct {
	on atomic.Bool
	n  atomic.Int64

	mu   sync.Mutex
	rand *rand.Rand
}

// share is how many answers there are for each that is changed.
const share = 4

// statuses are wrong ones. Those after which a call may be repeated (401, 403, 429) would be a lie about the call.
var statuses = []int{200, 201, 204, 302, 307, 400, 404, 500, 502, 503}

func (m *mutator) change(_ string, answer *http.Response, body []byte) []byte {
	m.mu.Lock()
	defer m.mu.Unlock()
	if !m.on.Load() || m.rand.IntN(share) > 0 {
		return body
	}
	m.n.Add(1)
	var value any
	if json.Unmarshal(body, &value) == nil && m.rand.IntN(4) > 0 {
		mutated, err := json.Marshal(m.mutate(value))
		if err == nil {
			return mutated
		}
	}
	switch m.rand.IntN(5) {
	case 0:
		return body[:m.rand.IntN(len(body)+1)]
	case 1:
		answer.Header.Set("Content-Type", "text/html")
		return []byte("<!DOCTYPE html><html><body>502 Bad Gateway</body></html>")
	case 2:
		return []byte(strings.Repeat(`{"a":[`, 20_000))
	case 3:
		return nil
	default:
		answer.StatusCode = statuses[m.rand.IntN(len(statuses))]
		answer.Status = fmt.Sprint(answer.StatusCode, " changed")
		return body
	}
}

// mutate changes one field somewhere in a value.
func (m *mutator) mutate(value any) any {
	switch v := value.(type) {
	case map[string]any:
		keys := make([]string, 0, len(v))
		for k := range v {
			keys = append(keys, k)
		}
		slices.Sort(keys)
		if len(keys) == 0 || m.rand.IntN(8) == 0 {
			break
		}
		k := keys[m.rand.IntN(len(keys))]
		if m.rand.IntN(5) == 0 {
			delete(v, k)
		} else {
			v[k] = m.mutate(v[k])
		}
		return v
	case []any:
		if len(v) == 0 || m.rand.IntN(4) == 0 {
			break
		}
		i := m.rand.IntN(len(v))
		v[i] = m.mutate(v[i])
		return v
	}
	return []any{
		nil, true, -1, 1e300, 9007199254740993, "", "x", strings.Repeat("é\u202e<!channel>", 5000),
		[]any{},
		map[string]any{},
		[]any{nil, []any{}},
		map[string]any{"id": nil},
		"\x00", "99999-99-99 99:99:99", "-1",
	}[m.rand.IntN(15)]
}

// browsed are things that people look at.
var browsed = []string{
	"directories", "campaigns", "campaign Kaasweken", "sessions Kaasweken", "loyalty", "sms-groups", "email-groups", "subaccounts",
	"directory Stadsbonnen Gent", "directory-users Stadsbonnen Gent", "sends", "status", "categories", "points", "loyalty-users", "audit",
}

// Slack and Coupontools answer anything at all while a send runs and a crowd browses. Nothing panics, nobody is called twice,
// and afterwards everything is answered again.
func TestFaults_mutatedAnswers(t *testing.T) {
	t.Parallel()
	seed := uint64(time.Now().UnixNano()) //nolint:gosec // any number will do
	m := &mutator{rand: rand.New(rand.NewPCG(seed, 0))}
	w, logged := stillWorld(t), new(lockedBuffer)
	origin := strings.TrimSuffix(string(w.config.SlackAPIURL), "/api/")
	w.config.SlackAPIURL = BaseURL(between(t, origin, m.change) + "/api/")
	w.config.CoupontoolsBaseURL = BaseURL(between(t, string(w.config.CoupontoolsBaseURL), m.change))
	w.config.CoupontoolsTimeout, w.config.ApprovalOver = 2*time.Second, 0
	w.sandbox.Break(sandbox.Rule{Path: sms, Fault: sandbox.Slow(50 * time.Millisecond)})
	go (&workspace{redis: w.redis}).keepTime(t.Context())
	w.startLogging(t, slog.New(slog.NewTextHandler(logged, nil)))

	rdb := redis.NewClient(redisOptions(w.config))
	t.Cleanup(func() { _ = rdb.Close() })
	desk := sends.New(sends.Config{Redis: rdb, Prefix: keyPrefix(w.config)})
	team := w.slack.Users()[0].TeamID
	m.on.Store(true)
	var ids []string
	var crowd sync.WaitGroup
	until, stop := context.WithTimeout(t.Context(), mutationTime)
	defer stop()
	for _, user := range []string{slacksim.Mia, slacksim.Noah} {
		crowd.Go(func() {
			for i := 0; until.Err() == nil; i++ {
				w.browse(until, t, user, browsed[i%len(browsed)])
			}
		})
	}
	for n := 0; until.Err() == nil; n++ {
		d := sends.Draft{
			ID: fmt.Sprint("send", n), Team: team, User: slacksim.Mia, OfferID: "dir_5507", OfferName: "Stadsbonnen",
			Kind: recipients.SMS, Message: "Hello", Origin: slacksim.General,
		}
		for i := range 100 {
			d.List.Recipients = append(d.List.Recipients, recipients.Recipient{To: fmt.Sprintf("+32471%03d%03d", n, i), Country: "BE", Line: i + 1})
		}
		if _, err := desk.SaveDraft(t.Context(), d); err != nil {
			t.Fatal(err)
		}
		if _, err := desk.Confirm(t.Context(), d.ID, team, slacksim.Mia); err != nil {
			t.Fatal(err)
		}
		ids = append(ids, d.ID)
		select {
		case <-until.Done():
		case <-time.After(5 * time.Second):
		}
	}
	crowd.Wait()
	m.on.Store(false)
	t.Logf("seed %d: %d mutations, %d sends", seed, m.n.Load(), len(ids))

	for _, id := range ids {
		w.finish(t, desk, id, team)
	}
	w.noneTwice(t)
	w.answersAgain(t)
	text := logged.String()
	for line := range strings.Lines(text) {
		if strings.Contains(line, "Recovered from a panic") {
			t.Errorf("seed %d: %s", seed, strings.ReplaceAll(line, `\n`, "\n"))
		}
	}
	w.quit(t)
}

// browse looks at something, and closes what opens.
func (w *world) browse(ctx context.Context, t testing.TB, user, what string) {
	t.Helper()
	before := len(w.slack.Messages(slacksim.Marketing))
	_, _ = w.slack.Command(patient(t), user, slacksim.Marketing, "/coupontools", what)
	short, cancel := context.WithTimeout(ctx, 500*time.Millisecond)
	defer cancel()
	_ = w.slack.Await(short, func(s *slacksim.Server) bool { return len(s.Messages(slacksim.Marketing)) > before })
	_, _ = w.slack.CloseAll(patient(t), user)
}

// finish resumes a send that the trouble has paused, until it ends.
func (w *world) finish(t testing.TB, desk *sends.Service, id, team string) {
	t.Helper()
	deadline := time.Now().Add(endurance)
	for time.Now().Before(deadline) {
		send, err := desk.Send(t.Context(), id)
		switch {
		case err != nil:
			t.Fatal(err)
		case send.Ended():
			if c := send.Counts; c.Accepted+c.Failed+c.Skipped+c.Unknown != c.Total {
				t.Errorf("the counts of %s do not add up: %+v", id, c)
			}
			return
		case send.State == sends.StatePaused:
			_, _ = desk.Act(t.Context(), id, sends.Resume, sends.Actor{Team: team, User: slacksim.Mia})
		}
		time.Sleep(100 * time.Millisecond)
	}
	send, _ := desk.Send(t.Context(), id)
	t.Errorf("%s has not ended: %+v", id, send)
}

// answersAgain checks that everything is answered once what was kept of the wrong answers is out of date.
func (w *world) answersAgain(t *testing.T) {
	t.Helper()
	for _, ask := range []struct{ text, want string }{
		{"directories", "Stadsbonnen"}, {"loyalty", "Loyalty cards"}, {"campaign Kaasweken", "Sessions"}, {"status", "Slack"},
	} {
		deadline := time.Now().Add(3 * time.Minute)
		for {
			before := len(w.slack.Messages(slacksim.Marketing))
			_, _ = w.slack.Command(patient(t), slacksim.Mia, slacksim.Marketing, "/coupontools", ask.text)
			ctx, cancel := context.WithTimeout(t.Context(), 3*time.Second)
			err := w.slack.Await(ctx, func(s *slacksim.Server) bool {
				all := s.Messages(slacksim.Marketing)
				return slices.ContainsFunc(all[min(before, len(all)):], func(m slacksim.Message) bool { return strings.Contains(m.Plain(), ask.want) })
			})
			cancel()
			if err == nil {
				break
			}
			if time.Now().After(deadline) {
				t.Errorf("%s is not answered again", ask.text)
				break
			}
		}
	}
}
