package coupontools

import (
	"context"
	"log/slog"
	"regexp"
	"slices"
	"strings"
	"unicode"
)

// Email is a directory, a campaign or a loyalty card to be sent to one address.
type Email struct {
	// Directory, Campaign and LoyaltyCard are ids, of which one must be set: "dir_…", "cam_…".
	Directory, Campaign, LoyaltyCard string
	// To is one bare address.
	To string
	// Subject may be empty: the API then has its own.
	Subject string
	// FirstName and LastName are the person's, for a campaign's coupon. They may be empty.
	FirstName, LastName string
	// Unique is for a campaign: an address that has got it gets it no second time.
	Unique bool
	// Session is for a campaign: the code of the session to send, in the place of a new one.
	Session string
}

// LogValue leaves out the address.
func (e Email) LogValue() slog.Value { return slog.StringValue("e-mail of " + e.object()) }

// object returns the id of what is sent.
func (e Email) object() string { return sendable(e.Directory, e.Campaign, e.LoyaltyCard) }

// SMS is a directory, a campaign or a loyalty card to be sent to one phone.
type SMS struct {
	// Directory, Campaign and LoyaltyCard are ids, of which one must be set: "dir_…", "cam_…". That the API sends loyalty
	// cards by text message too is assumed.
	Directory, Campaign, LoyaltyCard string
	// To is the number in E.164: "+32470000001".
	To string
	// Body is the text. The API puts the address of what is sent after it. It may be empty.
	Body string
}

// LogValue leaves out the number.
func (s SMS) LogValue() slog.Value { return slog.StringValue("text message of " + s.object()) }

// object returns the id of what is sent.
func (s SMS) object() string { return sendable(s.Directory, s.Campaign, s.LoyaltyCard) }

// sendable returns the one id that is set and can be one, empty if there is none or more than one.
func sendable(directory, campaign, card string) string {
	ids := slices.DeleteFunc([]string{directory, campaign, card}, func(id string) bool { return id == "" })
	if len(ids) != 1 {
		return ""
	}
	return either(prefixed("dir_", directory), either(prefixed("cam_", campaign), anyID(card)))
}

// Sent is what the API says about a send it accepted. Every field may be empty.
type Sent struct {
	// Action names what was done: "email_sent".
	Action string
	// Code and URL are the single-use access that was made for the person, if one was.
	Code, URL string
}

// SendEmail sends a directory, a campaign's coupon or a loyalty card by e-mail. It is never repeated: after an
// error, [ClassOf] says whether it may have been sent. What is not known gives [ErrNotFound].
//
// API: POST /v3/send/email
func (c *Client) SendEmail(ctx context.Context, e Email) (*Sent, error) {
	if strings.Count(e.To, "@") != 1 || strings.ContainsFunc(e.To, unfitForAddress) {
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
	// The field is called campaign whatever is sent: the id's prefix tells what it is.
	p := params{"campaign": object, "email": e.To}
	p.set("subject", e.Subject)
	p.set("firstname", e.FirstName)
	p.set("lastname", e.LastName)
	p.setTrue("check_unique", e.Unique)
	p.set("couponsession", session)
	return call(ctx, c, sendEmail, p, decodeSent)
}

// unfitForAddress reports whether r has no place in a bare address.
func unfitForAddress(r rune) bool {
	return unicode.IsSpace(r) || unicode.IsControl(r) || strings.ContainsRune(",;<>", r)
}

var e164 = regexp.MustCompile(`^\+[1-9]\d{6,14}$`)

// SendSMS sends a directory, a campaign's coupon or a loyalty card by text message. It is never repeated: after an error,
// [ClassOf] says whether it may have been sent. What is not known gives [ErrNotFound].
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
