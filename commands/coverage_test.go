package commands

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// coverage is what the reference of Coupontools lists, each with what docs/coupontools.md calls it.
var coverage = [][2]string{
	{"subaccount list", "list subaccounts"},
	{"subaccount info", "show a subaccount"},
	{"subaccount create", "create a subaccount"},
	{"subaccount update", "change a subaccount"},
	{"subaccount reset", "link to reset a subaccount's password"},
	{"subaccount sign-on", "sign on to a subaccount"},
	{"campaign list", "list campaigns"},
	{"campaign info", "show a campaign"},
	{"campaign usage data, opens, claims, validations", "usage data of a campaign"},
	{"one session", "show a session"},
	{"update session", "change a session"},
	{"update many sessions", "change many sessions"},
	{"search, search in campaign", "search sessions, of all campaigns or of one"},
	{"campaign push one", "push a message to one person"},
	{"campaign push all", "push a message to all"},
	{"loyalty list", "list loyalty cards"},
	{"loyalty info", "show a loyalty card"},
	{"loyalty users", "list the users of a card"},
	{"loyalty create and link user", "create a user, give a user a card"},
	{"loyalty update user", "add points or stamps, void a card"},
	{"loyalty push one", "push a message to one user"},
	{"loyalty push all", "push a message to all users"},
	{"directory list", "list directories"},
	{"directory info", "show a directory"},
	{"directory campaigns", "campaigns of a directory"},
	{"directory users", "list the users of a directory"},
	{"directory payment", "set a user's payment status"},
	{"directory user create", "create a user of a directory"},
	{"directory user block", "block a user of a directory"},
	{"directory user sign-on", "sign on as a user of a directory"},
	{"categories", "categories"},
	{"3rd-level categories", "categories of the third level"},
	{"single use create many", "create many single-use addresses"},
	{"single use remove", "remove a single-use address"},
	{"send e-mail", "send by e-mail"},
	{"send SMS", "send by text message"},
	{"SMS groups", "list SMS groups"},
	{"SMS contacts", "contacts of an SMS group"},
	{"SMS group and contact create", "add an SMS group or a contact"},
	{"e-mail groups", "list e-mail groups"},
	{"account sign-on", "sign on to the account"},
	{"teammate sign-on", "sign on as a teammate"},
	{"webhook verification", "verify an event"},
}

// documented is a capability in docs/coupontools.md.
type documented struct{ topics, methods []string }

// capabilities reads the tables of docs/coupontools.md.
func capabilities(t *testing.T) map[string]documented {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("..", "docs", "coupontools.md"))
	if err != nil {
		t.Fatal(err)
	}
	all := make(map[string]documented)
	var what string
	for line := range strings.Lines(string(text)) {
		cells := strings.Split(strings.TrimSpace(line), " | ")
		if len(cells) != 6 || !strings.Contains(cells[1], "`") {
			continue
		}
		if name := strings.TrimPrefix(strings.TrimPrefix(cells[0], "|"), " "); name != "" {
			what = name
		}
		c := all[what]
		c.topics = strings.Split(cells[2], ", ")
		c.methods = append(c.methods, strings.Split(strings.ReplaceAll(cells[3], "`", ""), ", ")...)
		all[what] = c
	}
	return all
}

// Each command that the documentation names is there, and all that Coupontools can do is within reach of one.
func TestCoverage(t *testing.T) {
	t.Parallel()
	var topics []string
	for _, c := range All(Deps{}) {
		topics = append(topics, c.Topic)
	}
	all := capabilities(t)
	for what, c := range all {
		for _, topic := range c.topics {
			if topic != "–" && !slices.Contains(topics, topic) { // a dash: in the client alone
				t.Errorf("%q names the command %q, which is not there", what, topic)
			}
		}
	}
	source := sources(t, "*.go", filepath.Join("..", "sends", "*.go"))
	for _, row := range coverage {
		c, ok := all[row[1]]
		if !ok || slices.Contains(c.topics, "–") || len(c.methods) == 0 {
			t.Errorf("%s has no method or no command in docs/coupontools.md", row[0])
			continue
		}
		if !regexp.MustCompile(`\b(` + strings.Join(c.methods, "|") + `)\b`).MatchString(source) {
			t.Errorf("%s: no command calls any of %v", row[0], c.methods)
		}
	}
}

// sources returns the code in files that are no tests.
func sources(t *testing.T, patterns ...string) string {
	t.Helper()
	var all strings.Builder
	for _, pattern := range patterns {
		files, err := filepath.Glob(pattern)
		if err != nil {
			t.Fatal(err)
		}
		for _, file := range files {
			if strings.HasSuffix(file, "_test.go") {
				continue
			}
			text, err := os.ReadFile(filepath.Clean(file))
			if err != nil {
				t.Fatal(err)
			}
			all.Write(text)
		}
	}
	return all.String()
}
