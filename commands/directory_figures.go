package commands

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/slack-go/slack"

	"github.com/coupontools/couponbot/bot"
	"github.com/coupontools/couponbot/bot/blocks"
	"github.com/coupontools/couponbot/coupontools"
)

// maxSummed is of how many campaigns of a directory the sessions are counted: each asks Coupontools for all of them.
const maxSummed = 10

// figures tells how the campaigns of a directory do, all together. It says nothing of a directory without campaigns.
func (c cards) figures(ctx context.Context, d coupontools.Directory) bot.Reply {
	title := "Figures of " + nameAndID(short(d.Name), d.ID)
	in, err := c.api.DirectoryCampaigns(ctx, d.ID)
	if err != nil {
		return bot.Reply{Public: true, Text: title, Blocks: []slack.Block{blocks.Context(blocks.Small(noFigures(err)))}}
	}
	if len(in) == 0 {
		return bot.Reply{}
	}
	total, err := c.sum(ctx, in[:min(len(in), maxSummed)])
	said := "Of " + count(len(in), "campaign", "campaigns") + "."
	if len(in) > maxSummed {
		said = fmt.Sprintf("Of the first %d of its %s.", maxSummed, count(len(in), "campaign", "campaigns"))
	}
	return bot.Reply{
		Public: true,
		Text:   fmt.Sprintf("%s: %s", title, count(total.Sessions, "session", "sessions")),
		Blocks: append([]slack.Block{
			blocks.Rich(blocks.Line{blocks.Bold(title)}), blocks.Context(blocks.Small(said)),
		}, total.blocks(err)...),
	}
}

// noFigures says why it is not known which campaigns are in a directory.
func noFigures(err error) string {
	if e, ok := errors.AsType[*coupontools.Error](err); ok && unknownCall(e) {
		return "There are no figures: Coupontools does not know the call that lists the campaigns of a directory, " +
			"whose address is assumed."
	}
	return "There are no figures, since its campaigns could not be listed: " + reason(err)
}

// sum counts the sessions of campaigns. With an error it returns what was counted until then.
func (c cards) sum(ctx context.Context, campaigns []coupontools.Campaign) (figures, error) {
	ctx, cancel := context.WithTimeout(ctx, countTime)
	defer cancel()
	total := figures{At: time.Now(), Days: make([]moves, chartDays)}
	for _, campaign := range campaigns {
		f, err := figuresOf(ctx, c.store, c.api, campaign.ID)
		total.add(f)
		if err != nil {
			return total, err
		}
	}
	return total, nil
}
