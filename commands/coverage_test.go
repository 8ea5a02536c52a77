package commands

import (
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// coverage is what the reference of Coupontools lists, row by row, with the calls of each. Of a call whose address no
// documentation shows, it is the one that is assumed.
var coverage = []struct {
	row   string
	calls []string
}{
	{"Subaccount: list", []string{"POST /v4/subaccount/list"}},
	{"Subaccount: info", []string{"POST /v4/subaccount"}},
	{"Subaccount: create", []string{"POST /v4/subaccount/create"}},
	{"Subaccount: update", []string{"POST /v4/subaccount/update"}},
	{"Subaccount: password reset url", []string{"POST /v3/subaccount/reset/url"}},
	{"Subaccount: single sign on", []string{"POST /v3/subaccount/sso"}},
	{"Campaign: list", []string{"POST /v3/coupon/list"}},
	{"Campaign: info", []string{"POST /v3/coupon/info"}},
	{"Campaign: all usage data", []string{
		"POST /v3/campaign/data", "POST /v3/campaign/opens", "POST /v3/campaign/claims", "POST /v3/campaign/validations",
	}},
	{"Campaign: one session", []string{"POST /v3/couponsession/data"}},
	{"Campaign: update session", []string{"POST /v3/couponsession/update"}},
	{"Campaign: update many sessions", []string{"POST /v3/couponsession/update/multiple"}},
	{"Campaign: search session", []string{"POST /v3/couponsession/search"}},
	{"Campaign: search session from a campaign", []string{"POST /v3/couponsession/search"}},
	{"Campaign: single push", []string{"POST /v3/coupon/pushnotification/single"}},
	{"Campaign: push to all", []string{"POST /v3/coupon/pushnotification/all"}},
	{"Loyalty: list cards", []string{"POST /v3/loyalty/list", "GET /v4/loyalty/loyalty-cards"}},
	{"Loyalty: users of a card", []string{"POST /v3/loyaltyusers/list", "GET /v4/loyalty/loyalty-cards/{card}/stats"}},
	{"Loyalty: update user", []string{"POST /v3/loyaltyusers/update", "POST /v4/loyalty/loyalty-cards/{card}/stats/{user}"}},
	{"Loyalty: single push", []string{"POST /v3/loyalty/pushnotification/single"}},
	{"Loyalty: push to all", []string{"POST /v3/loyalty/pushnotification/all"}},
	{"Directory: list", []string{"POST /v3/directory/list", "GET /v4/directory"}},
	{"Directory: info", []string{"POST /v3/directory/info", "GET /v4/directory/{directory}"}},
	{"Directory: campaigns", []string{"POST /v3/directory/campaigns"}},
	{"Directory: registered users", []string{"POST /v3/directoryusers/list", "GET /v4/directory/{directory}/users"}},
	{"Directory: update payment status", []string{
		"POST /v3/directoryusers/update", "POST /v4/directory/{directory}/users/{user}/access",
		"DELETE /v4/directory/{directory}/users/{user}/access",
	}},
	{"Directory: categories", []string{"POST /v3/category/list"}},
	{"Directory: 3rd level categories", []string{"POST /v3/category/main/list"}},
	{"Single use: create", []string{"POST /v3/singleuse/create"}},
	{"Single use: create many", []string{"POST /v3/multiplesingleuse/create"}},
	{"Single use: remove", []string{"POST /v3/singleuse/remove"}},
	{"Owner's page: send directory by email", []string{"POST /v3/send/email"}},
	{"Owner's page: send directory by SMS", []string{"POST /v3/send/sms"}},
	{"Owner's page: SMS groups", []string{"POST /v3/smstool/grouplist"}},
	{"Extra: SMS contacts, add group, add contact", []string{
		"POST /v3/smstool/userlist", "POST /v3/smstool/addgroup", "POST /v3/smstool/addcontact",
	}},
	{"Extra: email groups", []string{"POST /v3/emailtool/grouplist"}},
	{"Extra: account / teammate sign on", []string{"POST /v3/account/sso", "POST /v3/teammate/sso"}},
	{"Extra: loyalty user create / link / search", []string{
		"POST /v3/loyaltyusers/create", "POST /v3/loyaltyusers/link", "POST /v3/loyaltyusers/search",
		"POST /v4/loyalty/loyalty-cards/{card}/stats", "POST /v4/loyalty/loyalty-cards/{card}/stats/bulk",
	}},
	{"Extra: directory user create / block / sso", []string{
		"POST /v4/directory/{directory}/users", "POST /v4/directory/{directory}/users/{user}",
		"POST /v4/directory/{directory}/users/{user}/sso",
	}},
	{"Extra: webhook verification", []string{"POST /v3/webhook/verification"}},
}

// clientAlone stands in docs/coupontools.md where no command makes a call.
const clientAlone = "*client alone*"

// documented is a call in docs/coupontools.md.
type documented struct {
	topics  []string // nil for [clientAlone]
	methods []string
}

// documentedCalls reads the tables of docs/coupontools.md.
func documentedCalls(t *testing.T) map[string]documented {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("..", "docs", "coupontools.md"))
	if err != nil {
		t.Fatal(err)
	}
	all := make(map[string]documented)
	for line := range strings.Lines(string(text)) {
		cells := strings.Split(strings.TrimSpace(line), " | ")
		if len(cells) != 6 || !strings.HasPrefix(cells[1], "`") {
			continue
		}
		c := documented{methods: strings.Split(strings.ReplaceAll(cells[3], "`", ""), ", ")}
		if cells[2] != clientAlone {
			c.topics = strings.Split(cells[2], ", ")
		}
		all[strings.Trim(cells[1], "`")] = c
	}
	return all
}

// Each row of the reference has a command that calls Coupontools, and docs/coupontools.md says of each call which command
// makes it, if any does.
func TestCoverage(t *testing.T) {
	t.Parallel()
	var topics []string
	for _, c := range All(Deps{}) {
		topics = append(topics, c.Topic)
	}
	calls, called := documentedCalls(t), calledMethods(t)
	for name, c := range calls {
		for _, topic := range c.topics {
			if !slices.Contains(topics, topic) {
				t.Errorf("%s is made by the command %q, which is not there", name, topic)
			}
		}
		if made := slices.ContainsFunc(c.methods, func(m string) bool { return called[m] }); made != (len(c.topics) > 0) {
			t.Errorf("%s: a command calls one of %v: %v, the page says %v", name, c.methods, made, c.topics)
		}
	}
	for _, row := range coverage {
		made := false
		for _, name := range row.calls {
			c, ok := calls[name]
			if !ok {
				t.Errorf("%s: %s is not in docs/coupontools.md", row.row, name)
			}
			made = made || len(c.topics) > 0
		}
		if !made {
			t.Errorf("%s: no command makes any of %v", row.row, row.calls)
		}
	}
}

// clientNames are the fields and variables in which commands, sends and the wiring of the lists hold the client.
var clientNames = []string{"api", "API", "Client", "access", "Contacts"}

// calledMethods returns the methods of the client that commands call, or hand to what calls them.
func calledMethods(t *testing.T) map[string]bool {
	t.Helper()
	called := make(map[string]bool)
	for _, pattern := range []string{
		"*.go", filepath.Join("..", "sends", "*.go"), filepath.Join("..", "cmd", "internal", "app", "serve.go"),
	} {
		files, err := filepath.Glob(pattern)
		if err != nil || len(files) == 0 {
			t.Fatalf("%s: %v, %v", pattern, files, err)
		}
		for _, file := range files {
			if strings.HasSuffix(file, "_test.go") {
				continue
			}
			tree, err := parser.ParseFile(token.NewFileSet(), file, nil, 0)
			if err != nil {
				t.Fatal(err)
			}
			for n := range ast.Preorder(tree) {
				if s, ok := n.(*ast.SelectorExpr); ok && slices.Contains(clientNames, lastName(s.X)) {
					called[s.Sel.Name] = true
				}
			}
		}
	}
	return called
}

// lastName is the last name in an expression such as d.Client.
func lastName(e ast.Expr) string {
	switch e := e.(type) {
	case *ast.Ident:
		return e.Name
	case *ast.SelectorExpr:
		return e.Sel.Name
	}
	return ""
}
