package sandbox_test

import (
	"context"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/coupontools/couponbot/coupontools/sandbox"
)

var good = p{"campaign": "dir_5501", "phone": "+32470000001"}

// Each fault: what the caller gets and whether the message was sent.
func TestFault(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		fault sandbox.Fault
		check func(testing.TB, result, error)
		sent  int
	}{
		"429 with seconds": {sandbox.TooMany("7"), func(tb testing.TB, r result, err error) {
			if err != nil || r.status != 429 || r.header.Get("Retry-After") != "7" {
				tb.Errorf("got %d, Retry-After %q, %v", r.status, r.header.Get("Retry-After"), err)
			}
		}, 0},
		"429 without": {sandbox.TooMany(""), func(tb testing.TB, r result, err error) {
			if err != nil || r.status != 429 || r.header.Values("Retry-After") != nil {
				tb.Errorf("got %d, Retry-After %q, %v", r.status, r.header.Values("Retry-After"), err)
			}
		}, 0},
		"502 in HTML": {sandbox.ServerError(502), func(tb testing.TB, r result, err error) {
			if err != nil || r.status != 502 || !strings.Contains(r.body, "<h1>502 Bad Gateway</h1>") ||
				!strings.HasPrefix(r.header.Get("Content-Type"), "text/html") {
				tb.Errorf("got %d %q, %v", r.status, r.body, err)
			}
		}, 0},
		"cut before": {sandbox.CutBefore(), wantCut, 0},
		"cut after":  {sandbox.CutAfter(), wantCut, 1},
		"truncated": {sandbox.Truncated(), func(tb testing.TB, r result, err error) {
			if err == nil || r.status != 200 || r.body == "" || json.Valid([]byte(r.body)) {
				tb.Errorf("got %d %q, %v, want the beginning of an answer", r.status, r.body, err)
			}
		}, 1},
		"malformed": {sandbox.Malformed(), func(tb testing.TB, r result, err error) {
			if err != nil || r.status != 200 || json.Valid([]byte(r.body)) || !json.Valid([]byte(r.body+"}")) {
				tb.Errorf("got %d %q, %v, want a brace missing", r.status, r.body, err)
			}
		}, 1},
		"no status": {sandbox.NoStatus(), func(tb testing.TB, r result, err error) {
			if err != nil || r.status != 200 || r.at(tb, "status") != nil || r.at(tb, "action") != "sms_sent" {
				tb.Errorf("got %d %q, %v", r.status, r.body, err)
			}
		}, 1},
		"another action": {sandbox.Action("sms_queued"), func(tb testing.TB, r result, _ error) {
			if r.status != 200 || r.at(tb, "status", "status") != "OK" || r.at(tb, "action") != "sms_queued" {
				tb.Errorf("got %d %q", r.status, r.body)
			}
		}, 1},
		"declined": {sandbox.Declined("not_sent"), func(tb testing.TB, r result, _ error) {
			if r.status != 200 || r.at(tb, "status", "status") != "OK" || r.at(tb, "action") != "not_sent" {
				tb.Errorf("got %d %q", r.status, r.body)
			}
		}, 0},
		"errors of shape a": {sandbox.Refusal(401, sandbox.ShapeSingle, 1000, "No."), func(tb testing.TB, r result, _ error) {
			if r.status != 401 || r.at(tb, "status", "errors", "error_code") != 1000.0 ||
				r.at(tb, "status", "errors", "error_message") != "HTTP/1.0 401 Unauthorized. No." {
				tb.Errorf("got %d %q", r.status, r.body)
			}
		}, 0},
		"errors of shape b": {sandbox.Refusal(422, sandbox.ShapeNested, 502, "No."), func(tb testing.TB, r result, _ error) {
			wantCodes(tb, r, 422, 502)
		}, 0},
		"errors of shape c": {sandbox.Refusal(422, sandbox.ShapeBeside, 505, "No."), func(tb testing.TB, r result, _ error) {
			if r.status != 422 || r.at(tb, "status", "status") != "failed" || r.at(tb, "errors", "error_code", 0) != 505.0 {
				tb.Errorf("got %d %q", r.status, r.body)
			}
		}, 0},
		"200 with failure": {sandbox.Refusal(200, sandbox.ShapeNested, 502, "No."), func(tb testing.TB, r result, _ error) {
			wantCodes(tb, r, 200, 502)
		}, 0},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := serve(t)
			s.Break(sandbox.Rule{Path: sms, Fault: tt.fault, Times: 1})

			r, err := s.try(t, sms, good)

			tt.check(t, r, err)
			if got := len(s.Sent()); got != tt.sent {
				t.Errorf("%d messages went out, want %d", got, tt.sent)
			}
			s.wantOK(t, sms, good)
			if s.Calls(sms) != 2 {
				t.Errorf("%d calls, want 2", s.Calls(sms))
			}
		})
	}
}

func wantCut(tb testing.TB, r result, err error) {
	tb.Helper()
	if err == nil {
		tb.Errorf("got %d %q, want the connection cut", r.status, r.body)
	}
}

func TestRedirect(t *testing.T) {
	t.Parallel()
	s := serve(t)
	var trap sandbox.Trap
	elsewhere := httptest.NewServer(&trap)
	t.Cleanup(elsewhere.Close)
	s.Break(sandbox.Rule{Fault: sandbox.Redirect(http.StatusTemporaryRedirect, elsewhere.URL)})

	r := s.call(t, sms, good)

	if r.status != 307 || r.header.Get("Location") != elsewhere.URL || trap.Calls() != 0 {
		t.Errorf("got %d to %q, the trap had %d calls", r.status, r.header.Get("Location"), trap.Calls())
	}

	resp, err := http.DefaultClient.Do(withKeys(s.request(t, sms, "application/json", jsonBody(t, good))))
	if err != nil {
		t.Fatal(err)
	}
	if err := resp.Body.Close(); err != nil {
		t.Error(err)
	}
	if trap.Calls() != 1 || !trap.GotKeys() {
		t.Errorf("a client that follows: the trap had %d calls, keys %v, want 1 and true", trap.Calls(), trap.GotKeys())
	}
	if len(s.Sent()) != 0 {
		t.Error("a redirected send went out")
	}
}

func TestTrap_without_keys(t *testing.T) {
	t.Parallel()
	var trap sandbox.Trap

	trap.ServeHTTP(httptest.NewRecorder(), httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/", strings.NewReader("{}")))

	if trap.Calls() != 1 || trap.GotKeys() {
		t.Errorf("the trap had %d calls, keys %v, want 1 and false", trap.Calls(), trap.GotKeys())
	}
}

// ask calls the handler without a socket, as a synctest bubble requires.
func ask(ctx context.Context, s *sandbox.Server) int {
	w := httptest.NewRecorder()
	s.ServeHTTP(w, withKeys(httptest.NewRequestWithContext(ctx, http.MethodPost, list, http.NoBody)))
	return w.Code
}

func TestSlow(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := sandbox.New()
		s.Break(sandbox.Rule{Fault: sandbox.Slow(3 * time.Second)})
		began := time.Now()

		status := ask(t.Context(), s)

		if took := time.Since(began); status != 200 || took != 3*time.Second {
			t.Errorf("got %d after %v, want 200 after 3s", status, took)
		}
	})
}

func TestHang_until_mended(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := sandbox.New()
		mend := s.Break(sandbox.Rule{Fault: sandbox.Hang()})
		done := make(chan int, 1)
		go func() { done <- ask(t.Context(), s) }()
		synctest.Wait()
		select {
		case status := <-done:
			t.Fatalf("got %d, want no answer", status)
		default:
		}

		mend()
		mend()

		if status := <-done; status != 200 {
			t.Errorf("got %d after mending, want 200", status)
		}
		if status := ask(t.Context(), s); status != 200 {
			t.Errorf("the next got %d, want 200", status)
		}
	})
}

func TestHang_until_the_client_goes(t *testing.T) {
	t.Parallel()
	s := serve(t)
	s.Break(sandbox.Rule{Path: sms, Fault: sandbox.Hang()})
	ctx, leave := context.WithCancel(t.Context())
	req := withKeys(s.request(t, sms, "application/json", jsonBody(t, good))).WithContext(ctx)
	go func() {
		if s.AwaitCalls(t.Context(), sms, 1) == nil {
			leave()
		}
	}()

	if _, err := try(t, req); err == nil {
		t.Error("a call that hangs was answered")
	}
	if len(s.Sent()) != 0 {
		t.Error("a call that hangs sent its message")
	}
}

func TestRule_skip_and_times(t *testing.T) {
	t.Parallel()
	s := serve(t)
	s.Break(sandbox.Rule{Path: list, Fault: sandbox.ServerError(500), Skip: 1, Times: 2})
	s.Break(sandbox.Rule{Path: info, Fault: sandbox.ServerError(503)})

	var got []int
	for range 5 {
		got = append(got, s.call(t, list, nil).status)
	}

	if want := []int{200, 500, 500, 200, 200}; !slices.Equal(got, want) {
		t.Errorf("statuses %v, want %v", got, want)
	}
	s.Mend()
	s.wantOK(t, info, p{"directory": "dir_5501"})
}

func TestRule_chance(t *testing.T) {
	t.Parallel()
	run := func(seed uint64) (statuses []int, failed int) {
		s := sandbox.New(sandbox.WithSeed(seed))
		s.Break(sandbox.Rule{Fault: sandbox.ServerError(500), Chance: 0.3})
		for range 200 {
			status := ask(t.Context(), s)
			statuses = append(statuses, status)
			if status == 500 {
				failed++
			}
		}
		return statuses, failed
	}
	one, failed := run(1)
	if same, _ := run(1); !slices.Equal(one, same) {
		t.Error("the same seed hits other calls")
	}
	if failed < 40 || failed > 80 {
		t.Errorf("%d of 200 failed, want some 60", failed)
	}
}

// Concurrent callers, rule changes and readers: for the race detector.
func TestServer_under_load(t *testing.T) {
	t.Parallel()
	s := serve(t)
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() {
			for range 20 {
				mend := s.Break(sandbox.Rule{Path: list, Fault: sandbox.Slow(time.Microsecond)})
				s.wantOK(t, list, nil)
				mend()
				s.wantOK(t, sms, good)
				s.Sent()
				s.SetQuirks(sandbox.Quirks{})
			}
		})
	}
	all.Wait()
	if got := s.Sent(); len(got) != 1 || got[0].Times != 160 {
		t.Errorf("sent %v, want one message 160 times", got)
	}
}
