package send

import (
	"github.com/coupontools/couponbot/bot"
)

// Commands returns the commands about sends.
func Commands(d Deps) []bot.Command {
	handlers := formHandlers{d}
	return []bot.Command{
		formCommand(handlers),
		listCommand(listHandlers{lister: d.Sends, sends: d.Sends, files: d.Files, forms: handlers}),
	}
}
