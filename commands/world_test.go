package commands

import (
	"testing"

	"github.com/alicebob/miniredis/v2"
	"github.com/redis/go-redis/v9"

	"github.com/coupontools/couponbot/bot"
	"github.com/coupontools/couponbot/coupontools/cache"
	"github.com/coupontools/couponbot/coupontools/sandbox"
)

// world is everything the commands work with, and all commands.
type world struct {
	Deps
	driver
	kit   *testWorld
	api   *sandbox.Server
	redis *miniredis.Miniredis
	rdb   *redis.Client
}

func newWorld(t testing.TB, options ...sandbox.Option) *world {
	t.Helper()
	kit := newTestWorld(t, options...)
	w := &world{kit: kit, api: kit.api, redis: kit.redis, rdb: kit.rdb, Deps: Deps{
		Client: kit.client, Directories: kit.directories, Campaigns: kit.campaigns, Sends: kit.sends, Store: kit.store,
		Region: "BE", Channels: []string{"C0MARKET1"},
	}}
	w.commands = func() []bot.Command { return All(w.Deps) }
	return w
}

func (w *world) warm(t testing.TB) *cache.List { t.Helper(); return w.kit.warm(t) }

func (w *world) idOf(t testing.TB, name string) string { t.Helper(); return w.kit.idOf(t, name) }

func mistake(t testing.TB, err error) *bot.Mistake { t.Helper(); return mistakeOf(t, Explain, err) }
