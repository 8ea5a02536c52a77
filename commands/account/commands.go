package account

import (
	"github.com/coupontools/couponbot/bot"
	"github.com/coupontools/couponbot/commands/internal/ui"
)

// Commands returns the commands about subaccounts, signing on, and groups with their contacts.
func Commands(d ui.Deps) []bot.Command {
	accounts := newSubaccountList(d.Guard, d.Client, d.Files)
	contacts := newContactHandlers(newSMSGroupList(d.Guard, d.Client, d.Files), d)
	signOn := signOnHandlers{accounts: accounts, api: d.Client, store: d.Store, audit: d.Audit}
	subaccounts := subaccountHandlers{accounts: accounts, api: d.Client, store: d.Store, audit: d.Audit, signOn: signOn}
	return []bot.Command{
		subaccountsCommand(subaccounts),
		subaccountCommand(subaccounts),
		signOnCommand(signOn),
		smsGroupsCommand(contacts),
		smsContactsCommand(contacts),
		emailGroupsCommand(newEmailGroupList(d.Guard, d.Client, d.Files)),
	}
}
