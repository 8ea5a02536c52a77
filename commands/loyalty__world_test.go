package commands

import (
	"testing"

	"github.com/coupontools/couponbot/bot"
	"github.com/coupontools/couponbot/coupontools/sandbox"
)

func newLoyaltyWorld(t testing.TB, options ...sandbox.Option) *testWorld {
	t.Helper()
	w := newTestWorld(t, options...)
	w.commands = func() []bot.Command {
		return loyaltyCommands(loyaltyTestDeps(w), newLoyaltyCards(nil, w.client, deliverer{}))
	}
	return w
}

func loyaltyTestDeps(w *testWorld) domainDeps {
	return domainDeps{Client: w.client, Store: w.store, Uploads: newUploads(nil), Audit: w.sends, Region: "BE"}
}
