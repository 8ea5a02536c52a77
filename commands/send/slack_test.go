package send

import (
	"testing"

	"github.com/coupontools/couponbot/bot"
	"github.com/coupontools/couponbot/commands/internal/commandstest"
)

func TestAnnouncement_acceptedBySlack(t *testing.T) {
	t.Parallel()
	commandstest.WantSlackAccepts(t, func(bad string) []bot.Reply {
		s := ended()
		s.OfferName, s.Why = bad, bad
		for i := range s.Failures {
			s.Failures[i].Text, s.Failures[i].Code = bad, bad
		}
		m := announcement(s, false)
		return []bot.Reply{{Text: m.Text, Blocks: m.Blocks}}
	})
}
