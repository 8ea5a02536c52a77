package commands

import (
	"testing"

	"github.com/coupontools/couponbot/bot"
	"github.com/coupontools/couponbot/coupontools"
	"github.com/coupontools/couponbot/coupontools/sandbox"
	"github.com/coupontools/couponbot/sends"
)

func newSendWorld(t testing.TB, options ...sandbox.Option) *testWorld {
	t.Helper()
	w := newTestWorld(t, options...)
	w.commands = func() []bot.Command {
		return sendCommands(sendDeps{domainDeps: sendTestDeps(w), Sends: w.sends, Channels: []string{"C0MARKET1"}, Offers: []offer{
			offerOf(sends.OfferDirectory, "directory", itemList[coupontools.Directory]{source: w.directories})}})
	}
	return w
}

func sendTestDeps(w *testWorld) domainDeps {
	return domainDeps{Client: w.client, Store: w.store, Uploads: newUploads(nil), Audit: w.sends, Region: "BE"}
}
