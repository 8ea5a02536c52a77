package directory

import (
	"github.com/coupontools/couponbot/bot"
	"github.com/coupontools/couponbot/commands/internal/figures"
	"github.com/coupontools/couponbot/commands/internal/ui"
)

// Commands returns the commands about directories and their users.
func Commands(d ui.Deps, directories List, counter *figures.Counter) []bot.Command {
	return []bot.Command{
		directoriesCommand(directories),
		directoryCommand(directoryHandlers{directories: directories, api: d.Client, store: d.Store, counter: counter}),
		directoryUsersCommand(directoryUserHandlers{
			directories: directories, api: d.Client, access: d.Client, store: d.Store, audit: d.Audit, region: d.Region,
		}),
	}
}
