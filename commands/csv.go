package commands

import (
	"encoding/csv"
	"io"
	"strings"

	"github.com/coupontools/couponbot/coupontools"
)

// beginSpreadsheet begins a file of comma-separated values that Excel opens rightly: in UTF-8 with the mark that says so, and
// lines ended as RFC 4180 has them.
func beginSpreadsheet(w io.Writer) *csv.Writer {
	_, _ = io.WriteString(w, "\ufeff") // Flush tells of any error.
	out := csv.NewWriter(w)
	out.UseCRLF = true
	return out
}

// noFormulas leaves no cell that a spreadsheet would take for a formula.
func noFormulas(cells []string) []string {
	safe := make([]string, len(cells))
	for i, cell := range cells {
		safe[i] = coupontools.NoFormula(cell)
	}
	return safe
}

// column is one column of a list given as a file.
type column[T any] struct {
	name  string
	value func(T) string
}

// table is a list as a file; many names what is in it, and what says how much: "18 campaigns".
func table[T any](many, what string, columns []column[T], list []T) csvFile {
	r := csvFile{
		name: strings.ReplaceAll(many, " ", "-") + ".csv", label: "file with " + what,
		comment: capitalised(what) + ", as you asked.", alt: "A table: " + what,
	}
	for _, c := range columns {
		r.header = append(r.header, c.name)
	}
	r.rows = func(write func([]string) error) error {
		row := make([]string, len(columns))
		for _, item := range list {
			for i, c := range columns {
				row[i] = c.value(item)
			}
			if err := write(row); err != nil {
				return err
			}
		}
		return nil
	}
	return r
}
