package campaign

import (
	"github.com/coupontools/couponbot/bot"
	"github.com/coupontools/couponbot/commands/internal/figures"
	"github.com/coupontools/couponbot/commands/internal/ui"
	"github.com/coupontools/couponbot/coupontools"
)

// Commands returns the commands about campaigns, their sessions and their categories.
func Commands(
	d ui.Deps, campaigns List, directories ui.List[coupontools.Directory], counter *figures.Counter,
) []bot.Command {
	sessions := sessionListHandlers{campaigns: campaigns, api: d.Client, store: d.Store, files: d.Files}
	push := pushHandlers{campaigns: campaigns, api: d.Client, store: d.Store, audit: d.Audit, counter: counter}
	singleUse := singleUseHandlers{
		campaigns: campaigns, api: d.Client, store: d.Store, files: d.Files, audit: d.Audit, region: d.Region,
	}
	return []bot.Command{
		listCommand(campaigns),
		cardCommand(cardHandlers{
			campaigns: campaigns, api: d.Client, counter: counter, files: d.Files, sessions: sessions, push: push, singleUse: singleUse,
		}),
		sessionsCommand(sessions),
		sessionCommand(sessionHandlers{campaigns: campaigns, api: d.Client, store: d.Store, audit: d.Audit, region: d.Region}),
		pushCommand(push),
		singleUseCommand(singleUse),
		categoriesCommand(categoryHandlers{directories: directories, api: d.Client}),
		webhookCommand(webhookHandlers{campaigns: campaigns, api: d.Client}),
	}
}
