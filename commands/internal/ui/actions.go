package ui

// The action_ids of the buttons that open the send form. The cards of other domains show them.
const (
	ActionSend         = "directory_send"
	ActionSendCampaign = "campaign_send"
	ActionSendLoyalty  = "loyalty_send"
)
