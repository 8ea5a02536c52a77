package commands

import (
	"testing"

	"github.com/alicebob/miniredis/v2"
	"github.com/redis/go-redis/v9"

	"github.com/coupontools/couponbot/bot"
	"github.com/coupontools/couponbot/commands/internal/commandstest"
	"github.com/coupontools/couponbot/commands/internal/ui"
	"github.com/coupontools/couponbot/coupontools/cache"
	"github.com/coupontools/couponbot/coupontools/sandbox"
)

// world is all commands with their services.
type world struct {
	Deps
	commandstest.Driver
	kit   *commandstest.World
	api   *sandbox.Server
	redis *miniredis.Miniredis
	rdb   *redis.Client
}

func newWorld(t testing.TB, options ...sandbox.Option) *world {
	t.Helper()
	kit := commandstest.New(t, options...)
	w := &world{kit: kit, api: kit.API, redis: kit.Redis, rdb: kit.RDB, Deps: Deps{
		Client: kit.Client, Directories: kit.Directories, Campaigns: kit.Campaigns, Sends: kit.Sends, Store: kit.Store,
		Region: "BE", Channels: []string{"C0MARKET1"},
	}}
	w.Commands = func() []bot.Command { return All(w.Deps) }
	return w
}

func (w *world) warm(t testing.TB) *cache.List { t.Helper(); return w.kit.Warm(t) }

func (w *world) idOf(t testing.TB, name string) string { t.Helper(); return w.kit.IDOf(t, name) }

func mistake(t testing.TB, err error) *bot.Mistake {
	t.Helper()
	return commandstest.MistakeOf(t, ui.Explain, err)
}
