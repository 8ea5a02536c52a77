package coupontools_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/coupontools/couponbot/coupontools"
	"github.com/coupontools/couponbot/coupontools/sandbox"
)

func TestSubaccounts(t *testing.T) {
	t.Parallel()
	want := coupontools.Subaccount{
		ID: "sub_2077", Username: "shopnorth", Company: "Shop North", FirstName: "Mia", LastName: "Claes", Email: "mia@example.com",
		Package: "pac_300210", Language: "nl", Currency: "EUR", LastLogin: at("2021-03-04 08:15:00"), Logins: 12, MaxCampaigns: 10,
		CampaignCount: 1, Expires: at("2027-01-31 00:00:00"), Key: "314159265358979323846264339", Secret: "s3cr3ts3cr3ts3cr3ts3cr3ts3cr3t",
		Campaigns: []coupontools.Campaign{{
			ID: "cam_400001", Code: "q7w8e9", Name: "cam_400001", Status: "active", URL: "https://digicpn.com/p/q7w8e9",
		}},
	}
	const fields = `"ID":"sub_2077","username":"shopnorth","company_name":"Shop North","first_name":"Mia","last_name":"Claes",` +
		`"email":"mia@example.com","package":"pac_300210","language":"nl","lastlogin":"2021-03-04 08:15:00","currency":"EUR",` +
		`"expiry_date":"2027-01-31","api_key":"314159265358979323846264339","api_secret":"s3cr3ts3cr3ts3cr3ts3cr3ts3cr3t",` +
		`"campaigns":[{"ID":"cam_400001","code":"q7w8e9","url":"https://digicpn.com/p/q7w8e9","status":"active"}],`

	list, err := serve(t, answers(http.StatusOK, `{`+okStatus+`,"amount_of_campaigns":1,"subaccount":[{`+fields+
		`"amountlogin":12,"max_campaigns":10,"has_campaigns":1}]}`)).Subaccounts(t.Context())
	if diff := cmp.Diff([]coupontools.Subaccount{want}, list); err != nil || diff != "" {
		t.Errorf("Subaccounts: %v, difference (-want +got):\n%s", err, diff)
	}

	want.Webhook, want.Access = "https://hooks.example/x", []string{"dashboard"}
	one, err := serve(t, answers(http.StatusOK, `{`+okStatus+`,"subaccount":{`+fields+`"amountlogin":"12","max_campaigns":"10",`+
		`"has_campaigns":"1","webhook_endpoint":"https://hooks.example/x","access_dashboard":true,"access_directory":false}}`)).
		Subaccount(t.Context(), "2077")
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, *one); diff != "" {
		t.Errorf("Subaccount (-want +got):\n%s", diff)
	}
}

func TestCreateSubaccount(t *testing.T) {
	t.Parallel()
	var got request
	c := serve(t, recording(&got, `{`+okStatus+`,"subaccount":{"ID":"sub_9"}}`))
	made, err := c.CreateSubaccount(t.Context(), coupontools.SubaccountFields{
		Email: "new@example.com", Package: "7", Status: coupontools.SubaccountTrial, FirstName: "Mia", Company: "New", Country: "BE",
		Expires: time.Date(2027, 1, 31, 23, 0, 0, 0, time.UTC),
	})
	if err != nil || made.ID != "sub_9" {
		t.Errorf("CreateSubaccount = %+v, %v", made, err)
	}
	if !sameJSON(t, got.Body, `{"email":"new@example.com","package":"pac_7","status":"trial","first_name":"Mia","company_name":"New",`+
		`"country":"BE","expiry_date":"2027-01-31"}`) {
		t.Errorf("request %s", got.Body)
	}
	for name, s := range map[string]coupontools.SubaccountFields{
		"no address": {Company: "New"}, "no such address": {Email: "new at example"}, "no such status": {Email: "a@b.c", Status: "free"},
		"no such package": {Email: "a@b.c", Package: "the big one"},
	} {
		if _, err := c.CreateSubaccount(t.Context(), s); classOf(err) != coupontools.Refused {
			t.Errorf("%s: %v, want class Refused", name, err)
		}
	}
	if _, err := c.UpdateSubaccount(t.Context(), "sub_1", coupontools.SubaccountFields{}); classOf(err) != coupontools.Refused {
		t.Errorf("nothing to change: %v", err)
	}
}

func TestSubaccounts_sandbox(t *testing.T) {
	t.Parallel()
	s, c := against(t)
	ctx := t.Context()
	list, err := c.Subaccounts(ctx)
	if err != nil || len(list) != 12 || list[0].Name() != "Shop North" || list[0].Key == "" || list[0].Key == list[1].Key {
		t.Fatalf("Subaccounts = %+v, %v", list, err)
	}
	made, err := c.CreateSubaccount(ctx, coupontools.SubaccountFields{Email: "new@example.com", Company: "New"})
	if err != nil || made.Company != "New" {
		t.Fatalf("CreateSubaccount = %+v, %v", made, err)
	}
	_, err = c.CreateSubaccount(ctx, coupontools.SubaccountFields{Email: "NEW@example.com"})
	if e, ok := errors.AsType[*coupontools.Error](err); !ok || !slices.Contains(e.Codes, 304) {
		t.Errorf("the same address again: %v, want code 304", err)
	}
	if _, err := c.UpdateSubaccount(ctx, made.ID, coupontools.SubaccountFields{Company: "Newer", Email: "new@example.com"}); err != nil {
		t.Error(err)
	}
	if got, err := c.Subaccount(ctx, made.ID); err != nil || got.Company != "Newer" || got.Email != "new@example.com" || len(got.Access) == 0 {
		t.Errorf("Subaccount = %+v, %v", got, err)
	}
	if _, err := c.Subaccount(ctx, "sub_1"); !errors.Is(err, coupontools.ErrNotFound) {
		t.Errorf("an unknown subaccount gives %v", err)
	}
	s.SetQuirks(sandbox.Quirks{Subaccount: true})
	_, err = c.Subaccounts(ctx)
	if e, ok := errors.AsType[*coupontools.Error](err); !ok || e.Class != coupontools.Refused || !slices.Contains(e.Codes, 102) {
		t.Errorf("with a subaccount's keys: %v, want code 102", err)
	}
}

func TestSignOn(t *testing.T) {
	t.Parallel()
	const token = "aB3dE6gH9jK2mN5pQ8sT1vW4yZ7bC0eF3hJ6lM9oR2uX5zA8d"
	want := coupontools.SignOn{ID: "sub_1", Token: token, URL: "https://a.example/sso?t=" + token, Whitelabel: "https://b.example/sso"}
	const fields = `"token":"` + token + `","url":"https:\/\/a.example\/sso?t=` + token + `","url_whitelabel":"https://b.example/sso"`
	for name, body := range map[string]string{
		"as documented": `{` + okStatus + `,"subaccount":{"ID":"sub_1",` + fields + `}}`,
		"at the top":    `{` + okStatus + `,"subaccount":"sub_1",` + fields + `}`,
		"in data":       `{` + okStatus + `,"data":{"id":"sub_1",` + fields + `}}`,
	} {
		got, err := serve(t, answers(http.StatusOK, body)).SignOnSubaccount(t.Context(), "sub_1", coupontools.SignOnOptions{})
		if err != nil || *got != want {
			t.Errorf("%s: %s, %v", name, string(got.URL), err)
		}
	}
	for name, body := range map[string]string{
		"nothing":        `{` + okStatus + `}`,
		"no web address": `{` + okStatus + `,"subaccount":{"ID":"sub_1","url":"javascript:` + token + `"}}`,
		"other names":    `{` + okStatus + `,"subaccount":{"ID":"sub_1","hash":"` + token + `"}}`,
	} {
		_, err := serve(t, answers(http.StatusOK, body)).SignOnSubaccount(t.Context(), "sub_1", coupontools.SignOnOptions{})
		if err == nil || strings.Contains(err.Error(), token) {
			t.Errorf("%s: %v, want an error without the token", name, err)
		}
	}
}

func TestSignOn_pages(t *testing.T) {
	t.Parallel()
	var got request
	c := serve(t, recording(&got, `{`+okStatus+`,"teammate":{"ID":12,"url":"https://a.example/x"}}`))
	_, err := c.SignOnTeammate(t.Context(), "12", coupontools.SignOnOptions{Page: coupontools.PageUpdateCampaign, Campaign: "7"})
	if err != nil || !sameJSON(t, got.Body, `{"teammate":"12","page":"update_campaign","campaign":"cam_7"}`) {
		t.Errorf("request %s, %v", got.Body, err)
	}
	for name, o := range map[string]coupontools.SignOnOptions{
		"no such page": {Page: "settings"}, "no campaign": {Page: coupontools.PageUpdateCampaign}, "no id": {Campaign: "Summer sale"},
	} {
		if _, err := c.SignOnSubaccount(t.Context(), "sub_1", o); classOf(err) != coupontools.Refused {
			t.Errorf("%s: %v, want class Refused", name, err)
		}
	}
	if _, err := c.SignOnTeammate(t.Context(), "mia", coupontools.SignOnOptions{}); !errors.Is(err, coupontools.ErrNotFound) {
		t.Errorf("a teammate by name: %v", err)
	}
}

// Keys and sign-on links never appear in prints, logs or JSON.
func TestSecrets_neverPrinted(t *testing.T) {
	t.Parallel()
	_, c := against(t)
	list, err := c.Subaccounts(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	on, err := c.SignOnSubaccount(t.Context(), list[0].ID, coupontools.SignOnOptions{})
	if err != nil {
		t.Fatal(err)
	}
	reset, err := c.SubaccountPasswordReset(t.Context(), list[0].ID)
	if err != nil {
		t.Fatal(err)
	}
	var shown bytes.Buffer
	for _, log := range []*slog.Logger{slog.New(slog.NewJSONHandler(&shown, nil)), slog.New(slog.NewTextHandler(&shown, nil))} {
		log.Info("x", "account", list[0], "all", list, "on", on, "on_value", *on, "reset", *reset)
	}
	for _, v := range []any{list, list[0], on, *on, reset, *reset} {
		fmt.Fprintf(&shown, "%v %+v %#v %s %q\n", v, v, v, v, v)
		text, err := json.Marshal(v)
		if err != nil {
			t.Fatal(err)
		}
		shown.Write(text)
	}
	for _, secret := range []coupontools.Secret{list[0].Key, list[0].Secret, on.Token, on.URL, on.Whitelabel, reset.URL} {
		if secret == "" || strings.Contains(shown.String(), string(secret)) {
			t.Errorf("a secret of %d characters shows", len(secret))
		}
	}
}
