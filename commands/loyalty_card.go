package commands

import (
	"context"
	"errors"
	"fmt"

	"github.com/slack-go/slack"

	"github.com/coupontools/couponbot/bot"
	"github.com/coupontools/couponbot/bot/blocks"
	"github.com/coupontools/couponbot/coupontools"
)

const actionLoyaltyPick = "loyalty_pick"

// loyaltyCarder is the part of the Coupontools client that loyalty-card needs.
type loyaltyCarder interface {
	LoyaltyCard(ctx context.Context, id string) (*coupontools.LoyaltyCard, error)
}

// loyaltyCard answers "/coupontools loyalty-card" with one card, for all in the channel to see.
func loyaltyCard(cards loyaltyCards, api loyaltyCarder) bot.Command {
	show := func(id string) func(context.Context) (bot.Reply, error) {
		return func(ctx context.Context) (bot.Reply, error) { return showLoyaltyCard(ctx, cards, api, id) }
	}
	return bot.Command{
		Topic: "loyalty-card", Group: groupLoyalty, Usage: "[name or id]",
		Summary: "Show one loyalty card",
		Examples: []bot.Example{
			{Line: "/coupontools loyalty-card", Does: "lets you choose one"},
			{Line: "/coupontools loyalty-card Club card", Does: "shows the card of that name"},
		},
		Run: func(_ context.Context, req bot.Request) (bot.Reply, error) {
			if len(req.Words) == 0 {
				return cards.which(actionLoyaltyPick), nil
			}
			return bot.Reply{Public: true, Text: cards.looking(), Later: func(ctx context.Context) (bot.Reply, error) {
				l, err := cards.List(ctx)
				if err != nil {
					return bot.Reply{}, err
				}
				switch c := chooseWhole(l, req.Words); len(c.Hits) {
				case 0:
					return bot.Reply{}, cards.unknown(l, c.Asked)
				case 1:
					return show(c.Hits[0].ID)(ctx)
				default:
					return cards.pick(c, "", func(id string) slack.BlockElement {
						return blocks.Button(actionLoyaltyPick, "Open", id)
					}), nil
				}
			}}, nil
		},
		Clicks: map[string]bot.Handler{
			actionLoyaltyPick: func(_ context.Context, req bot.Request) (bot.Reply, error) {
				return bot.Reply{Text: cards.looking(), Later: show(req.Value)}, nil
			},
		},
		Suggests: map[string]bot.Suggester{actionLoyaltyPick: suggest(cards)},
	}
}

// showLoyaltyCard shows a card as Coupontools has it now, or as the list has it while that is not to be had.
func showLoyaltyCard(ctx context.Context, cards loyaltyCards, api loyaltyCarder, id string) (bot.Reply, error) {
	live, cancel := context.WithTimeout(ctx, liveTime)
	defer cancel()
	c, err := api.LoyaltyCard(live, id)
	if err == nil {
		return loyaltyCardReply(*c), nil
	}
	l, listErr := cards.List(ctx)
	if listErr != nil {
		return bot.Reply{}, fmt.Errorf("show loyalty card: %w", err)
	}
	listed, ok := l.ByID(id)
	switch {
	case errors.Is(err, coupontools.ErrNotFound):
		return bot.Reply{}, cards.unknown(l, id)
	case !ok:
		return bot.Reply{}, fmt.Errorf("show loyalty card: %w", err)
	}
	return loyaltyCardReply(listed, fromList(err, l)...), nil
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
