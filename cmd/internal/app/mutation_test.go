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

// mutator changes random responses, each in one place.
type mutator struct {
	enabled atomic.Bool
	count   atomic.Int64 // mutated responses

	mu   sync.Mutex
	rand *rand.Rand
}

// mutationOdds is the number of responses per mutated one, on average.
const mutationOdds = 4

// wrongStatuses are the status codes that mutations use. 401, 403 and 429 are not among them: they would claim that the
// call was not carried out, so that the bot may repeat it.
var wrongStatuses = []int{200, 201, 204, 302, 307, 400, 404, 500, 502, 503}

func (m *mutator) change(_ string, resp *http.Response, body []byte) []byte {
	m.mu.Lock()
	defer m.mu.Unlock()
	if !m.enabled.Load() || m.rand.IntN(mutationOdds) > 0 {
		return body
	}
	m.count.Add(1)
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
		resp.Header.Set("Content-Type", "text/html")
		return []byte("<!DOCTYPE html><html><body>502 Bad Gateway</body></html>")
	case 2:
		return []byte(strings.Repeat(`{"a":[`, 20_000))
	case 3:
		return nil
	default:
		resp.StatusCode = wrongStatuses[m.rand.IntN(len(wrongStatuses))]
		resp.Status = fmt.Sprint(resp.StatusCode, " changed")
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

// browseCommands are subcommands that only read.
var browseCommands = []string{
	"directories", "campaigns", "campaign Kaasweken", "sessions Kaasweken", "loyalty", "sms-groups", "email-groups", "subaccounts",
	"directory Stadsbonnen Gent", "directory-users Stadsbonnen Gent", "sends", "status", "categories", "points", "loyalty-users", "audit",
}

// Slack and Coupontools return mutated responses during sends and while people browse. Nothing panics, no recipient is
// called twice, and afterwards everything works again.
func TestFaults_mutatedAnswers(t *testing.T) {
	t.Parallel()
	seed := uint64(time.Now().UnixNano()) //nolint:gosec // any seed is fine
	m := &mutator{rand: rand.New(rand.NewPCG(seed, 0))}
	w, logged := newStoppedWorld(t), new(syncBuffer)
	origin := strings.TrimSuffix(string(w.config.SlackAPIURL), "/api/")
	w.config.SlackAPIURL = BaseURL(rewritingProxy(t, origin, m.change) + "/api/")
	w.config.CoupontoolsBaseURL = BaseURL(rewritingProxy(t, string(w.config.CoupontoolsBaseURL), m.change))
	w.config.CoupontoolsTimeout, w.config.ApprovalOver = 2*time.Second, 0
	w.sandbox.Break(sandbox.Rule{Path: smsRoute, Fault: sandbox.Slow(50 * time.Millisecond)})
	go (&demoEnv{redis: w.redis}).advanceRedisClock(t.Context())
	w.startWithLog(t, slog.New(slog.NewTextHandler(logged, nil)))

	rdb := redis.NewClient(redisOptions(w.config))
	t.Cleanup(func() { _ = rdb.Close() })
	service := sends.New(sends.Config{Redis: rdb, Prefix: keyPrefix(w.config)})
	team := w.slack.Users()[0].TeamID
	m.enabled.Store(true)
	var ids []string
	var browsers sync.WaitGroup
	deadline, stop := context.WithTimeout(t.Context(), mutationTime)
	defer stop()
	for _, user := range []string{slacksim.Mia, slacksim.Noah} {
		browsers.Go(func() {
			for i := 0; deadline.Err() == nil; i++ {
				w.browse(deadline, t, user, browseCommands[i%len(browseCommands)])
			}
		})
	}
	for n := 0; deadline.Err() == nil; n++ {
		d := sends.Draft{
			ID: fmt.Sprint("send", n), Team: team, User: slacksim.Mia, OfferID: "dir_5507", OfferName: "Stadsbonnen",
			Kind: recipients.SMS, Message: "Hello", Origin: slacksim.General,
		}
		for i := range 100 {
			d.List.Recipients = append(d.List.Recipients, recipients.Recipient{To: fmt.Sprintf("+32471%03d%03d", n, i), Country: "BE", Line: i + 1})
		}
		if _, err := service.SaveDraft(t.Context(), d); err != nil {
			t.Fatal(err)
		}
		if _, err := service.Confirm(t.Context(), d.ID, team, slacksim.Mia); err != nil {
			t.Fatal(err)
		}
		ids = append(ids, d.ID)
		select {
		case <-deadline.Done():
		case <-time.After(5 * time.Second):
		}
	}
	browsers.Wait()
	m.enabled.Store(false)
	t.Logf("seed %d: %d mutations, %d sends", seed, m.count.Load(), len(ids))

	for _, id := range ids {
		w.resumeUntilEnded(t, service, id, team)
	}
	w.checkNoDuplicates(t)
	w.checkAnswersNormally(t)
	text := logged.String()
	for line := range strings.Lines(text) {
		if strings.Contains(line, "Recovered from a panic") {
			t.Errorf("seed %d: %s", seed, strings.ReplaceAll(line, `\n`, "\n"))
		}
	}
	w.stopAndWait(t)
}

// browse runs a subcommand, waits briefly for its message and closes all forms.
func (w *world) browse(ctx context.Context, t testing.TB, user, command string) {
	t.Helper()
	before := len(w.slack.Messages(slacksim.Marketing))
	_, _ = w.slack.Command(testContext(t), user, slacksim.Marketing, "/coupontools", command)
	short, cancel := context.WithTimeout(ctx, 500*time.Millisecond)
	defer cancel()
	_ = w.slack.Await(short, func(s *slacksim.Server) bool { return len(s.Messages(slacksim.Marketing)) > before })
	_, _ = w.slack.CloseAll(testContext(t), user)
}

// resumeUntilEnded waits for the end of a send and resumes it whenever faults have paused it.
func (w *world) resumeUntilEnded(t testing.TB, service *sends.Service, id, team string) {
	t.Helper()
	deadline := time.Now().Add(sendTimeout)
	for time.Now().Before(deadline) {
		send, err := service.Send(t.Context(), id)
		switch {
		case err != nil:
			t.Fatal(err)
		case send.Ended():
			if c := send.Counts; c.Accepted+c.Failed+c.Skipped+c.Unknown != c.Total {
				t.Errorf("the counts of %s do not add up: %+v", id, c)
			}
			return
		case send.State == sends.StatePaused:
			_, _ = service.Act(t.Context(), id, sends.Resume, sends.Actor{Team: team, User: slacksim.Mia})
		}
		time.Sleep(100 * time.Millisecond)
	}
	send, _ := service.Send(t.Context(), id)
	t.Errorf("%s has not ended: %+v", id, send)
}

// checkAnswersNormally checks that commands work again once mutated responses have expired from the caches.
func (w *world) checkAnswersNormally(t *testing.T) {
	t.Helper()
	for _, query := range []struct{ text, want string }{
		{"directories", "Stadsbonnen"}, {"loyalty", "Loyalty cards"}, {"campaign Kaasweken", "Sessions"}, {"status", "Slack"},
	} {
		deadline := time.Now().Add(3 * time.Minute)
		for {
			before := len(w.slack.Messages(slacksim.Marketing))
			_, _ = w.slack.Command(testContext(t), slacksim.Mia, slacksim.Marketing, "/coupontools", query.text)
			ctx, cancel := context.WithTimeout(t.Context(), 3*time.Second)
			err := w.slack.Await(ctx, func(s *slacksim.Server) bool {
				all := s.Messages(slacksim.Marketing)
				return slices.ContainsFunc(all[min(before, len(all)):], func(m slacksim.Message) bool { return strings.Contains(m.Plain(), query.want) })
			})
			cancel()
			if err == nil {
				break
			}
			if time.Now().After(deadline) {
				t.Errorf("%s still doesn't work", query.text)
				break
			}
		}
	}
}
