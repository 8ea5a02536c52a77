package app

import (
	"bufio"
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/alicebob/miniredis/v2/server"
	"github.com/redis/go-redis/v9"
)

// Closing the client doesn't wait for a Redis that answers HELLO and nothing else.
func TestRedisOptions_closeDoesNotWait(t *testing.T) {
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
	case <-time.After(testTimeout):
		t.Fatal("Redis got no command")
	}
	began := time.Now()
	_ = rdb.Close()
	if took := time.Since(began); took > time.Second {
		t.Errorf("Close took %v, want no wait", took)
	}
}

// Clients don't follow redirects: 307 and 308 would send the token, which is in the body, to another host.
func TestClients_followNoRedirect(t *testing.T) {
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
		if _, err := api.AuthTestContext(testContext(t)); err == nil {
			t.Errorf("auth.test after %d = nil, want an error", status)
		}
		if _, _, err := api.StartSocketModeContext(testContext(t)); err == nil {
			t.Errorf("apps.connections.open after %d = nil, want an error", status)
		}
		addr := Address(strings.TrimPrefix(server.URL, "http://"))
		if err := Health(testContext(t), addr); err == nil {
			t.Errorf("health after %d = nil, want an error", status)
		}
	}
}

// endlessScan is a go-redis hook with a SCAN that never ends and takes a second per step.
type endlessScan struct{ steps int }

func (*endlessScan) DialHook(next redis.DialHook) redis.DialHook { return next }

func (s *endlessScan) ProcessHook(redis.ProcessHook) redis.ProcessHook {
	return func(ctx context.Context, cmd redis.Cmder) error {
		s.steps++
		select {
		case <-ctx.Done():
			cmd.SetErr(ctx.Err())
			return ctx.Err()
		case <-time.After(time.Second):
		}
		scan, ok := cmd.(*redis.ScanCmd)
		if !ok {
			return errors.New("unexpected command")
		}
		scan.SetVal([]string{"couponbot:{A1:old}:audit", "couponbot:{A1:older}:suppressed", "couponbot:{A1:new}:audit"}, 1)
		return nil
	}
}

func (*endlessScan) ProcessPipelineHook(next redis.ProcessPipelineHook) redis.ProcessPipelineHook {
	return next
}

// The search for other prefixes is bounded, even if Redis is slow or has very many keys.
func TestOtherPrefixes_bounded(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		rdb := redis.NewClient(&redis.Options{
			// A real dial would tie the process's resolver to this bubble.
			Dialer: func(context.Context, string, string) (net.Conn, error) { return nil, errors.New("no network") },
		})
		t.Cleanup(func() { _ = rdb.Close() })
		hook := &endlessScan{}
		rdb.AddHook(hook)
		began := time.Now()
		got, err := otherPrefixes(t.Context(), rdb, "couponbot:{A1:new}:")
		want := []string{"couponbot:{A1:old}:", "couponbot:{A1:older}:"}
		if err != nil || !slices.Equal(got, want) {
			t.Errorf("otherPrefixes() = %q, %v, want %q", got, err, want)
		}
		if took := time.Since(began); took > scanTimeout {
			t.Errorf("otherPrefixes() took %v and %d steps, want at most %v", took, hook.steps, scanTimeout)
		}
	})
}

// The bot starts even if Redis doesn't answer SCAN.
func TestServe_startsWithoutScan(t *testing.T) {
	t.Parallel()
	w := newStoppedWorld(t)
	release := make(chan struct{})
	var tries atomic.Int32
	w.redis.Server().SetPreHook(func(_ *server.Peer, command string, _ ...string) bool {
		if strings.EqualFold(command, "scan") {
			tries.Add(1)
			<-release
		}
		return false
	})
	w.start(t)
	if n := tries.Load(); n > 1 {
		t.Errorf("the bot connected after %d scans, want no wait for them", n)
	}
	close(release)
	w.stopAndWait(t)
}
