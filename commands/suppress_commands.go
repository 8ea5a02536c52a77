package commands

import (
	"github.com/coupontools/couponbot/bot"
	"github.com/coupontools/couponbot/sends"
)

// suppressCommands returns the commands about the do-not-contact list.
func suppressCommands(d domainDeps, service *sends.Service) []bot.Command {
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
