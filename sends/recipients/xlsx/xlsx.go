// Package xlsx reads XLSX workbooks row by row and returns cells as a spreadsheet program shows them: with formatted numbers
// and dates, and hidden sheets, rows and columns marked as such.
//
// Workbooks are untrusted, so everything is bounded, and a part that can't be read to its end is an error. A sheet is
// streamed: only the shared strings and the number formats of a workbook stay in memory.
package xlsx

import (
	"errors"
	"fmt"
)

// The limits of a workbook. Rows, columns and characters are those of Excel ("Excel specifications and limits").
const (
	MaxRows      = 1 << 20
	MaxColumns   = 1 << 14
	MaxCellRunes = 32767

	maxParts = 10_000
	// maxSheet bounds the unzipped size of a sheet, or another streamed part, in bytes.
	maxSheet = 512 << 20
	// maxStructure bounds the parts with the names of sheets and parts, which stay in memory.
	maxStructure = 16 << 20
	// maxToken bounds a single tag or piece of text, which the XML decoder holds in memory as a whole.
	maxToken = 1 << 20
	// maxDepth bounds the nesting of elements.
	maxDepth = 100
	// maxRawText bounds the text of a cell in bytes before its escapes are decoded; _xHHHH_ has seven bytes for a character.
	maxRawText = 7 * MaxCellRunes
	// maxStringBytes bounds the memory of the shared strings. While a sheet is read, the garbage collector lets the heap grow
	// to twice the live heap.
	maxStringBytes = 48 << 20
	maxStrings     = 4 << 20
	maxFormats     = 10_000
	// maxCode bounds a format code in bytes; Excel allows 255 characters. A longer one is ignored.
	maxCode   = 1000
	maxStyles = 1 << 18
)

// Errors of [Open] and [Sheet.Rows], in addition to those of the context. The three about a sheet's size are also
// [ErrTooLarge].
var (
	ErrNotWorkbook    = errors.New("the file is not a workbook")
	ErrDamaged        = errors.New("the workbook is damaged")
	ErrTooLarge       = errors.New("the workbook is too large")
	ErrTooManyRows    = fmt.Errorf("%w: a sheet has more than 1,048,576 rows", ErrTooLarge)
	ErrTooManyColumns = fmt.Errorf("%w: a row has more than 16,384 columns", ErrTooLarge)
	ErrCellTooLong    = fmt.Errorf("%w: a cell has more than 32,767 characters", ErrTooLarge)
)

// damaged marks an error as damage, unless it is already an error of this package.
func damaged(err error) error {
	if err == nil || errors.Is(err, ErrDamaged) || errors.Is(err, ErrTooLarge) {
		return err
	}
	return fmt.Errorf("%w: %w", ErrDamaged, err)
}
