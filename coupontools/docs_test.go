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

const docsIntro = `# Coupontools: what the bot can call

This page is written by ` + "`go test ./coupontools -run Docs -update`" + ` from the route table; a test fails when they differ.

*Proven* means that path and answer are documented, or seen in public code that calls the API. What is *assumed* isn't shown in
any copy of the documentation: it follows similar routes and is decoded leniently, and the first answer of a live account
confirms or corrects it. ` + "`couponbot check`" + ` calls every read for which it can find an id, and reports
how the answer differs from the shape known here.

*Repeated* says whether the client retries a call after a transient failure. It never repeats a message, or a call that creates
something.

The keys of a call go into the headers ` + "`X-Client-Id` and `X-Client-Secret`" + `; with the routes of v4 other than subaccounts,
into ` + "`x-api-key` and `x-api-secret`" + `. The command is the word after ` + "`/coupontools`" + `
that makes the call; *client only* means that no command makes it.
`

// Every route has a method of the client, and docs/coupontools.md lists it.
func TestDocs(t *testing.T) {
	t.Parallel()
	methods := methodsByRoute(t)
	var b strings.Builder
	b.WriteString(docsIntro)
	area := ""
	for _, r := range coupontools.Routes() {
		if r.Area != area {
			area = r.Area
			fmt.Fprintf(&b, "\n## %s\n\n| what | call | command | client | known | repeated |\n| --- | --- | --- | --- | --- | --- |\n", area)
		}
		if len(methods[r.Name]) == 0 {
			t.Errorf("%s has no method", r.Name)
		}
		topics := strings.Join(r.Topics, ", ")
		if topics == "" {
			topics = "*client only*"
		}
		fmt.Fprintf(&b, "| %s | `%s` | %s | %s | %s | %s |\n", r.Does, r.Name, topics, code(methods[r.Name]), r.Known, yesNo(r.Repeated))
		delete(methods, r.Name)
	}
	for name := range methods {
		t.Errorf("%s is the API line of %v and not in the route table", name, methods[name])
	}
	b.WriteString(shapes())
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
