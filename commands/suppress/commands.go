package suppress

import (
	"github.com/coupontools/couponbot/bot"
	"github.com/coupontools/couponbot/commands/internal/ui"
	"github.com/coupontools/couponbot/sends"
)

// Commands returns the commands about the do-not-contact list.
func Commands(d ui.Deps, service *sends.Service) []bot.Command {
	entries := suppression{people: service, uploads: d.Uploads, store: d.Store, audit: d.Audit, region: d.Region, countries: d.Countries}
	backups := suppressionBackups{list: service, uploads: d.Uploads, to: d.Files}
	return []bot.Command{
		suppress(entries),
		suppressExport(backups),
		suppressImport(backups),
		unsuppress(entries),
		why(entries),
	}
}
