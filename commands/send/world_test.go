package send

import (
	"testing"

	"github.com/coupontools/couponbot/bot"
	"github.com/coupontools/couponbot/commands/internal/commandstest"
	"github.com/coupontools/couponbot/commands/internal/ui"
	"github.com/coupontools/couponbot/coupontools"
	"github.com/coupontools/couponbot/coupontools/sandbox"
	"github.com/coupontools/couponbot/sends"
)

func newWorld(t testing.TB, options ...sandbox.Option) *commandstest.World {
	t.Helper()
	return commandstest.NewFor(t, func(w *commandstest.World) []bot.Command {
		return Commands(Deps{Deps: w.Deps(), Sends: w.Sends, Channels: []string{"C0MARKET1"}, Offers: []Offer{
			NewOffer(sends.OfferDirectory, "directory", ui.List[coupontools.Directory]{Source: w.Directories}),
		}})
	}, options...)
}
