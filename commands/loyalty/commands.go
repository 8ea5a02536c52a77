package loyalty

import (
	"github.com/coupontools/couponbot/bot"
	"github.com/coupontools/couponbot/commands/internal/ui"
)

// Commands returns the commands about loyalty cards and their users.
func Commands(d ui.Deps, cards List) []bot.Command {
	h := newLoyaltyHandlers(cards, d)
	return []bot.Command{
		loyaltyCommand(cards),
		loyaltyCardCommand(cards, d.Client),
		loyaltyUsersCommand(h),
		pointsCommand(h),
	}
}
