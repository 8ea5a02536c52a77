package account

import (
	"github.com/coupontools/couponbot/bot"
	"github.com/coupontools/couponbot/commands/internal/ui"
)

// Commands returns the commands about subaccounts, signing on, and groups with their contacts.
func Commands(d ui.Deps) []bot.Command {
	accounts := newSubaccountList(d.Guard, d.Client, d.Files)
	groups := newSMSGroupList(d.Guard, d.Client, d.Files)
	return []bot.Command{
		subaccountsCommand(accounts),
		subaccountCommand(subaccountHandlers{accounts: accounts, api: d.Client, store: d.Store, audit: d.Audit}),
		signOnCommand(signOnHandlers{accounts: accounts, api: d.Client, store: d.Store, audit: d.Audit}),
		smsGroupsCommand(groups),
		smsContactsCommand(newContactHandlers(groups, d)),
		emailGroupsCommand(newEmailGroupList(d.Guard, d.Client, d.Files)),
	}
}
