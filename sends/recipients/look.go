package recipients

import (
	"errors"
	"slices"
	"strings"
	"unicode"
)

// How far a table is looked at before its column is chosen.
const (
	// lookRows is how many rows are enough, once one of them has a recipient.
	lookRows = 1000
	// lookCells bounds the cells that are judged for it.
	lookCells = 50_000
	// headRows is how far down the header may stand, below the title of a report.
	headRows = 10
	// sampleCells is how many cells of a column are shown to the person who chooses.
	sampleCells = 3
	// maxSampleRunes is how much of each.
	maxSampleRunes = 30
)

// look is what the beginning of a table shows.
type look struct {
	table   table
	header  int // the line of the header; 0 if there is none
	columns []*sight
	rows    int
	widths  map[int]int // how many rows have so many cells
	several bool        // a line has several entries
	line    int         // of the last row
	cells   int         // how many cells have been judged
}

// sight is what the beginning of a column shows.
type sight struct {
	at     int
	header string
	title  title
	filled int // cells with something in them
	usable int // those with a recipient that the send can go to
	alike  int // those that may be meant as one
	sample []string
}

// good reports a column of which most is usable.
func (s *sight) good() bool { return s.usable > 0 && 2*s.usable >= s.filled }

// meant reports a column of which most is meant to be recipients, whether they can be used or not.
func (s *sight) meant() bool { return s.alike > 0 && 2*s.alike >= s.filled }

// lookAt reads the beginning of a table, so many rows at most if rows is not 0.
func lookAt(t table, r Rules, rows int) (*look, error) {
	l := &look{table: t, widths: map[int]int{}}
	var head []row
	for row, err := range t.rows {
		if err != nil {
			return nil, err
		}
		if row.filled() == 0 {
			continue
		}
		if l.rows++; l.rows <= headRows {
			row.cells = slices.Clone(row.cells)
			if head = append(head, row); l.rows == headRows {
				l.readHead(head, r)
			}
			continue
		}
		l.read(row, r)
		if rows > 0 && l.rows >= rows || l.cells > lookCells || l.rows >= lookRows && l.found() {
			break
		}
	}
	if l.rows < headRows {
		l.readHead(head, r)
	}
	return l, nil
}

func (l *look) found() bool {
	return slices.ContainsFunc(l.columns, func(s *sight) bool { return s.usable > 0 })
}

// readHead finds the header among the first rows and reads those below it.
func (l *look) readHead(head []row, r Rules) {
	at := headerRow(head, r)
	if at >= 0 {
		l.header = head[at].line
		for i := range head[at].cells {
			s := l.column(i)
			s.header = head[at].cell(i)
			s.title = titleOf(s.header, r.Kind)
		}
	}
	for _, row := range head[at+1:] {
		l.read(row, r)
	}
}

// headerRow returns the index of the header, or -1. It is the first row that names a column, if it stands above all
// recipients and only shorter rows, such as a title, are above it. Without such a word, the first row of several columns
// is a header if it has no gap, and nothing in it that could be data.
func headerRow(head []row, r Rules) int {
	above := 0
	for i, row := range head {
		if hasRecipient(row, r) {
			break
		}
		filled := row.filled()
		if hasTitle(row) && (i == 0 || filled > above) {
			return i
		}
		above = max(above, filled)
	}
	if len(head) > 1 && len(head[0].cells) > 1 && head[0].filled() >= head[1].filled() && !hasData(head[0]) {
		return 0
	}
	return -1
}

func hasRecipient(row row, r Rules) bool {
	for i := range row.cells {
		if _, err := judge(row.cell(i), r); err == nil {
			return true
		}
	}
	return false
}

func hasTitle(row row) bool {
	for i := range row.cells {
		if c := row.cell(i); titleOf(c, SMS) != otherTitle || titleOf(c, Email) != otherTitle {
			return true
		}
	}
	return false
}

// hasData reports a row with a digit, an @ or a domain, or with an empty cell.
func hasData(row row) bool {
	for i := range row.cells {
		c := row.cell(i)
		if c == "" || strings.ContainsAny(c, "@.") || strings.ContainsFunc(c, unicode.IsDigit) {
			return true
		}
	}
	return false
}

func (l *look) column(at int) *sight {
	for len(l.columns) <= at {
		l.columns = append(l.columns, &sight{at: len(l.columns)})
	}
	return l.columns[at]
}

func (l *look) read(row row, r Rules) {
	l.several = l.several || row.line == l.line
	l.line = row.line
	l.widths[len(row.cells)]++
	for i := range row.cells {
		if cell := row.cell(i); cell != "" {
			l.cells++
			l.column(i).see(cell, r)
		}
	}
}

func (s *sight) see(cell string, r Rules) {
	s.filled++
	found, err := judge(cell, r)
	switch {
	case err == nil:
		s.usable++
		s.alike++
		cell = Mask(found.To)
	case alike(cell, err, r.Kind):
		s.alike++
		cell = Mask(cell)
	case strings.Contains(cell, "@") || looksLikePhone(cell):
		cell = Mask(cell)
	}
	if len(s.sample) < sampleCells {
		s.sample = append(s.sample, shownUpTo(cell, maxSampleRunes))
	}
}

// alike reports a cell that is no recipient, but was meant to be one.
func alike(cell string, err error, kind Kind) bool {
	if kind == Email {
		return strings.Contains(cell, "@")
	}
	digits := 0
	for _, r := range cell {
		if isDigit(r) {
			digits++
		}
	}
	broken, _ := errors.AsType[refusal](err)
	return broken.rule == RuleSpreadsheet || digits >= minDigits && looksLikePhone(cell)
}

// fit is how well a table reads when its cells are parted one way.
type fit struct{ usable, titled, alike, even int }

// fit looks at a table to see how well it reads.
func (t table) fit(r Rules) (fit, error) {
	l, err := lookAt(t, r, delimiterRows)
	if err != nil {
		return fit{}, err
	}
	return l.fit(), nil
}

// fit counts the best column, the columns with a title, and the rows with as many cells as most have.
func (l *look) fit() fit {
	var f fit
	for _, s := range l.columns {
		f.usable, f.alike = max(f.usable, s.usable), max(f.alike, s.alike)
		if s.title != otherTitle {
			f.titled++
		}
	}
	for width, n := range l.widths {
		if width > 1 {
			f.even = max(f.even, n)
		}
	}
	return f
}

func (f fit) better(than fit) bool {
	a, b := [...]int{f.usable, f.titled, f.alike, f.even}, [...]int{than.usable, than.titled, than.alike, than.even}
	return slices.Compare(a[:], b[:]) > 0
}
