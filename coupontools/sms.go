package coupontools

import (
	"context"
	"log/slog"
	"strconv"
	"strings"
	"time"
)

// SMSGroup is a list of people who receive text messages.
type SMSGroup struct {
	// ID is "gro_" and digits.
	ID string
	// Name is the owner's name for it, at most 300 characters; the ID if it has none.
	Name string
}

// Ident returns the id and the name.
func (g SMSGroup) Ident() (id, name string) { return g.ID, g.Name }

// SMSContact is a person in an [SMSGroup]. Everything in it but the ID is personal data: it logs as its ID only.
type SMSContact struct {
	// ID is "con_" and digits.
	ID string
	// Phone is the number as the API writes it: with the country code, without a plus ("32470000001").
	Phone     string
	FirstName string
	LastName  string
	// Unsubscribed is true if the person no longer wants messages.
	Unsubscribed bool
	// UnsubscribedAt is when that began, to the minute; the zero time if not given.
	UnsubscribedAt time.Time
}

// LogValue returns the ID only.
func (c SMSContact) LogValue() slog.Value { return slog.StringValue(c.ID) }

// SMSGroups returns all SMS groups of the account. An account without an SMS service gives an error of class
// [AccountRefused] with code 103.
//
// API: POST /v3/smstool/grouplist
func (c *Client) SMSGroups(ctx context.Context) ([]SMSGroup, error) {
	return call(ctx, c, smsGroupList, nil, decodeSMSGroups)
}

// SMSContacts returns all contacts of an SMS group, including unsubscribed ones. The API doesn't page here. An unknown group
// gives [ErrNotFound].
//
// API: POST /v3/smstool/userlist
func (c *Client) SMSContacts(ctx context.Context, group string) ([]SMSContact, error) {
	group = prefixed("gro_", group)
	if group == "" {
		return nil, noSuchID(smsContactList)
	}
	return call(ctx, c, smsContactList, params{"smsgroup": group}, decodeSMSContacts)
}

// AddSMSGroup creates an empty SMS group and returns its id. It is never repeated.
//
// API: POST /v3/smstool/addgroup
func (c *Client) AddSMSGroup(ctx context.Context, name string) (string, error) {
	if strings.TrimSpace(name) == "" {
		return "", impossible(smsGroupAdd, "the name is empty")
	}
	return call(ctx, c, smsGroupAdd, params{"group_name": name}, func(a answer) (string, error) {
		id, err := decodeNewID(a, "group")
		return prefixed("gro_", id), err
	})
}

// SMSContactAdd is a person to add to an SMS group.
type SMSContactAdd struct {
	// Group is the id: "gro_…".
	Group string
	// Phone is the number in E.164: "+32470000001".
	Phone               string
	FirstName, LastName string
	// Birthday is a date; its time of day is ignored. The zero time is none.
	Birthday time.Time
	// CustomFields are the owner's own fields.
	CustomFields [7]string
}

// LogValue names the group only.
func (a SMSContactAdd) LogValue() slog.Value { return slog.StringValue("a new contact of " + a.Group) }

// AddSMSContact adds a person to an SMS group and returns the contact's id, "" if the API doesn't give it. It is never
// repeated. An unknown group gives [ErrNotFound].
//
// API: POST /v3/smstool/addcontact
func (c *Client) AddSMSContact(ctx context.Context, add SMSContactAdd) (string, error) {
	group := prefixed("gro_", add.Group)
	switch {
	case group == "":
		return "", noSuchID(smsContactAdd)
	case !e164.MatchString(add.Phone):
		return "", impossible(smsContactAdd, "the phone number is not in E.164 form")
	}
	p := params{"smsgroup": group, "phone": add.Phone}
	p.set("first_name", add.FirstName)
	p.set("last_name", add.LastName)
	p.set("birthday", date(add.Birthday))
	for i, value := range add.CustomFields {
		p.set("customfield"+strconv.Itoa(i+1), value)
	}
	return call(ctx, c, smsContactAdd, p, func(a answer) (string, error) {
		id, err := decodeNewID(a, "contact")
		return prefixed("con_", id), err
	})
}

// EmailGroup is a list of people who receive e-mails.
type EmailGroup struct {
	// ID identifies the group. Its form isn't documented.
	ID string
	// Name is the owner's name for it, at most 300 characters; the ID if it has none.
	Name string
}

// Ident returns the id and the name.
func (g EmailGroup) Ident() (id, name string) { return g.ID, g.Name }

// EmailGroups returns all e-mail groups of the account. An account without an e-mail integration gives an error of class
// [AccountRefused] with code 103 or 104.
//
// API: POST /v3/emailtool/grouplist
func (c *Client) EmailGroups(ctx context.Context) ([]EmailGroup, error) {
	return call(ctx, c, emailGroupList, nil, func(a answer) ([]EmailGroup, error) {
		list, ok := a.list("group", "groups", "emailgroup", "emailgroups")
		if !ok {
			return nil, a.misread("list of e-mail groups")
		}
		return decodeEach(list, func(f fields) (EmailGroup, bool) {
			g := EmailGroup{ID: anyID(f.text("id", "groupid")), Name: f.text("name", "groupname")}
			g.Name = either(g.Name, g.ID)
			return g, g.ID != ""
		})
	})
}

func decodeSMSGroups(a answer) ([]SMSGroup, error) {
	list, ok := a.wholeList("group", "groups", "smsgroup", "smsgroups")
	if !ok {
		return nil, a.misread("whole list of SMS groups")
	}
	return decodeEach(list, func(f fields) (SMSGroup, bool) {
		g := SMSGroup{ID: prefixed("gro_", f.text("id", "groupid")), Name: f.text("name", "groupname")}
		g.Name = either(g.Name, g.ID)
		return g, g.ID != ""
	})
}

func decodeSMSContacts(a answer) ([]SMSContact, error) {
	list, ok := a.wholeList("contact", "contacts", "user", "users")
	if !ok {
		return nil, a.misread("whole list of SMS contacts")
	}
	return decodeEach(list, decodeSMSContact)
}

func decodeSMSContact(f fields) (SMSContact, bool) {
	c := SMSContact{
		ID:             prefixed("con_", f.text("id", "contactid")),
		Phone:          f.text("phone", "phonenumber", "mobile"),
		FirstName:      f.text("firstname"),
		LastName:       f.text("lastname"),
		UnsubscribedAt: f.time("unsubscribedate", "unsubscribeddate"),
	}
	said, ok := f.get("unsubscribed")
	switch strings.ToLower(textOf(said.value)) {
	case "0", "false", "no":
	default: // a contact that may have unsubscribed counts as one that has
		c.Unsubscribed = !blank(said.value) || !c.UnsubscribedAt.IsZero()
	}
	return c, c.ID != "" && ok
}

func probeSMSGroups(ctx context.Context, c *Client, ids *ProbeIDs) (string, error) {
	list, err := c.SMSGroups(ctx)
	return probeList(list, err, "SMS groups", func(g SMSGroup) { ids.group = g.ID })
}

func probeSMSContacts(ctx context.Context, c *Client, ids *ProbeIDs) (string, error) {
	return probeListOf(ids.group, "an SMS group", func() ([]SMSContact, error) { return c.SMSContacts(ctx, ids.group) }, "contacts", nil)
}

func probeEmailGroups(ctx context.Context, c *Client, _ *ProbeIDs) (string, error) {
	list, err := c.EmailGroups(ctx)
	return probeList(list, err, "e-mail groups", nil)
}
