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

var route = regexp.MustCompile(`mux\.Handle(?:Func)?\("(?:([A-Z]+) )?(/[^"]*)"`)

// slackRoutes are the routes of the local Slack and its page, as the source names them: method and path.
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
		for _, m := range route.FindAllStringSubmatch(string(source), -1) {
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

// Every route of the demo refuses requests that name another host or come from another site, before anything else is done.
func TestDemo_guardsEveryRoute(t *testing.T) {
	t.Parallel()
	demo := startWorkspace(t)
	asks := func(address, method, path string, change func(*http.Request)) int {
		t.Helper()
		req, err := http.NewRequestWithContext(patient(t), method, "http://"+address+path, http.NoBody)
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
		t.Fatalf("the source names only the routes %q", routes)
	}
	for name, h := range hostile {
		for _, r := range routes {
			if got := asks(demo.host, r[0], r[1], h.change); got != h.want {
				t.Errorf("%s %s of %s gives %d, want %d", r[0], r[1], name, got, h.want)
			}
		}
		if got := asks(demo.api.Addr().String(), http.MethodPost, "/v3/directory/list", h.change); got != h.want {
			t.Errorf("Coupontools of %s gives %d, want %d", name, got, h.want)
		}
	}
	messages := len(demo.slack.Transcript())
	if got := asks(demo.host, http.MethodPost, "/api/chat.postMessage", func(r *http.Request) {
		r.Header.Set("Origin", "https://evil.example")
		r.Header.Set("Authorization", "Bearer "+demo.slack.BotToken())
	}); got != http.StatusForbidden || len(demo.slack.Transcript()) != messages {
		t.Errorf("a form of another site gives %d, want %d and no message", got, http.StatusForbidden)
	}
}

// A WebSocket of another site gets no connection, with or without a ticket.
func TestDemo_guardsTheSocket(t *testing.T) {
	t.Parallel()
	demo := startWorkspace(t)
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	_, resp, err := websocket.Dial(ctx, "ws://"+demo.host+"/link/?ticket=x", &websocket.DialOptions{
		HTTPHeader: http.Header{"Origin": {"https://evil.example"}},
	})
	if resp != nil && resp.Body != nil {
		defer resp.Body.Close()
	}
	if err == nil || resp == nil || resp.StatusCode != http.StatusForbidden {
		t.Errorf("Dial() = %v, %v, want it forbidden", resp, err)
	}
}

// No request changes where the URLs that the bot gets lead to, and nothing that gives access is known beforehand.
func TestDemo_handsOutItsOwnAddressAndRandomKeys(t *testing.T) {
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
	one, two := startWorkspace(t).config, startWorkspace(t).config
	if one.SlackAppToken == two.SlackAppToken || one.SlackBotToken == two.SlackBotToken ||
		one.CoupontoolsClientSecret == two.CoupontoolsClientSecret {
		t.Error("two demos have a secret in common")
	}
	if one.RedisURL.Options().Password == "" || one.RedisURL.Options().Password == two.RedisURL.Options().Password {
		t.Error("the embedded Redis has no password of its own")
	}
}
