package bot

import (
	"testing"
	"time"

	"github.com/alicebob/miniredis/v2"
	"github.com/redis/go-redis/v9"

	"github.com/coupontools/couponbot/internal/redisguard"
)

// What was put while Redis was away is newer than what Redis still has from before.
func TestStore_remembersTheNewest(t *testing.T) {
	t.Parallel()
	server := miniredis.RunT(t)
	client := redis.NewClient(&redis.Options{Addr: server.Addr(), MaxRetries: -1})
	t.Cleanup(func() { _ = client.Close() })
	store := NewStore(client, "test:")

	store.Put(t.Context(), "a", []byte("1"), time.Hour)
	server.SetError("LOADING")
	store.Put(t.Context(), "a", []byte("2"), time.Hour)
	server.SetError("")
	store.guard = redisguard.Guard{}
	if got, _ := store.Get(t.Context(), "a"); string(got) != "2" {
		t.Errorf("Get after Redis came back = %q, want what was put last", got)
	}
	store.Put(t.Context(), "a", []byte("3"), time.Hour)
	if got, _ := store.Get(t.Context(), "a"); string(got) != "3" || len(store.memory) > 0 {
		t.Errorf("Get = %q with %d values in memory, want the newest, from Redis", got, len(store.memory))
	}
}
