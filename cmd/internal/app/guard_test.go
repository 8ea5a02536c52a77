package app

import (
	"context"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/coder/websocket"

	"github.com/coupontools/couponbot/bot/slacksim"
)

var routePattern = regexp.MustCompile(`mux\.Handle(?:Func)?\("(?:([A-Z]+) )?(/[^"]*)"`)

// slackRoutes returns the routes of the local Slack and its page as method and path. It finds them in the source.
func slackRoutes(t *testing.T) [][2]string {
	t.Helper()
	server, err := filepath.Glob("../../../bot/slacksim/*.go")
	if err != nil {
		t.Fatal(err)
	}
	page, err := filepath.Glob("../../../bot/slacksim/page/*.go")
	if err != nil {
		t.Fatal(err)
	}
	var routes [][2]string
	for _, file := range append(server, page...) {
		source, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range routePattern.FindAllStringSubmatch(string(source), -1) {
			path := strings.NewReplacer("{$}", "", "{method...}", "auth.test", "{", "", "}", "").Replace(m[2])
			if m[1] == "" {
				routes = append(routes, [2]string{http.MethodGet, path})
				m[1] = http.MethodPost
			}
			routes = append(routes, [2]string{m[1], path})
		}
	}
	return routes
}

// Every route of the demo rejects requests with another Host header or from another site before it does anything.
func TestDemo_guardsEveryRoute(t *testing.T) {
	t.Parallel()
	env := startDemoEnv(t)
	request := func(address, method, path string, change func(*http.Request)) int {
		t.Helper()
		req, err := http.NewRequestWithContext(testContext(t), method, "http://"+address+path, http.NoBody)
		if err != nil {
			t.Fatal(err)
		}
		change(req)
		resp, err := http.DefaultTransport.RoundTrip(req)
		if err != nil {
			t.Fatal(err)
		}
		resp.Body.Close()
		return resp.StatusCode
	}
	hostile := map[string]struct {
		change func(*http.Request)
		want   int
	}{
		"another host":           {func(r *http.Request) { r.Host = "evil.example" }, http.StatusMisdirectedRequest},
		"another port":           {func(r *http.Request) { r.Host = "127.0.0.1:1" }, http.StatusMisdirectedRequest},
		"a name for the address": {func(r *http.Request) { r.Host = "localtest.me:" + r.URL.Port() }, http.StatusMisdirectedRequest},
		"another origin":         {func(r *http.Request) { r.Header.Set("Origin", "https://evil.example") }, http.StatusForbidden},
		"a null origin":          {func(r *http.Request) { r.Header.Set("Origin", "null") }, http.StatusForbidden},
		"two origins": {func(r *http.Request) {
			r.Header["Origin"] = []string{"http://" + r.URL.Host, "https://evil.example"}
		}, http.StatusForbidden},
		"a cross-site fetch": {func(r *http.Request) { r.Header.Set("Sec-Fetch-Site", "cross-site") }, http.StatusForbidden},
		"a same-site fetch":  {func(r *http.Request) { r.Header.Set("Sec-Fetch-Site", "same-site") }, http.StatusForbidden},
	}
	routes := slackRoutes(t)
	if len(routes) < 20 {
		t.Fatalf("only the routes %q were found", routes)
	}
	for name, h := range hostile {
		for _, r := range routes {
			if got := request(env.host, r[0], r[1], h.change); got != h.want {
				t.Errorf("%s %s with %s = %d, want %d", r[0], r[1], name, got, h.want)
			}
		}
		if got := request(env.apiListener.Addr().String(), http.MethodPost, "/v3/directory/list", h.change); got != h.want {
			t.Errorf("Coupontools with %s = %d, want %d", name, got, h.want)
		}
	}
	messages := len(env.slack.Transcript())
	if got := request(env.host, http.MethodPost, "/api/chat.postMessage", func(r *http.Request) {
		r.Header.Set("Origin", "https://evil.example")
		r.Header.Set("Authorization", "Bearer "+env.slack.BotToken())
	}); got != http.StatusForbidden || len(env.slack.Transcript()) != messages {
		t.Errorf("a form of another site = %d, want %d and no message", got, http.StatusForbidden)
	}
}

// WebSocket connections from another site are rejected, even with a ticket.
func TestDemo_guardsSocket(t *testing.T) {
	t.Parallel()
	env := startDemoEnv(t)
	ctx, cancel := context.WithTimeout(t.Context(), testTimeout)
	defer cancel()
	_, resp, err := websocket.Dial(ctx, "ws://"+env.host+"/link/?ticket=x", &websocket.DialOptions{
		HTTPHeader: http.Header{"Origin": {"https://evil.example"}},
	})
	if resp != nil && resp.Body != nil {
		defer resp.Body.Close()
	}
	if err == nil || resp == nil || resp.StatusCode != http.StatusForbidden {
		t.Errorf("Dial() = %v, %v, want it forbidden", resp, err)
	}
}

// The URLs that the bot gets don't depend on the Host header of a request, and all tokens, keys and passwords are random.
func TestDemo_ownAddressAndRandomKeys(t *testing.T) {
	t.Parallel()
	sim := slacksim.New(slacksim.WithBase("http://127.0.0.1:8765"))
	t.Cleanup(sim.Close)
	req := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "http://evil.example/api/apps.connections.open", http.NoBody)
	req.Header.Set("Authorization", "Bearer "+sim.AppToken())
	rec := httptest.NewRecorder()
	sim.ServeHTTP(rec, req)
	if !strings.Contains(rec.Body.String(), "ws://127.0.0.1:8765/link/") {
		t.Errorf("a ticket for another host: %s", rec.Body)
	}
	one, two := startDemoEnv(t).config, startDemoEnv(t).config
	if one.SlackAppToken == two.SlackAppToken || one.SlackBotToken == two.SlackBotToken ||
		one.CoupontoolsClientSecret == two.CoupontoolsClientSecret {
		t.Error("two demos have a secret in common")
	}
	if one.RedisURL.Options().Password == "" || one.RedisURL.Options().Password == two.RedisURL.Options().Password {
		t.Error("the embedded Redis has no password of its own")
	}
}
