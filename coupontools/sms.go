package coupontools

import (
	"context"
	"log/slog"
	"time"
)

// SMSGroup is a list of people who take text messages.
type SMSGroup struct {
	// ID is "gro_" and digits.
	ID string
	// Name is what the owner calls it, at most 300 characters; the ID if it has no name.
	Name string
}

// SMSContact is a person in an [SMSGroup]. Everything in it but the ID is that person's data: in logs it shows its ID only.
type SMSContact struct {
	// ID is "con_" and digits.
	ID string
	// Phone is the number as the API writes it: with the country's code, without a plus ("32470000001").
	Phone     string
	FirstName string
	LastName  string
	// Unsubscribed says that this person wants no messages any more.
	Unsubscribed bool
	// UnsubscribedAt is since when, to the minute; the zero time if that is not known.
	UnsubscribedAt time.Time
}

// LogValue returns the ID alone.
func (c SMSContact) LogValue() slog.Value { return slog.StringValue(c.ID) }

// SMSGroups returns all SMS groups of the account. An account without an SMS service gives a failure of the class
// [AccountRefused] with code 103.
//
// API: POST /v3/smstool/grouplist
func (c *Client) SMSGroups(ctx context.Context) ([]SMSGroup, error) {
	return call(ctx, c, smsGroupList, nil, decodeSMSGroups)
}

// SMSContacts returns all contacts of an SMS group, those who unsubscribed included. The API has no pages here. An unknown
// group gives [ErrNotFound].
//
// API: POST /v3/smstool/userlist
func (c *Client) SMSContacts(ctx context.Context, group string) ([]SMSContact, error) {
	group = prefixed("gro_", group)
	if group == "" {
		return nil, noSuchID(smsContactList)
	}
	return call(ctx, c, smsContactList, params{"smsgroup": group}, decodeSMSContacts)
}

func decodeSMSGroups(a answer) ([]SMSGroup, error) {
	list, ok := a.list("group", "groups", "smsgroup", "smsgroups")
	if !ok {
		return nil, a.misread("list of SMS groups")
	}
	return decodeEach(list, func(f fields) (SMSGroup, bool) {
		g := SMSGroup{ID: prefixed("gro_", f.text("id", "groupid")), Name: f.text("name", "groupname")}
		g.Name = either(g.Name, g.ID)
		return g, g.ID != ""
	})
}

func decodeSMSContacts(a answer) ([]SMSContact, error) {
	list, ok := a.list("contact", "contacts", "user", "users")
	if !ok {
		return nil, a.misread("list of SMS contacts")
	}
	return decodeEach(list, decodeSMSContact)
}

func decodeSMSContact(f fields) (SMSContact, bool) {
	c := SMSContact{
		ID:             prefixed("con_", f.text("id", "contactid")),
		Phone:          f.text("phone", "phonenumber", "mobile"),
		FirstName:      f.text("firstname"),
		LastName:       f.text("lastname"),
		Unsubscribed:   f.flag("unsubscribed"),
		UnsubscribedAt: f.time("unsubscribedate", "unsubscribeddate"),
	}
	return c, c.ID != ""
}
