package outbound_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"slices"
	"strings"
	"testing"

	"github.com/coupontools/couponbot/internal/sourcetest"
)

// redirecting are the names of net/http with which a program gets a client that follows redirects.
var redirecting = []string{"DefaultClient", "Get", "Head", "Post", "PostForm"}

// Only this package makes HTTP clients, so that none follows a redirect. The simulators are no part of the bot.
func TestSource_makesClientsHereOnly(t *testing.T) {
	t.Parallel()
	sourcetest.Walk(t, func(fset *token.FileSet, file *ast.File) {
		for at, what := range clients(file) {
			t.Errorf("%s has %s; outbound.Client makes clients", fset.Position(at), what)
		}
	}, "internal/outbound", "bot/slacksim", "coupontools/sandbox")
}

func TestSource_seesThem(t *testing.T) {
	t.Parallel()
	const source = `package p
import ("net/http"; web "net/http"; "github.com/slack-go/slack")
var a = http.DefaultClient
var b = &http.Client{}
var c = new(web.Client)
var d http.Client
var e struct{ web.Client }
var f, _ = web.Get("")
var g = slack.New("")
var ok *http.Client
var fine = slack.New("", slack.OptionHTTPClient(ok))
`
	file, err := parser.ParseFile(token.NewFileSet(), "p.go", source, parser.SkipObjectResolution)
	if err != nil {
		t.Fatal(err)
	}
	if got := clients(file); len(got) != 7 {
		t.Errorf("saw %v, want seven", got)
	}
}

// clients finds what makes an HTTP client, by where it stands: any mention of the type but as a pointer.
func clients(file *ast.File) map[token.Pos]string {
	found, packages := map[token.Pos]string{}, map[string]string{}
	for _, spec := range file.Imports {
		path := strings.Trim(spec.Path.Value, `"`)
		name := path[strings.LastIndex(path, "/")+1:]
		if spec.Name != nil {
			name = spec.Name.Name
		}
		packages[name] = path
	}
	pointed := map[ast.Expr]bool{}
	ast.Inspect(file, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.StarExpr:
			pointed[n.X] = true
		case *ast.SelectorExpr:
			of, _ := n.X.(*ast.Ident)
			if of != nil && packages[of.Name] == "net/http" &&
				(n.Sel.Name == "Client" && !pointed[n] || slices.Contains(redirecting, n.Sel.Name)) {
				found[n.Pos()] = "http." + n.Sel.Name
			}
		case *ast.CallExpr:
			if calls(n, "slack", "New") && !slices.ContainsFunc(n.Args, func(arg ast.Expr) bool {
				option, ok := arg.(*ast.CallExpr)
				return ok && calls(option, "slack", "OptionHTTPClient")
			}) {
				found[n.Pos()] = "slack.New without a client"
			}
		}
		return true
	})
	return found
}

func calls(call *ast.CallExpr, of, name string) bool {
	f, ok := call.Fun.(*ast.SelectorExpr)
	if !ok {
		return false
	}
	x, ok := f.X.(*ast.Ident)
	return ok && x.Name == of && f.Sel.Name == name
}
