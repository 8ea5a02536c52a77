package directory

import (
	"errors"
	"testing"
	"time"

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
		d := coupontools.Directory{ID: "dir_1", Code: bad, Name: bad, Payment: &coupontools.Payment{
			Currency: bad, Amount: bad, Type: bad, Description: bad,
		}}
		u := coupontools.DirectoryUser{
			ID: "reg_1", FirstName: bad, LastName: bad, Email: bad, Phone: bad, Registered: bad, PaymentStatus: bad, PaymentExpires: bad,
		}
		var many []coupontools.Directory
		var users []coupontools.DirectoryUser
		for range 2 * ui.PerPage {
			many, users = append(many, d), append(users, u)
		}
		l := cache.NewList(many, time.Now())
		l.Stale, l.RedisAway = true, true
		f := userPage{pager: ui.NewUserPager(ui.NewUserQuery("dir_1", bad, bad)), number: 2, users: users[:ui.PerPage], more: true, older: true}
		counted := figuresTotal{Campaigns: 20, Figures: figures.NewFigures(coupontools.SessionSums{Sessions: 1_000_000}, time.Now())}
		return []bot.Reply{
			NewList(nil, ui.Deliverer{}).Page(ui.ListQuery{Page: 2, Filter: ui.Bounded(bad)}, l, many),
			cardReply(d, nil), cardReply(d, counted.blocks(errors.New(bad)), blocks.Small("Working without Redis: this comes straight from Coupontools.")),
			NewList(nil, ui.Deliverer{}).Pick(ui.Choice[coupontools.Directory]{Asked: bad, Hits: many}, openRow),
			{Text: f.summary(), Blocks: f.blocks()},
		}
	})
}
