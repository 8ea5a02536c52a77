package ui

// The action_ids of buttons that open the form to send something, on the cards of other domains.
const (
	ActionSend         = "directory_send"
	ActionSendCampaign = "campaign_send"
	ActionSendLoyalty  = "loyalty_send"
)
