package commands

import (
	"context"

	"github.com/coupontools/couponbot/bot"
	"github.com/coupontools/couponbot/coupontools"
	"github.com/coupontools/couponbot/coupontools/cache"
	"github.com/coupontools/couponbot/internal/bulkhead"
	"github.com/coupontools/couponbot/sends"
)

// Deps is what the commands work with. The zero Deps is enough to list them.
type Deps struct {
	Client      *coupontools.Client
	Directories *cache.Directories
	Campaigns   *cache.Campaigns
	Sends       *sends.Service
	Store       *bot.Store
	// Files downloads what people upload, Poster posts messages and files.
	Files  *bot.Files
	Poster *bot.Poster
	// Holders names those who hold a right, as far as they are known, or says that everybody does.
	Holders func(ctx context.Context, right bot.Right) (ids []string, everyone bool, err error)

	// Region is the country of phone numbers written without + (ISO 3166 alpha-2), or "".
	Region string
	// Countries are those that text messages may go to (ISO 3166 alpha-2). Empty: all.
	Countries []string
	// MaxRecipients is the ceiling of one send; 0 for none but that of typing.
	MaxRecipients int
	// ApprovalOver is above how many recipients another sender must approve; 0 for never.
	ApprovalOver int
	// Rate is how many calls a second Coupontools takes.
	Rate int
	// LinkLength is how many characters the link adds to an SMS.
	LinkLength int
	// SMSRates are the countries whose text messages go out slower, with messages a second.
	SMSRates map[string]float64
	// Channels are the Slack ids of the marketing channels.
	Channels []string
	// Status tells of the parts that the commands cannot see, such as the sockets. It may be nil.
	Status func(ctx context.Context) []Condition
	// Guard recovers panics of what runs in the background. It may be nil.
	Guard *bulkhead.Guard
}

// Root is the command that reaches all others by their topics.
const Root = "/coupontools"

// The headings of the menu and the help.
const (
	groupDirectories = "Directories"
	groupSends       = "Sends"
	groupCouponbot   = "couponbot"
)

// All returns every command, in the order in which help lists them.
func All(d Deps) []bot.Command {
	files := deliverer{poster: d.Poster}
	uploads := newUploads(d.Files)
	all, published := newDirectoryList(d.Directories, files), newCampaignList(d.Campaigns, files)
	cards := newLoyaltyCards(d.Guard, d.Client, files)
	send := sending{
		offers: offers(all, published, cards), drafts: d.Sends, store: d.Store,
		uploads: uploads, poster: d.Poster, holders: d.Holders,
		region: d.Region, countries: d.Countries, limit: d.MaxRecipients, over: d.ApprovalOver, rate: d.Rate,
		link: d.LinkLength, slow: d.SMSRates, channels: d.Channels,
	}
	holders := newLoyaltyHandlers(cards, uploads, d)
	counting := &figuresCounter{api: d.Client, store: d.Store, guard: d.Guard}
	accounts := newSubaccountList(d.Guard, d.Client, files)
	groups := newSMSGroupList(d.Guard, d.Client, files)
	barred := suppression{people: d.Sends, uploads: uploads, store: d.Store, audit: d.Sends, region: d.Region, countries: d.Countries}
	backups := suppressionBackups{list: d.Sends, uploads: uploads, to: files}
	return []bot.Command{
		directoriesCommand(all),
		directoryCommand(directoryHandlers{directories: all, api: d.Client, store: d.Store, counter: counting}),
		directoryUsersCommand(directoryUserHandlers{
			directories: all, api: d.Client, access: d.Client, store: d.Store, audit: d.Sends, region: d.Region,
		}),
		sendDirectory(send),
		sendsCommand(sendList{sends: d.Sends, files: files}),
		suppress(barred),
		suppressExport(backups),
		suppressImport(backups),
		unsuppress(barred),
		why(barred),
		campaignsCommand(published),
		campaignCommand(campaignHandlers{campaigns: published, api: d.Client, counter: counting, files: files}),
		sessionsCommand(sessionListHandlers{campaigns: published, api: d.Client, store: d.Store, files: files}),
		sessionCommand(sessionHandlers{campaigns: published, api: d.Client, store: d.Store, audit: d.Sends, region: d.Region}),
		pushCommand(pushHandlers{campaigns: published, api: d.Client, store: d.Store, audit: d.Sends, counter: counting}),
		singleUseCommand(singleUseHandlers{
			campaigns: published, api: d.Client, store: d.Store, files: files, audit: d.Sends, region: d.Region,
		}),
		categoriesCommand(categoryHandlers{directories: all, api: d.Client}),
		webhookCommand(webhookHandlers{campaigns: published, api: d.Client}),
		loyaltyCommand(cards),
		loyaltyCardCommand(cards, d.Client),
		loyaltyUsersCommand(holders),
		pointsCommand(holders),
		subaccountsCommand(accounts),
		subaccountCommand(subaccountHandlers{accounts: accounts, api: d.Client, store: d.Store, audit: d.Sends}),
		signOnCommand(signOnHandlers{accounts: accounts, api: d.Client, store: d.Store, audit: d.Sends}),
		smsGroupsCommand(groups),
		smsContactsCommand(newContactHandlers(groups, d)),
		emailGroupsCommand(newEmailGroupList(d.Guard, d.Client, files)),
		coupontoolsCommand(),
		auditCommand(auditHandlers{sends: d.Sends, poster: d.Poster, files: files}),
		statusCommand(statusHandlers{directories: all, sends: d.Sends, store: d.Store, channels: d.Channels, more: d.Status}),
	}
}
