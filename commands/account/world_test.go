package account

import (
	"testing"

	"github.com/coupontools/couponbot/bot"
	"github.com/coupontools/couponbot/commands/internal/commandstest"
	"github.com/coupontools/couponbot/coupontools/sandbox"
)

func newWorld(t testing.TB, options ...sandbox.Option) *commandstest.World {
	t.Helper()
	return commandstest.NewFor(t, func(w *commandstest.World) []bot.Command {
		return Commands(w.Deps())
	}, options...)
}
