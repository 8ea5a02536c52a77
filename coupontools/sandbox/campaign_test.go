package sandbox_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/coupontools/couponbot/coupontools/sandbox"
)

const (
	campaigns   = "/v3/coupon/list"
	campaign    = "/v3/coupon/info"
	usage       = "/v3/campaign/data"
	opens       = "/v3/campaign/opens"
	validations = "/v3/campaign/validations"
	session     = "/v3/couponsession/data"
	change      = "/v3/couponsession/update"
	changeMany  = "/v3/couponsession/update/multiple"
	searchFor   = "/v3/couponsession/search"
	pushOne     = "/v3/coupon/pushnotification/single"
	pushAll     = "/v3/coupon/pushnotification/all"
)

func (r result) count(tb testing.TB, name string) int {
	tb.Helper()
	list, _ := r.at(tb, name).([]any)
	return len(list)
}

func TestCampaigns(t *testing.T) {
	t.Parallel()
	s := serve(t)
	all := s.wantOK(t, campaigns, nil)
	if all.count(t, "coupon_info") != 18 || all.at(t, "coupon_info", 0, "ID") != "cam_400001" {
		t.Errorf("campaigns %.300s", all.body)
	}
	for name, tt := range map[string]struct {
		params p
		want   int
	}{
		"active":      {p{"only_active": true}, 13},
		"not active":  {p{"only_active": false}, 18},
		"one tag":     {p{"tags": "vip"}, 2},
		"two tags":    {p{"tags": "vip, welcome"}, 3},
		"folder":      {p{"folder": "fol_2"}, 9},
		"category":    {p{"category": "cat_1"}, 3},
		"no such tag": {p{"tags": "none"}, 0},
	} {
		if got := s.wantOK(t, campaigns, tt.params).count(t, "coupon_info"); got != tt.want {
			t.Errorf("%s: %d campaigns, want %d", name, got, tt.want)
		}
	}
	plain, stats := s.wantOK(t, campaign, p{"campaign": "cam_400003"}), s.wantOK(t, campaign, p{"campaign": 400003, "show_usage_stats": true})
	if plain.at(t, "coupon_info", "custom_validation_codes") != nil || stats.at(t, "coupon_info", "custom_validation_codes") != 1000.0 {
		t.Errorf("stats in %s and %s", plain.body, stats.body)
	}
}

func TestCampaigns_refused(t *testing.T) {
	t.Parallel()
	s := serve(t)
	code, _ := s.wantOK(t, usage, p{"campaign": "cam_400003"}).at(t, "data", 0, "session").(string)
	for name, tt := range map[string]struct {
		path   string
		params p
		codes  []float64
	}{
		"no such folder":         {campaigns, p{"folder": "fol_9"}, []float64{515}},
		"a word for a boolean":   {campaigns, p{"only_active": "maybe"}, []float64{302}},
		"info without id":        {campaign, nil, []float64{200}},
		"info with letters":      {campaign, p{"campaign": "cam_x"}, []float64{301}},
		"info of unknown":        {campaign, p{"campaign": "cam_1"}, []float64{502}},
		"usage without id":       {usage, nil, []float64{200}},
		"usage with page 0":      {usage, p{"campaign": "cam_400003", "page": 0}, []float64{301}},
		"usage with a bad date":  {opens, p{"campaign": "cam_400003", "start_date": "04/03/2026"}, []float64{303}},
		"usage of unknown":       {validations, p{"campaign": "cam_1"}, []float64{502}},
		"session without code":   {session, nil, []float64{200}},
		"session of unknown":     {session, p{"couponsession": "nobody"}, []float64{505}},
		"session by short code":  {session, p{"couponsession": code[:6]}, []float64{505}},
		"change without code":    {change, p{"void": true}, []float64{200}},
		"change of unknown":      {change, p{"couponsession": "nobody", "void": true}, []float64{505}},
		"change to a word":       {change, p{"couponsession": code, "void": "yes"}, []float64{302}},
		"changes without codes":  {changeMany, p{"void": true}, []float64{200}},
		"search for nothing":     {searchFor, nil, []float64{200}},
		"search in unknown":      {searchFor, p{"search": "x", "campaign": "cam_1"}, []float64{502}},
		"campaigns of directory": {"/v3/directory/campaigns", p{"directory": "dir_1"}, []float64{507}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			wantCodes(t, s.call(t, tt.path, tt.params), 422, tt.codes...)
		})
	}
}

// Push messages have their errors beside the status.
func TestPush(t *testing.T) {
	t.Parallel()
	s := serve(t)
	code, _ := s.wantOK(t, usage, p{"campaign": "cam_400003"}).at(t, "data", 0, "session").(string)
	for name, tt := range map[string]struct {
		path   string
		params p
		code   float64
	}{
		"without message":    {pushAll, p{"campaign": "cam_400003"}, 200},
		"unknown campaign":   {pushAll, p{"campaign": "cam_1", "message": "Hi"}, 502},
		"unknown session":    {pushOne, p{"campaign": "cam_400003", "couponsession": "nobody", "message": "Hi"}, 505},
		"another campaign's": {pushOne, p{"campaign": "cam_400001", "couponsession": code, "message": "Hi"}, 505},
	} {
		r := s.call(t, tt.path, tt.params)
		codes, _ := r.at(t, "errors", "error_code").([]any)
		if r.status != 422 || r.at(t, "status", "errors") != nil || len(codes) == 0 || codes[0] != tt.code {
			t.Errorf("%s: %d %s, want %v beside the status", name, r.status, r.body, tt.code)
		}
	}
	s.wantOK(t, pushOne, p{"campaign": "cam_400003", "couponsession": code[:6], "message": "Hi"})
	s.wantOK(t, pushAll, p{"campaign": "cam_400003", "message": "All"})
	want := []sandbox.Message{
		{Kind: "push", Campaign: "cam_400003", To: code, Body: "Hi", Times: 1},
		{Kind: "push", Campaign: "cam_400003", Body: "All", Times: 1},
	}
	if diff := cmp.Diff(want, s.Sent(), cmpopts.IgnoreFields(sandbox.Message{}, "At")); diff != "" {
		t.Errorf("sent (-want +got):\n%s", diff)
	}
}

func TestUsage_pages(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 11, 25, 12, 0, 0, 0, time.UTC)
	s := serve(t, sandbox.WithNow(now))
	seen := map[any]bool{}
	for page, want := range map[int]int{1: 5000, 2: 5000, 3: 1200, 4: 0, 1 << 40: 0} {
		r := s.wantOK(t, usage, p{"campaign": "cam_400002", "page": page})
		list, _ := r.at(t, "data").([]any)
		if len(list) != want || r.at(t, "amount_of_results") != 11200.0 {
			t.Errorf("page %d has %d of %v, want %d", page, len(list), r.at(t, "amount_of_results"), want)
		}
		for _, x := range list {
			o, _ := x.(map[string]any)
			seen[o["session"]] = true
			state, _ := o["status"].(map[string]any)
			created, _ := state["created_date_utc"].(string)
			at, err := time.Parse(time.DateTime, created)
			if err != nil || at.After(now) || at.Before(now.AddDate(0, 0, -13*7-1)) {
				t.Fatalf("created at %q", created)
			}
		}
	}
	if len(seen) != 11_200 {
		t.Errorf("%d different sessions, want 11,200", len(seen))
	}
}

// Both ends of a range are inclusive, in each date format.
func TestUsage_dates(t *testing.T) {
	t.Parallel()
	s := serve(t, sandbox.WithNow(time.Date(2026, 11, 25, 12, 0, 0, 0, time.UTC)))
	count := func(from, to string) int {
		t.Helper()
		params := p{"campaign": "cam_400002"}
		if from != "" {
			params["start_date"] = from
		}
		if to != "" {
			params["end_date"] = to
		}
		n, _ := s.wantOK(t, usage, params).at(t, "amount_of_results").(float64)
		return int(n)
	}
	all, day := count("", ""), count("2026-11-20", "2026-11-20")
	if day == 0 || day >= all {
		t.Errorf("%d on one day of %d", day, all)
	}
	if colons, dashes := count("2026-11-20 00:00", "2026-11-20 23:59"), count("2026-11-20 00-00", "2026-11-20 23-59"); colons != day || dashes != day {
		t.Errorf("%d and %d, want %d", colons, dashes, day)
	}
	if before, after := count("", "2026-11-19"), count("2026-11-21", ""); before+day+after != all {
		t.Errorf("%d before, %d then and %d after are not %d", before, day, after, all)
	}
}

func TestSession_state(t *testing.T) {
	t.Parallel()
	s := serve(t)
	code, _ := s.wantOK(t, validations, p{"campaign": "cam_400003"}).at(t, "data", 0, "session").(string)
	for i, step := range []struct {
		params p
		codes  []float64
	}{
		{p{"validated": true}, []float64{300}}, // It has been validated already.
		{p{"validated": false}, nil},
		{p{"validated": true, "validation_value": "2.50"}, nil},
		{p{"void": true}, nil},
		{p{"void": true}, []float64{300}},
		{p{"claimed": true}, []float64{300}},
		{p{"void": false}, nil},
		{p{"claimed": true}, nil},
	} {
		step.params["couponsession"] = code[:6]
		if step.codes != nil {
			wantCodes(t, s.call(t, change, step.params), 422, step.codes...)
			continue
		}
		if r := s.wantOK(t, change, step.params); r.at(t, "session") != code || r.at(t, "action") != "session_updated" {
			t.Errorf("step %d: %s", i, r.body)
		}
	}
	r := s.wantOK(t, session, p{"couponsession": code})
	if r.at(t, "data", "status", "validation_value") != "2.50" || r.at(t, "data", "status", "voided_date_utc") != "" ||
		r.at(t, "campaign") != "cam_400003" || r.at(t, "action") != "retrieve_all_session_data" {
		t.Errorf("session %s", r.body)
	}
	r = s.wantOK(t, changeMany, p{"couponsessions": []string{code, "nobody"}, "void": true})
	if r.at(t, "data", 0, "result") != "session_updated" || r.at(t, "data", 1, "result") != "session_not_found" {
		t.Errorf("many: %s", r.body)
	}
	if v := s.Violations(); len(v) != 0 {
		t.Errorf("violations %q", v)
	}
}
