package ui

// Root is the command that reaches all others by their topics.
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
