// Package sourcetest helps tests that read the program's own source, to hold a rule that a compiler can't.
package sourcetest

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// leastFiles is how many files are read at least; fewer mean that the test looks in the wrong place.
const leastFiles = 100

// Walk gives see every Go file of the module that is no test, and is in none of the packages except. It is called from
// the test of a package two levels below the module's root.
func Walk(t testing.TB, see func(*token.FileSet, *ast.File), except ...string) {
	t.Helper()
	root, files := filepath.Join("..", ".."), 0
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		name, err := filepath.Rel(root, path)
		name = filepath.ToSlash(name)
		hidden := strings.HasPrefix(d.Name(), ".") && path != root
		switch {
		case err != nil:
			return err
		case d.IsDir() && (hidden || d.Name() == "testdata" || slices.Contains(except, name)):
			return filepath.SkipDir
		case d.IsDir() || !strings.HasSuffix(name, ".go") || strings.HasSuffix(name, "_test.go"):
			return nil
		}
		files++
		fset := token.NewFileSet()
		file, err := parser.ParseFile(fset, path, nil, parser.SkipObjectResolution)
		if err == nil {
			see(fset, file)
		}
		return err
	})
	if err != nil || files < leastFiles {
		t.Errorf("read %d files, %v", files, err)
	}
}
