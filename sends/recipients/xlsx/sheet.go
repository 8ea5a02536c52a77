package xlsx

import (
	"bytes"
	"cmp"
	"context"
	"encoding/xml"
	"fmt"
	"iter"
	"strconv"
	"strings"
)

// Values says how to show numbers.
type Values int

const (
	// Raw is for identifiers such as phone numbers: integers have all their digits, whatever their format, and what the format
	// shows before them, such as a plus or a leading zero. Numbers with a fraction or with 16 or more significant digits,
	// which a spreadsheet program has rounded, are as stored.
	Raw Values = iota
	// Formatted is what a person sees, with dates in ISO 8601 and without thousands separators.
	Formatted
)

// Row is one row of a sheet.
type Row struct {
	Number int // counted from 1
	Hidden bool
	// Cells are by column, A first. They are reused for the next row.
	Cells []string
}

// Rows and columns smaller than these, in points and in characters, are a pixel or two: their content is invisible.
const (
	minHeight = 1
	minWidth  = 0.2
)

// Rows reads the rows of the sheet in the order of the file, which may be any; empty rows may be missing. The sequence can
// be read again. If the sheet can't be read to its end, the last element is an error; its row has only a number, the row at
// fault or the last one before it. A formula that was never calculated is shown as its text after an equals sign.
func (s *Sheet) Rows(ctx context.Context, as Values) iter.Seq2[Row, error] {
	return func(yield func(Row, error) bool) {
		r := rowReader{book: s.book, as: as}
		err := readPart(ctx, s.book.parts[s.part], maxSheet, "worksheet", func(p *part, e xml.StartElement) error {
			switch e.Name.Local {
			case "sheetFormatPr":
				// zeroHeight hides only rows that aren't in the file: programs write it to hide the unused ones.
				r.hidden = tooSmall(e, "defaultRowHeight", minHeight)
			case "sheetData":
				return p.each(func(e xml.StartElement) error {
					if e.Name.Local != "row" {
						return nil
					}
					row, err := r.read(p, e)
					if err == nil && !yield(row, nil) {
						return errStop
					}
					return err
				})
			}
			return nil
		})
		if err != nil {
			yield(Row{Number: r.number}, err)
		}
	}
}

// HiddenColumns reports for each of the [MaxColumns] columns, A first, whether it is hidden.
func (s *Sheet) HiddenColumns(ctx context.Context) ([]bool, error) {
	hidden := make([]bool, MaxColumns)
	set := func(first, last int, to bool) {
		for i := first - 1; i < last; i++ {
			hidden[i] = to
		}
	}
	byDefault, count := false, 0
	err := readPart(ctx, s.book.parts[s.part], maxSheet, "worksheet", func(p *part, e xml.StartElement) error {
		switch e.Name.Local {
		case "sheetFormatPr":
			byDefault = tooSmall(e, "defaultColWidth", minWidth)
			set(1, MaxColumns, byDefault)
		case "cols":
			return p.each(func(e xml.StartElement) error {
				first, err := strconv.Atoi(attr(e, "min"))
				last, err2 := strconv.Atoi(attr(e, "max"))
				last = min(last, MaxColumns)
				if count += last - first + 1; cmp.Or(err, err2) != nil || first < 1 || first > last || count > MaxColumns {
					return fmt.Errorf("%w: wrong columns", ErrDamaged)
				}
				small := tooSmall(e, "width", minWidth) || byDefault && attr(e, "width") == ""
				set(first, last, small || flag(e, "hidden"))
				return nil
			})
		case "sheetData":
			return errStop
		}
		return nil
	})
	return hidden, err
}

// tooSmall reports whether a size makes the content invisible. Without the attribute the program's default applies.
func tooSmall(e xml.StartElement, name string, smallest float64) bool {
	size, err := strconv.ParseFloat(attr(e, name), 64)
	return err == nil && size < smallest
}

// rowReader reads the rows of a sheet one after the other.
type rowReader struct {
	book   *Book
	as     Values
	hidden bool // rows without their own height are hidden

	number, count int
	cells         []string
	filled        []int // the columns that have a value in this row
	width         int   // how many columns the row has up to its last value

	value, inline, formula []byte
}

// read reads a row. Without a number it follows the previous one.
func (r *rowReader) read(p *part, e xml.StartElement) (Row, error) {
	r.number++
	if number := attr(e, "r"); number != "" {
		n, err := strconv.Atoi(number)
		if err != nil || n < 1 {
			return Row{}, fmt.Errorf("%w: wrong row number", ErrDamaged)
		}
		r.number = n
	}
	if r.count++; max(r.count, r.number) > MaxRows {
		return Row{}, ErrTooManyRows
	}
	for _, column := range r.filled {
		r.cells[column] = ""
	}
	r.filled, r.width = r.filled[:0], 0
	column := 0
	err := p.each(func(e xml.StartElement) (err error) {
		if e.Name.Local != "c" {
			return nil
		}
		if ref := attr(e, "r"); ref != "" {
			column, err = columnOf(ref)
		}
		if column++; err == nil && column > MaxColumns {
			err = ErrTooManyColumns
		}
		if err != nil {
			return err
		}
		text, err := r.cell(p, e)
		if err != nil {
			return err
		}
		return r.set(column-1, text)
	})
	hidden := flag(e, "hidden") || tooSmall(e, "ht", minHeight) || r.hidden && attr(e, "ht") == ""
	return Row{Number: r.number, Hidden: hidden, Cells: r.cells[:r.width]}, err
}

// columnOf returns the column of a cell reference such as AB12, counted from 0.
func columnOf(ref string) (int, error) {
	n := 0
	for _, c := range []byte(ref) {
		if c |= 0x20; c < 'a' || c > 'z' { // in lower case
			break
		}
		if n = 26*n + int(c-'a') + 1; n > MaxColumns {
			return 0, ErrTooManyColumns
		}
	}
	if n == 0 {
		return 0, fmt.Errorf("%w: wrong cell reference", ErrDamaged)
	}
	return n - 1, nil
}

// set stores a value in the row. A cell with two values is an error: programs show different ones of them.
func (r *rowReader) set(column int, text string) error {
	if text == "" {
		return nil
	}
	for len(r.cells) <= column {
		r.cells = append(r.cells, "")
	}
	if r.cells[column] != "" {
		return fmt.Errorf("%w: a cell comes twice", ErrDamaged)
	}
	r.cells[column] = text
	r.filled = append(r.filled, column)
	r.width = max(r.width, column+1)
	return nil
}

// cell reads a cell and returns its displayed text.
func (r *rowReader) cell(p *part, e xml.StartElement) (string, error) {
	var formula, calculated bool
	r.value, r.inline = r.value[:0], r.inline[:0]
	err := p.each(func(e xml.StartElement) (err error) {
		switch e.Name.Local {
		case "f":
			formula = true
			r.formula, err = p.text(r.formula[:0])
		case "v":
			calculated = true
			r.value, err = p.stringText(e, r.value[:0])
		case "is":
			r.inline, err = p.richText(r.inline[:0])
		}
		return err
	})
	if err != nil {
		return "", err
	}
	kind := attr(e, "t")
	if kind == "" {
		kind = "n"
	}
	if kind != "str" {
		// Writers that can't calculate leave the value empty, or write 0 and ask for a calculation.
		calculated = len(r.value) > 0 && !(r.book.recalculate && kind == "n" && string(r.value) == "0")
	}
	if formula && !calculated {
		return "=" + string(bytes.TrimSpace(r.formula)), nil
	}
	if len(r.value) == 0 {
		r.value, kind = append(r.value, r.inline...), "inlineStr"
	}
	style, _ := strconv.Atoi(attr(e, "s"))
	return r.show(kind, r.book.styles.format(style))
}

// show formats the current value by its type and format.
func (r *rowReader) show(kind string, f *format) (string, error) {
	switch kind {
	case "s":
		n, err := strconv.Atoi(string(r.value))
		text, ok := r.book.strings.get(n)
		if err != nil || !ok {
			return "", fmt.Errorf("%w: a cell has a string that does not exist", ErrDamaged)
		}
		return f.string(text), nil
	case "n":
		return r.numeric(string(r.value), f), nil
	case "b":
		return strings.ToUpper(strconv.FormatBool(string(r.value) == "1" || string(r.value) == "true")), nil
	case "e":
		return string(r.value), nil
	case "d":
		if r.as == Formatted {
			return isoDate(string(r.value)), nil
		}
		return string(r.value), nil
	}
	text, err := unescape(r.value)
	return f.string(string(text)), err
}

// numeric formats a number. Anything else, such as NaN, is shown as stored.
func (r *rowReader) numeric(stored string, f *format) string {
	d, ok := parseDecimal(stored)
	switch {
	case !ok, r.as == Raw && !d.integer():
		return stored
	case r.as == Raw:
		return f.integer(d)
	}
	return f.number(d, r.book.date1904)
}
