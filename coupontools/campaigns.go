package coupontools

import (
	"context"
	"slices"
	"strings"
	"time"
)

// Campaign is a coupon that many people can get. Older pages of the API call it campaign, newer ones coupon.
type Campaign struct {
	// ID is "cam_" and digits.
	ID string
	// Code is the part of the public address that names the campaign. It may be empty.
	Code string
	// Name is what the owner calls it, Title what people see; each at most 300 characters. Name is the ID if there is neither.
	Name, Title string
	// Status is "active" or "example", or another word that the API does not document.
	Status string
	// URL is the public address, empty if there is none that is a web address.
	URL string
	// Expires is the end of the campaign, in its own time zone; the zero time if it is not told.
	Expires time.Time
	// Codes are its own validation codes, nil if they were not asked for or not told.
	Codes *CodeStats
	// Extra are up to 30 fields that this type has no name for, under the API's names, each value at most 300 characters.
	Extra map[string]string
}

// Ident returns the id and the name.
func (c Campaign) Ident() (id, name string) { return c.ID, c.Name }

// CodeStats count the validation codes that an owner brought along for a campaign.
type CodeStats struct{ Total, Claimed int }

// CampaignsOptions say which campaigns [Client.Campaigns] returns: of all that are set, those to which all apply.
type CampaignsOptions struct {
	// ActiveOnly leaves out all whose status is not active.
	ActiveOnly bool
	// Folder is the id of a folder.
	Folder string
	// Tags are tags of which a campaign has one or more.
	Tags []string
	// Category is an id, "cat_…".
	Category string
}

// Campaigns returns the account's campaigns. A folder that is not known gives [ErrNotFound].
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

// CampaignPush is a message to everybody who keeps a coupon of a campaign in a mobile wallet.
type CampaignPush struct {
	// Campaign is the id: "cam_…".
	Campaign string
	// Message is the text. It must not be empty.
	Message string
}

// PushToCampaign shows a message on the phone of everybody who keeps a coupon of the campaign in a mobile wallet. It is
// never repeated: after an error, [ClassOf] says whether it may have been sent. An unknown campaign gives [ErrNotFound].
//
// API: POST /v3/coupon/pushnotification/all
func (c *Client) PushToCampaign(ctx context.Context, push CampaignPush) error {
	p := params{"campaign": prefixed("cam_", push.Campaign)}
	return c.push(ctx, pushCampaign, p, push.Message)
}

// SessionPush is a message to one person who keeps a coupon in a mobile wallet.
type SessionPush struct {
	// Campaign is the id: "cam_…".
	Campaign string
	// Session is that person's code, or its first six characters.
	Session string
	// Message is the text. It must not be empty.
	Message string
}

// PushToSession shows a message on the phone of one person who keeps a coupon in a mobile wallet. It is never repeated:
// after an error, [ClassOf] says whether it may have been sent. An unknown session gives [ErrNotFound].
//
// API: POST /v3/coupon/pushnotification/single
func (c *Client) PushToSession(ctx context.Context, push SessionPush) error {
	p := params{"campaign": prefixed("cam_", push.Campaign), "couponsession": anyID(push.Session)}
	return c.push(ctx, pushSession, p, push.Message)
}

// push calls a route for push messages. Its parameters are the ids of whom the message is for.
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

// do makes a call of whose answer nothing but the verdict is needed.
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
		// The answer says no id, but is the answer to one.
		c.ID = id
	}
	if c.Name == "" {
		return nil, a.misread("campaign")
	}
	return &c, nil
}

func decodeListedCampaign(f fields) (Campaign, bool) {
	t := taker{fields: f}
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
	c.Extra = t.rest()
	c.Name = either(c.Name, either(c.Title, c.ID))
	return c, c.ID != ""
}

// decodeCodeStats finds the two counts. Their names are not documented: of all names that have to do with codes, the one
// that says claimed, used or validated is the second.
func decodeCodeStats(t *taker) *CodeStats {
	found := make(map[bool]int)
	read := func(members fields, mark func(key string)) {
		for _, m := range members {
			if n, ok := number(m.value); ok && strings.Contains(m.key, "code") {
				found[containsAny(m.key, "claimed", "used", "validated")] = n
				mark(m.key)
			}
		}
	}
	read(t.fields, func(key string) { t.know(key) })
	for _, holder := range []string{"usagestats", "stats", "statistics"} {
		read(t.object(holder), func(string) { t.know(holder) })
	}
	if len(found) == 0 {
		return nil
	}
	return &CodeStats{Total: found[false], Claimed: found[true]}
}

func containsAny(s string, words ...string) bool {
	return slices.ContainsFunc(words, func(w string) bool { return strings.Contains(s, w) })
}
