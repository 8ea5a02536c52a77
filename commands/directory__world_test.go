package commands

import (
	"testing"

	"github.com/coupontools/couponbot/bot"
	"github.com/coupontools/couponbot/coupontools/sandbox"
)

func newDirectoryWorld(t testing.TB, options ...sandbox.Option) *testWorld {
	t.Helper()
	w := newTestWorld(t, options...)
	w.commands = func() []bot.Command {
		return directoryCommands(directoryTestDeps(w), newDirectoryList(w.directories, deliverer{}), newFiguresCounter(w.client, w.store, nil))
	}
	return w
}

func directoryTestDeps(w *testWorld) domainDeps {
	return domainDeps{Client: w.client, Store: w.store, Uploads: newUploads(nil), Audit: w.sends, Region: "BE"}
}
