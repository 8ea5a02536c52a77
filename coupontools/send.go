package coupontools

import (
	"context"
	"log/slog"
	"regexp"
	"slices"
	"strings"
	"unicode"
)

// Email is a directory, a campaign or a loyalty card for one e-mail address.
type Email struct {
	// Directory, Campaign and LoyaltyCard are ids ("dir_…", "cam_…"). Exactly one must be set.
	Directory, Campaign, LoyaltyCard string
	// To is a single address without a name.
	To string
	// Subject may be empty: the API then uses its own.
	Subject string
	// FirstName and LastName are the recipient's, for a campaign's coupon. They may be empty.
	FirstName, LastName string
	// Unique, for a campaign, skips an address that has received it before.
	Unique bool
	// Session, for a campaign, is the code of an existing session to send instead of a new one.
	Session string
}

// LogValue leaves out the address.
func (e Email) LogValue() slog.Value { return slog.StringValue("e-mail of " + e.object()) }

// object returns the id of what is sent.
func (e Email) object() string { return sendable(e.Directory, e.Campaign, e.LoyaltyCard) }

// SMS is a directory, a campaign or a loyalty card for one phone.
type SMS struct {
	// Directory, Campaign and LoyaltyCard are ids ("dir_…", "cam_…"). Exactly one must be set. Loyalty cards by text message
	// aren't documented; that the API supports them is an assumption.
	Directory, Campaign, LoyaltyCard string
	// To is the number in E.164: "+32470000001".
	To string
	// Body is the text. The API appends the link. It may be empty.
	Body string
}

// LogValue leaves out the number.
func (s SMS) LogValue() slog.Value { return slog.StringValue("text message of " + s.object()) }

// object returns the id of what is sent.
func (s SMS) object() string { return sendable(s.Directory, s.Campaign, s.LoyaltyCard) }

// sendable returns the one id that is set, "" if it is malformed or if not exactly one is set.
func sendable(directory, campaign, card string) string {
	ids := slices.DeleteFunc([]string{directory, campaign, card}, func(id string) bool { return id == "" })
	if len(ids) != 1 {
		return ""
	}
	return either(prefixed("dir_", directory), either(prefixed("cam_", campaign), anyID(card)))
}

// Sent is the API's answer to an accepted send. Every field may be empty.
type Sent struct {
	// Action is what the API did: "email_sent".
	Action string
	// Code and URL are the single-use session created for the recipient, if any.
	Code, URL string
}

// SendEmail sends a directory, a campaign's coupon or a loyalty card by e-mail. It is never repeated: after an error,
// [ClassOf] says whether it may have been sent. An unknown object gives [ErrNotFound].
//
// API: POST /v3/send/email
func (c *Client) SendEmail(ctx context.Context, e Email) (*Sent, error) {
	if strings.Count(e.To, "@") != 1 || strings.ContainsFunc(e.To, unsafeInAddress) {
		return nil, impossible(sendEmail, "the address is not one bare e-mail address")
	}
	if strings.ContainsFunc(e.Subject, unicode.IsControl) {
		return nil, impossible(sendEmail, "the subject has a control character")
	}
	object := e.object()
	session, ok := optionalID("", e.Session)
	if object == "" || !ok {
		return nil, noSuchID(sendEmail)
	}
	// The field is called campaign for every kind of object: the id's prefix tells them apart.
	p := params{"campaign": object, "email": e.To}
	p.set("subject", e.Subject)
	p.set("firstname", e.FirstName)
	p.set("lastname", e.LastName)
	p.setTrue("check_unique", e.Unique)
	p.set("couponsession", session)
	return call(ctx, c, sendEmail, p, decodeSent)
}

// unsafeInAddress reports whether r can't be in a single e-mail address.
func unsafeInAddress(r rune) bool {
	return unicode.IsSpace(r) || unicode.IsControl(r) || strings.ContainsRune(",;<>", r)
}

var e164 = regexp.MustCompile(`^\+[1-9]\d{6,14}$`)

// SendSMS sends a directory, a campaign's coupon or a loyalty card by text message. It is never repeated: after an error,
// [ClassOf] says whether it may have been sent. An unknown object gives [ErrNotFound].
//
// API: POST /v3/send/sms
func (c *Client) SendSMS(ctx context.Context, s SMS) (*Sent, error) {
	if !e164.MatchString(s.To) {
		return nil, impossible(sendSMS, "the phone number is not in E.164 form")
	}
	object := s.object()
	if object == "" {
		return nil, noSuchID(sendSMS)
	}
	p := params{"campaign": object, "phone": s.To}
	p.set("body", s.Body)
	return call(ctx, c, sendSMS, p, decodeSent)
}
