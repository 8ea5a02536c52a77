package sandbox

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"time"
)

// campaigns are all campaigns, with indexes.
type campaigns struct {
	all  []*campaign
	byID map[string]*campaign
	// sessions are the sessions created so far, by code and by its first six characters.
	sessions map[string]*session
	// end is the end of the weeks that have sessions.
	end time.Time
	// made counts the sessions, for their serial numbers.
	made int
}

type campaign struct {
	knownCampaign
	number   int
	id, code string
	sessions []*session // created on first use, oldest first
	filled   bool
}

func (s *Server) fillCampaigns(set settings) {
	known := s.names.campaigns
	dice := rand.New(rand.NewPCG(s.seed, 2))
	s.campaigns = campaigns{byID: map[string]*campaign{}, sessions: map[string]*session{}, end: set.now.UTC(), made: 20_450_000}
	for i := range max(len(known), set.bulk) {
		c := &campaign{number: i, id: fmt.Sprintf("cam_%d", 400_001+i), code: newShortCode(dice, 6)}
		if i < len(known) {
			c.knownCampaign = known[i]
		} else {
			name := fmt.Sprintf("%s %s %d", towns[i%len(towns)], trades[i/len(towns)%len(trades)], i)
			c.knownCampaign = knownCampaign{name: name, title: "Deal: " + name, status: "active", size: i % 7}
		}
		if i == 0 && set.sessions > 0 {
			c.size = set.sessions
		}
		s.campaigns.all = append(s.campaigns.all, c)
		s.campaigns.byID[c.id] = c
	}
}

// newShortCode returns n lower-case letters and digits, the alphabet of campaign and session codes.
func newShortCode(dice *rand.Rand, n int) string {
	const letters = "abcdefghijklmnopqrstuvwxyz0123456789"
	code := make([]byte, n)
	for i := range code {
		code[i] = letters[dice.IntN(len(letters))]
	}
	return string(code)
}

func (c *campaign) url() string { return "https://digicpn.example/p/" + c.code }

func (c *campaign) object() object {
	return object{
		"ID": c.id, "code": c.code, "name": c.name, "title": c.title, "status": c.status, "url": c.url(),
		"expirydate": "2027-01-31 23:59:00", "coupon_tags": c.tags,
		"coupon_category_name": knownCategories[c.number%len(knownCategories)], "subtitle": "Only this season",
		"type": "coupon", "coupon_value": strconv.Itoa(5 * (c.number%4 + 1)),
	}
}

// The campaign routes. Where a path is assumed, so is the rest. Push messages have their errors beside the status.
var campaignRoutes = map[string]route{
	"POST /v3/coupon/list":                    {[]string{"only_active", "folder", "tags", "category"}, (*Server).listCampaigns},
	"POST /v3/coupon/info":                    {[]string{"campaign", "show_usage_stats"}, (*Server).campaignInfo},
	"POST /v3/coupon/pushnotification/all":    {[]string{"campaign", "message"}, (*Server).pushCampaign},
	"POST /v3/coupon/pushnotification/single": {[]string{"campaign", "couponsession", "message"}, (*Server).pushSession},
}

// folders are the ids of all folders. Every other campaign is in the first.
var folders = []string{"fol_1", "fol_2"}

// listCampaigns is POST /v3/coupon/list. The first six fields of an item are proven by use.
func (s *Server) listCampaigns(p params) (reply, *failure) {
	if f := p.boolean("only_active"); f != nil {
		return reply{}, f
	}
	if p["folder"] != "" && !slices.Contains(folders, p["folder"]) {
		return reply{}, unprocessable(codeFolderNotFound, "Folder not found.")
	}
	list := []object{}
	for _, c := range s.campaigns.all {
		if c.fits(p) {
			list = append(list, c.object())
		}
	}
	return reply{list: "coupon_info", fields: object{"amount_of_campaigns": len(list), "coupon_info": list}}, nil
}

// fits reports whether the campaign matches the filters.
func (c *campaign) fits(p params) bool {
	tagged := func(tag string) bool { return slices.Contains(strings.Split(c.tags, ","), strings.TrimSpace(tag)) }
	category := fmt.Sprintf("cat_%d", c.number%len(knownCategories)+1)
	return (!p.yes("only_active") || c.status == "active") &&
		(p["folder"] == "" || p["folder"] == folders[c.number%len(folders)]) &&
		(p["tags"] == "" || slices.ContainsFunc(strings.Split(p["tags"], ","), tagged)) &&
		(p["category"] == "" || p["category"] == category)
}

// campaignInfo is POST /v3/coupon/info. The names of the two code counts are assumed.
func (s *Server) campaignInfo(p params) (reply, *failure) {
	c, f := s.campaign(p)
	if f = first(f, p.boolean("show_usage_stats")); f != nil {
		return reply{}, f
	}
	o := c.object()
	if p.yes("show_usage_stats") {
		o["custom_validation_codes"], o["custom_validation_codes_claimed"] = c.codes, c.codes*2/3
	}
	return reply{fields: object{"coupon_info": o}}, nil
}

// campaign finds the campaign that a parameter names.
func (s *Server) campaign(p params) (*campaign, *failure) {
	if f := first(p.require("campaign"), p.numeric("campaign", "cam_")); f != nil {
		return nil, f
	}
	c := s.campaigns.byID[prefixed("cam_", p["campaign"])]
	if c == nil {
		return nil, unprocessable(codeCampaignNotFound, "Campaign not found.")
	}
	return c, nil
}

// pushCampaign is POST /v3/coupon/pushnotification/all. Its path is assumed.
func (s *Server) pushCampaign(p params) (reply, *failure) {
	c, f := s.campaign(p)
	if f = first(p.require("campaign", "message"), f); f != nil {
		return reply{}, beside(f)
	}
	s.record.send(Message{Kind: "push", Campaign: c.id, Body: p["message"]})
	return reply{fields: object{}}, nil
}

// pushSession is POST /v3/coupon/pushnotification/single. All of it is proven.
func (s *Server) pushSession(p params) (reply, *failure) {
	c, f := s.campaign(p)
	if f = first(p.require("campaign", "couponsession", "message"), f); f != nil {
		return reply{}, beside(f)
	}
	x := s.session(p["couponsession"])
	if x == nil || x.campaign != c {
		return reply{}, beside(unprocessable(codeSessionNotFound, "Couponsession not found."))
	}
	s.record.send(Message{Kind: "push", Campaign: c.id, To: x.code, Body: p["message"]})
	return reply{fields: object{}}, nil
}

// beside moves a failure's errors beside the status.
func beside(f *failure) *failure {
	f.shape = ShapeBeside
	return f
}
