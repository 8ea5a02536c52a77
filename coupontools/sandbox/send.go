package sandbox

import (
	"net/mail"
	"regexp"
	"strings"
)

var sendRoutes = map[string]route{
	"POST /v3/send/email": {
		[]string{"campaign", "email", "subject", "firstname", "lastname", "check_unique", "couponsession"},
		(*Server).sendEmail,
	},
	"POST /v3/send/sms": {[]string{"campaign", "phone", "body", "sender"}, (*Server).sendSMS},
}

// sendEmail is POST /v3/send/email. Its action has been seen; the other fields are assumed to be those of send/sms.
func (s *Server) sendEmail(p params) (reply, *failure) {
	if s.quirks.NoEmail {
		return reply{}, unprocessable(codeNoEmail, "No email integration is set up for this account.")
	}
	m, c, f := s.sendable(p, "email")
	if f = first(f, checkAddress(p["email"]), p.boolean("check_unique")); f != nil {
		return reply{}, f
	}
	if c != nil && p.yes("check_unique") && s.record.got(c.id, p["email"]) {
		return reply{}, unprocessable(codeNotSent, "This address got the campaign already.")
	}
	m.Kind, m.To, m.Subject = "email", p["email"], p["subject"]
	fields := object{"campaign": p["campaign"], "email": p["email"], "action": "email_sent"}
	return s.sendObject(m, c, p, fields)
}

// sendSMS is POST /v3/send/sms. The answer is proven, its action assumed; it writes the phone without its plus.
func (s *Server) sendSMS(p params) (reply, *failure) {
	if f := s.smsService(); f != nil {
		return reply{}, f
	}
	m, c, f := s.sendable(p, "phone")
	if f = first(f, checkPhone(p["phone"])); f != nil {
		return reply{}, f
	}
	m.Kind, m.To, m.Body = "sms", p["phone"], p["body"]
	return s.sendObject(m, c, p, object{
		"campaign": p["campaign"], "message": p["body"], "phone": strings.TrimPrefix(p["phone"], "+"), "action": "sms_sent",
	})
}

// sendable finds the object to send, and the campaign if it is one. The parameter is called campaign for every kind of
// object.
func (s *Server) sendable(p params, to string) (Message, *campaign, *failure) {
	if f := first(p.require("campaign", to), p.numeric("campaign", "dir_", "cam_", "loy_")); f != nil {
		return Message{}, nil, f
	}
	id := p["campaign"]
	switch {
	case s.byID[id] != nil:
		return Message{Directory: id}, nil, nil
	case s.campaigns.byID[id] != nil:
		return Message{Campaign: id}, s.campaigns.byID[id], nil
	case s.loyalty.byID[id] != nil:
		return Message{LoyaltyCard: id}, nil, nil
	}
	return Message{}, nil, unprocessable(codeCampaignNotFound, "Campaign not found.")
}

// sendObject delivers a message. A campaign is sent as a session: the one requested, or a new one.
func (s *Server) sendObject(m Message, c *campaign, p params, fields object) (reply, *failure) {
	if c == nil {
		return s.deliver(m, fields)
	}
	var x *session
	if code := p["couponsession"]; code != "" {
		if x = s.session(code); x == nil || x.campaign != c {
			return reply{}, noSession()
		}
	}
	r, f := s.deliver(m, fields)
	if f != nil || r.fields["action"] == actionDuplicate {
		return r, f
	}
	if x == nil {
		x = s.makeSession(c, p)
	}
	r.fields["single_use_code"], r.fields["single_use_url"] = x.code, x.url()
	return r, nil
}

func checkAddress(email string) *failure {
	address, err := mail.ParseAddress(email)
	_, domain, _ := strings.Cut(email, "@")
	if err != nil || address.Address != email || !strings.Contains(domain, ".") {
		return unprocessable(codeBadAddress, "Email address not valid.")
	}
	return nil
}

// e164 matches the API's format for phone numbers: a plus and digits, the first of which isn't 0.
var e164 = regexp.MustCompile(`^\+[1-9][0-9]{6,14}$`)

func checkPhone(phone string) *failure {
	if !e164.MatchString(phone) {
		return invalidCharacter("phone")
	}
	return nil
}

// actionDuplicate is an assumed action: OK although nothing was sent.
const actionDuplicate = "already_sent"

// deliver sends a message, unless its recipient has a scripted outcome.
func (s *Server) deliver(m Message, fields object) (reply, *failure) {
	switch s.outcomeOf(m.To) {
	case outcomeReject:
		return reply{}, unprocessable(codeNotSent, "The message could not be sent to this recipient.")
	case outcomeError:
		a := serverError(500)
		return reply{}, &failure{raw: &a}
	case outcomeBusy:
		a := tooMany("1")
		return reply{}, &failure{raw: &a}
	case outcomeDuplicate:
		fields["action"] = actionDuplicate
		return reply{fields: fields}, nil
	case outcomeTimeout:
		s.record.send(m)
		return reply{}, &failure{raw: &answer{cut: true}}
	}
	s.record.send(m)
	return reply{fields: fields}, nil
}
