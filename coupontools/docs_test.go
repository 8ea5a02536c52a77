package coupontools_test

import (
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/coupontools/couponbot/coupontools"
)

var update = flag.Bool("update", false, "write docs/coupontools.md anew")

// capability is something that Coupontools can do, and how one gets at it from Slack.
type capability struct {
	what string
	// topics are the words after /coupontools.
	topics string
	routes []string
}

// areas are all that Coupontools can do, as its documentation lists it.
var areas = []struct {
	name         string
	capabilities []capability
}{
	{"Subaccounts and accounts", []capability{
		{"list subaccounts", "subaccounts", []string{"POST /v4/subaccount/list"}},
		{"show a subaccount", "subaccount", []string{"POST /v4/subaccount"}},
		{"create a subaccount", "subaccount", []string{"POST /v4/subaccount/create"}},
		{"change a subaccount", "subaccount", []string{"POST /v4/subaccount/update"}},
		{"link to reset a subaccount's password", "subaccount", []string{"POST /v3/subaccount/reset/url"}},
		{"sign on to a subaccount", "sign-on", []string{"POST /v3/subaccount/sso"}},
		{"sign on to the account", "sign-on", []string{"POST /v3/account/sso"}},
		{"sign on as a teammate", "sign-on", []string{"POST /v3/teammate/sso"}},
	}},
	{"Campaigns and their sessions", []capability{
		{"list campaigns", "campaigns", []string{"POST /v3/coupon/list"}},
		{"show a campaign", "campaign", []string{"POST /v3/coupon/info"}},
		{"usage data of a campaign", "campaign, sessions, directory", []string{
			"POST /v3/campaign/data", "POST /v3/campaign/opens", "POST /v3/campaign/claims", "POST /v3/campaign/validations",
		}},
		{"show a session", "session", []string{"POST /v3/couponsession/data"}},
		{"change a session", "session", []string{"POST /v3/couponsession/update"}},
		{"change many sessions", "session", []string{"POST /v3/couponsession/update/multiple"}},
		{"search sessions, of all campaigns or of one", "session", []string{"POST /v3/couponsession/search"}},
		{"push a message to one person", "push", []string{"POST /v3/coupon/pushnotification/single"}},
		{"push a message to all", "push", []string{"POST /v3/coupon/pushnotification/all"}},
	}},
	{"Loyalty cards", []capability{
		{"list loyalty cards", "loyalty", []string{"POST /v3/loyalty/list", "GET /v4/loyalty/loyalty-cards"}},
		{"show a loyalty card", "loyalty-card", []string{"POST /v3/loyalty/info"}},
		{"copy a loyalty card", "–", []string{"POST /v4/loyalty/loyalty-cards/{card}/copy"}},
		{"list the users of a card", "loyalty-users", []string{
			"POST /v3/loyaltyusers/list", "GET /v4/loyalty/loyalty-cards/{card}/stats",
		}},
		{"show a user of a card", "loyalty-users", []string{"GET /v4/loyalty/loyalty-cards/{card}/stats/{user}"}},
		{"search the users of a card", "loyalty-users", []string{"POST /v3/loyaltyusers/search"}},
		{"create a user, give a user a card", "loyalty-users", []string{
			"POST /v3/loyaltyusers/create", "POST /v3/loyaltyusers/link", "POST /v4/loyalty/loyalty-cards/{card}/stats",
			"POST /v4/loyalty/loyalty-cards/{card}/stats/bulk",
		}},
		{"add points or stamps, void a card", "points, loyalty-users", []string{
			"POST /v3/loyaltyusers/update", "POST /v4/loyalty/loyalty-cards/{card}/stats/{user}",
		}},
		{"push a message to one user", "loyalty-users", []string{"POST /v3/loyalty/pushnotification/single"}},
		{"push a message to all users", "loyalty-users", []string{"POST /v3/loyalty/pushnotification/all"}},
	}},
	{"Directories", []capability{
		{"list directories", "directories", []string{"POST /v3/directory/list", "GET /v4/directory"}},
		{"show a directory", "directory", []string{"POST /v3/directory/info", "GET /v4/directory/{directory}"}},
		{"campaigns of a directory", "directory", []string{"POST /v3/directory/campaigns"}},
		{"categories", "categories", []string{"POST /v3/category/list"}},
		{"categories of the third level", "categories", []string{"POST /v3/category/main/list"}},
		{"list the users of a directory", "users", []string{
			"POST /v3/directoryusers/list", "GET /v4/directory/{directory}/users",
		}},
		{"show a user of a directory", "users", []string{"GET /v4/directory/{directory}/users/{user}"}},
		{"set a user's payment status", "users", []string{
			"POST /v3/directoryusers/update", "POST /v4/directory/{directory}/users/{user}/access",
			"DELETE /v4/directory/{directory}/users/{user}/access",
		}},
		{"create a user of a directory", "users", []string{"POST /v4/directory/{directory}/users"}},
		{"block a user of a directory", "users", []string{"POST /v4/directory/{directory}/users/{user}"}},
		{"sign on as a user of a directory", "sign-on", []string{"POST /v4/directory/{directory}/users/{user}/sso"}},
	}},
	{"Single use", []capability{
		{"create a single-use address for a person who is known", "–", []string{"POST /v3/singleuse/create"}},
		{"create many single-use addresses", "single-use", []string{"POST /v3/multiplesingleuse/create"}},
		{"remove a single-use address", "session", []string{"POST /v3/singleuse/remove"}},
	}},
	{"Messages and groups", []capability{
		{"send by e-mail", "send", []string{"POST /v3/send/email"}},
		{"send by text message", "send", []string{"POST /v3/send/sms"}},
		{"list SMS groups", "sms-groups", []string{"POST /v3/smstool/grouplist"}},
		{"contacts of an SMS group", "sms-contacts", []string{"POST /v3/smstool/userlist"}},
		{"add an SMS group or a contact", "sms-groups, sms-contacts", []string{"POST /v3/smstool/addgroup", "POST /v3/smstool/addcontact"}},
		{"list e-mail groups", "email-groups", []string{"POST /v3/emailtool/grouplist"}},
	}},
	{"Webhooks", []capability{
		{"verify an event", "webhook", []string{"POST /v3/webhook/verification"}},
	}},
}

const docsIntro = `# Coupontools: what the bot can call

This page is written by ` + "`go test ./coupontools -run Docs -update`" + ` from the route table; a test fails when they differ.

*Proven* means that path and answer are documented, or seen in public code that calls the API. What is *assumed* follows the
route's sisters, since no copy of the documentation shows it: it is built as assumed and read leniently, and the first answer
of a live account settles it. ` + "`couponbot check`" + ` calls every route that only reads and for which a list gives it an id, and
says how the answer differs from the shape known here.

*Repeated* says whether the client tries a call again after a failure that may pass. It never does so with a message, nor with
anything that would be there twice.

The keys of a call go into the headers ` + "`X-Client-Id` and `X-Client-Secret`" + `; with the routes of v4 other than subaccounts,
into ` + "`x-api-key` and `x-api-secret`" + `. The command is the word after ` + "`/coupontools`" + `;
those with a dash are in the client alone.
`

// Every capability has a route, a method of the client and a command, and docs/coupontools.md lists them.
func TestDocs(t *testing.T) {
	t.Parallel()
	known := make(map[string]coupontools.Route)
	for _, r := range coupontools.Routes() {
		known[r.Name] = r
	}
	methods := methodsByRoute(t)
	used := make(map[string]bool)
	var b strings.Builder
	b.WriteString(docsIntro)
	for _, area := range areas {
		fmt.Fprintf(&b, "\n## %s\n\n| what | call | command | client | known | repeated |\n| --- | --- | --- | --- | --- | --- |\n", area.name)
		for _, c := range area.capabilities {
			if c.topics == "" || len(c.routes) == 0 {
				t.Errorf("%q has no command or no route", c.what)
			}
			for i, name := range c.routes {
				r, ok := known[name]
				if !ok || len(methods[name]) == 0 {
					t.Errorf("%s has no route or no method", name)
				}
				used[name] = true
				what := c.what
				if i > 0 {
					what = ""
				}
				fmt.Fprintf(&b, "| %s | `%s` | %s | %s | %s | %s |\n", what, name, c.topics, code(methods[name]), r.Known, yesNo(r.Repeated))
			}
		}
	}
	b.WriteString(shapes())
	for name := range known {
		if !used[name] {
			t.Errorf("%s is in no area of the table", name)
		}
	}
	for name := range methods {
		if _, ok := known[name]; !ok {
			t.Errorf("%s is the API line of %v and not in the route table", name, methods[name])
		}
	}
	golden(t, filepath.Join("..", "docs", "coupontools.md"), b.String())
}

func code(names []string) string { return "`" + strings.Join(names, "`, `") + "`" }

func yesNo(yes bool) string {
	if yes {
		return "yes"
	}
	return "no"
}

// shapes lists the answers that are assumed.
func shapes() string {
	var b strings.Builder
	b.WriteString("\n## Answers that are assumed\n\n" +
		"Without their envelope. A name that ends in `?` may be missing; `null` stands for anything.\n")
	for _, r := range coupontools.Routes() {
		if r.Shape == "" || r.Known == "proven" {
			continue
		}
		var text bytes.Buffer
		if err := json.Compact(&text, []byte(r.Shape)); err != nil {
			panic(err)
		}
		fmt.Fprintf(&b, "\n`%s`:\n\n```json\n%s\n```\n", r.Name, &text)
	}
	return b.String()
}

// golden compares a text with a file, or writes the file.
func golden(t *testing.T, file, got string) {
	t.Helper()
	if *update {
		if err := os.WriteFile(file, []byte(got), 0o600); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(file)
	if err != nil || string(want) != got {
		t.Errorf("%s is not what the route table says (%v): run go test ./coupontools -run Docs -update", file, err)
	}
}

// methodsByRoute returns the client's methods by the routes that their comments name behind "API:".
func methodsByRoute(t *testing.T) map[string][]string {
	t.Helper()
	files, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	methods := make(map[string][]string)
	for _, file := range files {
		if strings.HasSuffix(file, "_test.go") {
			continue
		}
		tree, err := parser.ParseFile(token.NewFileSet(), file, nil, parser.ParseComments)
		if err != nil {
			t.Fatal(err)
		}
		for _, decl := range tree.Decls {
			f, ok := decl.(*ast.FuncDecl)
			if !ok || f.Recv == nil || !f.Name.IsExported() {
				continue
			}
			for line := range strings.Lines(f.Doc.Text()) {
				if route, ok := strings.CutPrefix(strings.TrimSpace(line), "API: "); ok {
					methods[route] = append(methods[route], f.Name.Name)
				}
			}
		}
	}
	for _, names := range methods {
		slices.Sort(names)
	}
	return methods
}
