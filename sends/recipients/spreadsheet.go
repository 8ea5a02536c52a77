package recipients

import (
	"context"
	"errors"
	"iter"
	"slices"

	"github.com/coupontools/couponbot/sends/recipients/xlsx"
)

// maxSheets is how many sheets are searched for a column.
const maxSheets = 20

var errDamaged = &FileFault{Text: "The file is damaged.", Hint: "Open it in a spreadsheet program, save it again and upload that."}

// openSpreadsheet opens a spreadsheet and returns its visible sheets, the front one first. It writes nothing to disk: that
// is no place for personal data, and there may be none.
func openSpreadsheet(ctx context.Context, content []byte, as xlsx.Values) (document, error) {
	book, err := xlsx.Open(ctx, content)
	if err != nil {
		return document{}, spreadsheetFault(err)
	}
	visible := slices.DeleteFunc(slices.Clone(book.Sheets), func(s *xlsx.Sheet) bool { return s.Hidden })
	visible = visible[:min(len(visible), maxSheets)]
	var tables []table
	for _, s := range visible {
		hidden, err := s.HiddenColumns(ctx)
		if err != nil {
			return document{}, spreadsheetFault(err)
		}
		t := table{
			id: slices.Index(book.Sheets, s), sheet: s.Name, several: len(visible) > 1,
			hidden: func(at int) bool { return at < len(hidden) && hidden[at] },
			rows:   bounded(ctx, sheetRows(ctx, s, as)),
		}
		if s.Front {
			tables = slices.Insert(tables, 0, t)
		} else {
			tables = append(tables, t)
		}
	}
	return document{tables: tables, byID: func(id int) (table, bool) {
		i := slices.IndexFunc(tables, func(t table) bool { return t.id == id })
		if i < 0 {
			return table{}, false
		}
		return tables[i], true
	}}, nil
}

func sheetRows(ctx context.Context, s *xlsx.Sheet, as xlsx.Values) iter.Seq2[row, error] {
	return func(yield func(row, error) bool) {
		for r, err := range s.Rows(ctx, as) {
			if !yield(row{line: r.Number, hidden: r.Hidden, cells: r.Cells}, spreadsheetFault(err)) {
				return
			}
		}
	}
}

// spreadsheetFault words why a spreadsheet can't be read; nil stays nil.
func spreadsheetFault(err error) error {
	const fewer = "Keep the column with the recipients alone and save it as CSV."
	switch {
	case err == nil || errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded):
		return err
	case errors.Is(err, xlsx.ErrNotWorkbook):
		return faultIs("a zip file")
	case errors.Is(err, xlsx.ErrTooManyRows):
		return errTooManyRows
	case errors.Is(err, xlsx.ErrTooManyColumns):
		return &FileFault{Text: "The file has a row with more than 16,384 columns.", Hint: fewer}
	case errors.Is(err, xlsx.ErrCellTooLong):
		return &FileFault{Text: "The file has a cell that is too long.", Hint: fewer}
	case errors.Is(err, xlsx.ErrTooLarge):
		return &FileFault{Text: "The spreadsheet is too large.", Hint: fewer}
	}
	return errDamaged
}
