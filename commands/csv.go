package commands

import (
	"bytes"
	"encoding/csv"
	"regexp"
)

// spreadsheet writes a file of comma-separated values that Excel opens rightly: in UTF-8 with the mark that says so, lines
// ended as RFC 4180 has them, and no cell that a spreadsheet would take for a formula.
type spreadsheet struct {
	file bytes.Buffer
	csv  *csv.Writer
}

// newSpreadsheet begins a file with the names of its columns.
func newSpreadsheet(columns ...string) *spreadsheet {
	s := &spreadsheet{}
	s.file.WriteString("\ufeff")
	s.csv = csv.NewWriter(&s.file)
	s.csv.UseCRLF = true
	s.row(columns...)
	return s
}

// row adds a row.
func (s *spreadsheet) row(cells ...string) {
	safe := make([]string, len(cells))
	for i, cell := range cells {
		safe[i] = noFormula(cell)
	}
	_ = s.csv.Write(safe) // a buffer takes everything
}

// content is the whole file.
func (s *spreadsheet) content() []byte {
	s.csv.Flush()
	return s.file.Bytes()
}

// formula finds where a cell begins as formulas do, and where it would if it were parted: where numbers have a decimal
// comma, Excel parts cells at semicolons.
var formula = regexp.MustCompile(`(^|[;\t\r\n])([=+\-@\t\r]|\s+[=+\-@])`)

// noFormula puts an apostrophe before what a spreadsheet would take for a formula.
//
// Source: https://owasp.org/www-community/attacks/CSV_Injection.
func noFormula(cell string) string { return formula.ReplaceAllString(cell, "$1'$2") }
