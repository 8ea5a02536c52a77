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

// cardCommand answers "/coupontools loyalty-card" with a public card.
func cardCommand(h handlers) bot.Command {
	cards, push, duplicate := h.cards, h.pushChange(), h.copyChange()
	c := ui.CardCommand[coupontools.LoyaltyCard]{
		List: cards, Action: actionPick, Wait: cards.WaitText(),
		Row: ui.ButtonRow[coupontools.LoyaltyCard]("", actionPick, "Open"),
		Card: func(ctx context.Context, id string) (bot.Reply, error) {
			card, notes, err := cards.Card(ctx, id, h.api.LoyaltyCard)
			if err != nil {
				return bot.Reply{}, err
			}
			return cardReply(card, notes...), nil
		},
	}
	return bot.Command{
		Topic: "loyalty-card", Group: ui.GroupLoyalty, Usage: "[name or id]",
		Summary: "Show one loyalty card",
		Examples: []bot.Example{
			{Line: "/coupontools loyalty-card", Does: "lets you choose one"},
			{Line: "/coupontools loyalty-card Club card", Does: "shows the card of that name"},
		},
		Run: c.Run,
		Actions: map[string]bot.Action{
			actionPick:   {Run: c.Open},
			actionUsers:  {Right: bot.Send, Run: h.users.Open},
			actionPoints: {Right: bot.Send, Run: h.openPoints},
			actionPush:   {Right: bot.Send, Run: ui.PushForm(h.pushView)},
			actionCopy:   {Right: bot.Send, Run: ui.PushForm(h.copyView)},
		},
		Submissions: map[string]bot.Submission{
			viewPush: {Right: bot.Send, Run: h.checkPush(push)}, push.View: {Right: bot.Send, Run: push.Confirmed},
			viewCopy: {Right: bot.Send, Run: h.checkCopy(duplicate)}, duplicate.View: {Right: bot.Send, Run: duplicate.Confirmed},
		},
		Options: map[string]bot.Options{actionPick: {Run: cards.Suggest}},
	}
}

func cardReply(c coupontools.LoyaltyCard, notes ...slack.MixedElement) bot.Reply {
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
		blocks.Button(actionUsers, "Users", c.ID, blocks.Label("Show who has "+name)),
		blocks.Button(actionPoints, "Points", c.ID, blocks.Label("Change points or stamps of "+name)),
		blocks.Button(actionPush, "Push", c.ID, blocks.Label("Send a push message to those who have "+name)),
		blocks.Button(actionCopy, "Copy", c.ID, blocks.Label("Make another loyalty card like "+name))))
	return bot.Reply{Public: true, Text: format.Joined(" · ", format.Short(c.Name), cardFacts(c)), Blocks: set}
}
