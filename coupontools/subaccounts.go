package coupontools

import (
	"context"
	"log/slog"
	"strings"
	"time"
)

// Subaccount is an account that belongs to the client's account. It logs as its ID only.
type Subaccount struct {
	// ID is "sub_" and digits.
	ID string
	// Username, Company and so on are as entered; each may be empty.
	Username, Company, FirstName, LastName, Email string
	// Package is "pac_" and digits: the subscription, which limits what the subaccount may do.
	Package string
	// Language is a code of two letters, Currency an ISO 4217 code.
	Language, Currency string
	// LastLogin is in a time zone that the API doesn't state; UTC is assumed. It is the zero time if not given.
	LastLogin time.Time
	Logins    int
	// MaxCampaigns is how many campaigns it may have, CampaignCount how many it has.
	MaxCampaigns, CampaignCount int
	// Expires is the day on which it ends; the zero time if never.
	Expires time.Time
	// Key and Secret are its own client id and secret, which grant full access to it.
	Key, Secret Secret
	// Webhook is the URL that receives its events, empty if none.
	Webhook string
	// Campaigns are its campaigns, with ID, Code, URL and Status only.
	Campaigns []Campaign
	// Access are the parts of the dashboard it may see, in the API's words. Only [Client.Subaccount] fills them.
	Access []string
}

// Name returns the best name for display.
func (s Subaccount) Name() string {
	person := strings.TrimSpace(s.FirstName + " " + s.LastName)
	return either(s.Company, either(s.Username, either(person, s.ID)))
}

// Ident returns the id and the name.
func (s Subaccount) Ident() (id, name string) { return s.ID, s.Name() }

// LogValue returns the ID only.
func (s Subaccount) LogValue() slog.Value { return slog.StringValue(s.ID) }

// Subaccounts returns all subaccounts. The keys of a subaccount can't do this: they give an error of class [Refused] with
// code 102.
//
// API: POST /v4/subaccount/list
func (c *Client) Subaccounts(ctx context.Context) ([]Subaccount, error) {
	return call(ctx, c, subaccountList, nil, decodeSubaccounts)
}

// Subaccount returns one subaccount. An unknown id gives [ErrNotFound].
//
// API: POST /v4/subaccount
func (c *Client) Subaccount(ctx context.Context, id string) (*Subaccount, error) {
	if id = prefixed("sub_", id); id == "" {
		return nil, noSuchID(subaccountInfo)
	}
	return call(ctx, c, subaccountInfo, params{"subaccount": id}, decodeSubaccount)
}

// The statuses of [SubaccountFields].
const (
	SubaccountTrial    = "trial"
	SubaccountCustomer = "customer"
)

// SubaccountFields are the editable fields of a subaccount. Empty ones are omitted. There is no password: the API mails the
// owner a link to set one.
type SubaccountFields struct {
	// Email is one bare address.
	Email string
	// Package is "pac_…": the subscription, which limits what the subaccount may do.
	Package string
	// Status is [SubaccountTrial], [SubaccountCustomer] or empty.
	Status                       string
	FirstName, LastName, Company string
	// Country is an ISO 3166 code of two letters.
	Country string
	// Expires is the day on which it ends; its time of day is ignored.
	Expires time.Time
}

// LogValue hides the personal data.
func (SubaccountFields) LogValue() slog.Value { return slog.StringValue("the fields of a subaccount") }

// params checks the fields and returns them as parameters.
func (s SubaccountFields) params(r *route) (params, error) {
	pack, ok := optionalID("pac_", s.Package)
	switch {
	case !ok:
		return nil, impossible(r, "the package is no id")
	case s.Email != "" && !bareAddress(s.Email):
		return nil, impossible(r, "the address is not one bare e-mail address")
	case s.Status != "" && s.Status != SubaccountTrial && s.Status != SubaccountCustomer:
		return nil, impossible(r, "the status must be trial or customer")
	}
	p := params{}
	p.set("email", s.Email)
	p.set("package", pack)
	p.set("status", s.Status)
	p.set("first_name", s.FirstName)
	p.set("last_name", s.LastName)
	p.set("company_name", s.Company)
	p.set("country", s.Country)
	p.set("expiry_date", date(s.Expires))
	return p, nil
}

// CreateSubaccount creates a subaccount and mails its owner a link to set a password. Email is required. It returns what the
// API answers, which may be the ID only. It is never repeated. An e-mail address that already has an account gives an error
// of class [Refused] with code 304.
//
// API: POST /v4/subaccount/create
func (c *Client) CreateSubaccount(ctx context.Context, s SubaccountFields) (*Subaccount, error) {
	if s.Email == "" {
		return nil, impossible(subaccountCreate, "the address is missing")
	}
	p, err := s.params(subaccountCreate)
	if err != nil {
		return nil, err
	}
	return call(ctx, c, subaccountCreate, p, decodeMadeSubaccount)
}

// UpdateSubaccount changes the non-empty fields of a subaccount. It is idempotent, so it is retried like a read. An unknown
// id gives [ErrNotFound].
//
// API: POST /v4/subaccount/update
func (c *Client) UpdateSubaccount(ctx context.Context, id string, s SubaccountFields) (*Subaccount, error) {
	p, err := s.params(subaccountUpdate)
	if err != nil {
		return nil, err
	}
	if id = prefixed("sub_", id); id == "" {
		return nil, noSuchID(subaccountUpdate)
	}
	if len(p) == 0 {
		return nil, impossible(subaccountUpdate, "there is nothing to change")
	}
	p["subaccount"] = id
	return call(ctx, c, subaccountUpdate, p, decodeMadeSubaccount)
}

func decodeSubaccounts(a answer) ([]Subaccount, error) {
	list, ok := a.list("subaccount", "subaccounts")
	if !ok {
		return nil, a.misread("list of subaccounts")
	}
	return decodeEach(list, decodeListedSubaccount)
}

func decodeSubaccount(a answer) (*Subaccount, error) {
	f, ok := a.one("subaccount", "subaccounts")
	if !ok {
		return nil, a.misread("subaccount")
	}
	s, known := decodeListedSubaccount(f)
	if !known {
		return nil, a.misread("subaccount")
	}
	return &s, nil
}

// decodeMadeSubaccount reads a subaccount that was created or changed. The answer may be empty.
func decodeMadeSubaccount(a answer) (*Subaccount, error) {
	f, _ := a.one("subaccount", "subaccounts")
	s, ok := decodeListedSubaccount(f)
	if !ok {
		s.ID = prefixed("sub_", a.top.text("subaccount"))
	}
	return &s, nil
}

func decodeListedSubaccount(f fields) (Subaccount, bool) {
	s := Subaccount{
		ID:            prefixed("sub_", f.text("id", "subaccountid", "subaccount")),
		Username:      f.text("username"),
		Company:       f.text("companyname", "company"),
		FirstName:     f.text("firstname"),
		LastName:      f.text("lastname"),
		Email:         f.text("email"),
		Package:       prefixed("pac_", f.text("package")),
		Language:      f.text("language"),
		Currency:      f.text("currency"),
		LastLogin:     f.time("lastlogin"),
		Logins:        f.count("amountlogin", "amountlogins"),
		MaxCampaigns:  f.count("maxcampaigns"),
		CampaignCount: f.count("hascampaigns"),
		Expires:       f.time("expirydate"),
		Key:           Secret(f.text("apikey")),
		Secret:        Secret(f.text("apisecret")),
		Webhook:       f.link("webhookendpoint"),
	}
	// A subaccount without campaigns may have any blank value here, and malformed campaigns don't invalidate the subaccount.
	list, _ := elements(f.value("campaigns"))
	for _, raw := range list {
		if c, ok := decodeListedCampaign(fieldsOf(raw)); ok {
			s.Campaigns = append(s.Campaigns, c)
		}
	}
	for _, m := range f {
		if part, ok := strings.CutPrefix(m.key, "access"); ok && len(s.Access) < maxExtra && f.flag(m.key) {
			s.Access = append(s.Access, cut(clean(part), maxExtraKey))
		}
	}
	return s, s.ID != ""
}

func probeSubaccounts(ctx context.Context, c *Client, ids *ProbeIDs) (string, error) {
	list, err := c.Subaccounts(ctx)
	return probeList(list, err, "subaccounts", func(s Subaccount) { ids.subaccount = s.ID })
}

func probeSubaccount(ctx context.Context, c *Client, ids *ProbeIDs) (string, error) {
	return probeOne(ids.subaccount, "a subaccount", func() (*Subaccount, error) { return c.Subaccount(ctx, ids.subaccount) })
}
