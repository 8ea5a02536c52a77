package coupontools

import (
	"context"
	"log/slog"
	"strconv"
)

// maxCopyName bounds the name of a copy, in characters. (Coupontools: v4 copy loyalty card.)
const maxCopyName = 50

// CopyLoyaltyCardV4 copies a card and returns the copy. An empty name leaves the naming to the API. It is never repeated. An
// unknown card gives [ErrNotFound].
//
// API: POST /v4/loyalty/loyalty-cards/{card}/copy
func (c *Client) CopyLoyaltyCardV4(ctx context.Context, card, name string) (*LoyaltyCard, error) {
	card = numeric(card)
	switch {
	case card == "":
		return nil, noSuchID(loyaltyCopyV4)
	case len([]rune(name)) > maxCopyName:
		return nil, impossible(loyaltyCopyV4, "the name is longer than 50 characters")
	}
	p := params{}
	p.set("name", name)
	return call(ctx, c, loyaltyCopyV4.withIDs(card), p, func(a answer) (*LoyaltyCard, error) {
		f, _ := a.one("loyaltycard", "card")
		// The answer may be empty: the copy was created.
		made, _ := decodeListedCard(f)
		return &made, nil
	})
}

// LoyaltyUserV4Fields are the editable fields of a loyalty user. Empty ones are omitted.
type LoyaltyUserV4Fields struct {
	FirstName, LastName, Address, Zip, City, Phone, Email string
	// Custom are the owner's own fields.
	Custom [8]string
}

// LogValue hides the personal data.
func (LoyaltyUserV4Fields) LogValue() slog.Value {
	return slog.StringValue("the fields of a loyalty user")
}

func (u LoyaltyUserV4Fields) params() params {
	p := params{}
	p.set("first_name", u.FirstName)
	p.set("last_name", u.LastName)
	p.set("address", u.Address)
	p.set("zip", u.Zip)
	p.set("city", u.City)
	p.set("phone", u.Phone)
	p.set("email", u.Email)
	for i, value := range u.Custom {
		p.set("custom_"+strconv.Itoa(i+1), value)
	}
	return p
}

// CreateLoyaltyUserV4 gives a new person a card and returns the new id. It is never repeated. An unknown card gives
// [ErrNotFound].
//
// API: POST /v4/loyalty/loyalty-cards/{card}/stats
func (c *Client) CreateLoyaltyUserV4(ctx context.Context, card string, u LoyaltyUserV4Fields) (string, error) {
	card = numeric(card)
	if card == "" {
		return "", noSuchID(loyaltyCreateV4)
	}
	return call(ctx, c, loyaltyCreateV4.withIDs(card), u.params(), func(a answer) (string, error) {
		return decodeNewID(a, "user", "stats")
	})
}

// CreateLoyaltyUsersV4 gives many new people a card in one call and returns the new ids the API gives. It is never repeated.
// An unknown card gives [ErrNotFound].
//
// API: POST /v4/loyalty/loyalty-cards/{card}/stats/bulk
func (c *Client) CreateLoyaltyUsersV4(ctx context.Context, card string, users []LoyaltyUserV4Fields) ([]string, error) {
	card = numeric(card)
	switch {
	case card == "":
		return nil, noSuchID(loyaltyBulkV4)
	case len(users) == 0:
		return nil, impossible(loyaltyBulkV4, "there is nobody to make")
	}
	list := make(records, len(users))
	for i, u := range users {
		list[i] = u.params()
	}
	return call(ctx, c, loyaltyBulkV4.withIDs(card), list, func(a answer) ([]string, error) {
		var ids []string
		made, _ := a.list("user", "users", "stats")
		for _, raw := range made {
			if id := anyID(fieldsOf(raw).text("id")); id != "" {
				ids = append(ids, id)
			}
		}
		return ids, nil
	})
}
