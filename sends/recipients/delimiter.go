package recipients

import (
	"bytes"
	"cmp"
	"context"
	"slices"
	"strings"
)

// noDelimiter is the delimiter of a file with one column: ASCII's unit separator, which nobody types.
const noDelimiter = '\x1F'

// delimiters are the possible separators of cells. The index of each is the id of the table that is read with it.
var delimiters = []rune{noDelimiter, ';', ',', '\t', '|', ':', '^', '~'}

// listID is the id of the table that reads a text as if it had been typed: one or more recipients in a line, no columns.
const listID = 99

// usualDelimiters are those tried for a file that doesn't name another one.
var usualDelimiters = delimiters[:5]

const (
	// delimiterRows is how many rows are examined to find the delimiter.
	delimiterRows = 100
	// maxListEntries is how many entries are examined to find out whether a text is a list.
	maxListEntries = 5000
)

// textFile is an uploaded text: its content in UTF-8 with \n as line end.
type textFile struct {
	content  []byte
	encoding string // the encoding's name if it had to be guessed
	named    rune   // the delimiter named by the first line, as in "sep=;"; 0 if none
	line     int    // the number of the first line of content
}

func newTextFile(content []byte) textFile {
	text, encoding := inUTF8(content)
	f := textFile{content: unixLines(text), encoding: encoding, line: 1}
	if named, rest, ok := cutSeparatorLine(f.content); ok {
		f.content, f.named, f.line = rest, named, 2
	}
	return f
}

// table reads the file with one of the [delimiters], or as a list.
func (f textFile) table(ctx context.Context, id int, r Rules) (table, bool) {
	if id == listID {
		return listTable(ctx, string(f.content), f.line, r), true
	}
	if id < 0 || id >= len(delimiters) {
		return table{}, false
	}
	t := csvTable(ctx, f.content, delimiters[id], f.line)
	t.id = id
	return t, true
}

// tables returns the plausible ways to read the file, nearly always one. The person decides between several.
func (f textFile) tables(ctx context.Context, name string, r Rules) ([]table, error) {
	list, _ := f.table(ctx, listID, r)
	isList, mayBe, err := f.isList(ctx, name, list, r)
	if isList || err != nil {
		return []table{list}, err
	}
	shapes, err := f.shapes(ctx, r)
	if err != nil {
		return nil, err
	}
	best := slices.MaxFunc(shapes, compareShapes)
	if !best.divides() {
		lines, _ := f.table(ctx, 0, r)
		return []table{lines}, nil
	}
	var tables []table
	for _, s := range shapes {
		if compareShapes(s, best) == 0 {
			tables = append(tables, s.table)
		}
	}
	if mayBe {
		tables = append(tables, list)
	}
	return tables, nil
}

// shape describes the rows of a text file for one delimiter.
type shape struct {
	table table
	// even rates, from 0 to 10, how many rows have as many cells as the header, or as most rows if there is none.
	even int
	// named is true if the first line of the file names the delimiter.
	named bool
	// usable is true if a cell has a recipient.
	usable bool
}

// compareShapes prefers the delimiter that gives the header as many cells as the other rows.
func compareShapes(a, b shape) int {
	return cmp.Or(
		compareBools(a.divides(), b.divides()),
		compareBools(a.named && a.divides(), b.named && b.divides()),
		cmp.Compare(a.even, b.even),
		compareBools(a.usable, b.usable),
	)
}

// divides reports whether the delimiter divides the rows into columns. If only some rows have it, it is a sign inside a
// cell.
func (s shape) divides() bool { return s.even >= 5 }

func compareBools(a, b bool) int {
	switch {
	case a == b:
		return 0
	case a:
		return 1
	}
	return -1
}

func (f textFile) shapes(ctx context.Context, r Rules) ([]shape, error) {
	candidates := slices.Clone(usualDelimiters)
	if f.named != 0 && !slices.Contains(candidates, f.named) {
		candidates = append(candidates, f.named)
	}
	var shapes []shape
	var fault error // of the first impossible delimiter
	for _, d := range candidates {
		t, _ := f.table(ctx, slices.Index(delimiters, d), r)
		s, err := shapeOf(t, r)
		if err != nil {
			fault = cmp.Or(fault, err)
			continue
		}
		s.named = d == f.named
		shapes = append(shapes, s)
	}
	if len(shapes) == 0 || fault != nil && !slices.ContainsFunc(shapes, func(s shape) bool { return s.usable }) {
		return nil, fault
	}
	return shapes, nil
}

// shapeOf examines the first rows of a table.
func shapeOf(t table, r Rules) (shape, error) {
	s := shape{table: t}
	var widths []int
	words := 0 // the number of cells in the first row with a word for recipients
	for row, err := range t.rows {
		if err != nil {
			return s, err
		}
		if row.filled() == 0 {
			continue
		}
		s.usable = s.usable || hasRecipient(row, r)
		if len(row.cells) > words && !hasData(row) && hasRecipientWord(row) {
			words = len(row.cells)
		}
		if widths = append(widths, len(row.cells)); len(widths) == delimiterRows {
			break
		}
	}
	if words != 1 { // otherwise the header and the rows are one cell each
		s.even = evenness(widths)
	}
	return s, nil
}

// evenness rates, from 0 to 10, how many rows have the width that most rows with several cells have. Rows with another
// number of several cells count half, since programs omit empty cells at the end of a row.
func evenness(widths []int) int {
	counts := map[int]int{}
	usual := 0
	for _, w := range widths {
		if w < 2 {
			continue
		}
		if counts[w]++; counts[w] > counts[usual] {
			usual = w
		}
	}
	score := 0
	for _, w := range widths {
		switch {
		case w < 2:
		case w == usual:
			score += 10
		default:
			score += 5
		}
	}
	return score / max(1, len(widths))
}

// anyRecipient reports whether a cell has a recipient.
func anyRecipient(cell string, r Rules) bool {
	return !empty(cell) && slices.ContainsFunc(split(cell, r), func(part string) bool {
		v := judged(entry{text: part}, r)
		return v.err == nil || ruleOf(v.err) == RuleForeign
	})
}

// cutSeparatorLine reads the line "sep=;" that some programs write first for Excel.
func cutSeparatorLine(text []byte) (delimiter rune, rest []byte, ok bool) {
	line, rest, _ := bytes.Cut(text, []byte("\n"))
	sep, ok := strings.CutPrefix(strings.ToLower(strings.Trim(string(line), "\"\r ")), "sep=")
	if sep == "" && ok {
		sep = "\t" // trimmed
	}
	if len(sep) != 1 || !strings.Contains(",;|\t:^~", sep) {
		return 0, nil, false
	}
	return rune(sep[0]), rest, ok
}

// isList reports whether the lines of a text are lists of recipients rather than rows of cells: nearly everything between
// commas and semicolons is a recipient, including the very first entry, and some line has several. It may still be a table
// (mayBe), unless it has only one line, or a space follows each comma or semicolon, as people and mail programs write lists.
func (f textFile) isList(ctx context.Context, name string, list table, r Rules) (is, mayBe bool, err error) {
	var perLine []int
	entries, usable, last := 0, 0, 0
	for row, err := range list.rows {
		if err != nil {
			return false, false, err
		}
		entries++
		if anyRecipient(row.cell(0), r) {
			usable++
		} else if entries == 1 {
			return false, false, nil // a header, or the first cell of a row
		}
		if entries > maxListEntries {
			break
		}
		if row.line != last {
			if len(perLine) == delimiterRows {
				break
			}
			perLine, last = append(perLine, 0), row.line
		}
		perLine[len(perLine)-1]++
	}
	if len(perLine) == 0 || slices.Max(perLine) < 2 || ctx.Err() != nil {
		return false, false, ctx.Err()
	}
	text := strings.HasSuffix(strings.ToLower(name), ".txt")
	mayBe = 10*usable >= 9*entries || text && 10*usable >= 8*entries
	return mayBe && (len(perLine) == 1 || f.spacedOut()), mayBe, nil
}

// spacedOut reports whether a space follows nearly every comma or semicolon.
func (f textFile) spacedOut() bool {
	const enough = 1 << 16
	text := f.content[:min(len(f.content), enough)]
	signs, spaced := 0, 0
	for i, c := range text {
		if c != ',' && c != ';' {
			continue
		}
		signs++
		if i+1 < len(text) && (text[i+1] == ' ' || text[i+1] == '\n') {
			spaced++
		}
	}
	return 10*spaced >= 9*signs
}

// listTable reads a text as if it had been typed.
func listTable(ctx context.Context, text string, first int, r Rules) table {
	return table{id: listID, rows: bounded(ctx, func(yield func(row, error) bool) {
		for e := range entriesOf(text, r) {
			if !yield(row{line: e.line + first - 1, cells: []string{e.text}}, nil) {
				return
			}
		}
	})}
}
