package sandbox

import (
	"net/mail"
	"regexp"
	"strings"
)

// sendEmail is POST /v3/send/email. Its action has been seen, the other fields are assumed after send/sms.
func (s *Server) sendEmail(p params) (reply, *failure) {
	if s.quirks.NoEmail {
		return reply{}, unprocessable(codeNoEmail, "No email integration is set up for this account.")
	}
	d, f := s.sendable(p, "email")
	if f = first(f, checkAddress(p["email"])); f != nil {
		return reply{}, f
	}
	m := Message{Kind: "email", Directory: d.id, To: p["email"], Subject: p["subject"]}
	return s.deliver(m, object{"campaign": d.id, "email": p["email"], "action": "email_sent"})
}

// sendSMS is POST /v3/send/sms. The answer is proven, its action assumed; it writes the phone without its plus.
func (s *Server) sendSMS(p params) (reply, *failure) {
	if f := s.smsService(); f != nil {
		return reply{}, f
	}
	d, f := s.sendable(p, "phone")
	if f = first(f, checkPhone(p["phone"])); f != nil {
		return reply{}, f
	}
	m := Message{Kind: "sms", Directory: d.id, To: p["phone"], Body: p["body"]}
	return s.deliver(m, object{
		"campaign": d.id, "message": p["body"], "phone": strings.TrimPrefix(p["phone"], "+"), "action": "sms_sent",
	})
}

// sendable finds what shall be sent. A directory's id comes in the parameter campaign; there are no campaigns yet.
func (s *Server) sendable(p params, to string) (*directory, *failure) {
	if f := first(p.require("campaign", to), p.numeric("campaign", "dir_", "cam_")); f != nil {
		return nil, f
	}
	d := s.byID[p["campaign"]]
	if d == nil {
		return nil, unprocessable(codeCampaignNotFound, "Campaign not found.")
	}
	return d, nil
}

func checkAddress(email string) *failure {
	address, err := mail.ParseAddress(email)
	_, domain, _ := strings.Cut(email, "@")
	if err != nil || address.Address != email || !strings.Contains(domain, ".") {
		return unprocessable(codeBadAddress, "Email address not valid.")
	}
	return nil
}

// e164 is how the API wants its phone numbers: a plus, no zero after it, digits only.
var e164 = regexp.MustCompile(`^\+[1-9][0-9]{6,14}$`)

func checkPhone(phone string) *failure {
	if !e164.MatchString(phone) {
		return invalidCharacter("phone")
	}
	return nil
}

// deliver sends a message out, unless its recipient has another fate.
func (s *Server) deliver(m Message, fields object) (reply, *failure) {
	switch s.fateOf(m.To) {
	case fateReject:
		return reply{}, unprocessable(codeNotSent, "The message could not be sent to this recipient.")
	case fateError:
		a := serverError(500)
		return reply{}, &failure{raw: &a}
	case fateBusy:
		a := tooMany("1")
		return reply{}, &failure{raw: &a}
	case fateTimeout:
		s.record.send(m)
		return reply{}, &failure{raw: &answer{cut: true}}
	}
	s.record.send(m)
	return reply{fields: fields}, nil
}
