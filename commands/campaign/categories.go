package campaign

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/slack-go/slack"

	"github.com/coupontools/couponbot/bot"
	"github.com/coupontools/couponbot/bot/blocks"
	"github.com/coupontools/couponbot/commands/internal/format"
	"github.com/coupontools/couponbot/commands/internal/ui"
	"github.com/coupontools/couponbot/coupontools"
)

// categoryAPI is the part of the Coupontools client that lists categories.
type categoryAPI interface {
	Categories(ctx context.Context) ([]coupontools.Category, error)
	MainCategories(ctx context.Context) ([]coupontools.Category, error)
	Campaigns(ctx context.Context, o coupontools.CampaignsOptions) ([]coupontools.Campaign, error)
	DirectoryCampaigns(ctx context.Context, directory string) ([]coupontools.Campaign, error)
}

// categoryHandlers list the categories of campaigns.
type categoryHandlers struct {
	directories ui.List[coupontools.Directory]
	api         categoryAPI
}

// categoriesCommand answers "/coupontools categories" publicly.
func categoriesCommand(h categoryHandlers) bot.Command {
	return bot.Command{
		Topic: "categories", Group: ui.GroupCampaigns, Usage: "[name or dir_ID of a directory]",
		Summary: "List the categories, of the account or of what is in a directory",
		Examples: []bot.Example{
			{Line: "/coupontools categories", Does: "lists the categories of the account, with those of the third level"},
			{Line: "/coupontools categories City deals", Does: "lists those of the campaigns in “City deals”"},
		},
		Run: h.run,
	}
}

func (h categoryHandlers) run(_ context.Context, req bot.Request) (bot.Reply, error) {
	return bot.Reply{Public: true, Text: ui.LookingUpCategories, Later: func(ctx context.Context) (bot.Reply, error) {
		if len(req.Words) == 0 {
			return h.listAccount(ctx)
		}
		listed := h.directories
		listed.FromID = nil // unlisted directories are unknown here
		d, err := listed.ResolveOne(ctx, req.Words)
		if err != nil {
			return bot.Reply{}, err
		}
		return h.listDirectory(ctx, d)
	}}, nil
}

// listAccount lists the categories of the account.
func (h categoryHandlers) listAccount(ctx context.Context) (bot.Reply, error) {
	all, err := h.api.Categories(ctx)
	if err != nil {
		return bot.Reply{}, fmt.Errorf("list categories: %w", err)
	}
	set := append([]slack.Block{blocks.Header("Categories")}, categoryLines(all, "There are no categories in this account yet."))
	set = append(set, blocks.Header("Categories of the third level"))
	if third, err := h.api.MainCategories(ctx); err != nil {
		set = append(set, blocks.Text("They could not be looked up: "+ui.ErrorReason(err)))
	} else {
		set = append(set, categoryLines(third, "This account uses none."))
	}
	return bot.Reply{Text: format.Count(len(all), "category", "categories"), Blocks: set, Public: true}, nil
}

func categoryLines(all []coupontools.Category, none string) slack.Block {
	if len(all) == 0 {
		return blocks.Text(none)
	}
	lines := make([]string, len(all))
	for i, c := range all {
		lines[i] = format.Short(c.Name) + " · " + format.Short(c.ID)
	}
	return fittedText(lines)
}

// fittedText shows as many lines as fit into a block, and counts the rest.
func fittedText(lines []string) slack.Block {
	const room = 2900 // characters, of the 3,000 that Slack takes in a section
	size := 0
	for i, line := range lines {
		if size += utf8.RuneCountInString(line) + 1; size > room {
			lines = append(lines[:i], "and "+format.Thousands(len(lines)-i)+" more")
			break
		}
	}
	return blocks.Text(strings.Join(lines, "\n"))
}

// listDirectory lists the categories of a directory's campaigns, with the number of campaigns in each. The API returns the
// campaigns of a category and those of a directory, so the two are compared here.
func (h categoryHandlers) listDirectory(ctx context.Context, d coupontools.Directory) (bot.Reply, error) {
	in, err := h.api.DirectoryCampaigns(ctx, d.ID)
	if errors.Is(err, coupontools.ErrNotFound) {
		return bot.Reply{}, &bot.Mistake{
			Text: "There is no directory “" + d.ID + "” (any more).",
			Hint: "/directories shows them all.",
		}
	}
	if err != nil {
		return bot.Reply{}, fmt.Errorf("list campaigns of %s: %w", d.ID, err)
	}
	there := map[string]bool{}
	for _, c := range in {
		there[c.ID] = true
	}
	all, err := h.api.Categories(ctx)
	if err != nil {
		return bot.Reply{}, fmt.Errorf("list categories: %w", err)
	}
	lines, err := h.countCampaigns(ctx, all[:min(len(all), maxCategories)], there)
	if err != nil {
		return bot.Reply{}, err
	}
	notes := []slack.MixedElement{blocks.Small(format.Count(len(in), "campaign", "campaigns") + " in the directory")}
	if len(all) > maxCategories {
		notes = append(notes, blocks.Small(fmt.Sprintf("Only the first %d of %s were looked into.", maxCategories,
			format.Count(len(all), "category", "categories"))))
	}
	if len(lines) == 0 {
		lines = []string{"None of its campaigns stands under a category."}
	}
	return bot.Reply{
		Text: "The categories of " + format.NameAndID(format.Short(d.Name), d.ID),
		Blocks: []slack.Block{
			blocks.Header("Categories of " + format.OneLine(d.Name)), fittedText(lines), blocks.Context(notes...),
		},
		Public: true,
	}, nil
}

// maxCategories is for how many categories the campaigns are counted: each takes a call.
const maxCategories = 100

// countCampaigns counts the campaigns of each category that are in the directory.
func (h categoryHandlers) countCampaigns(ctx context.Context, all []coupontools.Category, there map[string]bool) ([]string, error) {
	var lines []string
	for _, category := range all {
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
			lines = append(
				lines,
				fmt.Sprintf("%s · %s · %s", format.Short(category.Name), format.Short(category.ID),
					format.Count(n, "campaign", "campaigns")),
			)
		}
	}
	return lines, nil
}
