package commands

// The action_ids of buttons that open the form to send something, on the cards of other domains.
const (
	actionSend         = "directory_send"
	actionSendCampaign = "campaign_send"
	actionSendLoyalty  = "loyalty_send"
)
