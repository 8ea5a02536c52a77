package coupontools

import (
	"context"
	"slices"
)

// SignOn signs in as another user without a password, so treat it like one: it prints as a placeholder (see [Secret]) and
// must not be logged, stored or shown to anybody but the person who requested it.
type SignOn struct {
	// ID is the subaccount, teammate or user to sign in as. It may be empty.
	ID string
	// Token is the bare token. It may be empty.
	Token Secret
	// URL is a link that signs in, Whitelabel the same under the owner's own domain. Either may be empty.
	URL, Whitelabel Secret
}

// The pages that [SignOnOptions] can open.
const (
	PageCampaigns      = "campaigns"
	PageAddCampaign    = "add_campaign"
	PageUpdateCampaign = "update_campaign"
	PageStatistics     = "statistics"
	PageDistribution   = "distribution"
)

// SignOnOptions say which page to open after signing in.
type SignOnOptions struct {
	// Page is one of the Page constants, or empty for the first page.
	Page string
	// Campaign is the id that [PageUpdateCampaign] needs: "cam_…".
	Campaign string
}

// params checks the options and returns them as parameters.
func (o SignOnOptions) params(r *route) (params, error) {
	known := []string{"", PageCampaigns, PageAddCampaign, PageUpdateCampaign, PageStatistics, PageDistribution}
	campaign, ok := optionalID("cam_", o.Campaign)
	switch {
	case !ok:
		return nil, noSuchID(r)
	case !slices.Contains(known, o.Page):
		return nil, impossible(r, "there is no such page to sign in to")
	case o.Page == PageUpdateCampaign && campaign == "":
		return nil, impossible(r, "this page needs a campaign")
	}
	p := params{}
	p.set("page", o.Page)
	p.set("campaign", campaign)
	return p, nil
}

// SignOnAccount returns a link that signs in to the client's own account.
//
// API: POST /v3/account/sso
func (c *Client) SignOnAccount(ctx context.Context) (*SignOn, error) {
	return call(ctx, c, signOnAccount, nil, func(a answer) (*SignOn, error) { return decodeSignOn(a, "account", "sso") })
}

// SignOnTeammate returns a link that signs in as a teammate, given by number. An unknown teammate or campaign gives
// [ErrNotFound].
//
// API: POST /v3/teammate/sso
func (c *Client) SignOnTeammate(ctx context.Context, teammate string, o SignOnOptions) (*SignOn, error) {
	p, err := o.params(signOnTeammate)
	if err != nil {
		return nil, err
	}
	if teammate = numeric(teammate); teammate == "" {
		return nil, noSuchID(signOnTeammate)
	}
	p["teammate"] = teammate
	return call(ctx, c, signOnTeammate, p, func(a answer) (*SignOn, error) { return decodeSignOn(a, "teammate", "sso") })
}

// SignOnSubaccount returns a link that signs in to a subaccount. An unknown one gives [ErrNotFound].
//
// API: POST /v3/subaccount/sso
func (c *Client) SignOnSubaccount(ctx context.Context, id string, o SignOnOptions) (*SignOn, error) {
	p, err := o.params(signOnSubaccount)
	if err != nil {
		return nil, err
	}
	if id = prefixed("sub_", id); id == "" {
		return nil, noSuchID(signOnSubaccount)
	}
	p["subaccount"] = id
	return call(ctx, c, signOnSubaccount, p, func(a answer) (*SignOn, error) { return decodeSignOn(a, "subaccount", "sso") })
}

// SubaccountPasswordReset returns a link to reset a subaccount's password. An unknown subaccount gives [ErrNotFound].
//
// API: POST /v3/subaccount/reset/url
func (c *Client) SubaccountPasswordReset(ctx context.Context, id string) (*SignOn, error) {
	if id = prefixed("sub_", id); id == "" {
		return nil, noSuchID(subaccountReset)
	}
	return call(ctx, c, subaccountReset, params{"subaccount": id}, func(a answer) (*SignOn, error) {
		return decodeSignOn(a, "subaccount", "reset")
	})
}

// decodeSignOn reads a token and links, under one of the names or at the top.
func decodeSignOn(a answer, names ...string) (*SignOn, error) {
	candidates := []fields{a.top, a.top.object("data")}
	for _, name := range names {
		candidates = append(candidates, a.top.object(name), a.top.object("data").object(name))
	}
	for _, f := range candidates {
		s := SignOn{
			ID:         anyID(f.text("id", "subaccount", "teammate", "account", "user")),
			Token:      Secret(f.text("token", "ssotoken", "onetimetoken")),
			URL:        Secret(f.link("url", "ssourl", "reseturl", "loginurl", "link")),
			Whitelabel: Secret(f.link("urlwhitelabel", "whitelabelurl")),
		}
		if s.Token != "" || s.URL != "" {
			return &s, nil
		}
	}
	return nil, a.misread("sign-on link")
}
