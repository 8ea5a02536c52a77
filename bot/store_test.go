package bot_test

import (
	"context"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/alicebob/miniredis/v2"
	"github.com/redis/go-redis/v9"

	"github.com/coupontools/couponbot/bot"
)

func newStore(t testing.TB) (*bot.Store, *miniredis.Miniredis) {
	t.Helper()
	server := miniredis.RunT(t)
	client := redis.NewClient(&redis.Options{Addr: server.Addr(), MaxRetries: -1})
	t.Cleanup(func() { _ = client.Close() })
	return bot.NewStore(client, "test:"), server
}

func TestStore_keepsInRedis(t *testing.T) {
	t.Parallel()
	store, server := newStore(t)
	store.Put(t.Context(), "a", []byte("1"), time.Minute)

	if got, ok := store.Get(t.Context(), "a"); !ok || string(got) != "1" {
		t.Errorf("Get = %q, %v; want what was put", got, ok)
	}
	if got := server.Keys(); len(got) != 1 || got[0] != "test:bot:a" {
		t.Errorf("keys in Redis = %v, want one under the prefix", got)
	}
	server.FastForward(2 * time.Minute)
	if got, ok := store.Get(t.Context(), "a"); ok {
		t.Errorf("Get after its time = %q, want nothing", got)
	}
}

func TestStore_keepsInMemoryWhileRedisIsAway(t *testing.T) {
	t.Parallel()
	store, server := newStore(t)
	server.Close()
	store.Put(t.Context(), "a", []byte("1"), time.Minute)

	if got, ok := store.Get(t.Context(), "a"); !ok || string(got) != "1" {
		t.Errorf("Get without Redis = %q, %v; want what was put", got, ok)
	}
	if !store.First(t.Context(), "click", time.Minute) || store.First(t.Context(), "click", time.Minute) {
		t.Error("without Redis a repeat must be known by this process")
	}
}

func TestStore_boundsItsMemory(t *testing.T) {
	t.Parallel()
	store, server := newStore(t)
	server.Close()
	for i := range 10_050 {
		store.Put(t.Context(), fmt.Sprint(i), nil, time.Minute)
	}
	if _, ok := store.Get(t.Context(), "10049"); !ok {
		t.Error("the newest value is gone")
	}
}

// Of a list only the newest values are kept, in Redis and without it. Another list and single values are left alone.
func TestStore_keepsTheNewest(t *testing.T) {
	t.Parallel()
	for name, away := range map[string]bool{"in Redis": false, "in memory": true} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			store, server := newStore(t)
			if away {
				server.Close()
			}
			const most = 3
			store.Put(t.Context(), "single", []byte("1"), time.Hour)
			store.PutNewest(t.Context(), "another", most, "another", []byte("1"), time.Hour)
			for i := range 10 {
				store.PutNewest(t.Context(), "list", most, fmt.Sprint(i), []byte("1"), time.Hour)
				store.PutNewest(t.Context(), "list", most, "used", []byte("1"), time.Hour)
			}
			var left []string
			for _, key := range []string{"0", "1", "2", "3", "4", "5", "6", "7", "8", "9", "used", "another", "single"} {
				if _, ok := store.Get(t.Context(), key); ok {
					left = append(left, key)
				}
			}
			if want := []string{"8", "9", "used", "another", "single"}; !slices.Equal(left, want) {
				t.Errorf("kept %v, want %v", left, want)
			}
			if !away {
				server.FastForward(2 * time.Hour)
				if keys := server.Keys(); len(keys) > 0 {
					t.Errorf("after their time %v are left", keys)
				}
			}
		})
	}
}

func TestStore_knowsARepeatOfAnotherReplica(t *testing.T) {
	t.Parallel()
	one, server := newStore(t)
	client := redis.NewClient(&redis.Options{Addr: server.Addr()})
	t.Cleanup(func() { _ = client.Close() })
	other := bot.NewStore(client, "test:")

	if !one.First(t.Context(), "click", time.Minute) {
		t.Error("the first time is not the first")
	}
	if other.First(t.Context(), "click", time.Minute) {
		t.Error("the other replica takes the repeat for the first time")
	}
}

func TestStore_isNotHeldUpByItsCaller(t *testing.T) {
	t.Parallel()
	store, _ := newStore(t)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if !store.First(ctx, "click", time.Minute) {
		t.Error("with its time over, the store must still answer")
	}
}

// twice runs every command twice, as go-redis does when the first answer was lost.
type twice struct{}

func (twice) DialHook(next redis.DialHook) redis.DialHook { return next }
func (twice) ProcessPipelineHook(next redis.ProcessPipelineHook) redis.ProcessPipelineHook {
	return next
}

func (twice) ProcessHook(next redis.ProcessHook) redis.ProcessHook {
	return func(ctx context.Context, cmd redis.Cmder) error {
		_ = next(ctx, cmd)
		return next(ctx, cmd)
	}
}

func TestStore_takesNoRetryForARepeat(t *testing.T) {
	t.Parallel()
	server := miniredis.RunT(t)
	client := redis.NewClient(&redis.Options{Addr: server.Addr()})
	t.Cleanup(func() { _ = client.Close() })
	client.AddHook(twice{})
	store := bot.NewStore(client, "test:")
	if !store.First(t.Context(), "click", time.Minute) {
		t.Error("the client's own retry counts as a repeat: the click would be lost")
	}
	if store.First(t.Context(), "click", time.Minute) {
		t.Error("a repeat counts as the first time")
	}
}
