package spreadsheet_test

import (
	"errors"
	"go/ast"
	"go/token"
	"io"
	"strings"
	"testing"
	"unicode"

	"golang.org/x/text/unicode/norm"

	"github.com/coupontools/couponbot/internal/sourcetest"
	"github.com/coupontools/couponbot/internal/spreadsheet"
)

func TestText(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ cell, want string }{
		{"", ""},
		{"Anna Peeters", "Anna Peeters"},
		{"a=b+c-d@e", "a=b+c-d@e"},
		{"'=1", "'=1"},

		{"=cmd|'/C calc'!A1", "'=cmd|'/C calc'!A1"},
		{"@SUM(A1)", "'@SUM(A1)"},
		{"+32470123456", "'+32470123456"},
		{"-5", "'-5"},

		// Compatibility forms.
		{"＝1", "'＝1"},
		{"＋1", "'＋1"},
		{"－1", "'－1"},
		{"＠x", "'＠x"},
		{"﹢1", "'﹢1"},
		{"﹣1", "'﹣1"},
		{"﹦1", "'﹦1"},
		{"﹫x", "'﹫x"},
		{"⁼1", "'⁼1"},
		{"₊1", "'₊1"},
		{"⩵1", "'⩵1"},
		{"=\u0338", "'=\u0338"}, // composed it is ≠, but a program that doesn't compose sees a formula

		// Behind what nobody sees.
		{" =1", "' =1"},
		{"\u00a0=1", "'\u00a0=1"},
		{"\u2003\u3000＝1", "'\u2003\u3000＝1"},
		{"\u200b\ufeff=1", "'\u200b\ufeff=1"},
		{"\u202e+1", "'\u202e+1"},
		{"\u00ad-1", "'\u00ad-1"},
		{"\u0085@x", "'\u0085@x"},
		{"\u2028=1", "'\u2028=1"},
		{"\u3164\u115f\ufe0f\u034f=1", "'\u3164\u115f\ufe0f\u034f=1"},
		{"\u2800=1", "'\u2800=1"},
		{"\ue000\U000E0041=1", "'\ue000\U000E0041=1"},
		{"\xff=1", "'\xff=1"},

		// Control characters, whatever follows.
		{"\x00=1", "'\x00=1"},
		{"\x00x", "'\x00x"},
		{"\vx", "'\vx"},
		{"\tx", "'\tx"},
		{"\rx", "'\rx"},
		{"\nx", "'\nx"},

		// Behind separators.
		{"x;=1;y", "x;'=1;y"},
		{"x;\u200b＝1", "x;'\u200b＝1"},
		{"x;\t+1", "x;\t'+1"},
		{"=1\n=2", "'=1\n'=2"},
		{"a\r\n-b", "a\r\n'-b"},
		{"a\r\n\r\nb; c\td", "a\r\n\r\nb; c\td"},
	} {
		if got := spreadsheet.Text(tt.cell); got != tt.want {
			t.Errorf("Text(%+q) = %+q, want %+q", tt.cell, got, tt.want)
		}
	}
}

// No character of the first two planes hides a formula behind it, or is one.
func TestText_everyCharacter(t *testing.T) {
	t.Parallel()
	for r := range rune(0x20000) {
		for _, text := range []string{string(r) + "1", string(r) + "=1"} {
			checkSafe(t, text)
		}
	}
}

func FuzzText(f *testing.F) {
	for _, text := range []string{"=1", "\u200b＝1", "x;\x00@y", "a\r\n\t+1", "\u3164-", "'=", "=\u0338", "⩵", "\xff+"} {
		f.Add(text)
	}
	f.Fuzz(checkSafe)
}

// checkSafe checks that no cell of a marked text begins with a sign of a formula, normalized or not, and that marking adds
// nothing else.
func checkSafe(t *testing.T, text string) {
	t.Helper()
	got := spreadsheet.Text(text)
	cells := append(strings.FieldsFunc(got, func(r rune) bool { return strings.ContainsRune(";\t\r\n", r) }), got)
	for _, cell := range cells {
		for _, form := range []string{cell, norm.NFKC.String(cell)} {
			if first := firstVisible(form); strings.ContainsRune("=+-@", first) {
				t.Errorf("Text(%+q) = %+q: %+q begins with %q", text, got, form, first)
			}
		}
	}
	if again := spreadsheet.Text(got); again != got {
		t.Errorf("Text(%+q) = %+q, and once more %+q", text, got, again)
	}
	if strings.ReplaceAll(got, "'", "") != strings.ReplaceAll(text, "'", "") {
		t.Errorf("Text(%+q) = %+q, want nothing but apostrophes added", text, got)
	}
}

// firstVisible returns the first character with a shape: a letter, mark, number, punctuation mark or symbol; U+FFFD if none.
func firstVisible(text string) rune {
	for _, r := range text {
		if unicode.In(r, unicode.L, unicode.M, unicode.N, unicode.P, unicode.S) &&
			!unicode.In(r, unicode.Other_Default_Ignorable_Code_Point, unicode.Variation_Selector) &&
			r != '\u2800' && r != unicode.ReplacementChar {
			return r
		}
	}
	return unicode.ReplacementChar
}

func TestWriter(t *testing.T) {
	t.Parallel()
	var s strings.Builder
	w := spreadsheet.NewWriter(&s)
	for _, line := range [][]string{{"Name", "Note"}, {"\u200b=cmd()", "a,\"b\"\nc"}, {"é", ""}} {
		if err := w.Write(line); err != nil {
			t.Fatal(err)
		}
	}
	err := w.Flush()
	want := "\ufeffName,Note\r\n'\u200b=cmd(),\"a,\"\"b\"\"\r\nc\"\r\né,\r\n"
	if got := s.String(); got != want || err != nil {
		t.Errorf("the file is %+q, %v, want %+q", got, err, want)
	}
}

func TestWriter_error(t *testing.T) {
	t.Parallel()
	full := errors.New("no space left")
	read, write := io.Pipe()
	_ = read.CloseWithError(full)
	w := spreadsheet.NewWriter(write)
	_ = w.Write([]string{"a"}) // it is buffered
	if err := w.Flush(); !errors.Is(err, full) {
		t.Errorf("Flush() = %v, want %v", err, full)
	}
}

// Only this package writes CSV, so that no file has a formula.
func TestSource_writesCSVHereOnly(t *testing.T) {
	t.Parallel()
	sourcetest.Walk(t, func(fset *token.FileSet, file *ast.File) {
		ast.Inspect(file, func(n ast.Node) bool {
			s, ok := n.(*ast.SelectorExpr)
			if !ok || s.Sel.Name != "NewWriter" {
				return true
			}
			if x, ok := s.X.(*ast.Ident); ok && x.Name == "csv" {
				t.Errorf("%s writes CSV; spreadsheet.NewWriter does", fset.Position(n.Pos()))
			}
			return true
		})
	}, "internal/spreadsheet")
}
