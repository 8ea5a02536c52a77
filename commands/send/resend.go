package send

import (
	"context"

	"github.com/coupontools/couponbot/bot"
	"github.com/coupontools/couponbot/commands/internal/ui"
)

const actionResendUnknown = "send_resend_unknown"

// resendUnknown shows what it would be to send once more to those of a send of whom nobody knows whether they got it. That
// takes reading the whole send, and Slack opens a window only at once.
func (s sending) resendUnknown(_ context.Context, req bot.Request) (bot.Reply, error) {
	return bot.Reply{
		DropIfClosed: true, View: readingView(ui.LookingForUnknown),
		Later: func(ctx context.Context) (bot.Reply, error) {
			d, err := s.drafts.Resend(ctx, req.Value, req.Person.Team, req.Person.ID)
			if err != nil {
				return bot.Reply{}, draftMistake(d, err)
			}
			return s.preview(ctx, req.Person, d, "")
		},
	}, nil
}

// twice warns of sending to the unknown of a send again.
func twice(parent string) string {
	return "Careful: these people may get it twice. Coupontools gave no clear answer for them in send " + parent + ", so nobody " +
		"knows whether they got it. Look in Coupontools first."
}
