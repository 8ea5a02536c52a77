package commands

import (
	"testing"
	"time"

	"github.com/coupontools/couponbot/bot"
	"github.com/coupontools/couponbot/coupontools"
)

func TestDirectoryFigures_blocks(t *testing.T) {
	t.Parallel()
	for want, f := range map[string]directoryFigures{
		"There are no campaigns in it.":              {},
		"Nobody has a session of its campaigns yet.": {Campaigns: 2},
		"Figures of 1 campaign":                      {Campaigns: 1, campaignFigures: newFigures(coupontools.SessionSums{Sessions: 1}, time.Now())},
		"Figures of the first 10 of 1,234 campaigns": {Campaigns: 1234, campaignFigures: newFigures(coupontools.SessionSums{Sessions: 1}, time.Now())},
	} {
		wantIn(t, picture(bot.Reply{Blocks: f.blocks(nil)}), want, "Counted")
	}
}

// The card has the figures once they were counted, for the whole fleet, with their age.
func TestDirectory_figures(t *testing.T) {
	t.Parallel()
	w := newDirectoryWorld(t)
	wantIn(t, picture(must(t)(w.types(t, "/directory dir_5507"))), "[Figures directory_figures=dir_5507]")

	counted := must(t)(w.clicks(t, actionFigures, "dir_5507", nil))
	if !counted.Public || !counted.Replace {
		t.Errorf("public %v, replace %v; want the card in place of the one clicked", counted.Public, counted.Replace)
	}
	wantIn(t, picture(counted), "# Zomerpas Oostende", "Figures of 4 campaigns", "→ Validated", "Week from", "Counted",
		"[Send ", "[Users ", "[Count again directory_figures=dir_5507]")

	calls := w.api.Calls("/v3/campaign/data")
	w.store = bot.NewStore(w.rdb, "test:") // of another replica
	if got, want := picture(must(t)(w.types(t, "/directory dir_5507"))), picture(counted); got != want {
		t.Errorf("the next card is\n%s\nwant\n%s", got, want)
	}
	if again := w.api.Calls("/v3/campaign/data"); again != calls {
		t.Errorf("%d calls for the next card, want none", again-calls)
	}
	w.redis.FastForward(directoryFiguresLife)
	wantIn(t, picture(must(t)(w.types(t, "/directory dir_5507"))), "[Figures directory_figures=dir_5507]")

	must(t)(w.clicks(t, actionFigures, "dir_5507", nil))
	w.redis.SetError("away")
	wantIn(t, picture(must(t)(w.types(t, "/directory dir_5507"))), "[Figures directory_figures=dir_5507]")
}
