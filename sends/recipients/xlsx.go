package recipients

import (
	"bytes"
	"cmp"
	"context"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"iter"
	"strings"

	"github.com/xuri/excelize/v2"
)

// maxSheets is how many sheets are looked through for a column.
const maxSheets = 20

// openSpreadsheet opens a spreadsheet and returns its sheets. Nothing of it is written to the disk: people's data has no
// place there, and there may be none.
func openSpreadsheet(ctx context.Context, content []byte) (document, error) {
	book, err := openXLSX(content)
	if err == nil {
		err = sheetsWellFormed(ctx, book)
	}
	switch {
	case ctx.Err() != nil:
		return document{}, ctx.Err()
	case errors.Is(err, errTooLargeUnzipped):
		return document{}, errTooLargeUnzipped
	case err != nil:
		return document{}, errDamaged
	}
	names := book.GetSheetList()
	var tables []table
	for id, name := range names[:min(len(names), maxSheets)] {
		tables = append(tables, table{id: id, sheet: name, several: len(names) > 1, rows: bounded(ctx, sheetRows(book, name))})
	}
	return document{tables: tables, byID: func(id int) (table, bool) {
		if id >= len(tables) {
			return table{}, false
		}
		return tables[id], true
	}}, nil
}

func openXLSX(content []byte) (book *excelize.File, err error) {
	defer rescue(&err)
	slimmed, err := slim(content)
	if err != nil {
		return nil, err
	}
	return excelize.OpenReader(bytes.NewReader(slimmed),
		excelize.Options{RawCellValue: true, UnzipSizeLimit: maxUnzipped, UnzipXMLSizeLimit: maxUnzipped})
}

// sheetsWellFormed checks the XML of the sheets, since excelize ends a sheet without a word where it is broken, and the
// rest of the list would be lost.
func sheetsWellFormed(ctx context.Context, book *excelize.File) error {
	var broken error
	book.Pkg.Range(func(name, content any) bool {
		if part, ok := name.(string); ok && strings.HasPrefix(strings.ToLower(part), "xl/worksheets/") && strings.HasSuffix(part, ".xml") {
			d := xml.NewDecoder(bytes.NewReader(content.([]byte)))
			d.CharsetReader = book.CharsetReader
			broken = readThrough(ctx, d)
		}
		return broken == nil
	})
	return broken
}

func readThrough(ctx context.Context, d *xml.Decoder) error {
	for {
		_, err := d.Token()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err = cmp.Or(err, ctx.Err()); err != nil {
			return err
		}
	}
}

// rescue makes an error of a panic in the library, which reads what anybody uploads.
func rescue(err *error) {
	if v := recover(); v != nil {
		*err = fmt.Errorf("excelize: %v", v)
	}
}

// sheetRows goes through a sheet. Cells are as stored, not as shown: a number that is shown as 3.2E+10 but stored with
// all its digits is whole.
func sheetRows(book *excelize.File, sheet string) iter.Seq2[row, error] {
	return func(yield func(row, error) bool) {
		rows, err := book.Rows(sheet)
		if err != nil {
			return // A sheet of charts has no rows.
		}
		for line := 1; ; line++ {
			cells, more, err := nextCells(rows)
			if err != nil {
				yield(row{line: line}, errDamaged)
				return
			}
			if !more || !yield(row{line: line, cells: cells}, nil) {
				return
			}
		}
	}
}

func nextCells(rows *excelize.Rows) (cells []string, more bool, err error) {
	defer rescue(&err)
	if !rows.Next() {
		return nil, false, rows.Error()
	}
	cells, err = rows.Columns()
	return cells, true, err
}
