package recipients

import (
	"cmp"
	"context"
	"fmt"
	"iter"
	"runtime"
	"strings"
)

// The limits of a table. Excel allows 1,048,576 rows and 32,767 characters in a cell ("Excel specifications and limits"); no
// list of people needs its 16,384 columns.
const (
	maxRows      = 1 << 20
	maxColumns   = 1024
	maxCellBytes = 4 * 32767
)

// table is a text file, read with one delimiter, or a sheet of a spreadsheet.
type table struct {
	// id is its index in the file: among the sheets, or among the [delimiters].
	id int
	// sheet is the name of the sheet; empty for a text file. several is true if the file has more visible ones.
	sheet   string
	several bool
	// hidden reports which columns the spreadsheet hides; nil for none.
	hidden func(at int) bool
	// rows yields the table's rows, from the beginning each time. Blank rows may be missing.
	rows iter.Seq2[row, error]
}

func (t table) hiddenColumn(at int) bool { return t.hidden != nil && t.hidden(at) }

// row is one row of a table.
type row struct {
	line   int // counted from 1
	hidden bool
	// cells are valid until the next row is read.
	cells []string
}

func (r row) cell(at int) string {
	if at < len(r.cells) {
		return bareCell(r.cells[at])
	}
	return ""
}

// filled counts the non-empty cells.
func (r row) filled() int {
	n := 0
	for at := range r.cells {
		if r.cell(at) != "" {
			n++
		}
	}
	return n
}

// bareCell removes what spreadsheet programs write to keep a cell as text: an apostrophe before a number or a sign, ="…"
// around it, or = before a number. The apostrophe of a name, as in 't Hooft, stays.
func bareCell(cell string) string {
	cell = strings.TrimSpace(cell)
	if rest, ok := strings.CutPrefix(cell, "'"); ok && strings.IndexAny(rest, "0123456789+-=@(") == 0 {
		return strings.TrimSpace(rest)
	}
	rest, ok := strings.CutPrefix(cell, "=")
	switch {
	case !ok || rest == "":
	case len(rest) > 1 && rest[0] == '"' && rest[len(rest)-1] == '"':
		return strings.TrimSpace(rest[1 : len(rest)-1])
	case strings.Trim(strings.TrimPrefix(rest, "+"), "0123456789") == "":
		return rest
	}
	return cell
}

// bounded passes rows on until one exceeds the limits of a table or the context ends.
func bounded(ctx context.Context, rows iter.Seq2[row, error]) iter.Seq2[row, error] {
	return func(yield func(row, error) bool) {
		n := 0
		for r, err := range rows {
			if n%yieldEvery == 0 {
				runtime.Gosched()
			}
			if n++; err == nil {
				err = cmp.Or(ctx.Err(), r.fault(n))
			}
			if !yield(r, err) || err != nil {
				return
			}
		}
	}
}

var errTooManyRows = &FileFault{Text: "The file has more than 1,048,576 rows.", Hint: "Split the list."}

// fault returns what is wrong with the n-th row.
func (r row) fault(n int) error {
	if max(n, r.line) > maxRows {
		return errTooManyRows
	}
	if len(r.cells) > maxColumns {
		return &FileFault{
			Text: fmt.Sprintf("Row %d of the file has more than %d columns.", r.line, maxColumns),
			Hint: "Keep the column with the recipients alone.",
		}
	}
	for _, c := range r.cells {
		if len(c) > maxCellBytes {
			return &FileFault{
				Text: fmt.Sprintf("Row %d of the file has a cell that is too long.", r.line),
				Hint: "Look for a quotation mark that is missing there.",
			}
		}
	}
	return nil
}
