package loyalty

import (
	"context"
	"strings"

	"github.com/slack-go/slack"

	"github.com/coupontools/couponbot/bot"
	"github.com/coupontools/couponbot/bot/blocks"
	"github.com/coupontools/couponbot/commands/internal/format"
	"github.com/coupontools/couponbot/commands/internal/ui"
	"github.com/coupontools/couponbot/coupontools"
	"github.com/coupontools/couponbot/internal/bulkhead"
)

// actionPick is the button that opens a card.
const actionPick = "loyalty_pick"

// List is the list of loyalty cards.
type List = ui.List[coupontools.LoyaltyCard]

// NewList returns the list of loyalty cards, cached in memory.
func NewList(guard *bulkhead.Guard, api *coupontools.Client, files ui.Deliverer) List {
	all := func(ctx context.Context) ([]coupontools.LoyaltyCard, error) {
		return api.LoyaltyCards(ctx, coupontools.LoyaltyCardsOptions{})
	}
	kept := ui.NewCachedList(guard, all)
	return List{
		Plural: ui.Plural{One: "loyalty card", Many: "loyalty cards"}, Topic: "loyalty", Title: "Loyalty cards",
		Source: kept, Changed: kept.Forget, Files: files,
		Row: func(c coupontools.LoyaltyCard) []slack.Block {
			return []slack.Block{blocks.WithButton(blocks.Text(format.Sentence(c.Name)+"\n"+cardFacts(c)),
				blocks.Button(actionPick, "Open", c.ID, blocks.Label("Open "+format.OneLine(c.Name))))}
		},
		Columns: []ui.Column[coupontools.LoyaltyCard]{
			{Name: "id", Value: func(c coupontools.LoyaltyCard) string { return c.ID }},
			{Name: "name", Value: func(c coupontools.LoyaltyCard) string { return c.Name }},
			{Name: "type", Value: func(c coupontools.LoyaltyCard) string { return c.Type }},
			{Name: "status", Value: func(c coupontools.LoyaltyCard) string { return c.Status }},
			{Name: "code", Value: func(c coupontools.LoyaltyCard) string { return c.Code }},
			{Name: "url", Value: func(c coupontools.LoyaltyCard) string { return c.URL }},
		},
	}
}

// cardFacts shows the id, type and status of a card.
func cardFacts(c coupontools.LoyaltyCard) string {
	return format.Joined(" · ", format.Short(c.ID), format.Short(c.Type), format.Short(c.Status))
}

// listCommand answers "/coupontools loyalty" with the public list.
func listCommand(cards List) bot.Command {
	return bot.Command{
		Topic: cards.Topic, Group: ui.GroupLoyalty, Usage: "[words to filter by]",
		Summary: "List the loyalty cards",
		Examples: []bot.Example{
			{Line: "/coupontools loyalty", Does: "lists all loyalty cards, ten at a time"},
			{Line: "/coupontools loyalty club", Does: "lists those with “club” in the name or id"},
		},
		Run:     cards.Run,
		Actions: cards.Actions(),
	}
}

// unit returns the noun of what a card collects.
func unit(c coupontools.LoyaltyCard) ui.Plural {
	if strings.EqualFold(c.Type, "stamp") {
		return ui.Plural{One: "stamp", Many: "stamps"}
	}
	return ui.Plural{One: "point", Many: "points"}
}
