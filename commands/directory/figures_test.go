package directory

import (
	"testing"
	"time"

	"github.com/coupontools/couponbot/bot"
	"github.com/coupontools/couponbot/commands/internal/commandstest"
	"github.com/coupontools/couponbot/commands/internal/figures"
	"github.com/coupontools/couponbot/coupontools"
)

func TestDirectoryFigures_blocks(t *testing.T) {
	t.Parallel()
	for want, f := range map[string]figuresTotal{
		"There are no campaigns in it.":              {},
		"Nobody has a session of its campaigns yet.": {Campaigns: 2},
		"Figures of 1 campaign":                      {Campaigns: 1, Figures: figures.NewFigures(coupontools.SessionSums{Sessions: 1}, time.Now())},
		"Figures of the first 10 of 1,234 campaigns": {Campaigns: 1234, Figures: figures.NewFigures(coupontools.SessionSums{Sessions: 1}, time.Now())},
	} {
		commandstest.WantIn(t, commandstest.Picture(bot.Reply{Blocks: f.blocks(nil)}), want, "Counted")
	}
}

// The card of every replica shows figures once they were counted, with their age.
func TestDirectory_figures(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	commandstest.WantIn(t, commandstest.Picture(commandstest.Must(t)(w.Types(t, "/directory dir_5507"))), "[Figures directory_figures=dir_5507]")

	counted := commandstest.Must(t)(w.Clicks(t, actionFigures, "dir_5507", nil))
	if !counted.Public || !counted.Replace {
		t.Errorf("public %v, replace %v; want the card in place of the one clicked", counted.Public, counted.Replace)
	}
	commandstest.WantIn(t, commandstest.Picture(counted), "# Zomerpas Oostende", "Figures of 4 campaigns", "→ Validated", "Week from", "Counted",
		"[Send ", "[Users ", "[Count again directory_figures=dir_5507]")

	calls := w.API.Calls("/v3/campaign/data")
	w.Store = bot.NewStore(w.RDB, "test:") // of another replica
	if got, want := commandstest.Picture(commandstest.Must(t)(w.Types(t, "/directory dir_5507"))), commandstest.Picture(counted); got != want {
		t.Errorf("the next card is\n%s\nwant\n%s", got, want)
	}
	if again := w.API.Calls("/v3/campaign/data"); again != calls {
		t.Errorf("%d calls for the next card, want none", again-calls)
	}
	w.Redis.FastForward(figuresLife)
	commandstest.WantIn(t, commandstest.Picture(commandstest.Must(t)(w.Types(t, "/directory dir_5507"))), "[Figures directory_figures=dir_5507]")

	commandstest.Must(t)(w.Clicks(t, actionFigures, "dir_5507", nil))
	w.Redis.SetError("away")
	commandstest.WantIn(t, commandstest.Picture(commandstest.Must(t)(w.Types(t, "/directory dir_5507"))), "[Figures directory_figures=dir_5507]")
}
