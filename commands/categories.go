package commands

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/slack-go/slack"

	"github.com/coupontools/couponbot/bot"
	"github.com/coupontools/couponbot/bot/blocks"
	"github.com/coupontools/couponbot/coupontools"
)

// categorizer is the part of the Coupontools client that knows the categories.
type categorizer interface {
	Categories(ctx context.Context) ([]coupontools.Category, error)
	MainCategories(ctx context.Context) ([]coupontools.Category, error)
	Campaigns(ctx context.Context, o coupontools.CampaignsOptions) ([]coupontools.Campaign, error)
	DirectoryCampaigns(ctx context.Context, directory string) ([]coupontools.Campaign, error)
}

// headings show the categories under which campaigns stand.
type headings struct {
	lists finder
	api   categorizer
}

// categories answers "/coupontools categories", for all in the channel to see.
func categories(h headings) bot.Command {
	return bot.Command{
		Topic: "categories", Group: groupCampaigns, Usage: "[name or dir_ID of a directory]",
		Summary: "List the categories, of the account or of what is in a directory",
		Examples: []bot.Example{
			{Line: "/coupontools categories", Does: "lists the categories of the account, with those of the third level"},
			{Line: "/coupontools categories City deals", Does: "lists those of the campaigns in “City deals”"},
		},
		Run: h.run,
	}
}

func (h headings) run(_ context.Context, req bot.Request) (bot.Reply, error) {
	return bot.Reply{Public: true, Text: lookingUpCategories, Later: func(ctx context.Context) (bot.Reply, error) {
		if len(req.Words) == 0 {
			return h.ofAccount(ctx)
		}
		l, err := h.lists.List(ctx)
		if err != nil {
			return bot.Reply{}, fmt.Errorf("list directories: %w", err)
		}
		found := chooseWhole(l, req.Words)
		switch {
		case len(found.Hits) == 1:
			return h.ofDirectory(ctx, found.Hits[0])
		case len(found.Hits) > 1:
			return bot.Reply{}, severalDirectories(found)
		}
		return bot.Reply{}, unknownDirectory(l, found.Asked)
	}}, nil
}

// severalDirectories says that it must be clear which directory is meant.
func severalDirectories(c choice) *bot.Mistake {
	const few = 3
	var names []string
	for _, hit := range c.Hits[:min(len(c.Hits), few)] {
		names = append(names, titled(hit))
	}
	return &bot.Mistake{
		Text: fmt.Sprintf("%s directories match “%s”.", thousands(len(c.Hits)), short(c.Asked)),
		Hint: "Please name one by its id, such as " + orList(names) + ".",
	}
}

// ofAccount lists the categories of the account.
func (h headings) ofAccount(ctx context.Context) (bot.Reply, error) {
	all, err := h.api.Categories(ctx)
	if err != nil {
		return bot.Reply{}, fmt.Errorf("list categories: %w", err)
	}
	set := append([]slack.Block{blocks.Header("Categories")}, categoryLines(all, "There are no categories in this account yet."))
	set = append(set, blocks.Header("Categories of the third level"))
	if third, err := h.api.MainCategories(ctx); err != nil {
		set = append(set, blocks.Text("They could not be looked up: "+reason(err)))
	} else {
		set = append(set, categoryLines(third, "This account uses none."))
	}
	return bot.Reply{Text: count(len(all), "category", "categories"), Blocks: set, Public: true}, nil
}

func categoryLines(all []coupontools.Category, none string) slack.Block {
	if len(all) == 0 {
		return blocks.Text(none)
	}
	lines := make([]string, len(all))
	for i, c := range all {
		lines[i] = short(c.Name) + " · " + short(c.ID)
	}
	return fitted(lines)
}

// fitted shows as many lines as a block has room for, and says how many are left out.
func fitted(lines []string) slack.Block {
	const room = 2900 // characters, of the 3,000 that Slack takes in a section
	size := 0
	for i, line := range lines {
		if size += utf8.RuneCountInString(line) + 1; size > room {
			lines = append(lines[:i], "and "+thousands(len(lines)-i)+" more")
			break
		}
	}
	return blocks.Text(strings.Join(lines, "\n"))
}

// ofDirectory lists the categories of the campaigns in a directory, with how many are in each. Coupontools tells which
// campaigns a category has, and which a directory.
func (h headings) ofDirectory(ctx context.Context, d coupontools.Directory) (bot.Reply, error) {
	in, err := h.api.DirectoryCampaigns(ctx, d.ID)
	if errors.Is(err, coupontools.ErrNotFound) {
		return bot.Reply{}, &bot.Mistake{Text: "There is no directory “" + d.ID + "” (any more).", Hint: "/directories shows them all."}
	}
	if err != nil {
		return bot.Reply{}, fmt.Errorf("list campaigns of %s: %w", d.ID, err)
	}
	there := map[string]bool{}
	for _, c := range in {
		there[c.ID] = true
	}
	lines, err := h.counted(ctx, there)
	if err != nil {
		return bot.Reply{}, err
	}
	if len(lines) == 0 {
		lines = []string{"None of its campaigns stands under a category."}
	}
	return bot.Reply{
		Text: "The categories of " + nameAndID(short(d.Name), d.ID),
		Blocks: []slack.Block{
			blocks.Header("Categories of " + oneLine(d.Name)), fitted(lines),
			blocks.Context(blocks.Small(count(len(in), "campaign", "campaigns") + " in the directory")),
		},
		Public: true,
	}, nil
}

// maxCategories is of how many categories the campaigns are counted: each takes a call.
const maxCategories = 100

// counted says of each category how many of the campaigns that are there it has.
func (h headings) counted(ctx context.Context, there map[string]bool) ([]string, error) {
	all, err := h.api.Categories(ctx)
	if err != nil {
		return nil, fmt.Errorf("list categories: %w", err)
	}
	var lines []string
	for _, category := range all[:min(len(all), maxCategories)] {
		under, err := h.api.Campaigns(ctx, coupontools.CampaignsOptions{Category: category.ID})
		if err != nil {
			return nil, fmt.Errorf("list campaigns of %s: %w", category.ID, err)
		}
		n := 0
		for _, c := range under {
			if there[c.ID] {
				n++
			}
		}
		if n > 0 {
			lines = append(lines, fmt.Sprintf("%s · %s · %s", short(category.Name), short(category.ID), count(n, "campaign", "campaigns")))
		}
	}
	return lines, nil
}
