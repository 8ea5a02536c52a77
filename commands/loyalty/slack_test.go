package loyalty

import (
	"testing"

	"github.com/slack-go/slack"

	"github.com/coupontools/couponbot/bot"
	"github.com/coupontools/couponbot/bot/blocks"
	"github.com/coupontools/couponbot/commands/internal/commandstest"
	"github.com/coupontools/couponbot/commands/internal/ui"
	"github.com/coupontools/couponbot/coupontools"
)

func TestReplies_acceptedBySlack(t *testing.T) {
	t.Parallel()
	commandstest.WantSlackAccepts(t, func(bad string) []bot.Reply {
		card := coupontools.LoyaltyCard{ID: "loy_1", Name: bad, Code: bad, URL: bad, Type: bad, Status: bad}
		holder := coupontools.LoyaltyUser{ID: "lus_1", FirstName: bad, LastName: bad, Email: bad, Phone: bad, Points: 1 << 40}
		var rows, people []slack.Block
		for range ui.PerPage {
			rows = append(rows, NewList(nil, nil, ui.Deliverer{}).Row(card)...)
			people = append(people, cardUserRow("loy_1", holder, unit(card))...)
		}
		return []bot.Reply{{Text: "Cards", Blocks: rows}, {Text: "Users", Blocks: people}, cardReply(card, blocks.Small(bad))}
	})
}
