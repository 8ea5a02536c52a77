package campaign

import (
	"testing"

	"github.com/coupontools/couponbot/bot"
	"github.com/coupontools/couponbot/commands/internal/commandstest"
	"github.com/coupontools/couponbot/commands/internal/figures"
	"github.com/coupontools/couponbot/commands/internal/ui"
	"github.com/coupontools/couponbot/coupontools"
	"github.com/coupontools/couponbot/coupontools/sandbox"
)

func newWorld(t testing.TB, options ...sandbox.Option) *commandstest.World {
	t.Helper()
	return commandstest.NewFor(t, func(w *commandstest.World) []bot.Command {
		return Commands(w.Deps(), NewList(w.Campaigns, ui.Deliverer{}), ui.List[coupontools.Directory]{Source: w.Directories}, figures.NewCounter(w.Client, w.Store, nil))
	}, options...)
}
