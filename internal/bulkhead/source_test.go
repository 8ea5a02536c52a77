package bulkhead_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"slices"
	"strings"
	"testing"

	"github.com/coupontools/couponbot/internal/bulkhead"
	"github.com/coupontools/couponbot/internal/sourcetest"
)

// starters are functions that start a goroutine, by their package.
var starters = map[string][]string{
	"time": {"AfterFunc"}, "context": {"AfterFunc"},
}

// Only this package starts goroutines, so that each has a guard. The simulators are no part of the bot.
func TestSource_startsGoroutinesHereOnly(t *testing.T) {
	t.Parallel()
	sourcetest.Walk(t, func(fset *token.FileSet, file *ast.File) {
		for at, what := range started(file) {
			t.Errorf("%s starts a goroutine by %s; internal/bulkhead does that", fset.Position(at), what)
		}
	}, "internal/bulkhead", "bot/slacksim", "coupontools/sandbox", "sends/redistest")
}

func TestSource_seesThem(t *testing.T) {
	t.Parallel()
	const source = `package p
import ("context"; "sync"; "time"; clock "time"; "golang.org/x/sync/errgroup"; "golang.org/x/sync/singleflight")
func f(ctx context.Context, guard *bulkhead.Guard) {
	go f()
	time.AfterFunc(1, f)
	clock.AfterFunc(1, f)
	context.AfterFunc(ctx, f)
	var wg sync.WaitGroup
	wg.Go(f)
	var group errgroup.Group
	group.TryGo(f)
	var calls singleflight.Group
	calls.DoChan("", f)
	guard.Go(bulkhead.Check, f)
	guard.AfterFunc(ctx, bulkhead.Check, f)
}`
	file, err := parser.ParseFile(token.NewFileSet(), "p.go", source, parser.SkipObjectResolution)
	if err != nil {
		t.Fatal(err)
	}
	if got := len(started(file)); got != 8 { // errgroup's import counts too
		t.Errorf("saw %d: %v, want 8", got, started(file))
	}
}

// Each place is among those that are counted, but for the one that passes its panics on.
func TestPlaces_all(t *testing.T) {
	t.Parallel()
	file, err := parser.ParseFile(token.NewFileSet(), "places.go", nil, parser.SkipObjectResolution)
	if err != nil {
		t.Fatal(err)
	}
	var declared []bulkhead.Place
	ast.Inspect(file, func(n ast.Node) bool {
		if spec, ok := n.(*ast.ValueSpec); ok && len(spec.Values) == 1 {
			if name, ok := spec.Values[0].(*ast.BasicLit); ok {
				declared = append(declared, bulkhead.Place(strings.Trim(name.Value, `"`)))
			}
		}
		return true
	})
	counted := append(slices.Clone(bulkhead.Places), bulkhead.Carried)
	slices.Sort(counted)
	slices.Sort(declared)
	if !slices.Equal(declared, counted) {
		t.Errorf("%v are declared, %v counted", declared, counted)
	}
}

// started finds what starts a goroutine, by where it stands. Methods are told by their names: a Go whose first argument is
// no place of this package is that of a WaitGroup or an errgroup.
func started(file *ast.File) map[token.Pos]string {
	found := map[token.Pos]string{}
	packages := map[string]string{}
	for _, spec := range file.Imports {
		path := strings.Trim(spec.Path.Value, `"`)
		name := path[strings.LastIndex(path, "/")+1:]
		if spec.Name != nil {
			name = spec.Name.Name
		}
		packages[name] = path
		if path == "golang.org/x/sync/errgroup" {
			found[spec.Pos()] = "errgroup"
		}
	}
	ast.Inspect(file, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.GoStmt:
			found[n.Pos()] = "a go statement"
		case *ast.CallExpr:
			called, ok := n.Fun.(*ast.SelectorExpr)
			if !ok {
				break
			}
			name := called.Sel.Name
			of, _ := called.X.(*ast.Ident)
			switch {
			case of != nil && slices.Contains(starters[packages[of.Name]], name),
				slices.Contains([]string{"Go", "TryGo"}, name) && !placed(n), name == "DoChan":
				found[n.Pos()] = name
			}
		}
		return true
	})
	return found
}

// placed reports whether a call's first argument is a place: bulkhead.Check, or a parameter called at.
func placed(call *ast.CallExpr) bool {
	if len(call.Args) == 0 {
		return false
	}
	place, ok := call.Args[0].(*ast.SelectorExpr)
	if !ok {
		return false
	}
	of, ok := place.X.(*ast.Ident)
	return ok && of.Name == "bulkhead"
}
