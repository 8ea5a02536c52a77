package coupontools

import (
	"context"
	"slices"
	"strings"
	"time"
)

// Campaign is a coupon offered to many people. v3's older routes call it campaign, newer ones coupon.
type Campaign struct {
	// ID is "cam_" and digits.
	ID string
	// Code is the part of the public URL that names the campaign. It may be empty.
	Code string
	// Name is the owner's name for it, Title what people see; each at most 300 characters. Name is the ID if both are empty.
	Name, Title string
	// Status is "active", "example" or another word that the API doesn't document.
	Status string
	// URL is the public address, empty if the API gives no valid web address.
	URL string
	// Expires is the end of the campaign, in its own time zone; the zero time if not given.
	Expires time.Time
	// Codes are the owner's validation codes, nil if not requested or not given.
	Codes *CodeStats
	// Extra are up to 30 fields that have no field here, by the API's names, each value at most 300 characters.
	Extra map[string]string
}

// Ident returns the id and the name.
func (c Campaign) Ident() (id, name string) { return c.ID, c.Name }

// CodeStats count the owner's validation codes of a campaign.
type CodeStats struct{ Total, Claimed int }

// CampaignsOptions filter [Client.Campaigns]. All that are set must match.
type CampaignsOptions struct {
	// ActiveOnly leaves out campaigns with another status than active.
	ActiveOnly bool
	// Folder is the id of a folder.
	Folder string
	// Tags match a campaign that has at least one of them.
	Tags []string
	// Category is an id: "cat_…".
	Category string
}

// Campaigns returns the account's campaigns. An unknown folder gives [ErrNotFound].
//
// API: POST /v3/coupon/list
func (c *Client) Campaigns(ctx context.Context, o CampaignsOptions) ([]Campaign, error) {
	category, ok := optionalID("cat_", o.Category)
	folder, known := optionalID("", o.Folder)
	if !ok || !known {
		return nil, noSuchID(campaignList)
	}
	p := params{}
	p.setTrue("only_active", o.ActiveOnly)
	p.set("folder", folder)
	p.set("tags", strings.Join(o.Tags, ","))
	p.set("category", category)
	return call(ctx, c, campaignList, p, decodeCampaigns)
}

// Campaign returns one campaign. An unknown id gives [ErrNotFound].
//
// API: POST /v3/coupon/info
func (c *Client) Campaign(ctx context.Context, id string) (*Campaign, error) {
	return c.campaign(ctx, id, params{})
}

// CampaignWithStats returns one campaign with [Campaign.Codes], which the API has to count. An unknown id gives
// [ErrNotFound].
//
// API: POST /v3/coupon/info
func (c *Client) CampaignWithStats(ctx context.Context, id string) (*Campaign, error) {
	return c.campaign(ctx, id, params{"show_usage_stats": true})
}

func (c *Client) campaign(ctx context.Context, id string, p params) (*Campaign, error) {
	id = prefixed("cam_", id)
	if id == "" {
		return nil, noSuchID(campaignInfo)
	}
	p["campaign"] = id
	return call(ctx, c, campaignInfo, p, func(a answer) (*Campaign, error) { return decodeCampaign(a, id) })
}

// CampaignPush is a message to everybody who has saved a coupon of a campaign in a mobile wallet.
type CampaignPush struct {
	// Campaign is the id: "cam_…".
	Campaign string
	// Message is the text. It must not be empty.
	Message string
}

// PushToCampaign shows a message on the phone of everybody who has saved a coupon of the campaign in a mobile wallet. It is
// never repeated: after an error, [ClassOf] says whether it may have been sent. An unknown campaign gives [ErrNotFound].
//
// API: POST /v3/coupon/pushnotification/all
func (c *Client) PushToCampaign(ctx context.Context, push CampaignPush) error {
	p := params{"campaign": prefixed("cam_", push.Campaign)}
	return c.push(ctx, pushCampaign, p, push.Message)
}

// SessionPush is a message to one person who has saved a coupon in a mobile wallet.
type SessionPush struct {
	// Campaign is the id: "cam_…".
	Campaign string
	// Session is that person's session code, or its first six characters.
	Session string
	// Message is the text. It must not be empty.
	Message string
}

// PushToSession shows a message on the phone of one person who has saved a coupon in a mobile wallet. It is never repeated:
// after an error, [ClassOf] says whether it may have been sent. An unknown session gives [ErrNotFound].
//
// API: POST /v3/coupon/pushnotification/single
func (c *Client) PushToSession(ctx context.Context, push SessionPush) error {
	p := params{"campaign": prefixed("cam_", push.Campaign), "couponsession": anyID(push.Session)}
	return c.push(ctx, pushSession, p, push.Message)
}

// push calls a push route. p holds the ids of the recipients.
func (c *Client) push(ctx context.Context, r *route, p params, message string) error {
	for _, id := range p {
		if id == "" {
			return noSuchID(r)
		}
	}
	if strings.TrimSpace(message) == "" {
		return impossible(r, "the message is empty")
	}
	p["message"] = message
	return do(ctx, c, r, p)
}

// do makes a call of which only the verdict matters.
func do(ctx context.Context, c *Client, r *route, p payload) error {
	_, err := call(ctx, c, r, p, func(answer) (struct{}, error) { return struct{}{}, nil })
	return err
}

func decodeCampaigns(a answer) ([]Campaign, error) {
	list, ok := a.list("couponinfo", "coupon", "coupons", "campaign", "campaigns", "couponlist", "campaignlist", "campaigninfo")
	if !ok {
		return nil, a.misread("list of campaigns")
	}
	return decodeEach(list, decodeListedCampaign)
}

func decodeCampaign(a answer, id string) (*Campaign, error) {
	f, ok := a.one("couponinfo", "coupon", "campaign", "campaigninfo")
	if !ok {
		return nil, a.misread("campaign")
	}
	c, ok := decodeListedCampaign(f)
	if !ok {
		// The answer may omit the id: it answers a request by id.
		c.ID = id
	}
	if c.Name == "" {
		return nil, a.misread("campaign")
	}
	return &c, nil
}

func decodeListedCampaign(f fields) (Campaign, bool) {
	t := fieldReader{fields: f}
	c := Campaign{
		ID:      prefixed("cam_", t.text("id", "campaignid", "couponid")),
		Code:    t.text("code", "campaigncode"),
		Name:    t.text("name", "campaignname", "internalname"),
		Title:   t.text("title"),
		Status:  t.text("status"),
		URL:     t.link("url", "campaignurl"),
		Expires: t.time("expirydate", "expires", "expiresat"),
	}
	c.Codes = decodeCodeStats(&t)
	c.Extra = t.unread()
	c.Name = either(c.Name, either(c.Title, c.ID))
	return c, c.ID != ""
}

// decodeCodeStats finds the two counts. Their names aren't documented: among the names about codes, the one that says
// claimed, used or validated is the second count.
func decodeCodeStats(t *fieldReader) *CodeStats {
	found := make(map[bool]int)
	collect := func(members fields, mark func(key string)) {
		for _, m := range members {
			if n, ok := wholeNumber(m.value); ok && strings.Contains(m.key, "code") {
				found[containsAny(m.key, "claimed", "used", "validated")] = n
				mark(m.key)
			}
		}
	}
	collect(t.fields, func(key string) { t.markRead(key) })
	for _, holder := range []string{"usagestats", "stats", "statistics"} {
		collect(t.object(holder), func(string) { t.markRead(holder) })
	}
	if len(found) == 0 {
		return nil
	}
	return &CodeStats{Total: found[false], Claimed: found[true]}
}

func containsAny(s string, words ...string) bool {
	return slices.ContainsFunc(words, func(w string) bool { return strings.Contains(s, w) })
}

func probeCampaigns(ctx context.Context, c *Client, ids *ProbeIDs) (string, error) {
	list, err := c.Campaigns(ctx, CampaignsOptions{})
	return probeList(list, err, "campaigns", func(x Campaign) { ids.campaign = x.ID })
}

func probeCampaign(ctx context.Context, c *Client, ids *ProbeIDs) (string, error) {
	return probeOne(ids.campaign, "a campaign", func() (*Campaign, error) { return c.Campaign(ctx, ids.campaign) })
}
