package campaign

import (
	"context"
	"time"

	"github.com/slack-go/slack"

	"github.com/coupontools/couponbot/bot"
	"github.com/coupontools/couponbot/bot/blocks"
	"github.com/coupontools/couponbot/commands/internal/form"
	"github.com/coupontools/couponbot/commands/internal/format"
	"github.com/coupontools/couponbot/commands/internal/ui"
	"github.com/coupontools/couponbot/coupontools"
)

// actionPick is the button that opens a campaign.
const actionPick = "campaign_pick"

// List is the list of campaigns.
type List = ui.List[coupontools.Campaign]

// Fetcher returns the cache's function to list campaigns, without the fields that no list shows.
func Fetcher(api *coupontools.Client) func(context.Context) ([]coupontools.Campaign, error) {
	return func(ctx context.Context) ([]coupontools.Campaign, error) {
		all, err := api.Campaigns(ctx, coupontools.CampaignsOptions{})
		for i := range all {
			all[i].Extra, all[i].Codes = nil, nil
		}
		return all, err
	}
}

// listCommand answers "/coupontools campaigns" with the public list, ten a page.
func listCommand(l List) bot.Command {
	return bot.Command{
		Topic: "campaigns", Group: ui.GroupCampaigns, Usage: "[words to filter by]",
		Summary: "List the campaigns",
		Examples: []bot.Example{
			{Line: "/coupontools campaigns", Does: "lists all campaigns, ten at a time"},
			{Line: "/coupontools campaigns summer", Does: "lists those with “summer” in the name or id"},
		},
		Run: l.Run, Actions: l.Actions(),
	}
}

// NewList returns the list of campaigns.
func NewList(from ui.ListSource[coupontools.Campaign], files ui.Deliverer) List {
	return List{
		Plural: ui.Plural{One: "campaign", Many: "campaigns"}, Topic: "campaigns", Title: "Campaigns",
		Source: from, Files: files, Row: openRow,
		FromID: func(id string) (coupontools.Campaign, bool) {
			return coupontools.Campaign{ID: id, Name: id}, ui.CampaignID.MatchString(id)
		},
		Columns: []ui.Column[coupontools.Campaign]{
			{Name: "id", Value: func(c coupontools.Campaign) string { return c.ID }},
			{Name: "code", Value: func(c coupontools.Campaign) string { return c.Code }},
			{Name: "name", Value: func(c coupontools.Campaign) string { return c.Name }},
			{Name: "title", Value: func(c coupontools.Campaign) string { return c.Title }},
			{Name: "status", Value: func(c coupontools.Campaign) string { return c.Status }},
			{Name: "url", Value: func(c coupontools.Campaign) string { return c.URL }},
			{Name: "expires", Value: func(c coupontools.Campaign) string { return wallClock(c.Expires) }},
		},
	}
}

// openRow shows one campaign with the button that opens it.
func openRow(c coupontools.Campaign) []slack.Block {
	return []slack.Block{blocks.WithButton(listRow(c),
		blocks.Button(actionPick, "Open", c.ID, blocks.Label("Open "+format.OneLine(c.Name))))}
}

// listRow shows one campaign.
func listRow(c coupontools.Campaign) *slack.SectionBlock {
	code := ""
	if c.Code != "" {
		code = "code " + format.Short(c.Code)
	}
	return blocks.Text(format.Sentence(c.Name) + "\n" + format.Joined(" · ", format.Short(c.ID), format.Short(c.Status), code))
}

// wallClock formats a time of the API, which is in the campaign's time zone; "" for none.
func wallClock(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.Format("2006-01-02 15:04")
}

// campaignField is the select for a campaign. Its initial value is c, unless that has no id.
func campaignField(c coupontools.Campaign) slack.Block {
	var initial *slack.OptionBlockObject
	if c.ID != "" {
		initial = blocks.Option(ui.OptionText(c, false), c.ID)
	}
	return blocks.ExternalSelect(blocks.Input{Name: form.FieldCampaign, Label: "Campaign", Placeholder: ui.TypeAFewLetters},
		initial)
}

// chosenCampaign returns the campaign chosen in a form, or one with an empty id.
func chosenCampaign(all List, v form.Values) coupontools.Campaign {
	id := v.Value(form.FieldCampaign)
	if id == "" {
		return coupontools.Campaign{}
	}
	c := all.Known(id)
	if c.Name == c.ID && v.ChosenText(form.FieldCampaign) != "" {
		c.Name = v.ChosenText(form.FieldCampaign)
	}
	return c
}
