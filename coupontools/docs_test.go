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

var update = flag.Bool("update", false, "write docs/coupontools.md")

// capability is something that Coupontools can do, and how one gets at it from Slack.
type capability struct {
	what string
	// topics are the words after /coupontools that call the routes.
	topics string
	routes []string
	// spare are routes that do the same in another way, or a part of it, and that no command calls.
	spare []string
}

// areas are all that Coupontools can do, as its documentation lists it.
var areas = []struct {
	name         string
	capabilities []capability
}{
	{"Subaccounts and accounts", []capability{
		{"list subaccounts", "subaccounts", []string{"POST /v4/subaccount/list"}, nil},
		{"show a subaccount", "subaccount", []string{"POST /v4/subaccount"}, nil},
		{"create a subaccount", "subaccount", []string{"POST /v4/subaccount/create"}, nil},
		{"change a subaccount", "subaccount", []string{"POST /v4/subaccount/update"}, nil},
		{"link to reset a subaccount's password", "subaccount", []string{"POST /v3/subaccount/reset/url"}, nil},
		{"sign on to a subaccount", "sign-on", []string{"POST /v3/subaccount/sso"}, nil},
		{"sign on to the account", "sign-on", []string{"POST /v3/account/sso"}, nil},
		{"sign on as a teammate", "sign-on", []string{"POST /v3/teammate/sso"}, nil},
	}},
	{"Campaigns and their sessions", []capability{
		{"list campaigns", "campaigns, categories", []string{"POST /v3/coupon/list"}, nil},
		{"show a campaign", "campaign", []string{"POST /v3/coupon/info"}, nil},
		{"usage data of a campaign", "campaign, sessions, session, push, directory", []string{"POST /v3/campaign/data"}, nil},
		{"who opened, claimed or validated a campaign", "sessions", []string{
			"POST /v3/campaign/opens", "POST /v3/campaign/claims", "POST /v3/campaign/validations",
		}, nil},
		{"show a session", "session", []string{"POST /v3/couponsession/data"}, nil},
		{"change a session", "session", []string{"POST /v3/couponsession/update"}, nil},
		{"change many sessions", "session", []string{"POST /v3/couponsession/update/multiple"}, nil},
		{"search sessions, of all campaigns or of one", "session", []string{"POST /v3/couponsession/search"}, nil},
		{"push a message to one person", "push", []string{"POST /v3/coupon/pushnotification/single"}, nil},
		{"push a message to all", "push", []string{"POST /v3/coupon/pushnotification/all"}, nil},
	}},
	{"Loyalty cards", []capability{
		{"list loyalty cards", "loyalty", []string{"POST /v3/loyalty/list"}, []string{"GET /v4/loyalty/loyalty-cards"}},
		{"show a loyalty card", "loyalty-card", []string{"POST /v3/loyalty/info"}, nil},
		{"copy a loyalty card", "loyalty-card", []string{"POST /v4/loyalty/loyalty-cards/{card}/copy"}, nil},
		{"list and search the users of a card, show one", "loyalty-users", []string{"POST /v3/loyaltyusers/list"}, []string{
			"POST /v3/loyaltyusers/search", "GET /v4/loyalty/loyalty-cards/{card}/stats",
			"GET /v4/loyalty/loyalty-cards/{card}/stats/{user}",
		}},
		{"create a user, give a user a card", "loyalty-users", []string{
			"POST /v3/loyaltyusers/link", "POST /v4/loyalty/loyalty-cards/{card}/stats",
			"POST /v4/loyalty/loyalty-cards/{card}/stats/bulk",
		}, []string{"POST /v3/loyaltyusers/create"}},
		{
			"add points or stamps, void a card", "points, loyalty-users",
			[]string{"POST /v3/loyaltyusers/update"},
			[]string{"POST /v4/loyalty/loyalty-cards/{card}/stats/{user}"},
		},
		{"push a message to one user", "loyalty-users", []string{"POST /v3/loyalty/pushnotification/single"}, nil},
		{"push a message to all users", "loyalty-users", []string{"POST /v3/loyalty/pushnotification/all"}, nil},
	}},
	{"Directories", []capability{
		{"list directories", "directories", []string{"POST /v3/directory/list"}, []string{"GET /v4/directory"}},
		{"show a directory", "directory", []string{"POST /v3/directory/info"}, []string{"GET /v4/directory/{directory}"}},
		{"campaigns of a directory", "directory, categories", []string{"POST /v3/directory/campaigns"}, nil},
		{"categories", "categories", []string{"POST /v3/category/list"}, nil},
		{"categories of the third level", "categories", []string{"POST /v3/category/main/list"}, nil},
		{
			"list the users of a directory", "users",
			[]string{"POST /v3/directoryusers/list"},
			[]string{"GET /v4/directory/{directory}/users"},
		},
		{"show a user of a directory", "users", []string{"GET /v4/directory/{directory}/users/{user}"}, nil},
		{"set a user's payment status", "users", []string{
			"POST /v3/directoryusers/update", "POST /v4/directory/{directory}/users/{user}/access",
			"DELETE /v4/directory/{directory}/users/{user}/access",
		}, nil},
		{"create a user of a directory", "users", []string{"POST /v4/directory/{directory}/users"}, nil},
		{"block a user of a directory", "users", []string{"POST /v4/directory/{directory}/users/{user}"}, nil},
		{"sign on as a user of a directory", "sign-on", []string{"POST /v4/directory/{directory}/users/{user}/sso"}, nil},
	}},
	{"Single use", []capability{
		{"create a single-use address for a person who is known", "single-use", []string{"POST /v3/singleuse/create"}, nil},
		{"create many single-use addresses", "single-use", []string{"POST /v3/multiplesingleuse/create"}, nil},
		{"remove a single-use address", "session", []string{"POST /v3/singleuse/remove"}, nil},
	}},
	{"Messages and groups", []capability{
		{"send by e-mail", "send", []string{"POST /v3/send/email"}, nil},
		{"send by text message", "send", []string{"POST /v3/send/sms"}, nil},
		{"list SMS groups", "sms-groups", []string{"POST /v3/smstool/grouplist"}, nil},
		{"contacts of an SMS group", "sms-contacts", []string{"POST /v3/smstool/userlist"}, nil},
		{"add an SMS group", "sms-groups", []string{"POST /v3/smstool/addgroup"}, nil},
		{"add a contact to an SMS group", "sms-contacts", []string{"POST /v3/smstool/addcontact"}, nil},
		{"list e-mail groups", "email-groups", []string{"POST /v3/emailtool/grouplist"}, nil},
	}},
	{"Webhooks", []capability{
		{"verify an event", "webhook", []string{"POST /v3/webhook/verification"}, nil},
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
into ` + "`x-api-key` and `x-api-secret`" + `. The command is the word after ` + "`/coupontools`" + `
that makes the call. Where it says *client alone*, no command makes it: another call of the same line does, and this one is
for programs that use the client.
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
			for i, name := range slices.Concat(c.routes, c.spare) {
				r, ok := known[name]
				if !ok || len(methods[name]) == 0 {
					t.Errorf("%s has no route or no method", name)
				}
				used[name] = true
				what, topics := c.what, c.topics
				if i > 0 {
					what = ""
				}
				if i >= len(c.routes) {
					topics = "*client alone*"
				}
				fmt.Fprintf(&b, "| %s | `%s` | %s | %s | %s | %s |\n", what, name, topics, code(methods[name]), r.Known, yesNo(r.Repeated))
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

// shapes lists the assumed answers.
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
