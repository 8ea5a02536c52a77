package commands

import (
	"errors"
	"strings"
	"testing"

	"github.com/coupontools/couponbot/bot"
	"github.com/coupontools/couponbot/commands/internal/commandstest"
	"github.com/coupontools/couponbot/coupontools/sandbox"
)

func TestList_pages(t *testing.T) {
	t.Parallel()
	w := newWorld(t, sandbox.WithBulk(25))
	r := commandstest.Must(t)(w.Types(t, "/coupontools loyalty"))
	if !r.Public {
		t.Error("the list of loyalty cards is private")
	}
	commandstest.WantIn(t, commandstest.Picture(r), "Page 1 of 3 · 25 loyalty cards", "[Open loyalty_pick=loy_480012]")
	commandstest.WantNotIn(t, commandstest.Picture(r), "loyalty_page:prev")
	last := commandstest.Must(t)(w.Clicks(t, "loyalty_page:next", `{"page":99}`, nil))
	commandstest.WantIn(t, commandstest.Picture(last), "Page 3 of 3", "loyalty_page:prev")
	commandstest.WantNotIn(t, commandstest.Picture(last), "loyalty_page:next")
	if !last.Replace {
		t.Error("paging does not replace the message")
	}
	_, err := w.Clicks(t, "loyalty_page:next", "not JSON", nil)
	commandstest.WantIn(t, mistake(t, err).Hint, "/coupontools loyalty")
}

// BenchmarkLists runs every list command with empty caches, on an account with 10,000 items of each kind.
func BenchmarkLists(b *testing.B) {
	w := newWorld(b, sandbox.WithBulk(10_000))
	for _, line := range []string{
		"loyalty", "loyalty card 99", "loyalty-users Club card", "loyalty-users Club card peeters", "subaccounts", "sms-groups", "email-groups",
	} {
		b.Run(strings.ReplaceAll(line, " ", "_"), func(b *testing.B) {
			for b.Loop() {
				commandstest.Must(b)(w.Types(b, "/coupontools "+line))
			}
		})
	}
}

// A malformed answer of Coupontools doesn't mean that the card doesn't exist.
func TestLoyaltyCard_newerThanList(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.api.Break(sandbox.Rule{Path: "/v3/loyalty/info", Fault: sandbox.ServerError(500)})
	_, err := w.Clicks(t, "loyalty_pick", "loy_999999", nil)
	if _, said := errors.AsType[*bot.Mistake](err); said || err == nil {
		t.Errorf("error = %v, want that of the call", err)
	}
}
