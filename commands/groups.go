package commands

// Root is the command that reaches all others by their topics.
const Root = "/coupontools"

// The headings of the menu and the help.
const (
	groupDirectories = "Directories"
	groupSends       = "Sends"
	groupCampaigns   = "Campaigns"
	groupLoyalty     = "Loyalty cards"
	groupAccounts    = "Accounts"
	groupContacts    = "Groups and contacts"
	groupCouponbot   = "couponbot"
)
