package page

import (
	"bufio"
	"context"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/coupontools/couponbot/bot/slacksim"
)

const pageHost = "127.0.0.1:8765"

// newPage returns a workspace without a bot, and its page.
func newPage(t testing.TB) (*slacksim.Server, http.Handler) {
	t.Helper()
	sim := slacksim.New()
	t.Cleanup(sim.Close)
	return sim, New(sim, Options{Welcome: &Welcome{Channel: slacksim.Marketing, Steps: []Step{{Line: "/directories", Done: func() bool { return false }}}}})
}

// ask sends a request as the page does; change may alter it.
func ask(t testing.TB, h http.Handler, method, path string, form url.Values, change func(*http.Request)) *httptest.ResponseRecorder {
	t.Helper()
	r := httptest.NewRequestWithContext(t.Context(), method, "http://"+pageHost+path, strings.NewReader(form.Encode()))
	if method == http.MethodPost {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		r.Header.Set("Origin", "http://"+pageHost)
		r.Header.Set("Sec-Fetch-Site", "same-origin")
	}
	if change != nil {
		change(r)
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w
}

func TestPage_guards(t *testing.T) {
	t.Parallel()
	_, h := newPage(t)
	say := url.Values{"as": {slacksim.Mia}, "channel": {slacksim.Marketing}, "text": {"hello"}}
	for _, c := range []struct {
		name, method string
		change       func(*http.Request)
		want         int
	}{
		{"the page", "GET", nil, http.StatusOK},
		{"a post", "POST", nil, http.StatusOK},
		{"a post to another host", "POST", func(r *http.Request) { r.Host = "evil.example" }, http.StatusForbidden},
		{"a post from another site", "POST", func(r *http.Request) { r.Header.Set("Origin", "http://evil.example") }, http.StatusForbidden},
		{"a post without an origin", "POST", func(r *http.Request) { r.Header.Del("Origin") }, http.StatusForbidden},
		{"a post from a null origin", "POST", func(r *http.Request) { r.Header.Set("Origin", "null") }, http.StatusForbidden},
		{"a cross-site post", "POST", func(r *http.Request) { r.Header.Set("Sec-Fetch-Site", "cross-site") }, http.StatusForbidden},
		{"a same-site post", "POST", func(r *http.Request) { r.Header.Set("Sec-Fetch-Site", "same-site") }, http.StatusForbidden},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			path := map[string]string{"GET": "/", "POST": "/say"}[c.method]
			if got := ask(t, h, c.method, path, say, c.change).Code; got != c.want {
				t.Errorf("status = %d, want %d", got, c.want)
			}
		})
	}
}

func TestPage_headers(t *testing.T) {
	t.Parallel()
	_, h := newPage(t)
	for _, path := range []string{"/", "/web/page.js", "/nowhere"} {
		header := ask(t, h, "GET", path, nil, nil).Header()
		for name, want := range map[string]string{
			"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff", "Referrer-Policy": "no-referrer",
			"Content-Security-Policy": "frame-ancestors 'none'",
		} {
			if got := header.Get(name); !strings.Contains(got, want) {
				t.Errorf("%s: %s = %q, want %q in it", path, name, got, want)
			}
		}
	}
	if policy := contentPolicy; strings.Contains(policy, "unsafe") || !strings.Contains(policy, "default-src 'none'") {
		t.Errorf("policy = %q, want a strict one", policy)
	}
}

// The page has nothing inline that the content policy blocks, and nothing from other hosts.
func TestPage_selfContained(t *testing.T) {
	t.Parallel()
	_, h := newPage(t)
	html := ask(t, h, "GET", "/", nil, nil).Body.String()
	for _, bad := range []string{"<script>", "<style", "style=\"", "onclick=", "onload=", "//cdn", "ZgotmplZ", "<no value>"} {
		if strings.Contains(html, bad) {
			t.Errorf("the page contains %q", bad)
		}
	}
	for _, m := range regexp.MustCompile(`(?:src|href)="([^"]*)"`).FindAllStringSubmatch(html, -1) {
		if !strings.HasPrefix(m[1], "/") && !strings.HasPrefix(m[1], "#") {
			t.Errorf("the page refers to %q", m[1])
		}
	}
	for _, m := range regexp.MustCompile(`"(/web/[^"]*)"`).FindAllStringSubmatch(html, -1) {
		if got := ask(t, h, "GET", m[1], nil, nil).Code; got != http.StatusOK {
			t.Errorf("%s: status %d", m[1], got)
		}
	}
}

func TestPage_people(t *testing.T) {
	t.Parallel()
	sim, h := newPage(t)
	say := func(as, channel, text string) string {
		return ask(t, h, "POST", "/say", url.Values{"as": {as}, "channel": {channel}, "text": {text}}, nil).Body.String()
	}
	if got := say(slacksim.Mia, slacksim.Marketing, "Hello <b>all</b> & *you*"); got != "" {
		t.Errorf("say = %q, want no notice", got)
	}
	if got := say(slacksim.Mia, slacksim.Marketing, "/directories"); got != "" {
		t.Errorf("a command without a bot = %q, want no notice: the workspace posts one", got)
	}
	mia := ask(t, h, "GET", "/?as="+slacksim.Mia+"&channel="+slacksim.Marketing, nil, nil).Body.String()
	for _, want := range []string{"Hello &lt;b&gt;all&lt;/b&gt; &amp; <strong>you</strong>", "dispatch_failed", "Only visible to you", "No bot is connected"} {
		if !strings.Contains(mia, want) {
			t.Errorf("Mia doesn't see %q", want)
		}
	}
	noah := ask(t, h, "GET", "/?as="+slacksim.Noah+"&channel="+slacksim.Marketing, nil, nil).Body.String()
	if !strings.Contains(noah, "Hello &lt;b&gt;") || strings.Contains(noah, "Only visible to you") {
		t.Error("Noah must see what Mia posted, but not what only she sees")
	}
	if got := ask(t, h, "GET", "/?as="+slacksim.Bot, nil, nil).Code; got != http.StatusNotFound {
		t.Errorf("acting as the bot = %d, want 404", got)
	}
	guest := ask(t, h, "GET", "/?as="+slacksim.Gus+"&channel="+slacksim.Private, nil, nil).Body.String()
	if strings.Contains(guest, "launch") {
		t.Error("Gus sees a channel he isn't in")
	}
	if got := len(sim.Messages(slacksim.Marketing)); got != 2 {
		t.Errorf("%d messages, want 2", got)
	}
}

// The stream starts with everything and continues with what changes.
func TestPage_stream(t *testing.T) {
	t.Parallel()
	sim := slacksim.New()
	t.Cleanup(sim.Close)
	web := httptest.NewUnstartedServer(nil)
	web.Config.Handler = New(sim, Options{})
	web.Start()
	t.Cleanup(web.Close)
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, web.URL+"/live?as="+slacksim.Mia+"&channel="+slacksim.Marketing, nil)
	if err != nil {
		t.Fatal(err)
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	lines := bufio.NewScanner(res.Body)
	until := func(want string) (text string) {
		for lines.Scan() {
			if text += lines.Text() + "\n"; strings.Contains(lines.Text(), want) {
				return text
			}
		}
		t.Fatalf("the stream ended before %q", want)
		return ""
	}
	until("event: views")
	if _, err := sim.Say(ctx, slacksim.Noah, slacksim.Marketing, "first"); err != nil {
		t.Fatal(err)
	}
	until("first")
	if _, err := sim.Say(ctx, slacksim.Noah, slacksim.Marketing, "second"); err != nil {
		t.Fatal(err)
	}
	if again := until("second"); strings.Contains(again, "first") {
		t.Errorf("an unchanged message was sent again: %s", again)
	}
	sim.Close()
	for lines.Scan() { // the stream ends with the workspace
	}
}
