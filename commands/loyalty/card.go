package loyalty

import (
	"context"

	"github.com/slack-go/slack"

	"github.com/coupontools/couponbot/bot"
	"github.com/coupontools/couponbot/bot/blocks"
	"github.com/coupontools/couponbot/commands/internal/format"
	"github.com/coupontools/couponbot/commands/internal/ui"
	"github.com/coupontools/couponbot/coupontools"
)

const actionLoyaltyPick = "loyalty_pick"

// loyaltyCardCommand answers "/coupontools loyalty-card" with one card, for all in the channel to see.
func loyaltyCardCommand(cards List, api *coupontools.Client) bot.Command {
	c := ui.CardCommand[coupontools.LoyaltyCard]{
		List: cards, Action: actionLoyaltyPick, Wait: cards.WaitText(),
		Row: ui.ButtonRow[coupontools.LoyaltyCard]("", actionLoyaltyPick, "Open"),
		Card: func(ctx context.Context, id string) (bot.Reply, error) {
			card, notes, err := cards.Card(ctx, id, api.LoyaltyCard)
			if err != nil {
				return bot.Reply{}, err
			}
			return loyaltyCardReply(card, notes...), nil
		},
	}
	return bot.Command{
		Topic: "loyalty-card", Group: ui.GroupLoyalty, Usage: "[name or id]",
		Summary: "Show one loyalty card",
		Examples: []bot.Example{
			{Line: "/coupontools loyalty-card", Does: "lets you choose one"},
			{Line: "/coupontools loyalty-card Club card", Does: "shows the card of that name"},
		},
		Run:     c.Run,
		Actions: map[string]bot.Action{actionLoyaltyPick: {Run: c.Open}},
		Options: map[string]bot.Options{actionLoyaltyPick: {Run: cards.Suggest}},
	}
}

func loyaltyCardReply(c coupontools.LoyaltyCard, notes ...slack.MixedElement) bot.Reply {
	lines := []blocks.Line{blocks.Field("Id", c.ID)}
	for _, f := range [][2]string{{"Type", c.Type}, {"Status", c.Status}, {"Code", c.Code}, {"Address", c.URL}} {
		if f[1] != "" {
			lines = append(lines, blocks.Field(f[0], format.Sentence(f[1])))
		}
	}
	set := []slack.Block{blocks.Header(format.OneLine(c.Name)), blocks.Rich(lines...)}
	if len(notes) > 0 {
		set = append(set, blocks.Context(notes...))
	}
	name := format.OneLine(c.Name)
	set = append(set, blocks.Actions("",
		blocks.Button(ui.ActionSendLoyalty, "Send", c.ID, blocks.Primary, blocks.Label("Send "+name)),
		blocks.Button(actionLoyaltyUsers, "Users", c.ID, blocks.Label("Show who has "+name)),
		blocks.Button(actionPoints, "Points", c.ID, blocks.Label("Change points or stamps of "+name)),
		blocks.Button(actionLoyaltyPush, "Push", c.ID, blocks.Label("Send a push message to those who have "+name)),
		blocks.Button(actionLoyaltyCopy, "Copy", c.ID, blocks.Label("Make another loyalty card like "+name))))
	return bot.Reply{Public: true, Text: format.Joined(" · ", format.Short(c.Name), cardFacts(c)), Blocks: set}
}
