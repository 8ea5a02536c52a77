package commands

import (
	"context"

	"github.com/slack-go/slack"

	"github.com/coupontools/couponbot/bot"
	"github.com/coupontools/couponbot/bot/blocks"
	"github.com/coupontools/couponbot/coupontools"
)

const actionLoyaltyPick = "loyalty_pick"

// loyaltyCardAPI is the part of the Coupontools client that loyalty-card needs.
type loyaltyCardAPI interface {
	LoyaltyCard(ctx context.Context, id string) (*coupontools.LoyaltyCard, error)
}

// loyaltyCardCommand answers "/coupontools loyalty-card" with one card, for all in the channel to see.
func loyaltyCardCommand(cards loyaltyCards, api loyaltyCardAPI) bot.Command {
	c := cardCommand[coupontools.LoyaltyCard]{
		list: cards, action: actionLoyaltyPick, wait: cards.waitText(),
		row: buttonRow[coupontools.LoyaltyCard]("", actionLoyaltyPick, "Open"),
		card: func(ctx context.Context, id string) (bot.Reply, error) {
			card, notes, err := cards.card(ctx, id, api.LoyaltyCard)
			if err != nil {
				return bot.Reply{}, err
			}
			return loyaltyCardReply(card, notes...), nil
		},
	}
	return bot.Command{
		Topic: "loyalty-card", Group: groupLoyalty, Usage: "[name or id]",
		Summary: "Show one loyalty card",
		Examples: []bot.Example{
			{Line: "/coupontools loyalty-card", Does: "lets you choose one"},
			{Line: "/coupontools loyalty-card Club card", Does: "shows the card of that name"},
		},
		Run:     c.run,
		Actions: map[string]bot.Action{actionLoyaltyPick: {Run: c.open}},
		Options: map[string]bot.Options{actionLoyaltyPick: {Run: cards.suggest}},
	}
}

func loyaltyCardReply(c coupontools.LoyaltyCard, notes ...slack.MixedElement) bot.Reply {
	lines := []blocks.Line{blocks.Field("Id", c.ID)}
	for _, f := range [][2]string{{"Type", c.Type}, {"Status", c.Status}, {"Code", c.Code}, {"Address", c.URL}} {
		if f[1] != "" {
			lines = append(lines, blocks.Field(f[0], sentence(f[1])))
		}
	}
	set := []slack.Block{blocks.Header(oneLine(c.Name)), blocks.Rich(lines...)}
	if len(notes) > 0 {
		set = append(set, blocks.Context(notes...))
	}
	name := oneLine(c.Name)
	set = append(set, blocks.Actions("",
		blocks.Button(actionSendLoyalty, "Send", c.ID, blocks.Primary, blocks.Label("Send "+name)),
		blocks.Button(actionLoyaltyUsers, "Users", c.ID, blocks.Label("Show who has "+name)),
		blocks.Button(actionPoints, "Points", c.ID, blocks.Label("Change points or stamps of "+name)),
		blocks.Button(actionLoyaltyPush, "Push", c.ID, blocks.Label("Send a push message to those who have "+name)),
		blocks.Button(actionLoyaltyCopy, "Copy", c.ID, blocks.Label("Make another loyalty card like "+name))))
	return bot.Reply{Public: true, Text: joined(" · ", short(c.Name), cardFacts(c)), Blocks: set}
}
