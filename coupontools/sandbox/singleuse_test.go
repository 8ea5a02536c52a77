package sandbox_test

import (
	"maps"
	"regexp"
	"strings"
	"testing"
)

const (
	single       = "/v3/singleuse/create"
	multiple     = "/v3/multiplesingleuse/create"
	removeSingle = "/v3/singleuse/remove"
	webhook      = "/v3/webhook/verification"
)

func TestSingleUse(t *testing.T) {
	t.Parallel()
	s := serve(t)
	one := s.wantOK(t, single, p{"campaign": "cam_400018", "email": "mia@example.com", "autovalcode": "10digits", "duplicate_check": "email"})
	code, _ := one.at(t, "single_use_code").(string)
	own, _ := one.at(t, "custom_validation_code").(string)
	if !regexp.MustCompile(`^[a-z0-9]{21}$`).MatchString(code) || one.at(t, "widget_validation_code") != code[:6] || len(own) != 10 {
		t.Errorf("single use %s", one.body)
	}
	if again := s.wantOK(t, single, p{"campaign": "cam_400018", "email": "mia@example.com", "duplicate_check": "email"}); again.at(t, "single_use_code") != code {
		t.Errorf("a duplicate %s", again.body)
	}
	if other := s.wantOK(t, single, p{"campaign": "cam_400018", "email": "mia@example.com"}); other.at(t, "single_use_code") == code {
		t.Error("without a check for duplicates there is none new")
	}
	s.wantOK(t, removeSingle, p{"campaign": "cam_400018", "couponsession": code})
	wantCodes(t, s.call(t, removeSingle, p{"campaign": "cam_400018", "couponsession": code}), 422, 505)
	wantCodes(t, s.call(t, session, p{"couponsession": code}), 422, 505)
}

func TestMultipleSingleUse(t *testing.T) {
	t.Parallel()
	s := serve(t)
	if r := s.wantOK(t, multiple, p{"campaign": "cam_400018"}); r.count(t, "data") != 10 {
		t.Errorf("without an amount %d are made, want 10", r.count(t, "data"))
	}
	r := s.wantOK(t, multiple, p{
		"campaign": "cam_400018", "amount": 300, "automated_codes": true, "code_prefix": "SUM", "code_length": 12, "code_type": "numeric",
		"status": "voided",
	})
	own, _ := r.at(t, "data", 299, "custom_validation_code").(string)
	if !regexp.MustCompile(`^SUM\d{12}$`).MatchString(own) || r.at(t, "action") != " multiple_single_use_codes_created" {
		t.Errorf("code %q and action %q", own, r.at(t, "action"))
	}
	if _, number := r.at(t, "data", 0, "sequence_id").(float64); !number {
		t.Error("the sequence is no number")
	}
	code, _ := r.at(t, "data", 0, "single_use_code").(string)
	if x := s.wantOK(t, session, p{"couponsession": code}); x.at(t, "data", "status", "voided_date_utc") == "" {
		t.Errorf("it is not voided: %s", x.body)
	}
}

func TestSingleUse_refused(t *testing.T) {
	t.Parallel()
	s := serve(t)
	auto := func(more p) p {
		params := p{"campaign": "cam_400018", "automated_codes": true, "code_length": 12, "code_type": "numeric"}
		maps.Copy(params, more)
		return params
	}
	for name, tt := range map[string]struct {
		path   string
		params p
		codes  []float64
	}{
		"without campaign":    {single, nil, []float64{200}},
		"letters":             {single, p{"campaign": "cam_x"}, []float64{301}},
		"unknown campaign":    {single, p{"campaign": "cam_1"}, []float64{502}},
		"two codes":           {single, p{"campaign": "cam_400018", "customvalcode": "x", "autovalcode": "6digits"}, []float64{300}},
		"seven digits":        {single, p{"campaign": "cam_400018", "autovalcode": "7digits"}, []float64{302}},
		"a flag for a field":  {single, p{"campaign": "cam_400018", "duplicate_check": true}, []float64{302}},
		"a bad date":          {single, p{"campaign": "cam_400018", "expiry_date": "2027-01-01"}, []float64{303}},
		"a long id":           {single, p{"campaign": "cam_400018", "customid": strings.Repeat("x", 51)}, []float64{300}},
		"many without id":     {multiple, nil, []float64{200}},
		"too many":            {multiple, p{"campaign": "cam_400018", "amount": 100_001}, []float64{300}},
		"an amount in words":  {multiple, p{"campaign": "cam_400018", "amount": "ten"}, []float64{301}},
		"another status":      {multiple, p{"campaign": "cam_400018", "status": "free"}, []float64{302}},
		"short codes":         {multiple, auto(p{"code_length": 9}), []float64{300}},
		"codes of which type": {multiple, auto(p{"code_type": ""}), []float64{200}},
		"remove unknown":      {removeSingle, p{"campaign": "cam_400018", "couponsession": "nobody"}, []float64{505}},
		"remove nothing":      {removeSingle, p{"campaign": "cam_400018"}, []float64{200}},
		"verify nothing":      {webhook, nil, []float64{200}},
		"verify unknown":      {webhook, p{"webhook": "evt_1"}, []float64{509}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			wantCodes(t, s.call(t, tt.path, tt.params), 422, tt.codes...)
		})
	}
}

func TestWebhook(t *testing.T) {
	t.Parallel()
	s := serve(t)
	events := s.Events(3)
	if len(events) != 3 {
		t.Fatalf("events %q", events)
	}
	r := s.wantOK(t, webhook, p{"webhook": events[2]})
	if r.at(t, "result") != "valid" || r.at(t, "type") != "coupon_validated" {
		t.Errorf("verification %s", r.body)
	}
	if r := s.wantOK(t, webhook, p{"webhook": events[2], "session": "somebody"}); r.at(t, "result") != "invalid" {
		t.Errorf("with another session %s", r.body)
	}
}
