package campaign

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"github.com/slack-go/slack"

	"github.com/coupontools/couponbot/bot"
	"github.com/coupontools/couponbot/commands/internal/commandstest"
	"github.com/coupontools/couponbot/coupontools"
)

// The reply says when the account has more categories than are counted.
func TestCategories_limitIsNamed(t *testing.T) {
	t.Parallel()
	for n, want := range map[int]string{maxCategories: "1 campaign in the directory", maxCategories + 1: "Only the first 100 of 101 categories"} {
		reply, err := categoryHandlers{api: manyCategories(n)}.listDirectory(t.Context(), coupontools.Directory{ID: "dir_1", Name: "City deals"})
		got := commandstest.Picture(commandstest.Must(t)(reply, err))
		commandstest.WantIn(t, got, "Food 1 · cat_1 · 1 campaign", want)
		if n == maxCategories {
			commandstest.WantNotIn(t, got, "Only the first")
		}
	}
}

func TestCategoryLines_countsTheRest(t *testing.T) {
	t.Parallel()
	var all []coupontools.Category
	for range 90 {
		all = append(all, coupontools.Category{ID: "cat_1", Name: strings.Repeat("x", 50)})
	}
	shown := commandstest.Picture(bot.Reply{Blocks: []slack.Block{categoryLines(all, "")}})
	commandstest.WantIn(t, shown, "and 41 more")
	commandstest.WantNotIn(t, shown, "…")
}

// manyCategories is a [categoryAPI] with that many categories and one campaign, which is in all of them.
type manyCategories int

func (n manyCategories) Categories(context.Context) (all []coupontools.Category, err error) {
	for i := range int(n) {
		all = append(all, coupontools.Category{ID: fmt.Sprintf("cat_%d", i+1), Name: fmt.Sprintf("Food %d", i+1)})
	}
	return all, nil
}

func (manyCategories) MainCategories(context.Context) ([]coupontools.Category, error) {
	return nil, nil
}

func (manyCategories) Campaigns(context.Context, coupontools.CampaignsOptions) ([]coupontools.Campaign, error) {
	return []coupontools.Campaign{{ID: "cam_1"}}, nil
}

func (manyCategories) DirectoryCampaigns(context.Context, string) ([]coupontools.Campaign, error) {
	return []coupontools.Campaign{{ID: "cam_1"}}, nil
}
