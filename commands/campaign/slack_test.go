package campaign

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/slack-go/slack"

	"github.com/coupontools/couponbot/bot"
	"github.com/coupontools/couponbot/bot/blocks"
	"github.com/coupontools/couponbot/commands/internal/commandstest"
	"github.com/coupontools/couponbot/commands/internal/figures"
	"github.com/coupontools/couponbot/commands/internal/ui"
	"github.com/coupontools/couponbot/coupontools"
	"github.com/coupontools/couponbot/coupontools/cache"
)

func TestReplies_acceptedBySlack(t *testing.T) {
	t.Parallel()
	commandstest.WantSlackAccepts(t, func(bad string) []bot.Reply {
		c := coupontools.Campaign{
			ID: "cam_1", Code: bad, Name: bad, Title: bad, Status: bad, URL: "https://example.com/" + strings.Repeat("a", 400),
			Expires: time.Now(), Codes: &coupontools.CodeStats{Total: 2, Claimed: 1},
		}
		x := coupontools.Session{
			Code: "k3v9t0q2m7x1r8b5c6n4d", Campaign: "cam_1", URL: c.URL, CustomID: bad, ClaimType: bad, Value: bad,
			ValidationValue: bad, ValidationCode: bad, Extra: map[string]string{}, Created: time.Now(), Claimed: true, Locked: true,
		}
		for i := range 2 * maxExtraFields {
			x.Extra[fmt.Sprint("field", i)] = bad
		}
		var many []coupontools.Campaign
		var people []coupontools.Session
		for range 2 * ui.PerPage {
			many, people = append(many, c), append(people, x)
		}
		l := cache.NewList(many, time.Now())
		l.Stale, l.RedisAway = true, true
		all := NewList(commandstest.NewHeld(l), ui.Deliverer{})
		f := figures.NewFigures(coupontools.SessionSums{Sessions: 1_000_000, Opened: 500_000}, time.Now())
		p := newSessionPager(coupontools.Campaign{ID: "cam_1", Name: bad}, coupontools.WasClaimed)
		return []bot.Reply{
			all.Page(ui.ListQuery{Page: 2, Filter: ui.Bounded(bad)}, l, many),
			all.Pick(ui.Choice[coupontools.Campaign]{Asked: bad, Hits: many}, openRow),
			cardReply(c, f.Blocks(errors.New(bad)), blocks.Small("Working without Redis: this comes straight from Coupontools.")),
			{Text: "Found.", Blocks: sessionPage{pager: p, number: 2, sessions: people[:ui.PerPage], more: true}.blocks()},
			{Text: "Found.", Blocks: chooseSession(people, "cam_400001")},
			{Text: "Found.", Blocks: sessionHandlers{campaigns: all}.card(x, "The session is voided now.")},
			{Text: "Found.", Blocks: []slack.Block{categoryLines([]coupontools.Category{{ID: "cat_1", Name: bad}}, "")}},
		}
	})
}
