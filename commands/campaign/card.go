package campaign

import (
	"context"
	"fmt"

	"github.com/slack-go/slack"

	"github.com/coupontools/couponbot/bot"
	"github.com/coupontools/couponbot/bot/blocks"
	"github.com/coupontools/couponbot/commands/internal/figures"
	"github.com/coupontools/couponbot/commands/internal/format"
	"github.com/coupontools/couponbot/commands/internal/ui"
	"github.com/coupontools/couponbot/coupontools"
)

// actionPicture is the button for the picture of the daily figures.
const actionPicture = "campaign_picture"

// cardHandlers show campaigns.
type cardHandlers struct {
	campaigns List
	api       *coupontools.Client
	counter   *figures.Counter
	files     ui.Deliverer

	sessions  sessionListHandlers
	push      pushHandlers
	singleUse singleUseHandlers
}

// cardCommand answers "/coupontools campaign" with a public card of one campaign.
func cardCommand(c cardHandlers) bot.Command {
	command := c.command()
	return bot.Command{
		Topic: "campaign", Group: ui.GroupCampaigns, Usage: "[name or cam_ID]",
		Summary: "Show one campaign and how it does",
		Examples: []bot.Example{
			{Line: "/coupontools campaign", Does: "lets you choose one"},
			{Line: "/coupontools campaign Summer sale", Does: "shows the campaign of that name"},
			{Line: "/coupontools campaign cam_400001", Does: "shows the campaign with that id"},
		},
		Run: command.Run,
		Actions: map[string]bot.Action{
			actionPick:      {Run: command.Open},
			actionSessions:  {Right: bot.Send, Run: c.sessions.openCampaign},
			actionPush:      {Right: bot.Send, Run: c.push.openCampaign},
			actionSingleUse: {Right: bot.Send, Run: c.singleUse.openCampaign},
			actionPicture:   {Run: c.picture},
		},
		Options: map[string]bot.Options{actionPick: {Run: c.campaigns.Suggest}},
	}
}

// command finds the campaign that the words name.
func (c cardHandlers) command() ui.CardCommand[coupontools.Campaign] {
	return ui.CardCommand[coupontools.Campaign]{
		List: c.campaigns, Action: actionPick, Wait: ui.LookingUpCampaign, Row: openRow, Card: c.card,
	}
}

// card shows a campaign with its current figures, or as listed if Coupontools can't be reached.
func (c cardHandlers) card(ctx context.Context, id string) (bot.Reply, error) {
	campaign, notes, err := c.campaigns.Card(ctx, id, c.api.CampaignWithStats)
	if err != nil {
		return bot.Reply{}, err
	}
	if notes != nil {
		return cardReply(campaign, nil, notes...), nil
	}
	f, err := c.counter.Count(ctx, campaign.ID)
	return cardReply(campaign, f.Blocks(err), c.campaigns.RedisAway(ctx)...), nil
}

func cardReply(c coupontools.Campaign, figures []slack.Block, notes ...slack.MixedElement) bot.Reply {
	set := []slack.Block{blocks.Header(format.OneLine(c.Name)), blocks.Rich(cardFacts(c)...)}
	set = append(set, figures...)
	if len(notes) > 0 {
		set = append(set, blocks.Context(notes...))
	}
	name := format.OneLine(c.Name)
	set = append(set, blocks.Actions("",
		blocks.Button(ui.ActionSendCampaign, "Send", c.ID, blocks.Primary, blocks.Label("Send "+name)),
		blocks.Button(actionSessions, "Sessions", c.ID, blocks.Label("Show the sessions of "+name)),
		blocks.Button(actionPush, "Push", c.ID, blocks.Label("Push a message to who keeps "+name)),
		blocks.Button(actionSingleUse, "Single use", c.ID, blocks.Label("Make single-use addresses of "+name)),
		blocks.Button(actionPicture, "Daily chart", c.ID, blocks.Label("Get a picture of each day of "+name))))
	return bot.Reply{
		Text:   format.Joined(", ", fmt.Sprintf("%s (%s)", format.Short(c.Name), c.ID), format.Short(c.Status)),
		Blocks: set,
		Public: true,
	}
}

func cardFacts(c coupontools.Campaign) []blocks.Line {
	lines := []blocks.Line{blocks.Field("Id", c.ID)}
	for _, fact := range [][2]string{
		{"Title", c.Title},
		{"Status", c.Status},
		{"Code", c.Code},
		{"Ends", wallClock(c.Expires)},
	} {
		if fact[1] != "" {
			lines = append(lines, blocks.Field(fact[0], format.Sentence(fact[1])))
		}
	}
	if c.URL != "" {
		lines = append(lines, blocks.Line{blocks.Bold("Address: "), blocks.Link(format.Sentence(c.URL), c.URL)})
	}
	if c.Codes != nil && c.Codes.Total > 0 {
		lines = append(lines, blocks.Field("Own validation codes",
			fmt.Sprintf("%s of %s are claimed", format.Thousands(c.Codes.Claimed), format.Thousands(c.Codes.Total))))
	}
	return lines
}

// picture draws the daily figures and sends the picture to the user.
func (c cardHandlers) picture(_ context.Context, req bot.Request) (bot.Reply, error) {
	return bot.Reply{Text: ui.Drawing, Later: func(ctx context.Context) (bot.Reply, error) {
		of := c.campaigns.Known(req.Value)
		f, err := c.counter.Count(ctx, of.ID)
		if err != nil {
			return bot.Reply{}, err
		}
		if f.Sessions == 0 {
			return bot.Reply{}, &bot.Mistake{Text: "Nobody has a session of it yet, so there is nothing to draw."}
		}
		title := "Opens, claims and validations of " + format.NameAndID(format.Short(of.Name), of.ID) + " a day"
		png, err := f.Draw(title)
		if err != nil {
			return bot.Reply{}, err
		}
		err = c.files.Upload(ctx, req.Person, "picture", bot.Upload{
			Name: "daily-" + of.ID + ".png", Content: png, Comment: title + ".", AltText: f.AltText(title),
		})
		if err != nil {
			return bot.Reply{}, err
		}
		return bot.Reply{Text: "The picture is in your direct messages."}, nil
	}}, nil
}
