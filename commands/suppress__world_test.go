package commands

import (
	"testing"

	"github.com/coupontools/couponbot/bot"
	"github.com/coupontools/couponbot/coupontools/sandbox"
)

func newSuppressWorld(t testing.TB, options ...sandbox.Option) *testWorld {
	t.Helper()
	w := newTestWorld(t, options...)
	w.commands = func() []bot.Command {
		return suppressCommands(suppressTestDeps(w), w.sends)
	}
	return w
}

func suppressTestDeps(w *testWorld) domainDeps {
	return domainDeps{Client: w.client, Store: w.store, Uploads: newUploads(nil), Audit: w.sends, Region: "BE"}
}
