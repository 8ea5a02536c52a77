package sandbox

import (
	"math/rand/v2"
	"slices"
	"strconv"
)

const (
	// defaultSingleUses is the default amount, maxSingleUses the largest.
	defaultSingleUses = 10
	maxSingleUses     = 100_000
)

// The routes that create sessions. The parameters are documented, the errors assumed.
var singleUseRoutes = map[string]route{
	"POST /v3/singleuse/create": {
		append([]string{
			"campaign", "firstname", "lastname", "email", "phone", "customid", "customvalcode", "autovalcode", "duplicate_check",
			"expiry_date", "utm_campaign", "utm_source", "utm_medium", "utm_term", "utm_content",
		}, customFields...), (*Server).createSingleUse,
	},
	"POST /v3/multiplesingleuse/create": {
		[]string{"campaign", "amount", "status", "automated_codes", "code_prefix", "code_length", "code_type"},
		(*Server).createSingleUses,
	},
	"POST /v3/singleuse/remove": {[]string{"campaign", "couponsession"}, (*Server).removeSingleUse},
}

// newCodes returns the random source for codes created by calls. It differs from that of the initial codes.
func (s *Server) newCodes() *rand.Rand {
	return rand.New(rand.NewPCG(s.seed, uint64(3_000_000_000+s.campaigns.made)))
}

// createSingleUse is POST /v3/singleuse/create. The answer is proven by use.
func (s *Server) createSingleUse(p params) (reply, *failure) {
	c, f := s.campaign(p)
	if f = first(
		f, p.oneOf("autovalcode", "6digits", "8digits", "10digits"), p.oneOf("duplicate_check", "email", "phone", "customid"),
		p.date("expiry_date", dateTime), p.notBoth("customvalcode", "autovalcode"),
		p.atMost(50, append([]string{"customid"}, customFields...)...), p.atMost(100, "customvalcode"),
	); f != nil {
		return reply{}, f
	}
	x := s.duplicate(c, p)
	if x == nil {
		x = s.makeSession(c, p)
	}
	return reply{fields: object{
		"campaign": c.id, "action": "single_use_code_created", "single_use_code": x.code, "single_use_url": x.url(),
		"widget_validation_code": x.short(), "custom_validation_code": x.own, "customid": x.customID,
	}}, nil
}

// makeSession creates a session for the person that the parameters describe.
func (s *Server) makeSession(c *campaign, p params) *session {
	s.sessionsOf(c)
	dice := s.newCodes()
	x := &session{
		campaign: c, code: newShortCode(dice, 21), created: now().Unix(), customID: p["customid"], own: p["customvalcode"],
		first: p["firstname"], last: p["lastname"], email: p["email"], phone: p["phone"], expires: p["expiry_date"],
	}
	if n, err := strconv.Atoi(trimWord(p["autovalcode"], "digits")); err == nil {
		x.own = newNumber(dice, n)
	}
	s.add(x)
	return x
}

func trimWord(text, word string) string { return text[:max(0, len(text)-len(word))] }

// newNumber returns n digits.
func newNumber(dice *rand.Rand, n int) string {
	number := make([]byte, n)
	for i := range number {
		number[i] = byte('0' + dice.IntN(10))
	}
	return string(number)
}

// duplicate finds the person's existing session, if a duplicate check is requested.
func (s *Server) duplicate(c *campaign, p params) *session {
	value := map[string]func(*session) string{
		"email":    func(x *session) string { return x.email },
		"phone":    func(x *session) string { return x.phone },
		"customid": func(x *session) string { return x.customID },
	}[p["duplicate_check"]]
	wanted := p[p["duplicate_check"]]
	if value == nil || wanted == "" {
		return nil
	}
	sessions := s.sessionsOf(c)
	if i := slices.IndexFunc(sessions, func(x *session) bool { return value(x) == wanted }); i >= 0 {
		return sessions[i]
	}
	return nil
}

// notBoth rejects two parameters that exclude each other.
func (p params) notBoth(one, other string) *failure {
	if p[one] != "" && p[other] != "" {
		return unprocessable(codeBadValue, one+" and "+other+" do not go together.")
	}
	return nil
}

// atMost rejects parameters that are too long.
func (p params) atMost(most int, names ...string) *failure {
	for _, name := range names {
		if len([]rune(p[name])) > most {
			return unprocessable(codeBadValue, "Value too long for parameter: "+name)
		}
	}
	return nil
}

// madeSingleUse is one session of a batch.
type madeSingleUse struct {
	Code     string `json:"single_use_code"`
	Sequence int    `json:"sequence_id"`
	URL      string `json:"single_use_url"`
	Short    string `json:"widget_validation_code"`
	Own      string `json:"custom_validation_code"`
}

// createSingleUses is POST /v3/multiplesingleuse/create. The answer is proven, including the space before its action, except
// for the name of its last field.
func (s *Server) createSingleUses(p params) (reply, *failure) {
	c, f := s.campaign(p)
	amount, badAmount := p.amount()
	if f = first(
		f, badAmount, p.oneOf("status", "normal", "voided", "activated"), p.boolean("automated_codes"), p.codeRules(),
	); f != nil {
		return reply{}, f
	}
	s.sessionsOf(c)
	dice, at := s.newCodes(), now().Unix()
	length, _ := strconv.Atoi(p["code_length"]) // Validated above; 0 without codes.
	list := make([]madeSingleUse, 0, amount)
	for range amount {
		x := &session{campaign: c, code: newShortCode(dice, 21), created: at}
		switch {
		case !p.yes("automated_codes"):
		case p["code_type"] == "numeric":
			x.own = p["code_prefix"] + newNumber(dice, length)
		default:
			x.own = p["code_prefix"] + newShortCode(dice, length)
		}
		if p["status"] == "voided" {
			x.voided = at
		}
		s.add(x)
		list = append(list, madeSingleUse{x.code, x.number, x.url(), x.short(), x.own})
	}
	return reply{fields: object{"campaign": c.id, "action": " multiple_single_use_codes_created", "data": list}}, nil
}

func (p params) amount() (int, *failure) {
	if p["amount"] == "" {
		return defaultSingleUses, nil
	}
	n, err := strconv.Atoi(p["amount"])
	switch {
	case err != nil:
		return 0, invalidCharacter("amount")
	case n < 1 || n > maxSingleUses:
		return 0, unprocessable(codeBadValue, "The amount must be 1 to 100000.")
	}
	return n, nil
}

// codeRules rejects codes without a type or length. The prefix may be empty.
func (p params) codeRules() *failure {
	if !p.yes("automated_codes") {
		return nil
	}
	if f := first(p.require("code_length", "code_type"), p.oneOf("code_type", "numeric", "alphanumeric")); f != nil {
		return f
	}
	if n, err := strconv.Atoi(p["code_length"]); err != nil || n < 10 || n > 25 {
		return unprocessable(codeBadValue, "The code length must be 10 to 25.")
	}
	return nil
}

// removeSingleUse is POST /v3/singleuse/remove. All of it is assumed.
func (s *Server) removeSingleUse(p params) (reply, *failure) {
	c, f := s.campaign(p)
	if f = first(f, p.require("couponsession")); f != nil {
		return reply{}, f
	}
	x := s.session(p["couponsession"])
	if x == nil || x.campaign != c {
		return reply{}, noSession()
	}
	s.remove(x)
	return reply{fields: object{"campaign": c.id, "action": "single_use_removed", "single_use_code": x.code}}, nil
}

func (s *Server) remove(x *session) {
	x.campaign.sessions = slices.DeleteFunc(x.campaign.sessions, func(other *session) bool { return other == x })
	delete(s.campaigns.sessions, x.code)
	if s.campaigns.sessions[x.short()] == x {
		delete(s.campaigns.sessions, x.short())
	}
}
