package bot

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/coupontools/couponbot/internal/outbound"
)

func TestPoster_keepsOrderAndPace(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		f := &fakeSlack{}
		p := NewPoster(f.client(), outbound.For("https://slack.test/api/"))
		start := time.Now()
		var all sync.WaitGroup
		for i := range 6 {
			all.Go(func() {
				if _, err := p.Post(t.Context(), "C1", Message{Text: fmt.Sprint("message ", i)}); err != nil {
					t.Error(err)
				}
			})
			synctest.Wait()
		}
		other := time.Now()
		if _, err := p.Post(t.Context(), "C2", Message{Text: "elsewhere"}); err != nil || time.Since(other) > 0 {
			t.Errorf("another channel waited %v, %v", time.Since(other), err)
		}
		all.Wait()
		i := 0
		for _, c := range f.of("chat.postMessage") {
			if c.params.Get("channel") != "C1" {
				continue
			}
			want := time.Duration(max(0, i-postBurst+1)) * postEvery
			if got := c.at.Sub(start); c.params.Get("text") != fmt.Sprint("message ", i) || got.Round(time.Millisecond) != want {
				t.Errorf("message %d: %q after %v, want it in turn after %v", i, c.params.Get("text"), got, want)
			}
			i++
		}
		if i != 6 {
			t.Errorf("%d messages posted, want 6", i)
		}
	})
}

func TestPoster_waitsWhenSlackSaysSo(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		header http.Header
		status int
		body   string
		wait   time.Duration
	}{
		"Retry-After": {http.Header{"Retry-After": {"7"}}, http.StatusTooManyRequests, "", 7 * time.Second},
		"no header":   {http.Header{}, http.StatusTooManyRequests, "", postDefaultWait},
		"in the body": {http.Header{}, http.StatusOK, `{"ok":false,"error":"ratelimited"}`, postDefaultWait},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				f := &fakeSlack{}
				refusals := 2
				f.fail = func(string) (int, http.Header, string) {
					if refusals--; refusals >= 0 {
						return tt.status, tt.header, tt.body
					}
					return 0, nil, ""
				}
				start := time.Now()
				ts, err := NewPoster(f.client(), outbound.For("https://slack.test/api/")).Post(t.Context(), "C1", Message{Text: "a < b"})
				if took := time.Since(start); err != nil || ts != "1.1" || took != 2*tt.wait {
					t.Errorf("Post = %q, %v after %v; want success after %v", ts, err, took, 2*tt.wait)
				}
				if got := f.of("chat.postMessage")[0].params.Get("text"); got != "a &lt; b" {
					t.Errorf("text = %q, want it escaped", got)
				}
			})
		})
	}
}

// Each step of an upload, and a permalink, waits for its own rate limit. Earlier steps are not repeated.
func TestPoster_waitsAtEachStep(t *testing.T) {
	t.Parallel()
	steps := []string{"files.getUploadURLExternal", "upload", "files.completeUploadExternal", "chat.getPermalink"}
	for _, slow := range steps {
		t.Run(slow, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				refused := false
				f := &fakeSlack{fail: func(method string) (int, http.Header, string) {
					if method != slow || refused {
						return 0, nil, ""
					}
					refused = true
					return http.StatusTooManyRequests, http.Header{"Retry-After": {"7"}}, ""
				}}
				p, start := NewPoster(f.client(), outbound.For("https://slack.test/api/")), time.Now()
				err := p.Upload(t.Context(), "D1", Upload{Name: "report.csv", Content: []byte("a,b")})
				link, second := p.Permalink(t.Context(), "D1", "1.1")
				if took := time.Since(start); err != nil || second != nil || link == "" || took != 7*time.Second {
					t.Errorf("Upload = %v, Permalink = %q, %v, after %v", err, link, second, took)
				}
				for _, step := range steps {
					want := 1
					if step == slow {
						want = 2
					}
					if n := len(f.of(step)); n != want {
						t.Errorf("%s was called %d times, want %d", step, n, want)
					}
				}
			})
		})
	}
}

func TestPoster_givesUp(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		f := &fakeSlack{fail: func(string) (int, http.Header, string) {
			return http.StatusTooManyRequests, http.Header{"Retry-After": {"1"}}, ""
		}}
		p := NewPoster(f.client(), outbound.For("https://slack.test/api/"))
		if _, err := p.Post(t.Context(), "C1", Message{Text: "a"}); err == nil || len(f.calls) != postTries {
			t.Errorf("Post = %v after %d tries, want an error after %d", err, len(f.calls), postTries)
		}
		f.fail = func(string) (int, http.Header, string) {
			return http.StatusTooManyRequests, http.Header{"Retry-After": {"3600"}}, ""
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		start := time.Now()
		if _, err := p.Post(ctx, "C2", Message{Text: "a"}); !errors.Is(err, context.DeadlineExceeded) || time.Since(start) > time.Second {
			t.Errorf("Post = %v after %v, want it not to wait in vain", err, time.Since(start))
		}
	})
}

// A caller leaves the queue when its context ends; the others stay.
func TestPoster_leavesTheQueue(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		f := &fakeSlack{fail: func(method string) (int, http.Header, string) {
			if method == "chat.postMessage" {
				time.Sleep(5 * time.Second)
			}
			return 0, nil, ""
		}}
		p := NewPoster(f.client(), outbound.For("https://slack.test/api/"))
		var all sync.WaitGroup
		post := func(ctx context.Context, fits bool) {
			all.Go(func() {
				if _, err := p.Post(ctx, "C1", Message{Text: "a"}); (err == nil) != fits {
					t.Errorf("Post = %v, want success %v", err, fits)
				}
			})
			synctest.Wait()
		}
		short, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		post(t.Context(), true)
		post(short, false)
		post(t.Context(), true)
		all.Wait()
		if n := len(f.of("chat.postMessage")); n != 2 {
			t.Errorf("%d messages posted, want 2", n)
		}
	})
}

func TestPoster_isBounded(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		f := &fakeSlack{}
		p := NewPoster(f.client(), outbound.For("https://slack.test/api/"))
		for i := range 3 * lanesSize {
			if _, err := p.Direct(t.Context(), fmt.Sprint("U", i)); err != nil {
				t.Fatal(err)
			}
			time.Sleep(50 * time.Millisecond)
		}
		if n := len(p.lanes); n > lanesSize {
			t.Errorf("%d lanes kept, want at most %d", n, lanesSize)
		}
	})
}

func TestPoster_updates(t *testing.T) {
	t.Parallel()
	f := &fakeSlack{}
	if err := NewPoster(f.client(), outbound.For("https://slack.test/api/")).Update(t.Context(), "C1", "1.1", Message{Text: "<!here>", Blocks: textBlocks("x")}); err != nil {
		t.Fatal(err)
	}
	if c := f.of("chat.update"); len(c) != 1 || c[0].params.Get("ts") != "1.1" || strings.Contains(c[0].params.Get("text"), "<") {
		t.Errorf("calls = %v, want the message 1.1 edited, escaped", c)
	}
}
