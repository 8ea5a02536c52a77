package ui

// Root is the name of the root command, which reaches the others by topic.
const Root = "/coupontools"

// The headings of the menu and the help.
const (
	GroupDirectories = "Directories"
	GroupSends       = "Sends"
	GroupCampaigns   = "Campaigns"
	GroupLoyalty     = "Loyalty cards"
	GroupAccounts    = "Accounts"
	GroupContacts    = "Groups and contacts"
	GroupCouponbot   = "couponbot"
)
