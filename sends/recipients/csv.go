package recipients

import (
	"bytes"
	"context"
	"encoding/csv"
	"errors"
	"io"
	"strings"
)

// csvTable reads the rows of a text in UTF-8 whose cells are parted by comma. The first of its lines has the number line.
func csvTable(ctx context.Context, text []byte, comma rune, line int) table {
	return table{rows: bounded(ctx, func(yield func(row, error) bool) {
		if overfull(text, comma) {
			yield(row{line: line}, errTooManyCells)
			return
		}
		c := &csvReader{text: text, comma: comma, line: line}
		c.restart(0)
		for {
			r, err := c.read()
			if err != nil {
				return // A reader in memory has no error but its end.
			}
			if !yield(r, nil) {
				return
			}
		}
	})}
}

// csvReader reads rows with encoding/csv and says on which line of the text each begins. A line with quotation marks
// that are not those of CSV (a name such as Tom "T", one that is never closed) is read by itself, so that it cannot
// swallow the rows below it.
type csvReader struct {
	text  []byte
	comma rune
	csv   *csv.Reader
	begin int // where in text the csv reader began
	end   int // where in text the last row ended
	line  int // the number of the line that begins there
}

func (c *csvReader) restart(at int) {
	c.begin, c.end = at, at
	c.csv = newCSV(bytes.NewReader(c.text[at:]), c.comma)
}

func newCSV(from io.Reader, comma rune) *csv.Reader {
	r := csv.NewReader(from)
	r.Comma, r.ReuseRecord, r.FieldsPerRecord = comma, true, -1
	r.TrimLeadingSpace = comma != '\t' // else tabs with nothing between them would be one
	return r
}

func (c *csvReader) read() (row, error) {
	c.skipBlank()
	line, at := c.line, c.end
	cells, err := c.csv.Read()
	if _, broken := errors.AsType[*csv.ParseError](err); broken {
		return row{line: line, cells: c.readLine(at)}, nil
	}
	if err != nil {
		return row{}, err
	}
	c.end = c.begin + int(c.csv.InputOffset())
	c.line += bytes.Count(c.text[at:c.end], []byte("\n"))
	return row{line: line, cells: cells}, nil
}

// skipBlank counts the empty lines that encoding/csv skips by itself.
func (c *csvReader) skipBlank() {
	for {
		switch rest := c.text[c.end:]; {
		case bytes.HasPrefix(rest, []byte("\n")):
			c.end++
		case bytes.HasPrefix(rest, []byte("\r\n")):
			c.end += 2
		default:
			return
		}
		c.line++
	}
}

// readLine reads the line at that place alone and goes on with the next. Where its quotation marks come in pairs they may
// keep cells together; else they are characters like others.
func (c *csvReader) readLine(at int) []string {
	text, _, _ := bytes.Cut(c.text[at:], []byte("\n"))
	next := min(at+len(text)+1, len(c.text))
	c.restart(next)
	c.line++
	line := strings.TrimSuffix(string(text), "\r")
	if strings.Count(line, `"`)%2 == 0 {
		r := newCSV(strings.NewReader(line), c.comma)
		r.LazyQuotes = true
		if cells, err := r.Read(); err == nil {
			return cells
		}
	}
	return strings.Split(line, string(c.comma))
}

// lines ends all lines alike. An old Mac's file has \r alone.
func lines(text []byte) []byte {
	if bytes.Count(text, []byte("\r")) == bytes.Count(text, []byte("\r\n")) {
		return text
	}
	return bytes.ReplaceAll(bytes.ReplaceAll(text, []byte("\r\n"), []byte("\n")), []byte("\r"), []byte("\n"))
}

var errTooManyCells = &FileFault{Text: "The file has a row with too many cells.", Hint: "Write one recipient in each row."}

// overfull reports a line with so many commas that its cells would take more memory than they are worth. encoding/csv has no
// bound of its own.
func overfull(text []byte, comma rune) bool {
	for line := range bytes.Lines(text) {
		if len(line) > maxCellBytes && bytes.Count(line, []byte(string(comma))) > maxCellBytes {
			return true
		}
	}
	return false
}
