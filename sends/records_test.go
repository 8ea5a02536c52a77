package sends

import (
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/alicebob/miniredis/v2"
	"github.com/redis/go-redis/v9"

	"github.com/coupontools/couponbot/coupontools"
	"github.com/coupontools/couponbot/coupontools/sandbox"
	"github.com/coupontools/couponbot/sends/recipients"
)

// Faults of a call with the real client, and the recorded outcomes.
func TestOutcomes(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		fault sandbox.Fault
		times int // how often the fault occurs; 0 is always
		to    string
		want  Outcome
		sent  int // how many calls the API carried out
	}{
		"all well":       {want: Outcome{Status: Accepted, Action: "sms_sent"}, sent: 1},
		"another action": {fault: sandbox.Action("SMS queued"), want: Outcome{Status: Accepted, Action: "SMS queued"}, sent: 1},
		"no action":      {fault: sandbox.Action(""), want: Outcome{Status: Accepted}, sent: 1},
		"an action says no": {
			fault: sandbox.Declined(" not_sent"),
			want:  Outcome{Status: Failed, Text: "Coupontools answered “not_sent”", Action: "not_sent"},
		},
		"sent already": {
			to: "+32470000409", want: Outcome{Status: Failed, Text: "Coupontools answered “already_sent”", Action: "already_sent"},
		},
		"refused":              {to: "+32470000404", want: Outcome{Status: Failed, Code: "604"}},
		"refused with 200":     {fault: sandbox.Refusal(200, sandbox.ShapeNested, 502, "No +32470000001."), want: Outcome{Status: Failed, Code: "502"}},
		"404 without a code":   {fault: sandbox.ServerError(404), want: Outcome{Status: Failed, Code: "HTTP 404"}},
		"500":                  {fault: sandbox.ServerError(500), want: Outcome{Status: Unknown, Code: "HTTP 500", Text: "no verdict"}},
		"408":                  {fault: sandbox.ServerError(408), want: Outcome{Status: Unknown, Code: "HTTP 408", Text: "no verdict"}},
		"redirect":             {fault: sandbox.Redirect(307, "https://example.com/"), want: Outcome{Status: Unknown, Code: "HTTP 307", Text: "no verdict"}},
		"cut before the work":  {fault: sandbox.CutBefore(), want: Outcome{Status: Unknown, Text: "no verdict"}},
		"cut after the work":   {fault: sandbox.CutAfter(), want: Outcome{Status: Unknown, Text: "no verdict"}, sent: 1},
		"malformed":            {fault: sandbox.Malformed(), want: Outcome{Status: Unknown, Code: "HTTP 200"}, sent: 1},
		"too slow":             {fault: sandbox.Hang(), want: Outcome{Status: Unknown, Text: "no verdict"}},
		"429, then well":       {fault: sandbox.TooMany("1"), times: 1, want: Outcome{Status: Accepted, Action: "sms_sent"}, sent: 1},
		"wrong keys":           {fault: sandbox.Refusal(401, sandbox.ShapeSingle, 1000, "Unauthorized."), want: Outcome{Status: Skipped}},
		"no SMS service":       {fault: sandbox.Refusal(422, sandbox.ShapeNested, 103, "No service."), want: Outcome{Status: Skipped}},
		"refused, then asleep": {fault: sandbox.Refusal(403, sandbox.ShapeSingle, 1000, "No."), times: 1, want: Outcome{Status: Skipped}},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			shop := sandbox.New()
			web := httptest.NewServer(shop)
			t.Cleanup(web.Close)
			t.Cleanup(shop.Mend)
			if tt.fault.String() != "" {
				shop.Break(sandbox.Rule{Fault: tt.fault, Times: tt.times})
			}
			if tt.to == "" {
				tt.to = "+32470000001"
			}
			got, send := sendOne(t, web.URL, tt.to)
			if got.Action != tt.want.Action {
				t.Errorf("recorded the action %q, want %q", got.Action, tt.want.Action)
			}
			if got.Status != tt.want.Status || got.Code != tt.want.Code || tt.want.Text != "" && got.Text != tt.want.Text {
				t.Errorf("recorded %s %q %q, want %s %q %q", got.Status, got.Code, got.Text, tt.want.Status, tt.want.Code, tt.want.Text)
			}
			if strings.Contains(got.Text, "470000") || (got.Status == Failed) != (len(send.Failures) == 1) {
				t.Errorf("recorded %q and the failures %v, want the reason of a failure, without the number", got.Text, send.Failures)
			}
			sent := 0
			for _, m := range shop.Sent() {
				sent += m.Times
			}
			if sent != tt.sent || len(shop.Violations()) > 0 {
				t.Errorf("the API sent it %d times, want %d; it complains of %q", sent, tt.sent, shop.Violations())
			}
		})
	}
}

// sendOne sends to one recipient with the real client and returns the records.
func sendOne(t *testing.T, url, to string) (Outcome, Send) {
	t.Helper()
	client, err := coupontools.New(sandbox.DefaultClientID, sandbox.DefaultClientSecret,
		coupontools.WithBaseURL(url), coupontools.WithTimeout(5*time.Second))
	if err != nil {
		t.Fatal(err)
	}
	rdb := redis.NewClient(&redis.Options{Addr: miniredis.RunT(t).Addr()})
	t.Cleanup(func() { _ = rdb.Close() })
	done := make(chan string, 10)
	s := New(Config{Redis: rdb, API: client, CallTimeout: 500 * time.Millisecond, Observe: func(outcome string) {
		if outcome != "released" {
			done <- outcome
		}
	}})
	d := draft(1)
	d.OfferID, d.List.Recipients = "dir_5501", []recipients.Recipient{{To: to}}
	id := save(t, s, d).ID
	if _, err := s.Confirm(t.Context(), id, team, mia); err != nil {
		t.Fatal(err)
	}
	stop := start(t, s)
	select {
	case <-done:
	case <-t.Context().Done():
	}
	stop()
	return checkRecords(t, s, id)[to], read(t, s, id)
}

func TestJudge_actions(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		actions []string
		status  Status
	}{
		"sent": {[]string{
			"email_sent", "sms_sent", "", "queued", "SMS queued for 3|4", "notification_sent", "recipient_notified", "noted", "denoted",
			"knot_sent",
		}, Accepted},
		"not sent": {[]string{
			"not_sent", " Not_Sent ", "email_not_sent", "sms-not-sent", "notsent", "already_sent", "email_already_sent", "ALREADY",
			"duplicate", "duplicated_recipient", "failed", "sms_failed", "failure", "send_fail",
		}, Failed},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for _, action := range tt.actions {
				v := judge(&coupontools.Sent{Action: action}, nil, number(1))
				if v.status != tt.status || (v.text != "") != (tt.status == Failed) || strings.ContainsAny(v.action, "| \n") && v.action != "SMS queued for 3/4" {
					t.Errorf("judge(%q) = %+v, want it to be %s", action, v, tt.status)
				}
			}
		})
	}
	hostile := judge(&coupontools.Sent{Action: strings.Repeat("not|"+number(1)+"\n", 100)}, nil, number(1))
	if len([]rune(hostile.action)) > maxAction || strings.ContainsAny(hostile.action, "|\n") || strings.Contains(hostile.action, number(1)) {
		t.Errorf("a hostile action is kept as %q", hostile.action)
	}
}

func TestVerdict_streak(t *testing.T) {
	t.Parallel()
	refused := func(texts string, codes ...int) verdict {
		return judge(nil, &coupontools.Error{Class: coupontools.Refused, Status: 422, Codes: codes, Texts: []string{texts}}, number(1))
	}
	action := func(action string) verdict { return judge(&coupontools.Sent{Action: action}, nil, number(1)) }
	credits := " Perhaps the SMS credits are used up."
	tests := map[string]struct {
		verdict verdict
		kind    recipients.Kind
		why     string // "" if it ends a streak
	}{
		"sent":             {action("sms_sent"), recipients.SMS, ""},
		"no clear answer":  {judge(nil, failure(coupontools.Unknown, 500), ""), recipients.SMS, "10 calls in a row got no clear answer from Coupontools."},
		"bad address":      {refused("Email address not valid.", 305), recipients.Email, ""},
		"bad number":       {refused("Invalid character in parameter: phone", 301), recipients.SMS, ""},
		"bad, and no more": {refused("", 301), recipients.SMS, ""},
		"bad id": {
			refused("Invalid character in parameter: campaign", 301), recipients.SMS,
			"Coupontools refused 10 in a row for the same reason: “Invalid character in parameter: campaign” (code 301).",
		},
		"not sent": {
			refused("It could not be sent.", 604), recipients.SMS,
			"Coupontools refused 10 in a row for the same reason: “It could not be sent” (code 604)." + credits,
		},
		"not sent, by e-mail": {
			refused("It could not be sent.", 604), recipients.Email,
			"Coupontools refused 10 in a row for the same reason: “It could not be sent” (code 604).",
		},
		"gone": {
			refused("Campaign not found.", 502), recipients.SMS,
			"Coupontools refused 10 in a row for the same reason: “Campaign not found” (code 502).",
		},
		"without a code": {
			refused("No credits"), recipients.SMS,
			"Coupontools refused 10 in a row for the same reason: “No credits” (HTTP 422)." + credits,
		},
		"without a word": {refused(""), recipients.SMS, "Coupontools refused 10 in a row for the same reason (HTTP 422)." + credits},
		"declined": {
			action("not_sent"), recipients.SMS,
			"Coupontools refused 10 in a row for the same reason: “not_sent”." + credits,
		},
		"duplicate": {action("duplicate"), recipients.SMS, ""},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if same, why := tt.verdict.streak(tt.kind); why != tt.why || (same == "") != (why == "") {
				t.Errorf("streak() = %q, %q, want %q", same, why, tt.why)
			}
		})
	}
}

func TestMaskRecipient(t *testing.T) {
	t.Parallel()
	tests := map[string]struct{ text, to, want string }{
		"a number":                {"No +32470000001 here", "+32470000001", "No ••• here"},
		"a number without +":      {"No 32470000001 here", "+32470000001", "No ••• here"},
		"an address in capitals":  {"No Mia@Example.COM!", "mia@example.com", "No •••!"},
		"a number in its country": {"No 0470 00 00 01, code 305", "+32470000001", "No •••, code 305"},
		"a number with (0)":       {"No +32 (0)470/00.00.01!", "+32470000001", "No •••!"},
		"another number":          {"Since 2026-01-15 10:00", "+32470000001", "Since 2026-01-15 10:00"},
		"nothing of theirs":       {"Try later", "mia@example.com", "Try later"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if got := maskRecipient(tt.text, tt.to); got != tt.want {
				t.Errorf("mask(%q) = %q, want %q", tt.text, got, tt.want)
			}
		})
	}
}

func TestFailures_bounded(t *testing.T) {
	t.Parallel()
	f := sendHash{"failure:604|No such phone": "3", "failure:|": "7", "failure:305|Not valid": "5", "accepted": "2"}
	got := f.failures()
	if len(got) != 3 || got[0].Code != "305" || got[1].Count != 3 || got[2] != (Failure{Count: 7}) {
		t.Errorf("failures() = %v, want most frequent first and the rest last", got)
	}
}

var _ API = (*coupontools.Client)(nil)
