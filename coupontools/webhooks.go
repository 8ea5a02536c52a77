package coupontools

import (
	"context"
	"strings"
	"time"
)

// Webhook is what the API says of one event that it told a webhook of.
type Webhook struct {
	// ID is "evt_" and 20 letters and digits.
	ID string
	// Valid says that the API did tell of it.
	Valid bool
	// Date is when it happened; the zero time if that is not told.
	Date time.Time
	// Campaign and Session are what it is about.
	Campaign, Session string
	// Type is the kind of event: "coupon_validated".
	Type string
}

// VerifyWebhook asks the API whether an event that came to a webhook came from the API. The session may be empty. An unknown
// event gives [ErrNotFound].
//
// API: POST /v3/webhook/verification
func (c *Client) VerifyWebhook(ctx context.Context, event, session string) (*Webhook, error) {
	event = prefixed("evt_", event)
	if event == "" {
		return nil, noSuchID(webhookVerification)
	}
	p := params{"webhook": event}
	if session != "" {
		if p["session"] = anyID(session); p["session"] == "" {
			return nil, noSuchID(webhookVerification)
		}
	}
	return call(ctx, c, webhookVerification, p, func(a answer) (*Webhook, error) {
		result := a.top.text("result")
		if result == "" {
			return nil, a.misread("result")
		}
		return &Webhook{
			ID: either(prefixed("evt_", a.top.text("webhook")), event), Valid: strings.EqualFold(result, "valid"),
			Date: a.top.time("date", "datetime"), Campaign: prefixed("cam_", a.top.text("campaign")),
			Session: anyID(a.top.text("session")), Type: a.top.text("type"),
		}, nil
	})
}
