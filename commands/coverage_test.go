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

	"github.com/coupontools/couponbot/coupontools"
)

// Every route of the Coupontools client has the commands that the route table names, and they call it.
func TestCoverage(t *testing.T) {
	t.Parallel()
	var topics []string
	for _, c := range All(Deps{}) {
		topics = append(topics, c.Topic)
	}
	methods, called := documentedMethods(t), calledMethods(t)
	for _, r := range coupontools.Routes() {
		for _, topic := range r.Topics {
			if !slices.Contains(topics, topic) {
				t.Errorf("%s: there is no command %q", r.Name, topic)
			}
		}
		if calls := slices.ContainsFunc(methods[r.Name], func(m string) bool { return called[m] }); calls != (len(r.Topics) > 0) {
			t.Errorf("%s: a command calls one of %v: %v, the route table says %v", r.Name, methods[r.Name], calls, r.Topics)
		}
	}
}

// documentedMethods reads the client's methods by route from docs/coupontools.md.
func documentedMethods(t *testing.T) map[string][]string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("..", "docs", "coupontools.md"))
	if err != nil {
		t.Fatal(err)
	}
	methods := make(map[string][]string)
	for line := range strings.Lines(string(text)) {
		if cells := strings.Split(strings.TrimSpace(line), " | "); len(cells) == 6 && strings.HasPrefix(cells[1], "`") {
			methods[strings.Trim(cells[1], "`")] = strings.Split(strings.ReplaceAll(cells[3], "`", ""), ", ")
		}
	}
	return methods
}

// clientNames are the fields and variables that hold the client in commands, sends and the wiring.
var clientNames = []string{"api", "API", "Client", "access", "Contacts"}

// calledMethods returns the methods of the client that commands, sends and the wiring use.
func calledMethods(t *testing.T) map[string]bool {
	t.Helper()
	called := make(map[string]bool)
	for _, pattern := range []string{
		filepath.Join("*", "*.go"), filepath.Join("internal", "*", "*.go"), filepath.Join("..", "sends", "*.go"), filepath.Join("..", "cmd", "internal", "app", "serve.go"),
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
