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

const (
	actionCampaign          = "campaign_pick"
	actionCampaignSessions  = "campaign_sessions"
	actionCampaignPush      = "campaign_push"
	actionCampaignSingleUse = "campaign_single_use"
)

// campaigner is the part of the Coupontools client that campaign needs.
type campaigner interface {
	CampaignWithStats(ctx context.Context, id string) (*coupontools.Campaign, error)
}

// campaignCards show campaigns.
type campaignCards struct {
	lists   campaignFinder
	api     campaigner
	counter *counter
	files   deliverer
}

// campaign answers "/coupontools campaign" with the card of one campaign, for all in the channel to see.
func campaign(c campaignCards) bot.Command {
	return bot.Command{
		Topic: "campaign", Group: groupCampaigns, Usage: "[name or cam_ID]",
		Summary: "Show one campaign and how it does",
		Examples: []bot.Example{
			{Line: "/coupontools campaign", Does: "lets you choose one"},
			{Line: "/coupontools campaign Summer sale", Does: "shows the campaign of that name"},
			{Line: "/coupontools campaign cam_400001", Does: "shows the campaign with that id"},
		},
		Run:      c.run,
		Clicks:   map[string]bot.Handler{actionCampaign: c.pick, actionCampaignPicture: c.picture},
		Suggests: map[string]bot.Suggester{actionCampaign: suggest(c.lists)},
	}
}

func (c campaignCards) run(_ context.Context, req bot.Request) (bot.Reply, error) {
	if len(req.Words) == 0 {
		return bot.Reply{Text: whichCampaign, Blocks: []slack.Block{
			blocks.Text(whichCampaign),
			blocks.Actions("", blocks.Picker(actionCampaign, typeAFewLetters)),
		}}, nil
	}
	return bot.Reply{Public: true, Text: lookingUpCampaign, Later: func(ctx context.Context) (bot.Reply, error) {
		l, err := c.lists.List(ctx)
		if err != nil {
			return bot.Reply{}, fmt.Errorf("list campaigns: %w", err)
		}
		found, err := chooseCampaign(l, req.Words)
		switch {
		case err != nil:
			return bot.Reply{}, err
		case len(found.Hits) > 1:
			return pickCampaign(found, openCampaignRow), nil
		}
		return c.card(ctx, found.Hits[0].ID)
	}}, nil
}

// pick shows the campaign of a button or of an option chosen.
func (c campaignCards) pick(_ context.Context, req bot.Request) (bot.Reply, error) {
	return bot.Reply{Text: lookingUpCampaign, Later: func(ctx context.Context) (bot.Reply, error) {
		return c.card(ctx, req.Value)
	}}, nil
}

// card shows a campaign as Coupontools has it now, with what became of its sessions; or as the list has it while
// Coupontools cannot be reached.
func (c campaignCards) card(ctx context.Context, id string) (bot.Reply, error) {
	live, cancel := context.WithTimeout(ctx, liveTime)
	defer cancel()
	now, err := c.api.CampaignWithStats(live, id)
	if err == nil {
		f, err := c.counter.count(ctx, now.ID)
		return campaignCard(*now, f.blocks(err), campaignsRedisAway(ctx, c.lists)...), nil
	}
	l, listErr := c.lists.List(ctx)
	if listErr != nil {
		return bot.Reply{}, fmt.Errorf("show campaign: %w", err)
	}
	if errors.Is(err, coupontools.ErrNotFound) {
		return bot.Reply{}, unknownCampaign(l, id)
	}
	listed, ok := l.ByID(id)
	if !ok {
		return bot.Reply{}, fmt.Errorf("show campaign: %w", err)
	}
	return campaignCard(listed, nil, fromList(err, l)...), nil
}

// campaignsRedisAway says so if Redis did not help, of an answer that came straight from Coupontools.
func campaignsRedisAway(ctx context.Context, lists campaignLister) []slack.MixedElement {
	if l, err := lists.List(ctx); err == nil && l.RedisAway {
		return []slack.MixedElement{blocks.Small(straight)}
	}
	return nil
}

func campaignCard(c coupontools.Campaign, figures []slack.Block, notes ...slack.MixedElement) bot.Reply {
	set := []slack.Block{blocks.Header(oneLine(c.Name)), blocks.Rich(campaignFacts(c)...)}
	set = append(set, figures...)
	if len(notes) > 0 {
		set = append(set, blocks.Context(notes...))
	}
	name := oneLine(c.Name)
	set = append(set, blocks.Actions("",
		blocks.Button(actionSendCampaign, "Send", c.ID, blocks.Primary, blocks.Label("Send "+name)),
		blocks.Button(actionCampaignSessions, "Sessions", c.ID, blocks.Label("Show the sessions of "+name)),
		blocks.Button(actionCampaignPush, "Push", c.ID, blocks.Label("Push a message to who keeps "+name)),
		blocks.Button(actionCampaignSingleUse, "Single use", c.ID, blocks.Label("Make single-use addresses of "+name)),
		blocks.Button(actionCampaignPicture, "Daily chart", c.ID, blocks.Label("Get a picture of each day of "+name))))
	return bot.Reply{
		Text:   joined(", ", fmt.Sprintf("%s (%s)", short(c.Name), c.ID), short(c.Status)),
		Blocks: set,
		Public: true,
	}
}

func campaignFacts(c coupontools.Campaign) []blocks.Line {
	lines := []blocks.Line{blocks.Field("Id", c.ID)}
	for _, fact := range [][2]string{
		{"Title", c.Title},
		{"Status", c.Status},
		{"Code", c.Code},
		{"Ends", wallClock(c.Expires)},
	} {
		if fact[1] != "" {
			lines = append(lines, blocks.Field(fact[0], sentence(fact[1])))
		}
	}
	if c.URL != "" {
		lines = append(lines, blocks.Line{blocks.Bold("Address: "), blocks.Link(sentence(c.URL), c.URL)})
	}
	if c.Codes != nil && c.Codes.Total > 0 {
		lines = append(lines, blocks.Field("Own validation codes",
			fmt.Sprintf("%s of %s are claimed", thousands(c.Codes.Claimed), thousands(c.Codes.Total))))
	}
	return lines
}
