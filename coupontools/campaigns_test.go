package coupontools_test

import (
	"errors"
	"net/http"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/coupontools/couponbot/coupontools"
	"github.com/coupontools/couponbot/coupontools/sandbox"
)

const okStatus = `"status":{"status":"OK"}`

func TestCampaigns(t *testing.T) {
	t.Parallel()
	want := []coupontools.Campaign{
		{
			ID: "cam_1", Code: "q7w8e9", Name: "Summer", Title: "-20%", Status: "active", URL: "https://digicpn.com/p/q7w8e9",
			Expires: time.Date(2027, 1, 31, 23, 59, 0, 0, time.UTC), Extra: map[string]string{"coupon_tags": "a,b", "coupon_value": "5"},
		},
		{ID: "cam_2", Name: "Only a title", Title: "Only a title"},
	}
	const a = `{"ID":"cam_1","code":"q7w8e9","name":"Summer","title":"-20%","status":"active",` +
		`"url":"https:\/\/digicpn.com\/p\/q7w8e9","expirydate":"2027-01-31 23:59:00","coupon_tags":"a,b","coupon_value":5,"banner1":""}`
	const b = `{"id":2,"title":"Only a title","url":"javascript:alert(1)"}`
	for name, body := range map[string]string{
		"as seen":           `{` + okStatus + `,"coupon_info":[` + a + `,` + b + `]}`,
		"as its sisters":    `{` + okStatus + `,"amount_of_campaigns":"2","campaign":[` + a + `,` + b + `]}`,
		"numbers for names": `{` + okStatus + `,"coupon_info":{"0":` + a + `,"3":` + b + `}}`,
		"ids for names":     `{` + okStatus + `,"coupons":{"cam_1":` + a + `,"cam_2":` + b + `}}`,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, err := serve(t, answers(http.StatusOK, body)).Campaigns(t.Context(), coupontools.CampaignsOptions{})
			if diff := cmp.Diff(want, got); err != nil || diff != "" {
				t.Errorf("Campaigns: %v, difference (-want +got):\n%s", err, diff)
			}
		})
	}
}

func TestCampaigns_filters(t *testing.T) {
	t.Parallel()
	var got request
	c := serve(t, recording(&got, `{`+okStatus+`,"coupon_info":[]}`))
	_, err := c.Campaigns(t.Context(), coupontools.CampaignsOptions{
		ActiveOnly: true, Folder: "fol_3", Tags: []string{"a", "b"}, Category: "12",
	})
	if err != nil || !sameJSON(t, got.Body, `{"only_active":true,"folder":"fol_3","tags":"a,b","category":"cat_12"}`) {
		t.Errorf("request %s, %v", got.Body, err)
	}
	got = request{}
	if _, err := c.Campaigns(t.Context(), coupontools.CampaignsOptions{Category: "no id"}); err == nil || got.Path != "" {
		t.Errorf("a category that is no id gives %v and the call %s", err, got.Path)
	}
}

func TestCampaign_stats(t *testing.T) {
	t.Parallel()
	for _, stats := range []string{
		`"custom_validation_codes":1000,"custom_validation_codes_claimed":"666"`,
		`"total_validation_codes":"1000","claimed_validation_codes":666`,
		`"usage_stats":{"amount_of_codes":1000,"amount_of_codes_claimed":666}`,
	} {
		var got request
		c := serve(t, recording(&got, `{`+okStatus+`,"coupon_info":{"ID":"cam_1","name":"A","code":"q7w8e9",`+stats+`}}`))
		campaign, err := c.CampaignWithStats(t.Context(), "1")
		if err != nil || campaign.Codes == nil || *campaign.Codes != (coupontools.CodeStats{Total: 1000, Claimed: 666}) {
			t.Errorf("%s: %+v, %v", stats, campaign, err)
		}
		if err == nil && len(campaign.Extra) != 0 {
			t.Errorf("%s: the rest is %v, want nothing", stats, campaign.Extra)
		}
		if !sameJSON(t, got.Body, `{"campaign":"cam_1","show_usage_stats":true}`) {
			t.Errorf("request %s", got.Body)
		}
	}
	campaign, err := serve(t, answers(http.StatusOK, `{`+okStatus+`,"coupon_info":[{"name":"A"}]}`)).Campaign(t.Context(), "cam_7")
	if err != nil || campaign.ID != "cam_7" || campaign.Codes != nil {
		t.Errorf("alone in a list and without an id: %+v, %v", campaign, err)
	}
}

// URLs that aren't web addresses, or that would break out of a link, are dropped.
func TestCampaign_links(t *testing.T) {
	t.Parallel()
	for url, want := range map[string]string{
		"https://digicpn.com/p/a?b=c&d=%20#e": "https://digicpn.com/p/a?b=c&d=%20#e", "http://a.example": "http://a.example",
		"javascript:alert(1)": "", "//a.example": "", "https://": "", "https://u:p@a.example": "", "https://a.example/<x>": "",
		"https://a.example/|x": "", "https://a.example/ x": "", `https://a.example/\u202ex`: "", "ftp://a.example": "",
	} {
		body := `{` + okStatus + `,"coupon_info":{"ID":"cam_1","name":"A","url":"` + url + `"}}`
		if got, err := serve(t, answers(http.StatusOK, body)).Campaign(t.Context(), "cam_1"); err != nil || got.URL != want {
			t.Errorf("%s is %+v, %v, want %q", url, got, err, want)
		}
	}
}

func TestCampaigns_sandbox(t *testing.T) {
	t.Parallel()
	_, c := against(t)
	count := func(o coupontools.CampaignsOptions) int {
		t.Helper()
		list, err := c.Campaigns(t.Context(), o)
		if err != nil {
			t.Error(err)
		}
		return len(list)
	}
	all, active := count(coupontools.CampaignsOptions{}), count(coupontools.CampaignsOptions{ActiveOnly: true})
	if sale := count(coupontools.CampaignsOptions{Tags: []string{"sale"}}); all != 18 || active != 13 || sale != 4 {
		t.Errorf("%d campaigns, %d active, %d with a tag, want 18, 13 and 4", all, active, sale)
	}
	if _, err := c.Campaigns(t.Context(), coupontools.CampaignsOptions{Folder: "fol_9"}); !errors.Is(err, coupontools.ErrNotFound) {
		t.Errorf("an unknown folder gives %v", err)
	}
	list, err := c.DirectoryCampaigns(t.Context(), "dir_5501")
	if err != nil || len(list) != 4 || list[0].ID != "cam_400001" {
		t.Errorf("DirectoryCampaigns = %v, %v", list, err)
	}
}

func TestPush(t *testing.T) {
	t.Parallel()
	s, c := against(t)
	page, err := c.SessionsPage(t.Context(), coupontools.SessionsOptions{Campaign: "cam_400003"}, 1)
	if err != nil {
		t.Fatal(err)
	}
	push := coupontools.SessionPush{Campaign: "cam_400003", Session: page[0].Code[:6], Message: "Hi"}
	if err := c.PushToSession(t.Context(), push); err != nil {
		t.Error(err)
	}
	push.Campaign = "cam_400001"
	if err := c.PushToSession(t.Context(), push); !errors.Is(err, coupontools.ErrNotFound) {
		t.Errorf("a session of another campaign gives %v", err)
	}
	if err := c.PushToCampaign(t.Context(), coupontools.CampaignPush{Campaign: "cam_400003", Message: " \n"}); classOf(err) != coupontools.Refused {
		t.Errorf("an empty message gives %v", err)
	}
	if err := c.PushToCampaign(t.Context(), coupontools.CampaignPush{Campaign: "cam_1", Message: "Hi"}); !errors.Is(err, coupontools.ErrNotFound) {
		t.Errorf("an unknown campaign gives %v", err)
	}
	want := sandbox.Message{Kind: "push", Campaign: "cam_400003", To: page[0].Code, Body: "Hi", Times: 1}
	got := s.Sent()
	if len(got) != 1 {
		t.Fatalf("sent %+v, want one push", got)
	}
	got[0].At = time.Time{}
	if got[0] != want {
		t.Errorf("sent %+v, want %+v", got[0], want)
	}
}
