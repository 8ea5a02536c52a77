package campaign

import (
	"testing"

	"github.com/coupontools/couponbot/bot"
	"github.com/coupontools/couponbot/commands/internal/commandstest"
	"github.com/coupontools/couponbot/commands/internal/ui"
	"github.com/coupontools/couponbot/coupontools"
)

// A long list of hits is cut, with the count of the rest and how to see them.
func TestSession_moreThanAPage(t *testing.T) {
	t.Parallel()
	hits := make([]coupontools.Session, ui.PerPage+3)
	commandstest.WantIn(t, commandstest.Picture(bot.Reply{Blocks: chooseSession(hits, "")}), "13 sessions were found", "And 3 more: name the campaign")
	commandstest.WantIn(t, commandstest.Picture(bot.Reply{Blocks: chooseSession(hits, "cam_1")}), "And 3 more: /coupontools sessions cam_1 lists all")
}

// A campaign's own fields may have names in any language, or empty ones.
func TestSessionDesk_namesOfFields(t *testing.T) {
	t.Parallel()
	desk := sessionHandlers{campaigns: NewList(newWorld(t).Campaigns, ui.Deliverer{})}
	card := desk.card(coupontools.Session{
		Code: "k3v9t0q2m7x1r8b5c6n4d", Extra: map[string]string{"état civil": "mariée", "": "nameless"},
	}, "")
	commandstest.WantIn(t, commandstest.Picture(bot.Reply{Blocks: card}), "État civil: ", "mariée", "nameless")
}

// The API needs the campaign to remove a session, so there is no Remove button without it.
func TestSessionDesk_withoutCampaign(t *testing.T) {
	t.Parallel()
	desk := sessionHandlers{campaigns: NewList(newWorld(t).Campaigns, ui.Deliverer{})}
	open := commandstest.Picture(bot.Reply{Blocks: desk.card(coupontools.Session{Code: "k3v9t0q2m7x1r8b5c6n4d"}, "")})
	commandstest.WantIn(t, open, "session_void")
	commandstest.WantNotIn(t, open, actionSessionRemove)
	voided := commandstest.Picture(bot.Reply{Blocks: desk.card(coupontools.Session{Code: "k3v9t0q2m7x1r8b5c6n4d", Voided: true}, "")})
	commandstest.WantNotIn(t, voided, "[")
}

func TestSplitAtIn(t *testing.T) {
	t.Parallel()
	for typed, want := range map[string][2]string{
		"anna@example.com":          {"anna@example.com", ""},
		"crm-5 in Summer sale":      {"crm-5", "Summer sale"},
		"crm 5 IN Back in business": {"crm 5", "Back in business"},
		"in":                        {"in", ""},
		"in Summer":                 {"in Summer", ""},
		"crm-5 in":                  {"crm-5 in", ""},
		`"in" crm in cam_1`:         {"in crm", "cam_1"},
	} {
		what, in := splitAtIn(bot.Split(typed))
		if got := [2]string{bot.Join(what), bot.Join(in)}; got != want {
			t.Errorf("splitAtIn(%s) = %q, want %q", typed, got, want)
		}
	}
}
