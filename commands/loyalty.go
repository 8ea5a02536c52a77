package commands

import (
	"context"
	"strings"

	"github.com/slack-go/slack"

	"github.com/coupontools/couponbot/bot"
	"github.com/coupontools/couponbot/bot/blocks"
	"github.com/coupontools/couponbot/coupontools"
	"github.com/coupontools/couponbot/internal/bulkhead"
)

// loyaltyCards is the list of loyalty cards.
type loyaltyCards = itemList[coupontools.LoyaltyCard]

func newLoyaltyCards(guard *bulkhead.Guard, api *coupontools.Client, files deliverer) loyaltyCards {
	all := func(ctx context.Context) ([]coupontools.LoyaltyCard, error) {
		return api.LoyaltyCards(ctx, coupontools.LoyaltyCardsOptions{})
	}
	kept := newCachedList(guard, all)
	return loyaltyCards{
		plural: plural{"loyalty card", "loyalty cards"}, topic: "loyalty", title: "Loyalty cards",
		source: kept, changed: kept.forget, files: files,
		row: func(c coupontools.LoyaltyCard) []slack.Block {
			return []slack.Block{blocks.WithButton(blocks.Text(sentence(c.Name)+"\n"+cardFacts(c)),
				blocks.Button(actionLoyaltyPick, "Open", c.ID, blocks.Label("Open "+oneLine(c.Name))))}
		},
		columns: []column[coupontools.LoyaltyCard]{
			{"id", func(c coupontools.LoyaltyCard) string { return c.ID }},
			{"name", func(c coupontools.LoyaltyCard) string { return c.Name }},
			{"type", func(c coupontools.LoyaltyCard) string { return c.Type }},
			{"status", func(c coupontools.LoyaltyCard) string { return c.Status }},
			{"code", func(c coupontools.LoyaltyCard) string { return c.Code }},
			{"url", func(c coupontools.LoyaltyCard) string { return c.URL }},
		},
	}
}

// cardFacts says in a line what a card is.
func cardFacts(c coupontools.LoyaltyCard) string {
	return joined(" · ", short(c.ID), short(c.Type), short(c.Status))
}

// loyaltyCommand answers "/coupontools loyalty" with the loyalty cards, for all in the channel to see.
func loyaltyCommand(cards loyaltyCards) bot.Command {
	return bot.Command{
		Topic: cards.topic, Group: groupLoyalty, Usage: "[words to filter by]",
		Summary: "List the loyalty cards",
		Examples: []bot.Example{
			{Line: "/coupontools loyalty", Does: "lists all loyalty cards, ten at a time"},
			{Line: "/coupontools loyalty club", Does: "lists those with “club” in the name or id"},
		},
		Run:     cards.run,
		Actions: cards.actions(),
	}
}

// unit says what a card gathers.
func unit(c coupontools.LoyaltyCard) plural {
	if strings.EqualFold(c.Type, "stamp") {
		return plural{"stamp", "stamps"}
	}
	return plural{"point", "points"}
}
