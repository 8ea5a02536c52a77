package send

import (
	"github.com/coupontools/couponbot/bot"
)

// Commands returns the commands about sends.
func Commands(d Deps) []bot.Command {
	return []bot.Command{
		sendDirectory(formHandlers{d}),
		sendsCommand(sendList{lister: d.Sends, sends: d.Sends, files: d.Files}),
	}
}
