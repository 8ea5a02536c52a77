package send

import (
	"context"

	"github.com/coupontools/couponbot/bot"
	"github.com/coupontools/couponbot/commands/internal/ui"
	"github.com/coupontools/couponbot/sends"
)

// Deps is what the commands about sends work with.
type Deps struct {
	ui.Deps
	Sends  *sends.Service
	Offers []Offer
	// Poster posts messages; Holders lists who holds a right, or says that everybody does.
	Poster  *bot.Poster
	Holders func(ctx context.Context, right bot.Right) (ids []string, everyone bool, err error)

	// MaxRecipients bounds a send; 0 for no bound.
	MaxRecipients int
	// ApprovalOver is the number of recipients above which another sender must approve; 0 for never.
	ApprovalOver int
	// Rate is how many calls a second Coupontools takes.
	Rate int
	// LinkLength is how many characters the link adds to an SMS.
	LinkLength int
	// SMSRates are the countries whose text messages go out slower, with messages a second.
	SMSRates map[string]float64
	// Channels are the Slack ids of the marketing channels.
	Channels []string
}

// formHandlers take a send from the form to a confirmed draft.
type formHandlers struct{ Deps }

// offer returns the kind of thing that a form is for; "" stands for a directory.
func (s formHandlers) offer(kind sends.Offer) Offer {
	for _, o := range s.Offers {
		if o.kind == kind {
			return o
		}
	}
	return s.Offers[0]
}
