package account

import (
	"testing"
	"time"

	"github.com/slack-go/slack"

	"github.com/coupontools/couponbot/bot"
	"github.com/coupontools/couponbot/commands/internal/commandstest"
	"github.com/coupontools/couponbot/commands/internal/ui"
	"github.com/coupontools/couponbot/coupontools"
)

func TestReplies_acceptedBySlack(t *testing.T) {
	t.Parallel()
	commandstest.WantSlackAccepts(t, func(bad string) []bot.Reply {
		account := coupontools.Subaccount{
			ID: "sub_1", Username: bad, Company: bad, FirstName: bad, LastName: bad, Email: bad, Package: bad, Language: bad, Currency: bad,
			Webhook: bad, Access: []string{bad, bad}, Expires: time.Now().AddDate(-1, 0, 0), LastLogin: time.Now(),
		}
		contact := coupontools.SMSContact{ID: "con_1", Phone: bad, FirstName: bad, LastName: bad, Unsubscribed: true, UnsubscribedAt: time.Now()}
		var contacts, accounts []slack.Block
		for range ui.PerPage {
			contacts = append(contacts, contactRow("gro_1", contact)...)
			accounts = append(accounts, newSubaccountList(nil, nil, ui.Deliverer{}).Row(account)...)
		}
		return []bot.Reply{{Text: "Contacts", Blocks: contacts}, {Text: "Subaccounts", Blocks: accounts}, subaccountCard(account)}
	})
}
