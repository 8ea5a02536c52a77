package commands

import "github.com/coupontools/couponbot/bot"

// loyaltyCommands returns the commands about loyalty cards and their users.
func loyaltyCommands(d domainDeps, cards loyaltyCards) []bot.Command {
	h := newLoyaltyHandlers(cards, d)
	return []bot.Command{
		loyaltyCommand(cards),
		loyaltyCardCommand(cards, d.Client),
		loyaltyUsersCommand(h),
		pointsCommand(h),
	}
}
