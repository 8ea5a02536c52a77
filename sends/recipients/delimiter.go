package recipients

import (
	"bytes"
	"cmp"
	"context"
	"slices"
	"strings"
)

// noDelimiter is that of a file with one column: ASCII's unit separator, which nobody types.
const noDelimiter = '\x1F'

// delimiters are what can separate cells. The place of each is the id of the table that is read with it.
var delimiters = []rune{noDelimiter, ';', ',', '\t', '|', ':', '^', '~'}

// listID is the id of the table that reads a text as if it had been typed: one or more recipients in a line, no columns.
const listID = 99

// usualDelimiters are those looked for in a file that does not name another one.
var usualDelimiters = delimiters[:5]

const (
	// delimiterRows is how many rows are looked at to find out what separates the cells.
	delimiterRows = 100
	// maxListEntries is how many entries are looked at to find out whether a text is a list.
	maxListEntries = 5000
)

// textFile is an uploaded text: its content in UTF-8 with all line ends alike.
type textFile struct {
	content  []byte
	encoding string // the name of the encoding if it had to be guessed
	named    rune   // the delimiter that the first line names, as in "sep=;"; 0 if it names none
	line     int    // the number of the first line of content
}

func newTextFile(content []byte) textFile {
	text, encoding := inUTF8(content)
	f := textFile{content: lines(text), encoding: encoding, line: 1}
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

// tables returns the ways to read the file that its shape allows, nearly always one. Several are a matter for the person.
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

// shape is how the rows of a text file look when one delimiter separates their cells.
type shape struct {
	table table
	// even says, from 0 to 10, how well the rows have as many cells as the header, or as most rows if there is none.
	even int
	// named says that the first line of the file names the delimiter.
	named bool
	// usable says whether there is a recipient in one of the cells.
	usable bool
}

// compareShapes puts the delimiter under which the header falls into as many cells as the other rows above others.
func compareShapes(a, b shape) int {
	return cmp.Or(
		compareBools(a.divides(), b.divides()),
		compareBools(a.named && a.divides(), b.named && b.divides()),
		cmp.Compare(a.even, b.even),
		compareBools(a.usable, b.usable),
	)
}

// divides reports whether the delimiter divides the rows into columns. Where only some have it, it is a sign inside a cell.
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
	var fault error // of the first delimiter that cannot be
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

// shapeOf looks at the first rows of a table.
func shapeOf(t table, r Rules) (shape, error) {
	s := shape{table: t}
	var widths []int
	words := 0 // how many cells the first row with a word for recipients has
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
	if words != 1 { // else the header is one cell, and so are the rows
		s.even = evenness(widths)
	}
	return s, nil
}

// evenness says, from 0 to 10, how well rows of these widths fit the width that most of those with several cells have. Rows
// of another width count half if they have several cells, since programs leave cells away at the end of a row.
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
		sep = "\t" // trimmed away
	}
	if len(sep) != 1 || !strings.Contains(",;|\t:^~", sep) {
		return 0, nil, false
	}
	return rune(sep[0]), rest, ok
}

// isList reports a text whose lines are lists of recipients rather than rows of cells: nearly everything between
// its commas and semicolons are recipients, the very first for one, and some line has several. It may be a table all the
// same, unless there is only one line, or the lines are written as people and mail programs write lists, with a blank after the
// comma or semicolon.
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

// spacedOut reports a text with a blank after nearly every comma or semicolon.
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
		for e := range entries(text, r) {
			if !yield(row{line: e.line + first - 1, cells: []string{e.text}}, nil) {
				return
			}
		}
	})}
}
