package commands

import (
	"strings"
	"testing"

	"github.com/slack-go/slack"

	"github.com/coupontools/couponbot/bot"
	"github.com/coupontools/couponbot/coupontools"
)

func TestCategoryLines_saysWhatIsLeftOut(t *testing.T) {
	t.Parallel()
	var all []coupontools.Category
	for range 90 {
		all = append(all, coupontools.Category{ID: "cat_1", Name: strings.Repeat("x", 50)})
	}
	shown := picture(bot.Reply{Blocks: []slack.Block{categoryLines(all, "")}})
	wantIn(t, shown, "and 41 more")
	wantNotIn(t, shown, "…")
}
