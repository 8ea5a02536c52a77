package send

import (
	"context"

	"github.com/coupontools/couponbot/bot"
	"github.com/coupontools/couponbot/commands/internal/ui"
	"github.com/coupontools/couponbot/sends"
)

// Deps are the services and settings of the commands about sends.
type Deps struct {
	ui.Deps
	Sends  *sends.Service
	Offers []Offer
	// Poster posts messages. Holders returns the users with a right, or says that everybody has it.
	Poster  *bot.Poster
	Holders func(ctx context.Context, right bot.Right) (ids []string, everyone bool, err error)

	// MaxRecipients is the limit of one send, or 0.
	MaxRecipients int
	// ApprovalOver is the number of recipients above which another sender must approve; 0 for never.
	ApprovalOver int
	// Rate is the limit of calls per second to Coupontools.
	Rate int
	// LinkLength is how many characters the link adds to an SMS.
	LinkLength int
	// SMSRates are the messages per second to countries with a lower limit for text messages.
	SMSRates map[string]float64
	// Channels are the Slack ids of the marketing channels.
	Channels []string
}

// formHandlers answer /send-directory, its form and its preview.
type formHandlers struct{ Deps }

// offer returns the offer of a kind; "" means directory.
func (s formHandlers) offer(kind sends.Offer) Offer {
	for _, o := range s.Offers {
		if o.kind == kind {
			return o
		}
	}
	return s.Offers[0]
}
