package account

import (
	"testing"

	"github.com/coupontools/couponbot/bot"
	"github.com/coupontools/couponbot/commands/internal/commandstest"
	"github.com/coupontools/couponbot/commands/internal/ui"
	"github.com/coupontools/couponbot/coupontools/sandbox"
)

func newWorld(t testing.TB, options ...sandbox.Option) *commandstest.World {
	t.Helper()
	w := commandstest.New(t, options...)
	w.Commands = func() []bot.Command {
		return Commands(testDeps(w))
	}
	return w
}

func testDeps(w *commandstest.World) ui.Deps {
	return ui.Deps{Client: w.Client, Store: w.Store, Uploads: ui.NewUploads(nil), Audit: w.Sends, Region: "BE"}
}
