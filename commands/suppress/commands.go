package suppress

import (
	"github.com/coupontools/couponbot/bot"
	"github.com/coupontools/couponbot/commands/internal/ui"
	"github.com/coupontools/couponbot/sends"
)

// Commands returns the commands about the do-not-contact list.
func Commands(d ui.Deps, service *sends.Service) []bot.Command {
	entries := entryHandlers{
		people: service, uploads: d.Uploads, store: d.Store, audit: d.Audit, region: d.Region, countries: d.Countries,
	}
	backups := backupHandlers{list: service, uploads: d.Uploads, to: d.Files}
	return []bot.Command{
		addCommand(entries),
		exportCommand(backups),
		importCommand(backups),
		removeCommand(entries),
		whyCommand(entries),
	}
}
