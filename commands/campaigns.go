package commands

import (
	"context"
	"time"

	"github.com/slack-go/slack"

	"github.com/coupontools/couponbot/bot"
	"github.com/coupontools/couponbot/bot/blocks"
	"github.com/coupontools/couponbot/coupontools"
	"github.com/coupontools/couponbot/coupontools/cache"
)

const groupCampaigns = "Campaigns"

// The list of campaigns, as commands need it.
type (
	campaignLister    = listerOf[coupontools.Campaign]
	campaignFinder    = finderOf[coupontools.Campaign]
	campaignRefresher = refresherOf[coupontools.Campaign]
)

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

// campaigns answers "/coupontools campaigns" with the list, ten a page, for all in the channel to see.
func campaigns(lists campaignRefresher, files deliverer) bot.Command {
	c := campaignCatalog(lists, files)
	return bot.Command{
		Topic: "campaigns", Group: groupCampaigns, Usage: "[words to filter by]",
		Summary: "List the campaigns",
		Examples: []bot.Example{
			{Line: "/coupontools campaigns", Does: "lists all campaigns, ten at a time"},
			{Line: "/coupontools campaigns summer", Does: "lists those with “summer” in the name or id"},
		},
		Run: c.run, Clicks: c.clicks(),
	}
}

func campaignCatalog(lists campaignRefresher, files deliverer) catalog[coupontools.Campaign] {
	return catalog[coupontools.Campaign]{
		noun: noun{"campaign", "campaigns"}, topic: "campaigns", title: "Campaigns",
		lists: lists, files: files,
		row: func(c coupontools.Campaign) []slack.Block { return []slack.Block{openCampaignRow(c)} },
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
func openCampaignRow(c coupontools.Campaign) slack.Block {
	return blocks.WithButton(campaignRow(c),
		blocks.Button(actionCampaign, "Open", c.ID, blocks.Label("Open "+oneLine(c.Name))))
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

// chooseCampaign finds the campaign that words name. If it is none of the list, but an id, it may be younger than that.
func chooseCampaign(l *cache.CampaignList, words []bot.Word) (choiceOf[coupontools.Campaign], error) {
	found := chooseWhole(l, words)
	switch {
	case len(found.Hits) > 0:
		return found, nil
	case campaignID.MatchString(words[0].Text):
		found.Hits = []coupontools.Campaign{{ID: words[0].Text, Name: words[0].Text}}
		return found, nil
	}
	return found, unknownCampaign(l, found.Asked)
}

// unknownCampaign says that there is no such campaign, and which are called nearly so.
func unknownCampaign(l *cache.CampaignList, asked string) *bot.Mistake {
	return &bot.Mistake{
		Text: "There is no campaign “" + short(asked) + "”.",
		Hint: joined(" ", didYouMean(l, asked), "/coupontools campaigns shows them all."),
	}
}

// pickCampaign asks which of several campaigns is meant; row shows one of them with its button.
func pickCampaign(c choiceOf[coupontools.Campaign], row func(coupontools.Campaign) slack.Block) bot.Reply {
	return pickFrom(c, "campaigns", func(c coupontools.Campaign) []slack.Block { return []slack.Block{row(c)} })
}

// knownCampaign returns a campaign with what is at hand about it.
func knownCampaign(lists campaignFinder, id string) coupontools.Campaign {
	if l := lists.Local(); l != nil {
		if c, ok := l.ByID(id); ok {
			return c
		}
	}
	return coupontools.Campaign{ID: id, Name: id}
}
