package commands

import (
	"testing"

	"github.com/coupontools/couponbot/bot"
	"github.com/coupontools/couponbot/coupontools"
	"github.com/coupontools/couponbot/coupontools/sandbox"
)

func newCampaignWorld(t testing.TB, options ...sandbox.Option) *testWorld {
	t.Helper()
	w := newTestWorld(t, options...)
	w.commands = func() []bot.Command {
		return campaignCommands(campaignTestDeps(w), newCampaignList(w.campaigns, deliverer{}), itemList[coupontools.Directory]{source: w.directories}, newFiguresCounter(w.client, w.store, nil))
	}
	return w
}

func campaignTestDeps(w *testWorld) domainDeps {
	return domainDeps{Client: w.client, Store: w.store, Uploads: newUploads(nil), Audit: w.sends, Region: "BE"}
}
