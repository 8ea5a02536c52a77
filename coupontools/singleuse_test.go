package coupontools_test

import (
	"encoding/csv"
	"errors"
	"net/http"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"github.com/coupontools/couponbot/coupontools"
	"github.com/coupontools/couponbot/coupontools/sandbox"
)

func TestCreateSingleUse(t *testing.T) {
	t.Parallel()
	var got request
	c := serve(t, recording(&got, `{`+okStatus+`,"campaign":"cam_1","action":"x","single_use_code":"k3v9t0q2m7x1r8b5c6n4d",`+
		`"single_use_url":"https:\/\/digicpn.com\/p\/q7w8e9\/k3v9t0q2m7x1r8b5c6n4d","widget_validation_code":"k3v9t0",`+
		`"custom_validation_code":12345678,"customid":"crm-1"}`))

	one, err := c.CreateSingleUse(t.Context(), coupontools.SingleUseCreate{
		Campaign: "1", FirstName: "Mia", Email: "mia@example.com", CustomID: "crm-1", ValidationDigits: 8, DuplicateCheck: "email",
		Expires: time.Date(2027, 1, 2, 3, 4, 5, 0, time.FixedZone("CET", 3600)), CustomFields: [7]string{6: "last"},
	})

	want := &coupontools.SingleUse{
		Code: "k3v9t0q2m7x1r8b5c6n4d", URL: "https://digicpn.com/p/q7w8e9/k3v9t0q2m7x1r8b5c6n4d", ShortCode: "k3v9t0",
		ValidationCode: "12345678", CustomID: "crm-1",
	}
	if diff := cmp.Diff(want, one); err != nil || diff != "" {
		t.Errorf("CreateSingleUse: %v, difference (-want +got):\n%s", err, diff)
	}
	if !sameJSON(t, got.Body, `{"campaign":"cam_1","firstname":"Mia","email":"mia@example.com","customid":"crm-1","autovalcode":"8digits",`+
		`"duplicate_check":"email","expiry_date":"2027-01-02 03:04:05","customfield7":"last"}`) {
		t.Errorf("request %s", got.Body)
	}
}

func TestSingleUse_invalid(t *testing.T) {
	t.Parallel()
	c := serve(t, answers(http.StatusInternalServerError, ``))
	for name, s := range map[string]coupontools.SingleUseCreate{
		"two codes":     {Campaign: "cam_1", ValidationCode: "x", ValidationDigits: 6},
		"seven digits":  {Campaign: "cam_1", ValidationDigits: 7},
		"duplicates":    {Campaign: "cam_1", DuplicateCheck: "true"},
		"a long id":     {Campaign: "cam_1", CustomID: strings.Repeat("x", 51)},
		"a long field":  {Campaign: "cam_1", CustomFields: [7]string{2: strings.Repeat("é", 51)}},
		"a long code":   {Campaign: "cam_1", ValidationCode: strings.Repeat("x", 101)},
		"no campaign":   {},
		"no campaign's": {Campaign: "Summer sale"},
	} {
		if _, err := c.CreateSingleUse(t.Context(), s); classOf(err) != coupontools.Refused {
			t.Errorf("%s: %v, want class Refused", name, err)
		}
	}
	for name, s := range map[string]coupontools.SingleUsesCreate{
		"none":         {Campaign: "cam_1"},
		"too many":     {Campaign: "cam_1", Amount: 100_001},
		"a status":     {Campaign: "cam_1", Amount: 1, Status: "free"},
		"a code type":  {Campaign: "cam_1", Amount: 1, CodeType: "emoji", CodeLength: 10},
		"short codes":  {Campaign: "cam_1", Amount: 1, CodeType: coupontools.CodesNumeric, CodeLength: 9},
		"no campaign":  {Amount: 1},
		"no campaigns": {Campaign: "a b", Amount: 1},
	} {
		yields := 0
		for _, err := range c.CreateSingleUses(t.Context(), s) {
			yields++
			if classOf(err) != coupontools.Refused {
				t.Errorf("%s: %v, want class Refused", name, err)
			}
		}
		if yields != 1 {
			t.Errorf("%s: %d yields, want the error alone", name, yields)
		}
	}
}

func TestSingleUse_sandbox(t *testing.T) {
	t.Parallel()
	_, c := against(t)
	create := coupontools.SingleUseCreate{Campaign: "cam_400018", Email: "mia@example.com", DuplicateCheck: "email", ValidationDigits: 6}
	one, err := c.CreateSingleUse(t.Context(), create)
	if err != nil || len(one.ValidationCode) != 6 || one.ShortCode != one.Code[:6] {
		t.Fatalf("CreateSingleUse = %+v, %v", one, err)
	}
	if again, err := c.CreateSingleUse(t.Context(), create); err != nil || again.Code != one.Code {
		t.Errorf("a duplicate gives %+v, %v, want %s", again, err, one.Code)
	}
	if s, err := c.Session(t.Context(), one.Code); err != nil || s.Campaign != "cam_400018" || s.Extra["email"] != "mia@example.com" {
		t.Errorf("Session = %+v, %v", s, err)
	}
	if err := c.RemoveSingleUse(t.Context(), "cam_400018", one.Code); err != nil {
		t.Error(err)
	}
	if err := c.RemoveSingleUse(t.Context(), "cam_400018", one.Code); !errors.Is(err, coupontools.ErrNotFound) {
		t.Errorf("removed twice: %v, want ErrNotFound", err)
	}
}

// Many codes take several calls and are unique.
func TestWriteSingleUses(t *testing.T) {
	t.Parallel()
	s, c := against(t)
	var out strings.Builder
	n, err := c.WriteSingleUses(t.Context(), &out, coupontools.SingleUsesCreate{
		Campaign: "cam_400018", Amount: 12_001, CodeType: coupontools.CodesAlphanumeric, CodePrefix: "\u200b＝;-", CodeLength: 10,
	})
	if err != nil || n != 12_001 || s.Calls("/v3/multiplesingleuse/create") != 3 {
		t.Errorf("%d codes in %d calls, %v, want 12,001 in 3", n, s.Calls("/v3/multiplesingleuse/create"), err)
	}
	lines, err := csv.NewReader(strings.NewReader(out.String())).ReadAll()
	if err != nil || len(lines) != 12_002 {
		t.Fatalf("%d lines, %v", len(lines), err)
	}
	seen := make(map[string]bool)
	for _, line := range lines[1:] {
		seen[line[0]] = true
		if !strings.HasSuffix(line[1], "/"+line[0]) || line[2] != line[0][:6] || !strings.HasPrefix(line[3], "'\u200b＝;'-") || utf8.RuneCountInString(line[3]) != 16 {
			t.Fatalf("line %q", line)
		}
	}
	if len(seen) != 12_001 {
		t.Errorf("%d different codes, want 12,001", len(seen))
	}
	if sums, err := c.SumSessions(t.Context(), coupontools.SessionsOptions{Campaign: "cam_400018"}); err != nil || sums.Sessions != 12_001 {
		t.Errorf("%d sessions, %v, want 12,001", sums.Sessions, err)
	}
}

// A failed call isn't repeated, and the codes created before it are returned.
func TestCreateSingleUses_error(t *testing.T) {
	t.Parallel()
	s, c := against(t)
	s.Break(sandbox.Rule{Path: "/v3/multiplesingleuse/create", Fault: sandbox.CutAfter(), Skip: 1, Times: 1})
	var out strings.Builder
	n, err := c.WriteSingleUses(t.Context(), &out, coupontools.SingleUsesCreate{Campaign: "cam_400018", Amount: 20_000})
	if n != 5000 || classOf(err) != coupontools.Unknown || strings.Count(out.String(), "\n") != 5001 {
		t.Errorf("%d codes in %d lines, %v, want 5,000 and class Unknown", n, strings.Count(out.String(), "\n"), err)
	}
	if calls := s.Calls("/v3/multiplesingleuse/create"); calls != 2 {
		t.Errorf("%d calls, want 2", calls)
	}
}

func TestCreateSingleUses_stopsEarly(t *testing.T) {
	t.Parallel()
	s, c := against(t)
	for _, err := range c.CreateSingleUses(t.Context(), coupontools.SingleUsesCreate{Campaign: "cam_400018", Amount: 20_000}) {
		if err != nil {
			t.Fatal(err)
		}
		break
	}
	if calls := s.Calls("/v3/multiplesingleuse/create"); calls != 1 {
		t.Errorf("%d calls, want 1", calls)
	}
}
