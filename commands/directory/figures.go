package directory

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/slack-go/slack"

	"github.com/coupontools/couponbot/bot"
	"github.com/coupontools/couponbot/bot/blocks"
	"github.com/coupontools/couponbot/commands/internal/figures"
	"github.com/coupontools/couponbot/commands/internal/format"
	"github.com/coupontools/couponbot/commands/internal/ui"
	"github.com/coupontools/couponbot/coupontools"
)

// actionFigures is the button that counts a directory's figures. Its value is the directory's id.
const actionFigures = "directory_figures"

const (
	// maxCounted is how many campaigns of a directory are counted: each takes a call for all its sessions.
	maxCounted = 10
	// figuresLife is how long a card shows counted figures, with their age.
	figuresLife = 24 * time.Hour
)

// figuresTotal is the sum of the figures of a directory's campaigns.
type figuresTotal struct {
	// Campaigns is how many campaigns the directory has. Only the first [maxCounted] are counted.
	Campaigns int
	figures.Figures
}

// figuresOfButton counts the figures of a button's directory and updates its card.
func (c cardHandlers) figuresOfButton(_ context.Context, req bot.Request) (bot.Reply, error) {
	return bot.Reply{Text: ui.CountingSessions, Later: func(ctx context.Context) (bot.Reply, error) {
		d, notes, err := c.find(ctx, req.Value)
		if err != nil {
			return bot.Reply{}, err
		}
		f, err := c.count(ctx, d.ID)
		if err != nil && f.Sessions == 0 {
			return bot.Reply{}, countMistake(err)
		}
		reply := cardReply(d, f.blocks(err), notes...)
		reply.Replace = true
		return reply, nil
	}}, nil
}

// errNoCampaigns says that the campaigns of a directory could not be listed.
var errNoCampaigns = errors.New("list the campaigns of a directory")

// countMistake explains why there are no figures.
func countMistake(err error) error {
	m := &bot.Mistake{
		Text: "The sessions could not be counted: " + ui.ErrorReason(err), Hint: "Please try again in a few minutes.", Cause: err,
	}
	if !errors.Is(err, errNoCampaigns) {
		return m
	}
	m.Text = "There are no figures, since the campaigns of the directory could not be listed: " + ui.ErrorReason(err)
	if e, ok := errors.AsType[*coupontools.Error](err); ok && ui.UnknownCall(e) {
		m.Text = "There are no figures: Coupontools does not know the call that lists the campaigns of a directory."
		m.Hint = "Its address is not documented, so couponbot assumes it: tell the person who runs couponbot the reference."
	}
	return m
}

func figuresKey(id string) string { return "directoryfigures:" + ui.Bounded(id) }

// counted returns the figures of a directory if they were counted within [figuresLife].
func (c cardHandlers) counted(ctx context.Context, id string) (f figuresTotal, ok bool) {
	b, ok := c.store.Get(ctx, figuresKey(id))
	return f, ok && json.Unmarshal(b, &f) == nil && len(f.Days) == figures.ChartDays
}

// count counts the sessions of a directory's campaigns. If that fails it also returns what was counted before.
func (c cardHandlers) count(ctx context.Context, id string) (figuresTotal, error) {
	ctx, cancel := context.WithTimeout(ctx, figures.CountTime)
	defer cancel()
	total := figuresTotal{Figures: figures.Figures{At: time.Now(), Days: make([]figures.DayCounts, figures.ChartDays)}}
	in, err := c.api.DirectoryCampaigns(ctx, id)
	if err != nil {
		return total, fmt.Errorf("%w: %w", errNoCampaigns, err)
	}
	total.Campaigns = len(in)
	for _, campaign := range in[:min(len(in), maxCounted)] {
		f, err := c.counter.Count(ctx, campaign.ID)
		total.Add(f)
		if err != nil {
			return total, err
		}
	}
	c.store.Put(ctx, figuresKey(id), ui.Encode(total), figuresLife)
	return total, nil
}

// blocks shows the figures. err says why they are incomplete, or is nil.
func (f figuresTotal) blocks(err error) []slack.Block {
	of := format.Count(f.Campaigns, "campaign", "campaigns")
	if f.Campaigns > maxCounted {
		of = fmt.Sprintf("the first %d of %s", maxCounted, of)
	}
	switch {
	case f.Campaigns == 0:
		of = "There are no campaigns in it."
	case f.Sessions == 0:
		of = "Nobody has a session of its campaigns yet."
	default:
		title := blocks.Rich(blocks.Line{blocks.Bold("Figures of " + of)})
		return append([]slack.Block{title}, f.Blocks(err)...)
	}
	return []slack.Block{blocks.Text(of), blocks.Context(blocks.When("Counted", f.At))}
}
