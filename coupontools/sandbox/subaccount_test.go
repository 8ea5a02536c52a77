package sandbox_test

import (
	"regexp"
	"testing"

	"github.com/coupontools/couponbot/coupontools/sandbox"
)

const (
	subaccounts = "/v4/subaccount/list"
	subaccount  = "/v4/subaccount"
	newAccount  = "/v4/subaccount/create"
	editAccount = "/v4/subaccount/update"
	resetURL    = "/v3/subaccount/reset/url"
	signOn      = "/v3/subaccount/sso"
	ownSignOn   = "/v3/account/sso"
	mateSignOn  = "/v3/teammate/sso"
)

func TestSubaccounts(t *testing.T) {
	t.Parallel()
	s := serve(t)
	r := s.wantOK(t, subaccounts, nil)
	if r.at(t, "amount_of_campaigns") != 12.0 || r.at(t, "subaccount", 0, "ID") != "sub_2077" || r.at(t, "subaccount", 0, "max_campaigns") != 10.0 {
		t.Errorf("subaccounts %.300s", r.body)
	}
	one := s.wantOK(t, subaccount, p{"subaccount": 2077})
	if one.at(t, "subaccount", "max_campaigns") != "10" || one.at(t, "subaccount", "access_dashboard") != true {
		t.Errorf("subaccount %s", one.body)
	}
	made := s.wantOK(t, newAccount, p{"email": "new@example.com", "company_name": "New", "status": "trial"})
	id := made.at(t, "subaccount", "ID")
	wantCodes(t, s.call(t, newAccount, p{"email": "new@example.com"}), 422, 304)
	s.wantOK(t, editAccount, p{"subaccount": id, "company_name": "Newer", "email": "new@example.com"})
	if r := s.wantOK(t, subaccount, p{"subaccount": id}); r.at(t, "subaccount", "company_name") != "Newer" {
		t.Errorf("after the change %s", r.body)
	}
}

func TestSignOn(t *testing.T) {
	t.Parallel()
	s := serve(t)
	seen := map[any]bool{}
	for range 2 {
		r := s.wantOK(t, signOn, p{"subaccount": "sub_2077", "page": "update_campaign", "campaign": "cam_400001"})
		token, _ := r.at(t, "subaccount", "token").(string)
		if !regexp.MustCompile(`^[A-Za-z0-9]{49}$`).MatchString(token) || seen[token] {
			t.Errorf("token %q", token)
		}
		seen[token] = true
	}
	if r := s.wantOK(t, ownSignOn, nil); r.at(t, "account", "token") == nil {
		t.Errorf("own account %s", r.body)
	}
	if r := s.wantOK(t, mateSignOn, p{"teammate": 11}); r.at(t, "teammate", "ID") != "11" {
		t.Errorf("teammate %s", r.body)
	}
	if r := s.wantOK(t, resetURL, p{"subaccount": "sub_2077"}); r.at(t, "subaccount", "url") == nil {
		t.Errorf("reset %s", r.body)
	}
}

func TestSubaccounts_refused(t *testing.T) {
	t.Parallel()
	s := serve(t)
	for name, tt := range map[string]struct {
		path   string
		params p
		codes  []float64
	}{
		"without id":           {subaccount, nil, []float64{200}},
		"letters":              {subaccount, p{"subaccount": "sub_x"}, []float64{301}},
		"unknown":              {subaccount, p{"subaccount": "sub_1"}, []float64{510}},
		"new without address":  {newAccount, nil, []float64{200}},
		"new with bad address": {newAccount, p{"email": "new"}, []float64{305}},
		"new with bad date":    {newAccount, p{"email": "new@example.com", "expiry_date": "31/01/2027"}, []float64{303}},
		"new with bad status":  {newAccount, p{"email": "new@example.com", "status": "free"}, []float64{302}},
		"edit unknown":         {editAccount, p{"subaccount": "sub_1"}, []float64{510}},
		"edit to a taken one":  {editAccount, p{"subaccount": "sub_2077", "email": "zoe.shop1@example.com"}, []float64{304}},
		"reset unknown":        {resetURL, p{"subaccount": "sub_1"}, []float64{510}},
		"sign on to unknown":   {signOn, p{"subaccount": "sub_1"}, []float64{510}},
		"sign on nowhere":      {signOn, p{"subaccount": "sub_2077", "page": "settings"}, []float64{302}},
		"sign on, no campaign": {signOn, p{"subaccount": "sub_2077", "page": "update_campaign"}, []float64{200}},
		"teammate by name":     {mateSignOn, p{"teammate": "mia"}, []float64{301}},
		"no such teammate":     {mateSignOn, p{"teammate": 99}, []float64{503}},
		"teammate's campaign":  {mateSignOn, p{"teammate": 11, "page": "update_campaign", "campaign": "cam_1"}, []float64{502}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			wantCodes(t, s.call(t, tt.path, tt.params), 422, tt.codes...)
		})
	}
	own := serve(t, sandbox.WithQuirks(sandbox.Quirks{Subaccount: true}))
	for _, path := range []string{subaccounts, subaccount, newAccount, editAccount, resetURL, signOn} {
		wantCodes(t, own.call(t, path, nil), 422, 102)
	}
	own.wantOK(t, list, nil)
}

func TestWithBulk(t *testing.T) {
	t.Parallel()
	s := serve(t, sandbox.WithBulk(10_000))
	for path, name := range map[string]string{
		list: "directory", campaigns: "coupon_info", cards: "loyaltycard", subaccounts: "subaccount", smsGroups: "group",
	} {
		if n := s.wantOK(t, path, nil).count(t, name); n != 10_000 {
			t.Errorf("%s has %d, want 10,000", path, n)
		}
	}
	if n := s.wantOK(t, holders, p{"loyaltycard": "loy_480012"}).count(t, "user"); n != 10_000 {
		t.Errorf("the first card has %d users, want 10,000", n)
	}
}
