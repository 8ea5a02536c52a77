package campaign

import (
	"testing"

	"github.com/coupontools/couponbot/bot"
	"github.com/coupontools/couponbot/commands/internal/commandstest"
	"github.com/coupontools/couponbot/commands/internal/ui"
	"github.com/coupontools/couponbot/coupontools"
)

// What there is no room for is counted, and said where to be found.
func TestSession_moreThanAPage(t *testing.T) {
	t.Parallel()
	hits := make([]coupontools.Session, ui.PerPage+3)
	commandstest.WantIn(t, commandstest.Picture(bot.Reply{Blocks: chooseSession(hits, "")}), "13 sessions were found", "And 3 more: name the campaign")
	commandstest.WantIn(t, commandstest.Picture(bot.Reply{Blocks: chooseSession(hits, "cam_1")}), "And 3 more: /coupontools sessions cam_1 lists all")
}

// What a campaign asks people is named by whoever made it, in any language or not at all.
func TestSessionDesk_namesOfFields(t *testing.T) {
	t.Parallel()
	desk := sessionHandlers{campaigns: NewList(newWorld(t).Campaigns, ui.Deliverer{})}
	card := desk.card(coupontools.Session{
		Code: "k3v9t0q2m7x1r8b5c6n4d", Extra: map[string]string{"état civil": "mariée", "": "nameless"},
	}, "")
	commandstest.WantIn(t, commandstest.Picture(bot.Reply{Blocks: card}), "État civil: ", "mariée", "nameless")
}

// To remove a session Coupontools must be told its campaign; without, it would seem to be gone.
func TestSessionDesk_withoutCampaign(t *testing.T) {
	t.Parallel()
	desk := sessionHandlers{campaigns: NewList(newWorld(t).Campaigns, ui.Deliverer{})}
	open := commandstest.Picture(bot.Reply{Blocks: desk.card(coupontools.Session{Code: "k3v9t0q2m7x1r8b5c6n4d"}, "")})
	commandstest.WantIn(t, open, "session_void")
	commandstest.WantNotIn(t, open, actionSessionRemove)
	voided := commandstest.Picture(bot.Reply{Blocks: desk.card(coupontools.Session{Code: "k3v9t0q2m7x1r8b5c6n4d", Voided: true}, "")})
	commandstest.WantNotIn(t, voided, "[")
}
