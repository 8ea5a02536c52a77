package sandbox

import (
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"time"
)

const (
	// sessionsPerPage is the page size.
	sessionsPerPage = 5000
	// weeks is how far back sessions go.
	weeks = 13
)

// session is one person's coupon of a campaign. Times are Unix seconds, 0 if it hasn't happened.
type session struct {
	campaign                                                  *campaign
	code, customID, own, claimType, first, last, email, phone string
	expires, worth                                            string
	number                                                    int
	created, opened, played, claimed, validated, voided       int64
	saved, locked                                             bool
}

// sessionsOf returns a campaign's sessions, oldest first. They depend on the seed and the campaign only.
func (s *Server) sessionsOf(c *campaign) []*session {
	if !c.filled {
		c.filled = true
		dice := rand.New(rand.NewPCG(s.seed, uint64(2_000_000+c.number)))
		for i := range c.size {
			s.add(s.newSession(dice, c, i))
		}
	}
	return c.sessions
}

// add adds a session and gives it a code and a number.
func (s *Server) add(x *session) {
	s.campaigns.made++
	x.number = s.campaigns.made
	x.campaign.sessions = append(x.campaign.sessions, x)
	s.campaigns.sessions[x.code] = x
	if _, taken := s.campaigns.sessions[x.short()]; !taken {
		s.campaigns.sessions[x.short()] = x
	}
}

// short is the short form of the code.
func (x *session) short() string { return x.code[:6] }

// newSession returns the i-th session of a campaign. Later weeks have more sessions than earlier ones, and weekends more
// than weekdays.
func (s *Server) newSession(dice *rand.Rand, c *campaign, i int) *session {
	const span = weeks * 7 * 24 * 3600
	end := s.campaigns.end
	part := (float64(i) + dice.Float64()) / float64(c.size)
	x := &session{campaign: c, code: newShortCode(dice, 21)}
	x.created = end.Unix() - int64(span*(1-part)*(1-part/3))
	later := func(after int64, hours int) int64 {
		at := after + int64(dice.IntN(hours*3600)) + 60
		if at > end.Unix() {
			return 0
		}
		return at
	}
	if chance := dice.IntN(100); chance < 82 {
		x.opened = later(x.created, 48)
	}
	if x.opened != 0 && strings.Contains(c.tags, "game") {
		x.played = later(x.opened, 1)
	}
	if x.opened != 0 && dice.IntN(100) < 55 {
		x.claimed, x.claimType = later(x.opened, 24), []string{"email", "phone", "wallet"}[dice.IntN(3)]
		x.saved = x.claimed != 0 && x.claimType == "wallet"
	}
	if x.claimed != 0 && dice.IntN(100) < 48 {
		x.validated = later(x.claimed, 200)
	}
	if x.validated == 0 && dice.IntN(100) < 2 {
		x.voided = later(x.created, 300)
	}
	if x.claimed != 0 {
		x.assignTo(s.names, dice, i)
	}
	if i < c.codes {
		x.own = "OWN" + strconv.Itoa(100_000+1000*c.number+i)
	}
	return x
}

// assignTo assigns the session to a person.
func (x *session) assignTo(names dataset, dice *rand.Rand, i int) {
	one, two := names.person(dice)
	x.first, x.last = one.shown, two.shown
	x.email = one.plain + "." + two.plain + strconv.Itoa(i) + "@example.com"
	x.phone = newPhone(dice, i)
	if i%4 == 0 {
		x.customID = "crm-" + strconv.Itoa(5000+i)
	}
}

// session finds a session by its code or short form, nil if there is none.
func (s *Server) session(code string) *session {
	if x := s.campaigns.sessions[code]; x != nil {
		return x
	}
	for _, c := range s.campaigns.all {
		s.sessionsOf(c)
	}
	return s.campaigns.sessions[code]
}

func (x *session) url() string { return x.campaign.url() + "/" + x.code }

// moment formats a time as v3 does, "" if it hasn't happened.
func moment(at int64) string {
	if at == 0 {
		return ""
	}
	return time.Unix(at, 0).UTC().Format(dateTime)
}

// sessionStatus is a session's state, in the order of the documentation.
type sessionStatus struct {
	Created         string `json:"created_date_utc"`
	Opened          string `json:"opened"`
	OpenedAt        string `json:"open_date_utc"`
	Played          string `json:"played"`
	PlayedAt        string `json:"played_date_utc"`
	Claimed         string `json:"claimed"`
	ClaimedAt       string `json:"claim_date_utc"`
	ClaimType       string `json:"claimtype"`
	Saved           string `json:"saved_to_passbook"`
	ValidatedAt     string `json:"validation_date_utc"`
	VoidedAt        string `json:"voided_date_utc"`
	Locked          string `json:"locked"`
	ValidationValue string `json:"validation_value"`
	Value           string `json:"value"`
	Own             string `json:"own_validation_code"`
}

func (x *session) status() sessionStatus {
	return sessionStatus{
		Created: moment(x.created), Opened: flag(x.opened != 0), OpenedAt: moment(x.opened),
		Played: flag(x.played != 0), PlayedAt: moment(x.played), Claimed: flag(x.claimed != 0),
		ClaimedAt: moment(x.claimed), ClaimType: x.claimType, Saved: flag(x.saved), ValidatedAt: moment(x.validated),
		VoidedAt: moment(x.voided), Locked: flag(x.locked || x.voided != 0), ValidationValue: x.worth, Own: x.own,
	}
}

// listedSession is a session in a campaign's usage data.
type listedSession struct {
	Session  string        `json:"session"`
	Sequence string        `json:"sequenceid"`
	CustomID string        `json:"customid"`
	Status   sessionStatus `json:"status"`
}

var sessionRoutes = map[string]route{
	"POST /v3/campaign/data":        usage(func(x *session) int64 { return x.created }),
	"POST /v3/campaign/opens":       usage(func(x *session) int64 { return x.opened }),
	"POST /v3/campaign/claims":      usage(func(x *session) int64 { return x.claimed }),
	"POST /v3/campaign/validations": usage(func(x *session) int64 { return x.validated }),
	"POST /v3/couponsession/data":   {[]string{"couponsession"}, (*Server).sessionData},
	"POST /v3/couponsession/update": {append([]string{"couponsession"}, sessionChanges...), (*Server).updateSession},
	"POST /v3/couponsession/update/multiple": {
		append([]string{"couponsessions[]"}, sessionChanges...), (*Server).updateSessions,
	},
	"POST /v3/couponsession/search": {[]string{"search", "campaign"}, (*Server).searchSessions},
}

// usage returns the route that lists sessions with an event; when returns the event's time.
func usage(when func(*session) int64) route {
	return route{[]string{"campaign", "page", "start_date", "end_date"}, func(s *Server, p params) (reply, *failure) {
		return s.usage(p, when)
	}}
}

// usage is POST /v3/campaign/data and its three siblings. Their parameters are proven, and the answer by use; the errors and
// the order are assumed.
func (s *Server) usage(p params, when func(*session) int64) (reply, *failure) {
	c, f := s.campaign(p)
	page, badPage := p.page()
	from, badFrom := p.bound("start_date", time.Time{}, 0)
	to, badTo := p.bound("end_date", s.campaigns.end.AddDate(100, 0, 0), 24*time.Hour-time.Second)
	if f = first(f, badPage, badFrom, badTo); f != nil {
		return reply{}, f
	}
	list, total := []listedSession{}, 0
	for _, x := range s.sessionsOf(c) {
		at := when(x)
		if at == 0 || at < from.Unix() || at > to.Unix() {
			continue
		}
		if total/sessionsPerPage == page-1 {
			list = append(list, listedSession{x.code, strconv.Itoa(x.number), x.customID, x.status()})
		}
		total++
	}
	return reply{fields: object{"amount_of_results": total, "data": list}}, nil
}

// bound parses one end of a date range, in one of the three formats that are documented or have been seen. A date without a
// time includes the whole day, a time the whole minute.
func (p params) bound(name string, otherwise time.Time, day time.Duration) (time.Time, *failure) {
	text := p[name]
	if text == "" {
		return otherwise, nil
	}
	if at, err := time.Parse(time.DateOnly, text); err == nil {
		return at.Add(day), nil
	}
	for _, layout := range []string{"2006-01-02 15:04", "2006-01-02 15-04"} {
		if at, err := time.Parse(layout, text); err == nil {
			return at.Add(min(day, time.Minute-time.Second)), nil
		}
	}
	return otherwise, unprocessable(codeBadDate, "Wrong date format in parameter: "+name)
}

// sessionData is POST /v3/couponsession/data. The answer is proven except for its block about the person.
func (s *Server) sessionData(p params) (reply, *failure) {
	if f := p.require("couponsession"); f != nil {
		return reply{}, f
	}
	x := s.session(p["couponsession"])
	if x == nil || len(p["couponsession"]) != len(x.code) {
		return reply{}, noSession()
	}
	return reply{fields: object{
		"campaign": x.campaign.id, "action": "retrieve_all_session_data", "session": x.code, "session_url": x.url(),
		"sequenceid": strconv.Itoa(x.number), "customid": x.customID,
		"data": object{"status": x.status(), "consumer": object{
			"firstname": x.first, "lastname": x.last, "email": x.email, "phone": x.phone,
		}},
	}}, nil
}

func noSession() *failure { return unprocessable(codeSessionNotFound, "Couponsession not found.") }

// sessionChanges are the parameters of an update. They are assumed, except that one begins with "void".
var sessionChanges = []string{"claimed", "validated", "void", "validation_value"}

// updateSession is POST /v3/couponsession/update. The answer is assumed.
func (s *Server) updateSession(p params) (reply, *failure) {
	if f := first(p.require("couponsession"), p.boolean(sessionChanges[:3]...)); f != nil {
		return reply{}, f
	}
	x := s.session(p["couponsession"])
	if x == nil {
		return reply{}, noSession()
	}
	if wrong := x.change(p); wrong != "" {
		return reply{}, unprocessable(codeBadValue, wrong)
	}
	return reply{fields: object{"campaign": x.campaign.id, "action": "session_updated", "session": x.code}}, nil
}

// change changes the state of a session. It returns the reason if it doesn't.
func (x *session) change(p params) string {
	switch {
	case p.yes("void") && x.voided != 0:
		return "The session is voided already."
	case x.voided != 0 && (p.yes("claimed") || p.yes("validated")):
		return "The session is voided."
	case p.yes("validated") && x.validated != 0:
		return "The session is validated already."
	}
	set := func(name string, at *int64) {
		switch {
		case p.yes(name):
			*at = now().Unix()
		case p[name] != "":
			*at = 0
		}
	}
	set("claimed", &x.claimed)
	set("validated", &x.validated)
	set("void", &x.voided)
	if p["validation_value"] != "" {
		x.worth = p["validation_value"]
	}
	return ""
}

// updateSessions is POST /v3/couponsession/update/multiple. All of it is assumed.
func (s *Server) updateSessions(p params) (reply, *failure) {
	if f := first(p.require("couponsessions[]"), p.boolean(sessionChanges[:3]...)); f != nil {
		return reply{}, f
	}
	list := []object{}
	for _, code := range p.list("couponsessions") {
		result := "session_updated"
		if x := s.session(code); x == nil {
			result = "session_not_found"
		} else if wrong := x.change(p); wrong != "" {
			result = "session_not_updated"
		}
		list = append(list, object{"session": code, "result": result})
	}
	return reply{fields: object{"action": "sessions_updated", "data": list}}, nil
}

// maxFound bounds the results of a search.
const maxFound = 100

// searchSessions is POST /v3/couponsession/search. What can be searched for is proven, the rest is assumed.
func (s *Server) searchSessions(p params) (reply, *failure) {
	if f := p.require("search"); f != nil {
		return reply{}, f
	}
	where := s.campaigns.all
	if p["campaign"] != "" {
		c, f := s.campaign(p)
		if f != nil {
			return reply{}, f
		}
		where = []*campaign{c}
	}
	list := []object{}
	for _, c := range where {
		for _, x := range s.sessionsOf(c) {
			if x.matches(p["search"]) && len(list) < maxFound {
				list = append(list, object{
					"campaign": c.id, "session": x.code, "session_url": x.url(), "customid": x.customID, "status": x.status(),
				})
			}
		}
	}
	return reply{list: "data", fields: object{"amount_of_results": len(list), "data": list}}, nil
}

// matches reports whether a search finds the session. A phone number matches with and without its plus.
func (x *session) matches(text string) bool {
	plain := func(phone string) string { return strings.TrimPrefix(phone, "+") }
	return slices.ContainsFunc([]string{x.own, x.email}, func(s string) bool { return s != "" && strings.EqualFold(s, text) }) ||
		x.phone != "" && plain(x.phone) == plain(text)
}
