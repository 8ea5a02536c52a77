package recipients

import (
	"bytes"
	"context"
	"encoding/csv"
	"errors"
	"io"
	"strings"
)

// csvTable reads the rows of a UTF-8 text with cells separated by comma. line is the number of its first line.
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
				return // A reader in memory has no other error than the end.
			}
			if !yield(r, nil) {
				return
			}
		}
	})}
}

// csvReader reads rows with encoding/csv and returns the line on which each begins. A line with stray quotation marks (a
// name such as Tom "T", an unclosed one) is read separately, so that it can't swallow the rows below it.
type csvReader struct {
	text  []byte
	comma rune
	csv   *csv.Reader
	begin int // offset in text at which the csv reader began
	end   int // offset in text after the last row
	line  int // the number of the line there
}

func (c *csvReader) restart(at int) {
	c.begin, c.end = at, at
	c.csv = newCSV(bytes.NewReader(c.text[at:]), c.comma)
}

func newCSV(from io.Reader, comma rune) *csv.Reader {
	r := csv.NewReader(from)
	r.Comma, r.ReuseRecord, r.FieldsPerRecord = comma, true, -1
	r.TrimLeadingSpace = comma != '\t' // otherwise consecutive tabs would count as one
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

// skipBlank counts the empty lines that encoding/csv skips.
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

// readLine reads the line at an offset separately and continues with the next. Paired quotation marks may enclose cells;
// others are ordinary characters.
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

// unixLines converts all line ends to \n. An old Mac's file has \r only.
func unixLines(text []byte) []byte {
	if bytes.Count(text, []byte("\r")) == bytes.Count(text, []byte("\r\n")) {
		return text
	}
	return bytes.ReplaceAll(bytes.ReplaceAll(text, []byte("\r\n"), []byte("\n")), []byte("\r"), []byte("\n"))
}

var errTooManyCells = &FileFault{Text: "The file has a row with too many cells.", Hint: "Write one recipient in each row."}

// overfull reports whether a line has so many commas that its cells would take too much memory. encoding/csv has no limit of
// its own.
func overfull(text []byte, comma rune) bool {
	for line := range bytes.Lines(text) {
		if len(line) > maxCellBytes && bytes.Count(line, []byte(string(comma))) > maxCellBytes {
			return true
		}
	}
	return false
}
