package loyalty

import (
	"github.com/coupontools/couponbot/bot"
	"github.com/coupontools/couponbot/commands/internal/ui"
)

// Commands returns the commands about loyalty cards and their users.
func Commands(d ui.Deps, cards List) []bot.Command {
	h := newHandlers(cards, d)
	return []bot.Command{
		listCommand(cards),
		cardCommand(h),
		usersCommand(h),
		pointsCommand(h),
	}
}
