package coupontools

import (
	"context"
	"log/slog"
	"net/mail"
	"strings"
	"time"
)

// LoyaltyCard is a card on which people collect points or stamps.
type LoyaltyCard struct {
	// ID identifies the card. Its v3 form isn't documented; in v4 it is a number.
	ID string
	// Code is the part of the public URL that names the card. It may be empty.
	Code string
	// Name is the owner's name for it, at most 300 characters; the ID if it has none.
	Name string
	// URL is the public address, empty if the API gives no valid web address. v4 gives the domain only.
	URL, Domain string
	// Type is "membership", "stamp" or another word that the API doesn't document.
	Type string
	// Status is empty in v4.
	Status string
}

// Ident returns the id and the name.
func (c LoyaltyCard) Ident() (id, name string) { return c.ID, c.Name }

// LoyaltyUser is a person with a loyalty card. Everything in it but the ID is personal data: it logs as its ID only.
type LoyaltyUser struct {
	// ID identifies the person. Its v3 form isn't documented; in v4 it is a number.
	ID        string
	FirstName string
	LastName  string
	Email     string
	Phone     string
	// Points are points or stamps, depending on the card.
	Points int
	// Voided is true if the card can no longer be used.
	Voided bool
	// Created is when the person got the card, in UTC; the zero time if not given.
	Created time.Time
	// Extra are up to 30 fields that have no field here, by the API's names, each value at most 300 characters.
	Extra map[string]string
}

// Name returns first and last name, where given.
func (u LoyaltyUser) Name() string { return strings.TrimSpace(u.FirstName + " " + u.LastName) }

// LogValue returns the ID only.
func (u LoyaltyUser) LogValue() slog.Value { return slog.StringValue(u.ID) }

// LoyaltyCardsOptions filter [Client.LoyaltyCards].
type LoyaltyCardsOptions struct {
	// ActiveOnly leaves out cards that aren't active.
	ActiveOnly bool
}

// LoyaltyCards returns the account's loyalty cards, oldest first.
//
// API: POST /v3/loyalty/list
func (c *Client) LoyaltyCards(ctx context.Context, o LoyaltyCardsOptions) ([]LoyaltyCard, error) {
	p := params{}
	p.setTrue("only_active", o.ActiveOnly)
	return call(ctx, c, loyaltyList, p, decodeLoyaltyCards)
}

// LoyaltyCard returns one loyalty card. An unknown id gives [ErrNotFound].
//
// API: POST /v3/loyalty/info
func (c *Client) LoyaltyCard(ctx context.Context, id string) (*LoyaltyCard, error) {
	id = anyID(id)
	if id == "" {
		return nil, noSuchID(loyaltyInfo)
	}
	return call(ctx, c, loyaltyInfo, params{"loyaltycard": id}, func(a answer) (*LoyaltyCard, error) {
		return decodeLoyaltyCard(a, id)
	})
}

// LoyaltyUsers returns all users of a card. The API doesn't page here. An unknown card gives [ErrNotFound].
//
// API: POST /v3/loyaltyusers/list
func (c *Client) LoyaltyUsers(ctx context.Context, card string) ([]LoyaltyUser, error) {
	card = anyID(card)
	if card == "" {
		return nil, noSuchID(loyaltyUsers)
	}
	return call(ctx, c, loyaltyUsers, params{"loyaltycard": card}, decodeLoyaltyUsers)
}

// LinkLoyaltyUser gives a person a loyalty card. It is never repeated. An unknown card or user gives [ErrNotFound].
//
// API: POST /v3/loyaltyusers/link
func (c *Client) LinkLoyaltyUser(ctx context.Context, card, user string) error {
	p := params{"loyaltycard": anyID(card), "user": anyID(user)}
	if p["loyaltycard"] == "" || p["user"] == "" {
		return noSuchID(loyaltyLink)
	}
	return do(ctx, c, loyaltyLink, p)
}

// LoyaltyUserUpdate is a change to one person's card.
type LoyaltyUserUpdate struct {
	// Card and User are the ids.
	Card, User string
	// Points and Stamps are added; negative values are subtracted.
	Points, Stamps int
	// Voided voids the card or makes it valid again. Nil leaves it as it is.
	Voided *bool
}

// UpdateLoyaltyUser adds points or stamps to a person's card, or voids it. It returns the new balance, 0 if the API doesn't
// give it. It is never repeated, since the points would be added twice. An unknown card or user gives [ErrNotFound].
//
// API: POST /v3/loyaltyusers/update
func (c *Client) UpdateLoyaltyUser(ctx context.Context, u LoyaltyUserUpdate) (points int, err error) {
	p := u.params()
	if len(p) == 0 {
		return 0, impossible(loyaltyUpdate, "there is nothing to change")
	}
	p["loyaltycard"], p["user"] = anyID(u.Card), anyID(u.User)
	if p["loyaltycard"] == "" || p["user"] == "" {
		return 0, noSuchID(loyaltyUpdate)
	}
	return call(ctx, c, loyaltyUpdate, p, decodePoints)
}

func (u LoyaltyUserUpdate) params() params {
	p := params{}
	if u.Points != 0 {
		p["points"] = u.Points
	}
	if u.Stamps != 0 {
		p["stamps"] = u.Stamps
	}
	if u.Voided != nil {
		p["void"] = *u.Voided
	}
	return p
}

// LoyaltyPush is a message to people who have saved a loyalty card in a mobile wallet.
type LoyaltyPush struct {
	// Card is the id.
	Card string
	// User is the id of the recipient. [Client.PushToLoyaltyCard] ignores it.
	User string
	// Message is the text. It must not be empty.
	Message string
}

// PushToLoyaltyUser shows a message on the phone of one person who has saved the card in a mobile wallet. It is never
// repeated: after an error, [ClassOf] says whether it may have been sent. An unknown card or user gives [ErrNotFound].
//
// API: POST /v3/loyalty/pushnotification/single
func (c *Client) PushToLoyaltyUser(ctx context.Context, push LoyaltyPush) error {
	return c.push(ctx, pushHolder, params{"loyaltycard": anyID(push.Card), "user": anyID(push.User)}, push.Message)
}

// PushToLoyaltyCard shows a message on the phone of everybody who has saved the card in a mobile wallet. It is never
// repeated: after an error, [ClassOf] says whether it may have been sent. An unknown card gives [ErrNotFound].
//
// API: POST /v3/loyalty/pushnotification/all
func (c *Client) PushToLoyaltyCard(ctx context.Context, push LoyaltyPush) error {
	return c.push(ctx, pushCard, params{"loyaltycard": anyID(push.Card)}, push.Message)
}

// date formats a day for the API, "" for the zero time.
func date(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.Format(time.DateOnly)
}

// bareAddress reports whether s is a single e-mail address without a name.
func bareAddress(s string) bool {
	address, err := mail.ParseAddress(s)
	return err == nil && address.Address == s
}

func decodeLoyaltyCards(a answer) ([]LoyaltyCard, error) {
	list, ok := a.list("loyaltycard", "loyaltycards", "loyalty", "card", "cards", "loyaltyinfo", "loyaltylist")
	if !ok {
		return nil, a.misread("list of loyalty cards")
	}
	return decodeEach(list, decodeListedCard)
}

func decodeLoyaltyCard(a answer, id string) (*LoyaltyCard, error) {
	f, ok := a.one("loyaltycard", "loyalty", "card", "loyaltyinfo")
	if !ok {
		return nil, a.misread("loyalty card")
	}
	card, ok := decodeListedCard(f)
	if !ok {
		// The answer may omit the id: it answers a request by id.
		card.ID = id
	}
	if card.Name == "" {
		return nil, a.misread("loyalty card")
	}
	return &card, nil
}

func decodeListedCard(f fields) (LoyaltyCard, bool) {
	c := LoyaltyCard{
		ID: anyID(f.text("id", "loyaltycardid", "cardid")), Code: f.text("code"), Name: f.text("name", "title"),
		URL: f.link("url"), Domain: f.text("domain"), Type: f.text("type"), Status: f.text("status"),
	}
	c.Name = either(c.Name, c.ID)
	return c, c.ID != ""
}

func decodeLoyaltyUsers(a answer) ([]LoyaltyUser, error) {
	list, ok := a.list("user", "users", "loyaltyuser", "loyaltyusers", "stats")
	if !ok {
		return nil, a.misread("list of loyalty users")
	}
	return decodeEach(list, decodeLoyaltyUser)
}

func decodeLoyaltyUser(f fields) (LoyaltyUser, bool) {
	t := fieldReader{fields: f}
	u := LoyaltyUser{
		ID:        anyID(t.text("id", "userid", "user", "loyaltyuserid")),
		FirstName: t.text("firstname"),
		LastName:  t.text("lastname"),
		Email:     t.text("email", "emailaddress", "mail"),
		Phone:     t.text("phone", "phonenumber", "mobile"),
		Points:    t.count("points", "stamps", "amountofpoints", "amountofstamps", "balance"),
		Voided:    t.flag("voided", "void"),
		Created:   t.time("createdat", "created", "createddate", "registrationdate"),
	}
	if u.FirstName == "" && u.LastName == "" {
		u.FirstName = t.text("name", "fullname")
	}
	u.Extra = t.unread()
	return u, u.ID != ""
}

// decodeNewID reads the id of a new object from one of the names. An answer without an id is fine: the object was created.
func decodeNewID(a answer, names ...string) (string, error) {
	for _, name := range names {
		if id := anyID(a.top.object(name).text("id", name+"id")); id != "" {
			return id, nil
		}
		if id := anyID(a.top.text(name, name+"id")); id != "" {
			return id, nil
		}
	}
	return anyID(a.top.text("id")), nil
}

// decodePoints reads a card's balance after a change.
func decodePoints(a answer) (int, error) {
	for _, f := range []fields{a.top, a.top.object("user"), a.top.object("loyaltycard"), a.top.object("data")} {
		if n := f.count("points", "stamps", "balance"); n != 0 {
			return n, nil
		}
	}
	return 0, nil
}

func probeLoyaltyCards(ctx context.Context, c *Client, ids *ProbeIDs) (string, error) {
	list, err := c.LoyaltyCards(ctx, LoyaltyCardsOptions{})
	return probeList(list, err, "loyalty cards", func(x LoyaltyCard) { ids.card = x.ID })
}

func probeLoyaltyCard(ctx context.Context, c *Client, ids *ProbeIDs) (string, error) {
	return probeOne(ids.card, "a loyalty card", func() (*LoyaltyCard, error) { return c.LoyaltyCard(ctx, ids.card) })
}

func probeLoyaltyUsers(ctx context.Context, c *Client, ids *ProbeIDs) (string, error) {
	return probeListOf(ids.card, "a loyalty card", func() ([]LoyaltyUser, error) { return c.LoyaltyUsers(ctx, ids.card) }, "users", nil)
}
