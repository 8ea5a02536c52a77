package coupontools_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/coupontools/couponbot/coupontools"
	"github.com/coupontools/couponbot/coupontools/sandbox"
)

const sessionStatus = `{"created_date_utc":"2022-05-01 09:00:10","opened":"1","open_date_utc":"2022-05-01 09:05:00","played":"0",` +
	`"played_date_utc":"","claimed":"1","claim_date_utc":"2022-05-02 10:00:00","claimtype":"email","saved_to_passbook":"1",` +
	`"validation_date_utc":"2022-05-03 11:00:00","voided_date_utc":"","locked":"0","validation_value":"2.50","value":"5",` +
	`"own_validation_code":"OWN1"}`

func at(text string) time.Time {
	when, err := time.Parse(time.DateTime, text)
	if err != nil {
		panic(err)
	}
	return when
}

// readSession is the session that sessionStatus describes.
func readSession() coupontools.Session {
	return coupontools.Session{
		Code: "k3v9t0q2m7x1r8b5c6n4d", Sequence: 20450011, CustomID: "crm-1",
		Created: at("2022-05-01 09:00:10"), OpenedAt: at("2022-05-01 09:05:00"), ClaimedAt: at("2022-05-02 10:00:00"),
		ValidatedAt: at("2022-05-03 11:00:00"), Opened: true, Claimed: true, Saved: true, Validated: true, ClaimType: "email",
		Value: "5", ValidationValue: "2.50", ValidationCode: "OWN1",
	}
}

func TestSession(t *testing.T) {
	t.Parallel()
	want := readSession()
	want.Campaign, want.URL = "cam_400001", "https://digicpn.com/p/q7w8e9/k3v9t0q2m7x1r8b5c6n4d"
	want.Extra = map[string]string{"firstname": "Mia", "phone": "32470000001", "note": "x"}
	var got request
	c := serve(t, recording(&got, `{`+okStatus+`,"campaign":"cam_400001","action":"retrieve_all_session_data",`+
		`"session":"k3v9t0q2m7x1r8b5c6n4d","session_url":"https:\/\/digicpn.com\/p\/q7w8e9\/k3v9t0q2m7x1r8b5c6n4d",`+
		`"sequenceid":"20450011","customid":"crm-1","data":{"status":`+sessionStatus+`,`+
		`"consumer":{"firstname":"Mia","phone":32470000001,"email":""},"note":"x"}}`))

	session, err := c.Session(t.Context(), "k3v9t0q2m7x1r8b5c6n4d")
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, *session); diff != "" {
		t.Errorf("Session (-want +got):\n%s", diff)
	}
	if got.Path != "/v3/couponsession/data" || got.Body != `{"couponsession":"k3v9t0q2m7x1r8b5c6n4d"}` {
		t.Errorf("request %s %s", got.Path, got.Body)
	}
}

func TestSessionsPage(t *testing.T) {
	t.Parallel()
	brussels := time.FixedZone("CET", 3600)
	for event, path := range map[coupontools.SessionEvent]string{
		coupontools.AnyEvent: "/v3/campaign/data", coupontools.WasOpened: "/v3/campaign/opens",
		coupontools.WasClaimed: "/v3/campaign/claims", coupontools.WasValidated: "/v3/campaign/validations",
	} {
		var got request
		c := serve(t, recording(&got, `{`+okStatus+`,"amount_of_results":"1","data":[{"session":"k3v9t0q2m7x1r8b5c6n4d",`+
			`"sequenceid":20450011,"customid":"crm-1","status":`+sessionStatus+`}]}`))

		page, err := c.SessionsPage(t.Context(), coupontools.SessionsOptions{
			Campaign: "400001", Event: event, From: time.Date(2026, 1, 1, 0, 30, 0, 0, brussels), To: time.Date(2026, 2, 1, 0, 0, 59, 0, time.UTC),
		}, 2)

		if diff := cmp.Diff([]coupontools.Session{readSession()}, page); err != nil || diff != "" {
			t.Errorf("SessionsPage: %v, difference (-want +got):\n%s", err, diff)
		}
		want := `{"campaign":"cam_400001","page":2,"start_date":"2025-12-31 23:30","end_date":"2026-02-01 00:00"}`
		if got.Path != path || !sameJSON(t, got.Body, want) {
			t.Errorf("request %s %s, want %s %s", got.Path, got.Body, path, want)
		}
	}
	for _, none := range []string{`"amount_of_results":0`, `"amount_of_results":"0","data":[]`, `"data":null`} {
		got, err := serve(t, answers(http.StatusOK, `{`+okStatus+`,`+none+`}`)).
			SessionsPage(t.Context(), coupontools.SessionsOptions{Campaign: "cam_1"}, 1)
		if err != nil || len(got) != 0 {
			t.Errorf("%s is %v, %v, want none", none, got, err)
		}
	}
}

// sessionPages returns a handler of pages of sessions with the ids from page. It counts the calls.
func sessionPages(calls *int, page func(n int) []int) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		var p struct{ Page int }
		_ = json.NewDecoder(r.Body).Decode(&p)
		*calls++
		_, _ = io.WriteString(w, `{`+okStatus+`,"data":[`)
		for i, number := range page(p.Page) {
			if i > 0 {
				_, _ = io.WriteString(w, ",")
			}
			_, _ = fmt.Fprintf(w, `{"session":"s%020d","sequenceid":"%d","status":%s}`, number, number, sessionStatus)
		}
		_, _ = io.WriteString(w, `]}`)
	}
}

func TestSessions_pages(t *testing.T) {
	t.Parallel()
	full := func(n, size int) []int { return span(1_000_000-(n-1)*size, size) }
	for name, tt := range map[string]struct {
		page            func(n int) []int
		sessions, calls int
	}{
		"none":                     {func(int) []int { return nil }, 0, 1},
		"a short one":              {func(int) []int { return full(1, 99) }, 99, 1},
		"one of 100, then none":    {func(n int) []int { return full(n, 100)[:100*(2-min(n, 2))] }, 100, 2},
		"pages of 5,000":           {func(n int) []int { return full(n, 5000)[:5000-4990*(n/3)] }, 10_010, 3},
		"the same page for ever":   {func(int) []int { return full(1, 500) }, 500, 2},
		"the first page again":     {func(n int) []int { return full((n-1)%3+1, 200) }, 600, 4},
		"one more came in between": {func(n int) []int { return span(1_000_001-(n-1)*199, map[int]int{1: 200, 2: 60}[n]) }, 259, 2},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			calls := 0
			sums, err := serve(t, sessionPages(&calls, tt.page)).SumSessions(t.Context(), coupontools.SessionsOptions{Campaign: "cam_1"})
			if err != nil || sums.Sessions != tt.sessions || sums.Validated != tt.sessions || calls != tt.calls {
				t.Errorf("%d sessions, %d validated in %d calls, %v, want %d in %d", sums.Sessions, sums.Validated, calls, err, tt.sessions, tt.calls)
			}
		})
	}
}

func TestSumSessions_sandbox(t *testing.T) {
	t.Parallel()
	_, c := against(t)
	all := coupontools.SessionsOptions{Campaign: "cam_400002"}
	sums, err := c.SumSessions(t.Context(), all)
	if err != nil || sums.Sessions != 11_200 {
		t.Fatalf("%d sessions, %v, want 11,200", sums.Sessions, err)
	}
	days, opened := 0, 0
	for day, n := range sums.Days {
		days++
		opened += n.Opened
		if time.Since(day.Time()) > 14*7*24*time.Hour || day.Time().After(time.Now()) {
			t.Errorf("something happened on %v", day)
		}
	}
	if days < 90 || opened != sums.Opened {
		t.Errorf("%d days with %d opens, want some ninety with %d", days, opened, sums.Opened)
	}
	for event, want := range map[coupontools.SessionEvent]int{
		coupontools.WasOpened: sums.Opened, coupontools.WasClaimed: sums.Claimed, coupontools.WasValidated: sums.Validated,
	} {
		all.Event = event
		if got, err := c.SumSessions(t.Context(), all); err != nil || got.Sessions != want || want == 0 {
			t.Errorf("event %d: %d sessions, %v, want %d", event, got.Sessions, err, want)
		}
	}
	all.Event, all.From, all.To = coupontools.WasClaimed, time.Now().AddDate(0, 0, -20), time.Now().AddDate(0, 0, -10)
	if got, err := c.SumSessions(t.Context(), all); err != nil || got.Sessions == 0 || got.Sessions >= sums.Claimed {
		t.Errorf("ten days: %d sessions, %v, want a part of %d", got.Sessions, err, sums.Claimed)
	}
}

func TestUpdateSession(t *testing.T) {
	t.Parallel()
	_, c := against(t)
	page, err := c.SessionsPage(t.Context(), coupontools.SessionsOptions{Campaign: "cam_400003", Event: coupontools.WasClaimed}, 1)
	if err != nil {
		t.Fatal(err)
	}
	var code string
	for _, s := range page {
		if !s.Validated && !s.Voided {
			code = s.Code
		}
	}
	change := func(change coupontools.SessionChange) error {
		t.Helper()
		return c.UpdateSession(t.Context(), code, change)
	}
	if err := change(coupontools.SessionChange{Validated: new(true), ValidationValue: "2.50"}); err != nil {
		t.Fatal(err)
	}
	if err := change(coupontools.SessionChange{Validated: new(true)}); classOf(err) != coupontools.Refused {
		t.Errorf("validated twice: %v", err)
	}
	if err := change(coupontools.SessionChange{Voided: new(true)}); err != nil {
		t.Error(err)
	}
	if err := change(coupontools.SessionChange{Voided: new(true)}); classOf(err) != coupontools.Refused {
		t.Errorf("voided twice: %v", err)
	}
	got, err := c.Session(t.Context(), code)
	if err != nil || !got.Voided || !got.Validated || !got.Locked || got.ValidationValue != "2.50" {
		t.Errorf("Session = %+v, %v", got, err)
	}
	if err := change(coupontools.SessionChange{Voided: new(false)}); err != nil {
		t.Error(err)
	}
	results, err := c.UpdateSessions(t.Context(), []string{code, "nobody", page[1].Code}, coupontools.SessionChange{Voided: new(true)})
	want := []coupontools.SessionResult{
		{Code: code, Result: "session_updated"}, {Code: "nobody", Result: "session_not_found"}, {Code: page[1].Code, Result: "session_updated"},
	}
	if diff := cmp.Diff(want, results); err != nil || diff != "" {
		t.Errorf("UpdateSessions: %v, difference (-want +got):\n%s", err, diff)
	}
	if err := change(coupontools.SessionChange{}); classOf(err) != coupontools.Refused {
		t.Errorf("nothing to change: %v", err)
	}
	if err := c.UpdateSession(t.Context(), "nobody", coupontools.SessionChange{Voided: new(true)}); !errors.Is(err, coupontools.ErrNotFound) {
		t.Errorf("an unknown session gives %v", err)
	}
}

// An OK without results per session applies to all.
func TestUpdateSessions_plainAnswer(t *testing.T) {
	t.Parallel()
	var got request
	c := serve(t, recording(&got, `{`+okStatus+`}`))
	results, err := c.UpdateSessions(t.Context(), []string{"a", "b"}, coupontools.SessionChange{Claimed: new(true), Voided: new(false)})
	if diff := cmp.Diff([]coupontools.SessionResult{{Code: "a"}, {Code: "b"}}, results); err != nil || diff != "" {
		t.Errorf("UpdateSessions: %v, difference (-want +got):\n%s", err, diff)
	}
	if !sameJSON(t, got.Body, `{"claimed":true,"void":false,"couponsessions":["a","b"]}`) {
		t.Errorf("request %s", got.Body)
	}
}

func TestSearchSessions(t *testing.T) {
	t.Parallel()
	_, c := against(t)
	page, err := c.SessionsPage(t.Context(), coupontools.SessionsOptions{Campaign: "cam_400003", Event: coupontools.WasClaimed}, 1)
	if err != nil {
		t.Fatal(err)
	}
	one, err := c.Session(t.Context(), page[0].Code)
	if err != nil {
		t.Fatal(err)
	}
	for _, text := range []string{one.ValidationCode, one.Extra["email"], one.Extra["phone"]} {
		for _, campaign := range []string{"", "cam_400003"} {
			found, err := c.SearchSessions(t.Context(), coupontools.SearchSessionsOptions{Text: text, Campaign: campaign})
			if err != nil || len(found) == 0 {
				t.Errorf("%d found in %q, %v", len(found), campaign, err)
			}
		}
	}
	if found, err := c.SearchSessions(t.Context(), coupontools.SearchSessionsOptions{Text: "nobody@example.com"}); err != nil || len(found) != 0 {
		t.Errorf("%v, %v, want none", found, err)
	}
	if _, err := c.SearchSessions(t.Context(), coupontools.SearchSessionsOptions{Text: " "}); classOf(err) != coupontools.Refused {
		t.Errorf("nothing to search for: %v", err)
	}
}

// Days that an answer invents don't grow without bounds.
func TestSessionSums_bounded(t *testing.T) {
	t.Parallel()
	var sums coupontools.SessionSums
	for i := range 10_000 {
		sums.Add(coupontools.Session{Created: time.Date(2000, 1, 1+i, 0, 0, 0, 0, time.UTC)})
	}
	if sums.Sessions != 10_000 || len(sums.Days) != 4000 {
		t.Errorf("%d sessions on %d days, want 10,000 on 4,000", sums.Sessions, len(sums.Days))
	}
	if got := coupontools.DayOf(time.Date(2026, 3, 4, 23, 30, 0, 0, time.FixedZone("EST", -5*3600))).String(); got != "2026-03-05" {
		t.Errorf("the day is %s, want 2026-03-05", got)
	}
}

func TestSumSessions_fiftyThousand(t *testing.T) {
	t.Parallel()
	_, c := against(t, sandbox.WithSessions(50_000))
	sums, err := c.SumSessions(t.Context(), coupontools.SessionsOptions{Campaign: "cam_400001"})
	if err != nil || sums.Sessions != 50_000 {
		t.Errorf("%d sessions, %v, want 50,000", sums.Sessions, err)
	}
}

func TestSumSessions_error(t *testing.T) {
	t.Parallel()
	calls := 0
	pages := sessionPages(&calls, func(n int) []int { return span(1_000_000-n*200, 200) })
	c := serve(t, func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		if strings.Contains(string(body), `"page":3`) {
			answers(http.StatusUnauthorized, ``)(w, r)
			return
		}
		r.Body = io.NopCloser(strings.NewReader(string(body)))
		pages(w, r)
	})
	sums, err := c.SumSessions(t.Context(), coupontools.SessionsOptions{Campaign: "cam_1"})
	if classOf(err) != coupontools.AccountRefused || sums.Sessions != 400 {
		t.Errorf("%d sessions, %v, want 400 and a refusal", sums.Sessions, err)
	}
}
