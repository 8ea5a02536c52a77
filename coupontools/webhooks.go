package coupontools

import (
	"context"
	"strings"
	"time"
)

// Webhook is what the API knows of one event it sent to a webhook.
type Webhook struct {
	// ID is "evt_" and 20 letters and digits.
	ID string
	// Valid is true if the API sent the event.
	Valid bool
	// Date is when it happened; the zero time if not given.
	Date time.Time
	// Campaign and Session are the objects of the event.
	Campaign, Session string
	// Type is the kind of event: "coupon_validated".
	Type string
}

// VerifyWebhook asks the API whether it sent an event. The session may be empty. An unknown event gives [ErrNotFound].
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

// probeWebhook makes no call: only a webhook gets the id of an event.
func probeWebhook(context.Context, *Client, *ProbeIDs) (string, error) {
	return "", MissingError("the id of an event that came to a webhook")
}
