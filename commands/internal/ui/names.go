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

// The action_ids of the buttons that open the send form. The cards of other domains show them.
const (
	ActionSend         = "directory_send"
	ActionSendCampaign = "campaign_send"
	ActionSendLoyalty  = "loyalty_send"
)
