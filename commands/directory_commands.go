package commands

import "github.com/coupontools/couponbot/bot"

// directoryCommands returns the commands about directories and their users.
func directoryCommands(d domainDeps, directories directoryList, counter *figuresCounter) []bot.Command {
	return []bot.Command{
		directoriesCommand(directories),
		directoryCommand(directoryHandlers{directories: directories, api: d.Client, store: d.Store, counter: counter}),
		directoryUsersCommand(directoryUserHandlers{
			directories: directories, api: d.Client, access: d.Client, store: d.Store, audit: d.Audit, region: d.Region,
		}),
	}
}
