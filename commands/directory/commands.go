package directory

import (
	"github.com/coupontools/couponbot/bot"
	"github.com/coupontools/couponbot/commands/internal/figures"
	"github.com/coupontools/couponbot/commands/internal/ui"
)

// Commands returns the commands about directories and their users.
func Commands(d ui.Deps, directories List, counter *figures.Counter) []bot.Command {
	users := userHandlers{directories: directories, api: d.Client, store: d.Store, audit: d.Audit, region: d.Region}
	return []bot.Command{
		listCommand(directories),
		cardCommand(cardHandlers{directories: directories, api: d.Client, store: d.Store, counter: counter, users: users}),
		usersCommand(users),
	}
}
