package coupontools

import (
	"context"
	"fmt"
	"iter"
	"log/slog"
	"strings"
	"time"
)

// Session is what one person has of a campaign: a coupon of their own, with what became of it. In logs it shows its code
// only.
type Session struct {
	// Code names the session: 21 letters and digits, of which the first six are its short form.
	Code string
	// Campaign is the id of its campaign. It is empty in the pages of one campaign's sessions.
	Campaign string
	// URL is the person's own address of the coupon, empty if it is not told.
	URL string
	// Sequence is the API's running number, 0 if it is not told.
	Sequence int
	// CustomID is the owner's own id of the person. It may be empty.
	CustomID string

	// Created, Opened and so on are when it happened, in UTC; the zero time if it has not, or if only the fact is told.
	Created, OpenedAt, PlayedAt, ClaimedAt, ValidatedAt, VoidedAt time.Time
	// Opened, Played and so on say that it happened. Saved means kept in a mobile wallet, Locked that it can be used no more.
	Opened, Played, Claimed, Saved, Validated, Voided, Locked bool
	// ClaimType is how it was claimed, in the API's words. It may be empty.
	ClaimType string
	// Value and ValidationValue are the coupon's worth and what was validated, as the API writes them. They may be empty.
	Value, ValidationValue string
	// ValidationCode is the owner's own validation code, if there is one.
	ValidationCode string
	// Extra are up to 30 further fields, such as what the person filled in, each value at most 300 characters.
	Extra map[string]string
}

// LogValue returns the code alone.
func (s Session) LogValue() slog.Value { return slog.StringValue(s.Code) }

// SessionEvent is what must have happened to a session for it to be in a list.
type SessionEvent int

const (
	// AnyEvent takes in all sessions.
	AnyEvent SessionEvent = iota
	// WasOpened takes in the sessions that were looked at.
	WasOpened
	// WasClaimed takes in those that were claimed.
	WasClaimed
	// WasValidated takes in those that were redeemed.
	WasValidated
)

// route returns the route for the sessions with that event.
func (e SessionEvent) route() *route {
	switch e {
	case WasOpened:
		return campaignOpens
	case WasClaimed:
		return campaignClaims
	case WasValidated:
		return campaignValidations
	default:
		return campaignData
	}
}

// SessionsOptions say which sessions [Client.Sessions] yields.
type SessionsOptions struct {
	// Campaign is the id: "cam_…".
	Campaign string
	// Event leaves out the sessions to which it has not happened.
	Event SessionEvent
	// From and To bound when it happened, both inclusive and to the minute. The zero time is no bound.
	From, To time.Time
}

// sessionsPerPage is the page size from which on there may be another page: the documentation says 5,000, but code that
// calls the API has seen pages of 100.
const sessionsPerPage = 100

// SessionsPage returns one page of a campaign's sessions. Pages count from 1 and have no documented order; a page past the
// end is empty. An unknown campaign gives [ErrNotFound].
//
// API: POST /v3/campaign/data
// API: POST /v3/campaign/opens
// API: POST /v3/campaign/claims
// API: POST /v3/campaign/validations
func (c *Client) SessionsPage(ctx context.Context, o SessionsOptions, page int) ([]Session, error) {
	r := o.Event.route()
	campaign := prefixed("cam_", o.Campaign)
	if campaign == "" {
		return nil, noSuchID(r)
	}
	p := params{"campaign": campaign, "page": max(page, 1)}
	p.set("start_date", minute(o.From))
	p.set("end_date", minute(o.To))
	return call(ctx, c, r, p, decodeSessions)
}

// minute returns a time as the API takes it in UTC, empty for the zero time.
func minute(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format("2006-01-02 15:04")
}

// Sessions returns a campaign's sessions, fetching page after page as they are used and holding one page at a time. It ends
// at a page that is empty, short or has been there before, and after yielding an error.
//
// API: POST /v3/campaign/data
// API: POST /v3/campaign/opens
// API: POST /v3/campaign/claims
// API: POST /v3/campaign/validations
func (c *Client) Sessions(ctx context.Context, o SessionsOptions) iter.Seq2[Session, error] {
	return pages(sessionsPerPage, func(s Session) string { return s.Code }, func(page int) ([]Session, error) {
		return c.SessionsPage(ctx, o, page)
	})
}

// Session returns one session by its code. An unknown code gives [ErrNotFound].
//
// API: POST /v3/couponsession/data
func (c *Client) Session(ctx context.Context, code string) (*Session, error) {
	code = anyID(code)
	if code == "" {
		return nil, noSuchID(sessionData)
	}
	return call(ctx, c, sessionData, params{"couponsession": code}, func(a answer) (*Session, error) {
		return decodeSession(a, code)
	})
}

// SessionChange is what [Client.UpdateSession] changes. A field that is nil or empty stays as it is.
type SessionChange struct {
	Claimed, Validated, Voided *bool
	// ValidationValue is what is validated, as a decimal number, where a coupon has a value.
	ValidationValue string
}

func (c SessionChange) params() params {
	p := params{}
	for name, value := range map[string]*bool{"claimed": c.Claimed, "validated": c.Validated, "void": c.Voided} {
		if value != nil {
			p[name] = *value
		}
	}
	p.set("validation_value", c.ValidationValue)
	return p
}

// UpdateSession changes the state of one session, named by its code or the first six characters of it. It is never
// repeated, since a coupon may count each validation. An unknown code gives [ErrNotFound].
//
// API: POST /v3/couponsession/update
func (c *Client) UpdateSession(ctx context.Context, code string, change SessionChange) error {
	p := change.params()
	code = anyID(code)
	switch {
	case code == "":
		return noSuchID(sessionUpdate)
	case len(p) == 0:
		return impossible(sessionUpdate, "there is nothing to change")
	}
	p["couponsession"] = code
	return do(ctx, c, sessionUpdate, p)
}

// SessionResult is what became of one of many sessions.
type SessionResult struct {
	Code string
	// Result is the API's word for it. It is empty if the API said OK to all and nothing of each.
	Result string
}

// UpdateSessions changes the state of many sessions in one call, and returns what the API says of each. It is never
// repeated.
//
// API: POST /v3/couponsession/update/multiple
func (c *Client) UpdateSessions(ctx context.Context, codes []string, change SessionChange) ([]SessionResult, error) {
	p := change.params()
	if len(p) == 0 || len(codes) == 0 {
		return nil, impossible(sessionsUpdate, "there is nothing to change")
	}
	list := make([]string, len(codes))
	for i, code := range codes {
		if list[i] = anyID(code); list[i] == "" {
			return nil, noSuchID(sessionsUpdate)
		}
	}
	p["couponsessions"] = list
	return call(ctx, c, sessionsUpdate, p, func(a answer) ([]SessionResult, error) { return decodeResults(a, list) })
}

// SearchSessionsOptions say what [Client.SearchSessions] looks for.
type SearchSessionsOptions struct {
	// Text is an own validation code, a phone number or an e-mail address.
	Text string
	// Campaign, if it is not empty, is the only campaign to look in.
	Campaign string
}

// LogValue leaves out the text.
func (o SearchSessionsOptions) LogValue() slog.Value {
	return slog.StringValue("search for a session in " + either(o.Campaign, "all campaigns"))
}

// SearchSessions finds sessions by what is known of a person.
//
// API: POST /v3/couponsession/search
func (c *Client) SearchSessions(ctx context.Context, o SearchSessionsOptions) ([]Session, error) {
	text := strings.TrimSpace(o.Text)
	if text == "" {
		return nil, impossible(sessionSearch, "there is nothing to search for")
	}
	p := params{"search": text}
	if o.Campaign != "" {
		campaign := prefixed("cam_", o.Campaign)
		if campaign == "" {
			return nil, noSuchID(sessionSearch)
		}
		p["campaign"] = campaign
	}
	return call(ctx, c, sessionSearch, p, decodeSessions)
}

func decodeSessions(a answer) ([]Session, error) {
	list, ok := a.list("data", "session", "sessions", "couponsession", "couponsessions")
	if !ok {
		return nil, a.misread("list of sessions")
	}
	return decodeEach(list, decodeListedSession)
}

// decodeSession reads one session, whose status and further data stand one level deeper than in a list.
func decodeSession(a answer, code string) (*Session, error) {
	s, ok := decodeListedSession(a.top)
	if !ok {
		f, found := a.one("data", "couponsession", "couponsessions")
		if s, ok = decodeListedSession(f); !found || !ok {
			return nil, a.misread("session")
		}
	}
	s.Code = either(s.Code, code)
	return &s, nil
}

func decodeListedSession(f fields) (Session, bool) {
	t := taker{fields: f}
	s := Session{
		Code:     anyID(t.text("session", "couponsession", "sessioncode", "code", "id")),
		Campaign: prefixed("cam_", t.text("campaign", "campaignid")),
		URL:      t.link("sessionurl", "url"),
		Sequence: t.count("sequenceid", "sequence"),
		CustomID: t.text("customid"),
	}
	t.know("status", "data", "action", "errors")
	s.Extra = t.rest()
	more := taker{fields: f.object("data")}
	more.know("status")
	for _, m := range more.fields {
		if inner := (taker{fields: fieldsOf(m.value)}); len(inner.fields) > 0 && m.key != "status" {
			// A block of what the person filled in: its fields rather than its JSON.
			more.know(m.key)
			s.Extra = merge(s.Extra, inner.rest())
		}
	}
	s.Extra = merge(s.Extra, more.rest())
	state := f.object("status")
	if inner := more.object("status"); inner != nil {
		state = inner
	}
	s.state(state)
	return s, s.Code != ""
}

// merge returns the fields of both, as many as may be kept.
func merge(into, from map[string]string) map[string]string {
	for name, value := range from {
		if into == nil {
			into = make(map[string]string)
		}
		if len(into) < maxExtra {
			into[name] = value
		}
	}
	return into
}

// state reads what became of the session.
func (s *Session) state(f fields) {
	s.Created = f.time("createddateutc", "createddate", "created")
	s.OpenedAt = f.time("opendateutc", "openeddateutc", "opendate")
	s.PlayedAt = f.time("playeddateutc", "playdateutc", "playeddate")
	s.ClaimedAt = f.time("claimdateutc", "claimeddateutc", "claimdate")
	s.ValidatedAt = f.time("validationdateutc", "validateddateutc", "validationdate")
	s.VoidedAt = f.time("voideddateutc", "voiddateutc", "voideddate")
	s.Opened = f.flag("opened") || !s.OpenedAt.IsZero()
	s.Played = f.flag("played") || !s.PlayedAt.IsZero()
	s.Claimed = f.flag("claimed") || !s.ClaimedAt.IsZero()
	s.Validated = f.flag("validated") || !s.ValidatedAt.IsZero()
	s.Voided = f.flag("voided", "void") || !s.VoidedAt.IsZero()
	s.Saved = f.flag("savedtopassbook", "savedtowallet")
	s.Locked = f.flag("locked")
	s.ClaimType = f.text("claimtype")
	s.Value = f.text("value")
	s.ValidationValue = f.text("validationvalue")
	s.ValidationCode = f.text("ownvalidationcode", "customvalidationcode")
}

// decodeResults reads what became of many sessions. If the answer tells it of none, the API's OK holds for all.
func decodeResults(a answer, codes []string) ([]SessionResult, error) {
	list, ok := a.list("data", "session", "sessions", "couponsession", "couponsessions")
	if !ok || len(list) == 0 {
		var out []SessionResult
		for _, code := range codes {
			out = append(out, SessionResult{Code: code})
		}
		return out, nil
	}
	return decodeEach(list, func(f fields) (SessionResult, bool) {
		r := SessionResult{Code: anyID(f.text("session", "couponsession", "code")), Result: f.text("result", "action", "status", "error")}
		return r, r.Code != ""
	})
}

// SessionSums count sessions and what became of them.
type SessionSums struct {
	Sessions, Opened, Played, Claimed, Saved, Validated, Voided int
	// Days are the days on which something happened, in UTC: of each session its first day of each kind.
	Days map[Day]DaySums
}

// DaySums count what happened on one day.
type DaySums struct{ Created, Opened, Claimed, Validated, Voided int }

// Day is a date: year, month, day.
type Day struct {
	Year  int
	Month time.Month
	Day   int
}

// DayOf returns the day of a time in UTC.
func DayOf(t time.Time) Day {
	year, month, day := t.UTC().Date()
	return Day{year, month, day}
}

// Time returns the first moment of the day in UTC.
func (d Day) Time() time.Time { return time.Date(d.Year, d.Month, d.Day, 0, 0, 0, 0, time.UTC) }

// String returns the day as 2026-03-04.
func (d Day) String() string { return fmt.Sprintf("%04d-%02d-%02d", d.Year, d.Month, d.Day) }

// maxDays bounds the days of [SessionSums]: more than ten years is more than any campaign has.
const maxDays = 4000

// Add counts a session.
func (s *SessionSums) Add(x Session) {
	s.Sessions++
	for _, c := range []struct {
		n   *int
		yes bool
	}{
		{&s.Opened, x.Opened},
		{&s.Played, x.Played},
		{&s.Claimed, x.Claimed},
		{&s.Saved, x.Saved},
		{&s.Validated, x.Validated},
		{&s.Voided, x.Voided},
	} {
		if c.yes {
			*c.n++
		}
	}
	s.addDay(x.Created, func(d *DaySums) { d.Created++ })
	s.addDay(x.OpenedAt, func(d *DaySums) { d.Opened++ })
	s.addDay(x.ClaimedAt, func(d *DaySums) { d.Claimed++ })
	s.addDay(x.ValidatedAt, func(d *DaySums) { d.Validated++ })
	s.addDay(x.VoidedAt, func(d *DaySums) { d.Voided++ })
}

func (s *SessionSums) addDay(t time.Time, count func(*DaySums)) {
	if t.IsZero() {
		return
	}
	day := DayOf(t)
	sums, known := s.Days[day]
	if !known && len(s.Days) == maxDays {
		return
	}
	if s.Days == nil {
		s.Days = make(map[Day]DaySums)
	}
	count(&sums)
	s.Days[day] = sums
}

// SumSessions counts a campaign's sessions page by page, without keeping them. With an error it returns what was counted
// until then.
//
// API: POST /v3/campaign/data
// API: POST /v3/campaign/opens
// API: POST /v3/campaign/claims
// API: POST /v3/campaign/validations
func (c *Client) SumSessions(ctx context.Context, o SessionsOptions) (SessionSums, error) {
	var sums SessionSums
	for s, err := range c.Sessions(ctx, o) {
		if err != nil {
			return sums, err
		}
		sums.Add(s)
	}
	return sums, nil
}
