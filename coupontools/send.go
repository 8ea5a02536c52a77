package coupontools

import (
	"context"
	"log/slog"
	"regexp"
	"strings"
	"unicode"
)

// Email is a directory to be sent to one address.
type Email struct {
	// Directory is the id: "dir_…".
	Directory string
	// To is one bare address.
	To string
	// Subject may be empty: the API then has its own.
	Subject string
}

// LogValue leaves out the address.
func (e Email) LogValue() slog.Value { return slog.StringValue("e-mail of " + e.Directory) }

// SMS is a directory to be sent to one phone.
type SMS struct {
	// Directory is the id: "dir_…".
	Directory string
	// To is the number in E.164: "+32470000001".
	To string
	// Body is the text. The API puts the directory's address after it. It may be empty.
	Body string
}

// LogValue leaves out the number.
func (s SMS) LogValue() slog.Value { return slog.StringValue("text message of " + s.Directory) }

// Sent is what the API says about a send it accepted. Every field may be empty.
type Sent struct {
	// Action names what was done: "email_sent".
	Action string
	// Code and URL are the single-use access that was made for the person, if one was.
	Code, URL string
}

// SendEmail sends a directory by e-mail. It is never repeated: after an error, [ClassOf] says whether it may have been sent.
//
// API: POST /v3/send/email
func (c *Client) SendEmail(ctx context.Context, e Email) (*Sent, error) {
	if strings.Count(e.To, "@") != 1 || strings.ContainsFunc(e.To, unfitForAddress) {
		return nil, impossible(sendEmail, "the address is not one bare e-mail address")
	}
	if strings.ContainsFunc(e.Subject, unicode.IsControl) {
		return nil, impossible(sendEmail, "the subject has a control character")
	}
	// The field is called campaign for directories too: the id's prefix tells what is sent.
	directory := prefixed("dir_", e.Directory)
	if directory == "" {
		return nil, noSuchID(sendEmail)
	}
	p := params{"campaign": directory, "email": e.To}
	p.set("subject", e.Subject)
	return call(ctx, c, sendEmail, p, decodeSent)
}

// unfitForAddress reports whether r has no place in a bare address.
func unfitForAddress(r rune) bool {
	return unicode.IsSpace(r) || unicode.IsControl(r) || strings.ContainsRune(",;<>", r)
}

var e164 = regexp.MustCompile(`^\+[1-9]\d{6,14}$`)

// SendSMS sends a directory by text message. It is never repeated: after an error, [ClassOf] says whether it may have been
// sent.
//
// API: POST /v3/send/sms
func (c *Client) SendSMS(ctx context.Context, s SMS) (*Sent, error) {
	if !e164.MatchString(s.To) {
		return nil, impossible(sendSMS, "the phone number is not in E.164 form")
	}
	directory := prefixed("dir_", s.Directory)
	if directory == "" {
		return nil, noSuchID(sendSMS)
	}
	p := params{"campaign": directory, "phone": s.To}
	p.set("body", s.Body)
	return call(ctx, c, sendSMS, p, decodeSent)
}
