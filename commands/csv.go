package commands

import (
	"bytes"
	"encoding/csv"
	"io"
	"regexp"
	"strings"
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
	s.csv = beginSpreadsheet(&s.file)
	s.row(columns...)
	return s
}

func beginSpreadsheet(w io.Writer) *csv.Writer {
	_, _ = io.WriteString(w, "\ufeff") // Flush tells of any error.
	out := csv.NewWriter(w)
	out.UseCRLF = true
	return out
}

// row adds a row.
func (s *spreadsheet) row(cells ...string) {
	_ = s.csv.Write(noFormulas(cells)) // a buffer takes everything
}

// content is the whole file.
func (s *spreadsheet) content() []byte {
	s.csv.Flush()
	return s.file.Bytes()
}

func noFormulas(cells []string) []string {
	safe := make([]string, len(cells))
	for i, cell := range cells {
		safe[i] = noFormula(cell)
	}
	return safe
}

// formula finds where a cell begins as formulas do, and where it would if it were parted: where numbers have a decimal
// comma, Excel parts cells at semicolons.
var formula = regexp.MustCompile(`(^|[;\t\r\n])([=+\-@\t\r]|\s+[=+\-@])`)

// noFormula puts an apostrophe before what a spreadsheet would take for a formula.
//
// Source: https://owasp.org/www-community/attacks/CSV_Injection.
func noFormula(cell string) string { return formula.ReplaceAllString(cell, "$1'$2") }

// column is one column of a list given as a file.
type column[T any] struct {
	name string
	of   func(T) string
}

// table is a list as a file; many names what is in it, and what says how much: "18 campaigns".
func table[T any](many, what string, columns []column[T], list []T) report {
	r := report{
		name: strings.ReplaceAll(many, " ", "-") + ".csv", called: "file with " + what,
		comment: capitalised(what) + ", as you asked.", alt: "A table: " + what,
	}
	for _, c := range columns {
		r.header = append(r.header, c.name)
	}
	r.rows = func(write func([]string) error) error {
		row := make([]string, len(columns))
		for _, item := range list {
			for i, c := range columns {
				row[i] = c.of(item)
			}
			if err := write(row); err != nil {
				return err
			}
		}
		return nil
	}
	return r
}
