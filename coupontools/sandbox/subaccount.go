package sandbox

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"time"
)

// knownSubaccounts are companies with a subaccount.
var knownSubaccounts = []string{
	"Shop North", "Bakkerij De Lepel", "Café Central Liège", "Fahrrad Müller", "Optiek Zien", "Garage Nowak", "Hôtel du Parc",
	"Ταβέρνα Ακρόπολη", "Sushi Bar 東京", "Gym & Co", "Bloemen Roos", `"Quoted" <Shop>`,
}

type subaccount struct {
	number       int
	fields       map[string]string
	logins, most int
	login        string
	key, secret  string
}

func (s *Server) fillSubaccounts(set settings) {
	dice := rand.New(rand.NewPCG(s.seed, 4))
	for i := range max(len(knownSubaccounts), set.bulk) {
		company := fmt.Sprintf("Shop %d", i)
		if i < len(knownSubaccounts) {
			company = knownSubaccounts[i]
		}
		one, two := s.names.first[i%len(s.names.first)], s.names.last[i%len(s.names.last)]
		a := s.addSubaccount(map[string]string{
			"username": fmt.Sprintf("shop%d", i), "company_name": company, "first_name": one.shown, "last_name": two.shown,
			"email": fmt.Sprintf("%s.shop%d@example.com", one.plain, i), "package": fmt.Sprintf("pac_%d", 300_210+i%3),
			"expiry_date": "2027-01-31",
		}, dice)
		a.logins, a.login = dice.IntN(90), newestUser.Add(-time.Duration(i)*31*time.Hour).Format(dateTime)
	}
}

func (s *Server) addSubaccount(fields map[string]string, dice *rand.Rand) *subaccount {
	a := &subaccount{
		number: 2077 + len(s.subaccounts), fields: fields, most: 10, key: newNumber(dice, 28), secret: newShortCode(dice, 30),
	}
	s.subaccounts = append(s.subaccounts, a)
	return a
}

func (a *subaccount) id() string { return fmt.Sprintf("sub_%d", a.number) }

// campaignsOf returns the subaccount's campaigns: none, one or two of the existing ones.
func (s *Server) campaignsOf(a *subaccount) []object {
	list := []object{}
	for i := range a.number % 3 {
		c := s.campaigns.all[(a.number*2+i)%len(s.names.campaigns)]
		list = append(list, object{"ID": c.id, "code": c.code, "url": c.url(), "status": c.status})
	}
	return list
}

func (s *Server) subaccountObject(a *subaccount) object {
	list := s.campaignsOf(a)
	o := object{
		"ID": a.id(), "language": "nl", "currency": "EUR", "lastlogin": a.login, "amountlogin": a.logins, "max_campaigns": a.most,
		"api_key": a.key, "api_secret": a.secret, "has_campaigns": len(list), "campaigns": list,
	}
	for _, name := range []string{"username", "company_name", "first_name", "last_name", "email", "package", "expiry_date"} {
		o[name] = a.fields[name]
	}
	return o
}

// subaccountFields are the editable fields. Without a password the API mails a link to set one.
var subaccountFields = []string{
	"email", "package", "status", "first_name", "last_name", "company_name", "country", "expiry_date", "username",
}

// The routes for the account, its subaccounts and teammates.
var subaccountRoutes = map[string]route{
	"POST /v4/subaccount/list":      {nil, (*Server).listSubaccounts},
	"POST /v4/subaccount":           {[]string{"subaccount"}, (*Server).subaccountInfo},
	"POST /v4/subaccount/create":    {append([]string{"password"}, subaccountFields...), (*Server).createSubaccount},
	"POST /v4/subaccount/update":    {append([]string{"subaccount"}, subaccountFields...), (*Server).updateSubaccount},
	"POST /v3/subaccount/reset/url": {[]string{"subaccount"}, (*Server).resetSubaccount},
	"POST /v3/subaccount/sso":       {[]string{"subaccount", "page", "campaign"}, (*Server).signOnSubaccount},
	"POST /v3/account/sso":          {nil, (*Server).signOnAccount},
	"POST /v3/teammate/sso":         {[]string{"teammate", "page", "campaign"}, (*Server).signOnTeammate},
}

// mayManage refuses the subaccount routes to the keys of a subaccount.
func (s *Server) mayManage() *failure {
	if s.quirks.Subaccount {
		return unprocessable(codeSubaccount, "A subaccount cannot manage subaccounts.")
	}
	return nil
}

// listSubaccounts is POST /v4/subaccount/list. The answer is proven, including the wrong name of its amount.
func (s *Server) listSubaccounts(params) (reply, *failure) {
	if f := s.mayManage(); f != nil {
		return reply{}, f
	}
	list := make([]object, 0, len(s.subaccounts))
	for _, a := range s.subaccounts {
		list = append(list, s.subaccountObject(a))
	}
	return reply{list: "subaccount", fields: object{"amount_of_campaigns": len(list), "subaccount": list}}, nil
}

// subaccount finds the subaccount that the parameter names.
func (s *Server) subaccount(p params) (*subaccount, *failure) {
	if f := first(s.mayManage(), p.require("subaccount"), p.numeric("subaccount", "sub_")); f != nil {
		return nil, f
	}
	id := prefixed("sub_", p["subaccount"])
	i := slices.IndexFunc(s.subaccounts, func(a *subaccount) bool { return a.id() == id })
	if i < 0 {
		return nil, unprocessable(codeSubaccountNotFound, "Subaccount ID not correct.")
	}
	return s.subaccounts[i], nil
}

// subaccountInfo is POST /v4/subaccount. The counters as texts and some of the further fields are proven.
func (s *Server) subaccountInfo(p params) (reply, *failure) {
	a, f := s.subaccount(p)
	if f != nil {
		return reply{}, f
	}
	return s.one(a), nil
}

func (s *Server) one(a *subaccount) reply {
	o := s.subaccountObject(a)
	for _, name := range []string{"amountlogin", "max_campaigns", "has_campaigns"} {
		o[name] = fmt.Sprint(o[name])
	}
	o["webhook_endpoint"] = "https://hooks.example/" + a.fields["username"]
	o["available_campaigns"] = "7"
	o["access_dashboard"], o["access_directory"] = true, a.number%2 == 0
	return reply{fields: object{"subaccount": o}}
}

// createSubaccount is POST /v4/subaccount/create. Only the ID in the answer is proven, by use.
func (s *Server) createSubaccount(p params) (reply, *failure) {
	if f := first(s.mayManage(), p.require("email"), s.checkSubaccount(p, nil)); f != nil {
		return reply{}, f
	}
	a := s.addSubaccount(map[string]string{}, rand.New(rand.NewPCG(s.seed, uint64(5000+len(s.subaccounts)))))
	a.take(p)
	return s.one(a), nil
}

// checkSubaccount rejects invalid fields, and an e-mail address that another subaccount has.
func (s *Server) checkSubaccount(p params, own *subaccount) *failure {
	if p["email"] != "" {
		if f := checkAddress(p["email"]); f != nil {
			return f
		}
	}
	if slices.ContainsFunc(s.subaccounts, func(a *subaccount) bool {
		return a != own && p["email"] != "" && strings.EqualFold(a.fields["email"], p["email"])
	}) {
		return unprocessable(codeEmailTaken, "Email already exists.")
	}
	return first(p.date("expiry_date", time.DateOnly), p.oneOf("status", "trial", "customer"))
}

func (a *subaccount) take(p params) {
	for _, name := range subaccountFields {
		if p[name] != "" {
			a.fields[name] = p[name]
		}
	}
}

// updateSubaccount is POST /v4/subaccount/update. All of it is assumed.
func (s *Server) updateSubaccount(p params) (reply, *failure) {
	a, f := s.subaccount(p)
	if f != nil {
		return reply{}, f
	}
	if f := s.checkSubaccount(p, a); f != nil {
		return reply{}, f
	}
	a.take(p)
	return s.one(a), nil
}

// token returns a new random token of 49 letters and digits.
func (s *Server) token() string {
	token := make([]byte, 49)
	for i := range token {
		token[i] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"[s.chance.IntN(62)]
	}
	return string(token)
}

// resetSubaccount is POST /v3/subaccount/reset/url. The answer is assumed.
func (s *Server) resetSubaccount(p params) (reply, *failure) {
	a, f := s.subaccount(p)
	if f != nil {
		return reply{}, f
	}
	return reply{fields: object{"subaccount": object{"ID": a.id(), "url": "https://app.coupontools.example/reset/" + s.token()}}}, nil
}

// signOnSubaccount is POST /v3/subaccount/sso. The answer is proven.
func (s *Server) signOnSubaccount(p params) (reply, *failure) {
	a, f := s.subaccount(p)
	if f = first(f, s.checkPage(p)); f != nil {
		return reply{}, f
	}
	o := s.signOn(a.id())
	o["url_whitelabel"] = "https://coupons.shop.example/sso/" + s.token()
	return reply{fields: object{"subaccount": o}}, nil
}

// checkPage rejects an unknown page, or one without its campaign.
func (s *Server) checkPage(p params) *failure {
	f := p.oneOf("page", "campaigns", "add_campaign", "update_campaign", "statistics", "distribution")
	if p["page"] == "update_campaign" {
		_, wrong := s.campaign(p)
		f = first(f, wrong)
	}
	return f
}

func (s *Server) signOn(id string) object {
	token := s.token()
	return object{"ID": id, "token": token, "url": "https://app.coupontools.example/sso/" + token}
}

// signOnAccount is POST /v3/account/sso. The answer is assumed.
func (s *Server) signOnAccount(params) (reply, *failure) {
	return reply{fields: object{"account": s.signOn("1001")}}, nil
}

// teammates are the numbers of the account's teammates.
var teammates = []string{"11", "12", "13"}

// signOnTeammate is POST /v3/teammate/sso. The answer is assumed.
func (s *Server) signOnTeammate(p params) (reply, *failure) {
	if f := first(p.require("teammate"), p.numeric("teammate"), s.checkPage(p)); f != nil {
		return reply{}, f
	}
	if !slices.Contains(teammates, p["teammate"]) {
		return reply{}, unprocessable(codeTeammateNotFound, "Teammate not found.")
	}
	return reply{fields: object{"teammate": s.signOn(p["teammate"])}}, nil
}
