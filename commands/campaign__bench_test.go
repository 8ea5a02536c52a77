package commands

import (
	"testing"
	"time"

	"github.com/coupontools/couponbot/bot"
	"github.com/coupontools/couponbot/coupontools"
	"github.com/coupontools/couponbot/coupontools/cache"
	"github.com/coupontools/couponbot/coupontools/sandbox"
)

// BenchmarkCampaigns is the list of 10,000 campaigns, fetched anew each time and filtered.
func BenchmarkCampaigns(b *testing.B) {
	w := newCampaignWorld(b, sandbox.WithBulk(10_000))
	req := bot.Request{Person: mia, Channel: "C0ORIGIN", Words: bot.Split("market")}
	for b.Loop() {
		w.redis.FlushAll()
		lists := cache.New(cache.Config[coupontools.Campaign]{
			Redis: w.rdb, Prefix: "test:", Name: "campaigns", Fetch: ListCampaigns(w.client), TTL: time.Hour, Stale: time.Hour,
		})
		if _, err := follow(b.Context(), campaignsCommand(newCampaignList(lists, deliverer{})).Run, req); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkSessions is one page of a campaign with 10,000 sessions.
func BenchmarkSessions(b *testing.B) {
	w := newCampaignWorld(b, sandbox.WithSessions(10_000))
	s := sessionListHandlers{campaigns: newCampaignList(w.campaigns, deliverer{}), api: w.client, store: w.store}
	req := bot.Request{Person: mia, Channel: "C0ORIGIN", Words: bot.Split("cam_400001")}
	for b.Loop() {
		if _, err := follow(b.Context(), s.run, req); err != nil {
			b.Fatal(err)
		}
	}
}
