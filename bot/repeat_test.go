package bot

import (
	"context"
	"errors"
	"net"
	"net/http"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/alicebob/miniredis/v2"
	"github.com/redis/go-redis/v9"
)

// Two replicas share one Redis: what one has taken, the other drops. Without Redis each still knows its own.
func TestRepeat_acrossReplicas(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		server := miniredis.NewMiniRedis()
		t.Cleanup(server.Close)
		var away atomic.Bool
		var ran atomic.Int32
		replica := func() *Bot {
			b, _ := newFake(t, Command{Name: "/do", Run: func(context.Context, Request) (Reply, error) {
				ran.Add(1)
				return Reply{Text: "Done."}, nil
			}})
			client := redis.NewClient(&redis.Options{
				Addr: "127.0.0.1:6379", MaxRetries: -1, DialerRetries: 1, MaxIdleConns: -1,
				Dialer: func(context.Context, string, string) (net.Conn, error) {
					if away.Load() {
						return nil, errors.New("away")
					}
					return server.Dial()
				},
			})
			t.Cleanup(func() { _ = client.Close() })
			b.config.Store = NewStore(client, "test:")
			return b
		}
		one, other := replica(), replica()
		take := func(b *Bot, trigger string, want int32) {
			t.Helper()
			a := newAcks()
			b.handle(t.Context(), typedCommand("/do", trigger), a.send)
			if ran.Load() != want || len(a.payloads) != 1 {
				t.Errorf("%s: ran %d times, %d acknowledgements; want %d and 1", trigger, ran.Load(), len(a.payloads), want)
			}
		}
		take(one, "t1", 1)
		take(other, "t1", 1)
		take(other, "t2", 2)
		away.Store(true)
		server.SetError("LOADING")
		take(one, "t3", 3)
		take(one, "t3", 3)
	})
}

// A response_url that says when to come again is offered the answer then, three times at most.
func TestAnswer_waitsWhenSlackSaysSo(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		refusals, posts, ephemeral int
		wait                       string
		took                       time.Duration
	}{
		{2, 3, 0, "4", 8 * time.Second},
		{3, 3, 1, "4", 8 * time.Second},
		{1, 2, 0, "", time.Second},
		{1, 1, 1, "60", 0},
	} {
		synctest.Test(t, func(t *testing.T) {
			b, f := newFake(t, Command{Name: "/do", Run: takes(0, Reply{Text: "Found."})})
			left := tt.refusals
			f.fail = func(method string) (int, http.Header, string) {
				if method != "response_url" || left == 0 {
					return 0, nil, ""
				}
				left--
				return http.StatusTooManyRequests, http.Header{"Retry-After": {tt.wait}}, ""
			}
			start := time.Now()
			b.handle(t.Context(), typedCommand("/do", "t1"), newAcks().send)
			if took := time.Since(start); len(f.of("response_url")) != tt.posts || len(f.of("chat.postEphemeral")) != tt.ephemeral || took != tt.took {
				t.Errorf("%d refusals of %q: %d posts, %d ephemeral, %v; want %d, %d, %v", tt.refusals, tt.wait,
					len(f.of("response_url")), len(f.of("chat.postEphemeral")), took, tt.posts, tt.ephemeral, tt.took)
			}
		})
	}
}
