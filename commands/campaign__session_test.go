package commands

import (
	"testing"

	"github.com/coupontools/couponbot/bot"
	"github.com/coupontools/couponbot/coupontools"
)

// What there is no room for is counted, and said where to be found.
func TestSession_moreThanAPage(t *testing.T) {
	t.Parallel()
	hits := make([]coupontools.Session, perPage+3)
	wantIn(t, picture(bot.Reply{Blocks: severalSessions(hits, "")}), "13 sessions were found", "And 3 more: name the campaign")
	wantIn(t, picture(bot.Reply{Blocks: severalSessions(hits, "cam_1")}), "And 3 more: /coupontools sessions cam_1 lists all")
}

// What a campaign asks people is named by whoever made it, in any language or not at all.
func TestSessionDesk_namesOfFields(t *testing.T) {
	t.Parallel()
	desk := sessionHandlers{campaigns: newCampaignList(newCampaignWorld(t).campaigns, deliverer{})}
	card := desk.card(coupontools.Session{
		Code: "k3v9t0q2m7x1r8b5c6n4d", Extra: map[string]string{"état civil": "mariée", "": "nameless"},
	}, "")
	wantIn(t, picture(bot.Reply{Blocks: card}), "État civil: ", "mariée", "nameless")
}

// To remove a session Coupontools must be told its campaign; without, it would seem to be gone.
func TestSessionDesk_withoutCampaign(t *testing.T) {
	t.Parallel()
	desk := sessionHandlers{campaigns: newCampaignList(newCampaignWorld(t).campaigns, deliverer{})}
	open := picture(bot.Reply{Blocks: desk.card(coupontools.Session{Code: "k3v9t0q2m7x1r8b5c6n4d"}, "")})
	wantIn(t, open, "session_void")
	wantNotIn(t, open, actionSessionRemove)
	voided := picture(bot.Reply{Blocks: desk.card(coupontools.Session{Code: "k3v9t0q2m7x1r8b5c6n4d", Voided: true}, "")})
	wantNotIn(t, voided, "[")
}
