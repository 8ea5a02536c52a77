package commands

import (
	"context"
	"slices"

	"github.com/coupontools/couponbot/bot"
	"github.com/coupontools/couponbot/commands/account"
	"github.com/coupontools/couponbot/commands/campaign"
	"github.com/coupontools/couponbot/commands/directory"
	"github.com/coupontools/couponbot/commands/internal/figures"
	"github.com/coupontools/couponbot/commands/internal/ui"
	"github.com/coupontools/couponbot/commands/loyalty"
	"github.com/coupontools/couponbot/commands/send"
	"github.com/coupontools/couponbot/commands/suppress"
	"github.com/coupontools/couponbot/coupontools"
	"github.com/coupontools/couponbot/coupontools/cache"
	"github.com/coupontools/couponbot/internal/bulkhead"
	"github.com/coupontools/couponbot/sends"
)

// Deps are the services and settings of the commands. The zero Deps is enough to list them.
type Deps struct {
	Client      *coupontools.Client
	Directories *cache.Directories
	Campaigns   *cache.Campaigns
	Sends       *sends.Service
	Store       *bot.Store
	// Files downloads uploaded files. Poster posts messages and files.
	Files  *bot.Files
	Poster *bot.Poster
	// Holders returns the users with a right, as far as they are known, or says that everybody has it.
	Holders func(ctx context.Context, right bot.Right) (ids []string, everyone bool, err error)

	// Region is the country of phone numbers written without + (ISO 3166 alpha-2), or "".
	Region string
	// Countries restricts text messages to these countries (ISO 3166 alpha-2). Empty: all.
	Countries []string
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
	// Status reports on the parts that the commands don't know, such as the sockets. It may be nil.
	Status func(ctx context.Context) []Condition
	// Guard recovers panics of background work. It may be nil.
	Guard *bulkhead.Guard
}

// Root is the name of the root command.
const Root = ui.Root

// Explain words an error of the services, or returns nil if it doesn't know the error.
func Explain(err error) *bot.Mistake { return ui.Explain(err) }

// All returns every command, in the order in which help lists them.
func All(d Deps) []bot.Command {
	shared := ui.Deps{
		Client: d.Client, Store: d.Store, Files: ui.NewDeliverer(d.Poster), Uploads: ui.NewUploads(d.Files), Audit: d.Sends,
		Region: d.Region, Countries: d.Countries, Guard: d.Guard,
	}
	directories := directory.NewList(d.Directories, shared.Files)
	campaigns := campaign.NewList(d.Campaigns, shared.Files)
	cards := loyalty.NewList(d.Guard, d.Client, shared.Files)
	counter := figures.NewCounter(d.Client, d.Store, d.Guard)
	return slices.Concat(
		directory.Commands(shared, directories, counter),
		send.Commands(send.Deps{
			Deps: shared, Sends: d.Sends, Poster: d.Poster, Holders: d.Holders,
			Offers: []send.Offer{
				send.NewOffer(sends.OfferDirectory, "directory", directories),
				send.NewOffer(sends.OfferCampaign, "campaign", campaigns),
				send.NewOffer(sends.OfferLoyaltyCard, "loyalty card", cards),
			},
			MaxRecipients: d.MaxRecipients, ApprovalOver: d.ApprovalOver, Rate: d.Rate, LinkLength: d.LinkLength,
			SMSRates: d.SMSRates, Channels: d.Channels,
		}),
		suppress.Commands(shared, d.Sends),
		campaign.Commands(shared, campaigns, directories, counter),
		loyalty.Commands(shared, cards),
		account.Commands(shared),
		[]bot.Command{
			coupontoolsCommand(),
			auditCommand(auditHandlers{sends: d.Sends, poster: d.Poster, files: shared.Files}),
			statusCommand(statusHandlers{directories: directories, sends: d.Sends, store: d.Store, channels: d.Channels, more: d.Status}),
		},
	)
}
