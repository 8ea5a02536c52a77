package app

import (
	"bufio"
	"context"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"
)

// A Redis that says hello and nothing more does not hold the program up as it closes its connections.
func TestRedisOptions_closeWaitsForNoAnswer(t *testing.T) {
	t.Parallel()
	listener, err := net.Listen("unix", filepath.Join(t.TempDir(), "s"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = listener.Close() })
	asked := make(chan struct{})
	go func() {
		c, err := listener.Accept()
		if err != nil {
			return
		}
		defer c.Close()
		for lines := bufio.NewScanner(c); lines.Scan(); {
			switch strings.ToLower(lines.Text()) {
			case "hello":
				_, _ = c.Write([]byte("%1\r\n$5\r\nproto\r\n:3\r\n"))
			case "client", "ping":
				close(asked)
				<-t.Context().Done()
				return
			}
		}
	}()
	rdb := redis.NewClient(redisOptions(Config{RedisURL: RedisURL{Secret("unix://" + listener.Addr().String())}}))
	go func() { _ = rdb.Ping(context.WithoutCancel(t.Context())).Err() }()
	select {
	case <-asked:
	case <-time.After(patience):
		t.Fatal("nothing was asked of Redis")
	}
	began := time.Now()
	_ = rdb.Close()
	if took := time.Since(began); took > time.Second {
		t.Errorf("Close took %v, want it at once", took)
	}
}

// A redirect of the Web API is not followed: 307 and 308 would take the token, which is in the body, to the other host.
func TestSlack_followsNoRedirect(t *testing.T) {
	t.Parallel()
	for _, status := range []int{301, 302, 303, 307, 308} {
		elsewhere := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
			body, _ := io.ReadAll(r.Body)
			t.Errorf("%d was followed with %q and %q", status, body, r.Header.Get("Authorization"))
		}))
		t.Cleanup(elsewhere.Close)
		server := httptest.NewServer(http.RedirectHandler(elsewhere.URL, status))
		t.Cleanup(server.Close)
		c := Defaults()
		c.SlackBotToken, c.SlackAppToken, c.SlackAPIURL = "xoxb-secret", "xapp-secret", BaseURL(server.URL+"/api/")
		api := newSlack(c)
		if _, err := api.AuthTestContext(patient(t)); err == nil {
			t.Errorf("auth.test after %d = nil, want an error", status)
		}
		if _, _, err := api.StartSocketModeContext(patient(t)); err == nil {
			t.Errorf("apps.connections.open after %d = nil, want an error", status)
		}
		addr := Address(strings.TrimPrefix(server.URL, "http://"))
		if err := Health(patient(t), addr); err == nil {
			t.Errorf("health after %d = nil, want an error", status)
		}
	}
}
