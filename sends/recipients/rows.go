package recipients

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"unicode"

	"github.com/coupontools/couponbot/sends/recipients/xlsx"
)

// Rows are the rows of a file below the header that names its columns.
type Rows struct {
	Rows []Row
	// Other are the names of the columns that weren't requested, if displayable.
	Other []string
	// Hidden is how many rows the spreadsheet hides. They are left out, like hidden columns.
	Hidden int
}

// Row is one row of a file.
type Row struct {
	// Line is where the row begins in a text file, or the row's number in a spreadsheet.
	Line int
	// Cells are in the order of the requested names, each in one line, and empty if there is no such column.
	Cells []string
}

// ReadRows reads the columns with these names from a CSV or XLSX file. Of several sheets it takes the one with most of the
// names. Case, spaces and signs in the names are ignored. Blank rows are skipped. More than most rows are refused.
//
// The error is a [*FileFault] if the file can't be used, or the context's.
func ReadRows(ctx context.Context, file File, names []string, most int) (Rows, error) {
	tables, err := tablesOf(ctx, file)
	if err != nil {
		return Rows{}, err
	}
	var best heading
	var fault error // of the first unreadable table
	for _, t := range tables {
		h, err := headingOf(t, names)
		if fault = cmp.Or(fault, err); h.found > best.found {
			best = h
		}
	}
	switch {
	case best.found == 0 && fault != nil:
		return Rows{}, fault
	case best.found == 0:
		return Rows{}, &FileFault{
			Text: "No row at the top of the file names its columns.", Hint: "Use these names: " + strings.Join(names, ", ") + ".",
		}
	case best.twice != "":
		return Rows{}, &FileFault{Text: fmt.Sprintf("The column “%s” is there twice.", best.twice), Hint: "Keep one of them."}
	}
	return best.read(most)
}

// tablesOf returns the possible tables of a file: its sheets, or its text with each delimiter.
func tablesOf(ctx context.Context, file File) ([]table, error) {
	format, err := formatOf(file.Content)
	if err != nil {
		return nil, err
	}
	if format == xlsxFormat {
		book, err := openSpreadsheet(ctx, file.Content, xlsx.Formatted)
		return book.tables, err
	}
	text := newTextFile(file.Content)
	if err := textFault(text.content); err != nil {
		return nil, err
	}
	var tables []table
	for id, d := range delimiters {
		if slices.Contains(usualDelimiters, d) || d == text.named {
			t, _ := text.table(ctx, id, Rules{})
			tables = append(tables, t)
		}
	}
	return tables, nil
}

// heading is the row of a table that names its columns.
type heading struct {
	table table
	line  int
	at    []int // the index of each name's column, -1 if none
	found int
	twice string
	other []string
}

// headingOf finds the row with most of the names among the first rows of a table.
func headingOf(t table, names []string) (heading, error) {
	var best heading
	seen := 0
	for row, err := range t.rows {
		if err != nil {
			return best, err
		}
		if row.filled() == 0 || row.hidden {
			continue
		}
		if h := row.heading(names, t.hiddenColumn); h.found > best.found {
			best = h
			best.table = t
		}
		if seen++; seen == headRows {
			break
		}
	}
	return best, nil
}

func (r row) heading(names []string, hidden func(at int) bool) heading {
	h := heading{line: r.line, at: make([]int, len(names))}
	place := make(map[string]int, len(names))
	for i, name := range names {
		h.at[i], place[bareName(name)] = -1, i
	}
	for at := range r.cells {
		i, known := place[bareName(r.cell(at))]
		switch {
		case hidden(at):
		case !known && r.cell(at) != "":
			h.other = append(h.other, shownUpTo(r.cell(at), maxExampleRunes))
		case !known:
		case h.at[i] >= 0:
			h.twice = names[i]
		default:
			h.at[i] = at
			h.found++
		}
	}
	return h
}

// bareName returns the letters and digits of a name, in lower case.
func bareName(name string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsLetter(r) || unicode.IsDigit(r) {
			return unicode.ToLower(r)
		}
		return -1
	}, name)
}

// read reads the rows below the heading.
func (h heading) read(most int) (Rows, error) {
	out := Rows{Other: h.other}
	for row, err := range h.table.rows {
		switch {
		case err != nil:
			return Rows{}, err
		case row.line <= h.line || row.filled() == 0:
			continue
		case row.hidden:
			out.Hidden++
			continue
		case len(out.Rows) == most:
			return Rows{}, &FileFault{Text: fmt.Sprintf("The file has more than %d rows.", most), Hint: "Split it."}
		}
		cells := make([]string, len(h.at))
		for i, at := range h.at {
			if at >= 0 {
				cells[i] = strings.Join(strings.Fields(row.cell(at)), " ")
			}
		}
		out.Rows = append(out.Rows, Row{Line: row.line, Cells: cells})
	}
	return out, nil
}
