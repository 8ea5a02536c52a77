package sandbox_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/coupontools/couponbot/coupontools/sandbox"
)

const (
	cards      = "/v3/loyalty/list"
	card       = "/v3/loyalty/info"
	holders    = "/v3/loyaltyusers/list"
	link       = "/v3/loyaltyusers/link"
	points     = "/v3/loyaltyusers/update"
	pushHolder = "/v3/loyalty/pushnotification/single"
	pushCard   = "/v3/loyalty/pushnotification/all"
	cardsV4    = "/v4/loyalty/loyalty-cards"
)

// rest makes a call in the resource style.
func (s *service) rest(tb testing.TB, method, path, body string) result {
	tb.Helper()
	contentType := ""
	if body != "" {
		contentType = "application/json"
	}
	req := withKeys(s.request(tb, path, contentType, body))
	req.Method = method
	r, err := try(tb, req)
	if err != nil {
		tb.Fatalf("%s %s: %v", method, path, err)
	}
	return r
}

func TestLoyalty(t *testing.T) {
	t.Parallel()
	s := serve(t)
	all, active := s.wantOK(t, cards, p{"sorting": "desc"}), s.wantOK(t, cards, p{"only_active": true})
	if all.at(t, "loyaltycard", 6, "name") != "Club card" || active.count(t, "loyaltycard") != 6 {
		t.Errorf("cards %s", all.body)
	}
	if r := s.wantOK(t, card, p{"loyaltycard": "loy_480013"}); r.at(t, "loyaltycard", "type") != "stamp" {
		t.Errorf("card %s", r.body)
	}
	users := s.wantOK(t, holders, p{"loyaltycard": "loy_480012"})
	id, have := users.at(t, "user", 0, "ID"), users.at(t, "user", 0, "points").(float64)
	update := func(params p) result {
		params["loyaltycard"], params["user"] = "loy_480012", id
		return s.call(t, points, params)
	}
	if r := update(p{"points": 5}); r.at(t, "points") != have+5 {
		t.Errorf("points %s, want %v", r.body, have+5)
	}
	wantCodes(t, update(p{"points": -100000}), 422, 300)
	wantCodes(t, update(p{"stamps": 1}), 422, 300)
	wantCodes(t, update(p{"points": "many"}), 422, 301)
	if r := update(p{"void": true}); r.status != http.StatusOK {
		t.Errorf("void: %s", r.body)
	}
	wantCodes(t, update(p{"void": true}), 422, 300)
	wantCodes(t, update(p{"points": 5}), 422, 300)
	if r := update(p{"void": false, "points": 1}); r.at(t, "points") != have+6 {
		t.Errorf("points %s, want %v", r.body, have+6)
	}
	s.wantOK(t, pushHolder, p{"loyaltycard": "loy_480012", "user": id, "message": "Hi"})
	s.wantOK(t, pushCard, p{"loyaltycard": "loy_480012", "message": "All"})
	if sent := s.Sent(); len(sent) != 2 || sent[0].LoyaltyCard != "loy_480012" || sent[0].To != id || sent[1].To != "" {
		t.Errorf("sent %+v", sent)
	}
}

func TestLoyalty_refused(t *testing.T) {
	t.Parallel()
	s := serve(t)
	for name, tt := range map[string]struct {
		path   string
		params p
		codes  []float64
	}{
		"sorting by name":    {cards, p{"sorting": "name"}, []float64{302}},
		"info without id":    {card, nil, []float64{200}},
		"info of unknown":    {card, p{"loyaltycard": "loy_1"}, []float64{507}},
		"users with letters": {holders, p{"loyaltycard": "loy_x"}, []float64{301}},
		"users of unknown":   {holders, p{"loyaltycard": "loy_1"}, []float64{505}},
		"link nobody":        {link, p{"loyaltycard": "loy_480012", "user": "lus_1"}, []float64{505}},
		"link to nothing":    {link, p{"loyaltycard": "loy_1", "user": "lus_61001"}, []float64{505}},
		"link without user":  {link, p{"loyaltycard": "loy_480012"}, []float64{200}},
		"update nobody":      {points, p{"loyaltycard": "loy_480012", "user": "lus_1", "points": 1}, []float64{505}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			wantCodes(t, s.call(t, tt.path, tt.params), 422, tt.codes...)
		})
	}
	if r := s.call(t, pushCard, p{"loyaltycard": "loy_1", "message": "Hi"}); r.status != 422 || r.at(t, "errors", "error_code", 0) != 505.0 {
		t.Errorf("push about nothing: %s", r.body)
	}
}

func TestLoyaltyV4(t *testing.T) {
	t.Parallel()
	s := serve(t)
	made := s.rest(t, "POST", cardsV4+"/480012/copy", `{"name":"A copy"}`)
	if made.status != 200 || made.at(t, "name") != "A copy" || made.at(t, "type") != "membership" {
		t.Errorf("copy %d %s", made.status, made.body)
	}
	one := s.rest(t, "POST", cardsV4+"/480019/stats", `{"first_name":"Mia","custom_8":"x"}`)
	if one.at(t, "first_name") != "Mia" || one.at(t, "custom_8") != "x" || one.at(t, "points") != 0.0 {
		t.Errorf("user %s", one.body)
	}
	if r := s.rest(t, "POST", cardsV4+"/480019/stats/bulk", `[{"first_name":"A"},{"email":"b@example.com"}]`); strings.Count(r.body, `"id":`) != 2 {
		t.Errorf("bulk %s", r.body)
	}
	for name, tt := range map[string]struct {
		method, path, body string
		status             int
	}{
		"unknown card":      {"POST", cardsV4 + "/1/stats", `{}`, 404},
		"prefixed id":       {"POST", cardsV4 + "/loy_480012/stats", `{}`, 404},
		"long name":         {"POST", cardsV4 + "/480012/copy", `{"name":"` + strings.Repeat("x", 51) + `"}`, 422},
		"bad address":       {"POST", cardsV4 + "/480012/stats", `{"email":"x"}`, 422},
		"bulk of nothing":   {"POST", cardsV4 + "/480012/stats/bulk", `[]`, 422},
		"bulk of an object": {"POST", cardsV4 + "/480012/stats/bulk", `{"first_name":"A"}`, 422},
		"bulk with a stray": {"POST", cardsV4 + "/480012/stats/bulk", `[{"nickname":"A"}]`, 422},
		"another method":    {"DELETE", cardsV4 + "/480012/stats", "", 405},
	} {
		if r := s.rest(t, tt.method, tt.path, tt.body); r.status != tt.status {
			t.Errorf("%s: %d %s, want %d", name, r.status, r.body, tt.status)
		}
	}
}

// The HTTP statuses of the resource style don't change, even if refusals come with 200.
func TestQuirks_resource_style(t *testing.T) {
	t.Parallel()
	s := serve(t, sandbox.WithQuirks(sandbox.Quirks{AlwaysOK: true}))
	if r := s.rest(t, "POST", cardsV4+"/1/stats", `{}`); r.status != 404 {
		t.Errorf("unknown card: %d, want 404", r.status)
	}
}
