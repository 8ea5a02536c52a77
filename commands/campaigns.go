package commands

import (
	"context"
	"time"

	"github.com/slack-go/slack"

	"github.com/coupontools/couponbot/bot"
	"github.com/coupontools/couponbot/bot/blocks"
	"github.com/coupontools/couponbot/coupontools"
)

// campaignList is the list of campaigns.
type campaignList = itemList[coupontools.Campaign]

// ListCampaigns returns a function for the cache that lists the campaigns without what no list shows.
func ListCampaigns(api *coupontools.Client) func(context.Context) ([]coupontools.Campaign, error) {
	return func(ctx context.Context) ([]coupontools.Campaign, error) {
		all, err := api.Campaigns(ctx, coupontools.CampaignsOptions{})
		for i := range all {
			all[i].Extra, all[i].Codes = nil, nil
		}
		return all, err
	}
}

// campaignsCommand answers "/coupontools campaigns" with the list, ten a page, for all in the channel to see.
func campaignsCommand(l campaignList) bot.Command {
	return bot.Command{
		Topic: "campaigns", Group: groupCampaigns, Usage: "[words to filter by]",
		Summary: "List the campaigns",
		Examples: []bot.Example{
			{Line: "/coupontools campaigns", Does: "lists all campaigns, ten at a time"},
			{Line: "/coupontools campaigns summer", Does: "lists those with “summer” in the name or id"},
		},
		Run: l.run, Actions: l.actions(),
	}
}

func newCampaignList(from listSource[coupontools.Campaign], files deliverer) campaignList {
	return campaignList{
		plural: plural{"campaign", "campaigns"}, topic: "campaigns", title: "Campaigns",
		source: from, files: files, row: openCampaignRow,
		fromID: func(id string) (coupontools.Campaign, bool) {
			return coupontools.Campaign{ID: id, Name: id}, campaignID.MatchString(id)
		},
		columns: []column[coupontools.Campaign]{
			{"id", func(c coupontools.Campaign) string { return c.ID }},
			{"code", func(c coupontools.Campaign) string { return c.Code }},
			{"name", func(c coupontools.Campaign) string { return c.Name }},
			{"title", func(c coupontools.Campaign) string { return c.Title }},
			{"status", func(c coupontools.Campaign) string { return c.Status }},
			{"url", func(c coupontools.Campaign) string { return c.URL }},
			{"expires", func(c coupontools.Campaign) string { return wallClock(c.Expires) }},
		},
	}
}

// openCampaignRow is one campaign in a list, with the button that opens it.
func openCampaignRow(c coupontools.Campaign) []slack.Block {
	return []slack.Block{blocks.WithButton(campaignRow(c),
		blocks.Button(actionCampaign, "Open", c.ID, blocks.Label("Open "+oneLine(c.Name))))}
}

// campaignRow is one campaign in a list.
func campaignRow(c coupontools.Campaign) *slack.SectionBlock {
	code := ""
	if c.Code != "" {
		code = "code " + short(c.Code)
	}
	return blocks.Text(sentence(c.Name) + "\n" + joined(" · ", short(c.ID), short(c.Status), code))
}

// wallClock writes a time that Coupontools tells on the clock of a campaign's own time zone; "" for none.
func wallClock(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.Format("2006-01-02 15:04")
}
