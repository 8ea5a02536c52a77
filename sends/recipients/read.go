package recipients

import (
	"cmp"
	"context"
	"iter"
)

// MaxFile is the most that a [File] may hold, in bytes.
const MaxFile = 10 << 20

// File is a list as somebody uploaded it.
type File struct {
	// Name is what it is called. What the file is, is read from its content.
	Name string
	// Content is at most [MaxFile] long.
	Content []byte
	// Column is the ID of the [Column] to take; empty, or one that the content does not have: it is found.
	Column string
}

// Read makes one list of typed text and, if file is not nil, of a file: CSV, any other text with one recipient to a line,
// or XLSX. What was typed comes first. Rows are judged on all cores; beside the list itself and the content, what Read
// holds does not grow with a text file, and a spreadsheet is unzipped in memory, within bounds.
//
// The error is a [*ColumnDoubt] if the person has to be asked which column is meant, a [*FileFault] if the file cannot be
// used, or the context's.
func Read(ctx context.Context, typed string, file *File, r Rules) (List, error) {
	var column choice
	if file != nil {
		tables, err := open(ctx, *file, r)
		if err != nil {
			return List{}, err
		}
		if column, err = choose(tables, file.Column, r); err != nil {
			return List{}, err
		}
	}
	var failed error
	list := collect(func(yield func(entry) bool) {
		for e := range entries(typed) {
			if failed = ctx.Err(); failed != nil || !yield(e) {
				return
			}
		}
		for e, err := range column.entries() {
			if failed = err; err != nil || !yield(e) {
				return
			}
		}
	}, r)
	if failed != nil {
		return List{}, failed
	}
	return list, nil
}

// open tells what a file is and reads what it has for tables.
func open(ctx context.Context, file File, r Rules) ([]table, error) {
	format, err := formatOf(file.Content)
	if err != nil {
		return nil, err
	}
	if format == xlsxFile {
		return xlsxTables(ctx, file.Content)
	}
	text := inUTF8(file.Content)
	if err := textFault(text); err != nil {
		return nil, err
	}
	t, err := textTable(ctx, file.Name, text, r)
	return []table{t}, err
}

// entries goes through the column below its header. Blank rows are entries too, but not those at the end of the table.
func (c choice) entries() iter.Seq2[entry, error] {
	return func(yield func(entry, error) bool) {
		if c.look == nil {
			return
		}
		blank := 0 // the first of the blank rows that may be the last ones
		for row, err := range c.look.table.rows {
			switch {
			case err != nil:
				yield(entry{}, err)
				return
			case row.line <= c.look.header:
				continue
			case row.filled() == 0:
				blank = cmp.Or(blank, row.line)
				continue
			}
			for ; blank > 0 && blank < row.line; blank++ {
				if !yield(entry{line: blank, fromFile: true}, nil) {
					return
				}
			}
			if blank = 0; !yield(entry{line: row.line, fromFile: true, text: row.cell(c.at)}, nil) {
				return
			}
		}
	}
}
