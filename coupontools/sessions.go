package coupontools

import (
	"context"
	"fmt"
	"iter"
	"log/slog"
	"strings"
	"time"
)

// Session is one person's coupon of a campaign and its state. It logs as its code only.
type Session struct {
	// Code identifies the session: 21 letters and digits. The first six are its short form.
	Code string
	// Campaign is the id of its campaign, empty in the pages of one campaign's sessions.
	Campaign string
	// URL is the person's own link to the coupon, empty if not given.
	URL string
	// Sequence is the API's serial number, 0 if not given.
	Sequence int
	// CustomID is the owner's own id for the person. It may be empty.
	CustomID string

	// Created, OpenedAt and so on are in UTC; the zero time if it hasn't happened, or if the API gives no time.
	Created, OpenedAt, PlayedAt, ClaimedAt, ValidatedAt, VoidedAt time.Time
	// Opened, Played and so on say whether it happened. Saved means saved in a mobile wallet, Locked that it can no longer be
	// used.
	Opened, Played, Claimed, Saved, Validated, Voided, Locked bool
	// ClaimType is the API's word for how it was claimed. It may be empty.
	ClaimType string
	// Value and ValidationValue are the coupon's value and the value validated, as the API writes them. They may be empty.
	Value, ValidationValue string
	// ValidationCode is the owner's own validation code, if any.
	ValidationCode string
	// Extra are up to 30 further fields, such as form answers, each value at most 300 characters.
	Extra map[string]string
}

// LogValue returns the code only.
func (s Session) LogValue() slog.Value { return slog.StringValue(s.Code) }

// SessionEvent selects the sessions to which an event has happened.
type SessionEvent int

const (
	// AnyEvent selects all sessions.
	AnyEvent SessionEvent = iota
	// WasOpened selects opened sessions.
	WasOpened
	// WasClaimed selects claimed sessions.
	WasClaimed
	// WasValidated selects redeemed sessions.
	WasValidated
)

// route returns the route that lists sessions with that event.
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

// SessionsOptions filter [Client.Sessions].
type SessionsOptions struct {
	// Campaign is the id: "cam_…".
	Campaign string
	// Event selects the sessions to which it has happened.
	Event SessionEvent
	// From and To limit when it happened, both inclusive and to the minute. The zero time is no limit.
	From, To time.Time
}

// sessionsPerPage is the smallest full page: the documentation says 5,000, but code that calls the API has seen pages of
// 100.
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

// minute formats a time for the API in UTC, "" for the zero time.
func minute(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format("2006-01-02 15:04")
}

// Sessions returns a campaign's sessions, fetching each page when it is needed. It stops at a page that is empty, short or
// seen before, and after yielding an error.
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

// SessionChange is what [Client.UpdateSession] changes. Nil and empty fields stay unchanged.
type SessionChange struct {
	Claimed, Validated, Voided *bool
	// ValidationValue is the value to validate, as a decimal number, for a coupon with a value.
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

// UpdateSession changes the state of one session, given its code or the first six characters of it. It is never repeated,
// since a coupon may count each validation. An unknown code gives [ErrNotFound].
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

// SessionResult is the result for one of many sessions.
type SessionResult struct {
	Code string
	// Result is the API's word for it, empty if the API said OK to all of them only.
	Result string
}

// UpdateSessions changes the state of many sessions in one call and returns the result of each. It is never repeated.
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

// SearchSessionsOptions are the criteria of [Client.SearchSessions].
type SearchSessionsOptions struct {
	// Text is a validation code of the owner's, a phone number or an e-mail address.
	Text string
	// Campaign limits the search to one campaign. It may be empty.
	Campaign string
}

// LogValue leaves out the text.
func (o SearchSessionsOptions) LogValue() slog.Value {
	return slog.StringValue("search for a session in " + either(o.Campaign, "all campaigns"))
}

// SearchSessions finds sessions by a person's code, phone number or e-mail address.
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

// decodeSession reads one session. Its status and further data are one level deeper than in a list.
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
	t := fieldReader{fields: f}
	s := Session{
		Code:     anyID(t.text("session", "couponsession", "sessioncode", "code", "id")),
		Campaign: prefixed("cam_", t.text("campaign", "campaignid")),
		URL:      t.link("sessionurl", "url"),
		Sequence: t.count("sequenceid", "sequence"),
		CustomID: t.text("customid"),
	}
	t.markRead("status", "data", "action", "errors")
	s.Extra = t.unread()
	more := fieldReader{fields: f.object("data")}
	more.markRead("status")
	for _, m := range more.fields {
		if inner := (fieldReader{fields: fieldsOf(m.value)}); len(inner.fields) > 0 && m.key != "status" {
			// A block of form answers: keep its fields rather than its JSON.
			more.markRead(m.key)
			s.Extra = merge(s.Extra, inner.unread())
		}
	}
	s.Extra = merge(s.Extra, more.unread())
	state := f.object("status")
	if inner := more.object("status"); inner != nil {
		state = inner
	}
	s.state(state)
	return s, s.Code != ""
}

// merge adds fields to a map, up to the limit.
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

// state reads the session's events.
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

// decodeResults reads the results of many sessions. If the answer has none, the API's OK applies to all.
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

// SessionSums count sessions and their events.
type SessionSums struct {
	Sessions, Opened, Played, Claimed, Saved, Validated, Voided int
	// Days are the counts by day, in UTC. Each session counts once per kind of event, on the first day.
	Days map[Day]DaySums
}

// DaySums count the events of one day.
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

// maxDays bounds [SessionSums.Days]: no campaign lasts longer than ten years.
const maxDays = 4000

// Add counts one session.
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

// SumSessions counts a campaign's sessions page by page, in constant memory. With an error it returns the counts so far.
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

// probeSessions returns the probe of the route that lists sessions with that event.
func probeSessions(event SessionEvent) Probe {
	return func(ctx context.Context, c *Client, ids *ProbeIDs) (string, error) {
		return probeListOf(ids.campaign, "a campaign", func() ([]Session, error) {
			return c.SessionsPage(ctx, SessionsOptions{Campaign: ids.campaign, Event: event}, 1)
		}, "sessions on the first page", func(s Session) {
			ids.session, ids.validationCode = s.Code, either(ids.validationCode, s.ValidationCode)
		})
	}
}

func probeSession(ctx context.Context, c *Client, ids *ProbeIDs) (string, error) {
	return probeOne(ids.session, "a session", func() (*Session, error) { return c.Session(ctx, ids.session) })
}

func probeSearchSessions(ctx context.Context, c *Client, ids *ProbeIDs) (string, error) {
	return probeListOf(ids.validationCode, "a session with a validation code of the owner's own", func() ([]Session, error) {
		return c.SearchSessions(ctx, SearchSessionsOptions{Text: ids.validationCode})
	}, "sessions", nil)
}
