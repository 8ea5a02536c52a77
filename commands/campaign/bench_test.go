package campaign

import (
	"testing"
	"time"

	"github.com/coupontools/couponbot/bot"
	"github.com/coupontools/couponbot/commands/internal/commandstest"
	"github.com/coupontools/couponbot/commands/internal/ui"
	"github.com/coupontools/couponbot/coupontools"
	"github.com/coupontools/couponbot/coupontools/cache"
	"github.com/coupontools/couponbot/coupontools/sandbox"
)

// BenchmarkCampaigns filters a list of 10,000 campaigns, fetched in each iteration.
func BenchmarkCampaigns(b *testing.B) {
	w := newWorld(b, sandbox.WithBulk(10_000))
	req := bot.Request{Person: commandstest.Mia, Channel: "C0ORIGIN", Words: bot.Split("market")}
	for b.Loop() {
		w.Redis.FlushAll()
		lists := cache.New(cache.Config[coupontools.Campaign]{
			Redis: w.RDB, Prefix: "test:", Name: "campaigns", Fetch: Fetcher(w.Client), TTL: time.Hour, Stale: time.Hour,
		})
		if _, err := commandstest.Follow(b.Context(), listCommand(NewList(lists, ui.Deliverer{})).Run, req); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkSessions shows one page of a campaign with 10,000 sessions.
func BenchmarkSessions(b *testing.B) {
	w := newWorld(b, sandbox.WithSessions(10_000))
	s := sessionListHandlers{campaigns: NewList(w.Campaigns, ui.Deliverer{}), api: w.Client, store: w.Store}
	req := bot.Request{Person: commandstest.Mia, Channel: "C0ORIGIN", Words: bot.Split("cam_400001")}
	for b.Loop() {
		if _, err := commandstest.Follow(b.Context(), s.run, req); err != nil {
			b.Fatal(err)
		}
	}
}
