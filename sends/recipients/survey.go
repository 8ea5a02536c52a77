package recipients

import (
	"slices"
	"strings"
	"unicode"
)

const (
	// surveyRows is how many rows are always judged. Below them the cells of a column are judged only if another column has
	// recipients too; otherwise those that look like recipients are counted.
	surveyRows = 1000
	// headRows is how many rows from the top the header may be in, below a report's title.
	headRows = 10
	// maxListCell bounds a cell that may hold several recipients, in bytes. A longer one is refused.
	maxListCell = 4 << 10
	// exampleCells is how many cells of a column are shown to the person who chooses.
	exampleCells = 3
	// maxExampleRunes bounds each of them, in characters.
	maxExampleRunes = 30
)

// survey is the evidence about a table for choosing the column with the recipients.
type survey struct {
	table   table
	rules   Rules
	header  row // line is 0 if there is none
	columns []*column
	rows    int // non-empty rows below the header, including hidden ones
	hidden  int // how many of them are hidden
	// contenders are the first columns with cells that may be recipients. lacks[i][j] counts the rows where j has a recipient
	// and i has none; differs[i][j] those where both have one, different ones, and j's can receive a text message.
	contenders     []*column
	compared       int // how many of them have been compared with the others
	lacks, differs [MaxColumns][MaxColumns]int
}

// column is the evidence about one column.
type column struct {
	at         int
	header     string
	says       meaning
	hidden     bool
	filled     int // non-empty cells
	judged     int // of those, cells in judged rows
	usable     int // of those, cells with a recipient, perhaps a doubtful one
	alike      int // cells that may be meant as one
	guessed    int // of those, cells that were not judged
	formulas   int // cells with a formula that was never calculated
	answers    [answerUnsubscribed + 1]int
	examples   []string
	contending bool
}

// count is how many cells hold recipients. Cells that were not judged count if they look like some.
func (c *column) count() int { return c.usable + c.guessed }

func (c *column) name() ColumnName {
	return ColumnName{Letter: columnLetter(c.at), Header: shownUpTo(c.header, maxExampleRunes)}
}

// mostly reports whether n is at least nine tenths of the judged cells.
func (c *column) mostly(n int) bool { return n > 0 && 10*n >= 9*c.judged }

// surveyed reads a table to the end, or up to limit rows if that isn't 0. It does so once, since a file may take seconds.
func surveyed(t table, r Rules, limit int) (*survey, error) {
	r.Allowed = nil // the allowed countries don't matter for what a column is
	s := &survey{table: t, rules: r}
	var head []row
	for row, err := range t.rows {
		if err != nil {
			return nil, err
		}
		if row.filled() == 0 {
			continue
		}
		if head == nil || len(head) < headRows && s.rows == 0 {
			row.cells = slices.Clone(row.cells)
			if head = append(head, row); len(head) == headRows {
				s.readHead(head)
			}
			continue
		}
		s.read(row)
		if limit > 0 && s.rows >= limit {
			break
		}
	}
	if len(head) < headRows {
		s.readHead(head)
	}
	return s, nil
}

// readHead finds the header among the first rows and reads the rows below it.
func (s *survey) readHead(head []row) {
	at := headerRow(head, s.rules)
	if at >= 0 {
		s.header = head[at]
		for i := range s.header.cells {
			c := s.column(i)
			c.header = s.header.cell(i)
			c.says = meaningOf(c.header)
		}
	}
	for _, row := range head {
		if row.line > s.header.line {
			s.read(row)
		}
	}
}

// headerRow returns the index of the header, or -1. Only titles, which have fewer cells, are above it, and it has no data.
// Of several rows that name a recipient it is the one with most header words. Otherwise it is the first row if that has only
// words and is directly above data.
func headerRow(head []row, r Rules) int {
	best, most := -1, 0
	titles := 0 // the most cells of a row with a recipient
	for i, row := range head {
		filled := row.filled()
		if hasRecipient(row, r) {
			titles = max(titles, filled)
			continue
		}
		if row.hidden || filled <= titles || hasData(row) || !hasRecipientWord(row) {
			continue
		}
		if n := headerWords(row); n > most {
			best, most = i, n
		}
	}
	if best >= 0 {
		return best
	}
	if len(head) > 1 && !head[0].hidden && head[0].filled() == len(head[0].cells) && head[0].filled() >= head[1].filled() &&
		hasNoDigits(head[0]) && hasData(head[1]) {
		return 0
	}
	return -1
}

// headerWords counts the cells known to the vocabulary of headers.
func headerWords(row row) int {
	n := 0
	for at := range row.cells {
		if meaningOf(row.cell(at)) != 0 {
			n++
		}
	}
	return n
}

func hasRecipient(row row, r Rules) bool {
	return slices.ContainsFunc(row.cells, func(cell string) bool { return judged(entry{text: bareCell(cell)}, r).err == nil })
}

func hasRecipientWord(row row) bool {
	return slices.ContainsFunc(row.cells, func(cell string) bool {
		return meaningOf(bareCell(cell)).says(meansEmail | meansMobile | meansPhone | meansLandline)
	})
}

// hasData reports whether a row has an @, or a cell of four digits or more that isn't a word with a year.
func hasData(row row) bool {
	return slices.ContainsFunc(row.cells, func(cell string) bool {
		digits, letters := 0, false
		for _, r := range cell {
			switch {
			case r == '@':
				return true
			case unicode.IsDigit(r):
				digits++
			case unicode.IsLetter(r):
				letters = true
			}
		}
		return digits > 4 || digits == 4 && !(letters && yearIn(cell))
	})
}

func yearIn(cell string) bool {
	i := strings.IndexFunc(cell, unicode.IsDigit)
	return strings.HasPrefix(cell[i:], "19") || strings.HasPrefix(cell[i:], "20")
}

// hasNoDigits reports whether a row has only words.
func hasNoDigits(row row) bool {
	return !slices.ContainsFunc(row.cells, func(cell string) bool {
		return strings.ContainsAny(cell, "@.") || strings.ContainsFunc(cell, unicode.IsDigit)
	})
}

func (s *survey) column(at int) *column {
	for len(s.columns) <= at {
		n := len(s.columns)
		s.columns = append(s.columns, &column{at: n, hidden: s.table.hiddenColumn(n)})
	}
	return s.columns[at]
}

// finding is the content of one cell.
type finding struct {
	recipients string // all of them; empty if there are none
	texts      bool   // whether one of them can receive a text message, as far as the number tells
}

// read evaluates a row below the header.
func (s *survey) read(row row) {
	s.rows++
	if row.hidden {
		s.hidden++
		return
	}
	var found [MaxColumns]finding
	skipped := "" // the cell of the only contender, if it was not judged
	for i := range row.cells {
		cell := row.cell(i)
		c := s.column(i)
		if c.says.asksConsent(s.rules.Kind) {
			c.answers[answerOf(cell)]++
		}
		if empty(cell) {
			continue
		}
		c.filled++
		if s.judges() {
			c.judged++
		}
		if strings.HasPrefix(cell, "=") {
			c.formulas++
			continue
		}
		if c.mayHoldRecipients(cell, s.rules.Kind) && s.mayBeRecipient(c, cell) {
			if n := s.contend(c); n >= 0 {
				found[n] = s.judge(c, cell)
			} else if c.contending {
				skipped = cell
			}
		} else if c.usable == 0 {
			c.example(cell)
		}
	}
	if skipped != "" {
		if only := s.contenders[0]; s.judges() { // another contender is in this row, behind it
			only.judged++
			found[0] = s.judge(only, skipped)
		} else {
			only.guessed++
		}
	}
	s.compare(found[:len(s.contenders)])
}

// contend returns the index of a column among the contenders, adding it if there is room; -1 if not, or if its cells are no
// longer judged.
func (s *survey) contend(c *column) int {
	if !c.contending && !c.hidden && len(s.contenders) < MaxColumns {
		c.contending = true
		s.contenders = append(s.contenders, c)
	}
	if !c.contending || !s.judges() {
		return -1
	}
	return slices.Index(s.contenders, c)
}

// judges reports whether the cells of the current row are judged.
func (s *survey) judges() bool { return s.rows <= surveyRows || len(s.contenders) > 1 }

// mayHoldRecipients reports whether a column's header allows a cell to hold recipients. In a consent column a date of opting
// in or out isn't one, though it may look like a phone number.
func (c *column) mayHoldRecipients(cell string, kind Kind) bool {
	return !c.says.asksConsent(kind) ||
		c.says.says(meansEmail|meansMobile|meansPhone|meansLandline) && answerOf(cell) != answerDate
}

// mayBeRecipient is a cheap test whether a cell is worth judging. It counts the cells that may be meant as recipients.
func (s *survey) mayBeRecipient(c *column, cell string) bool {
	if len(cell) > maxListCell {
		return false
	}
	if s.rules.Kind == Email {
		if !strings.Contains(cell, "@") {
			return false
		}
		c.alike++
		return true
	}
	digits := 0
	for _, r := range cell {
		if unicode.IsDigit(r) {
			digits++
		}
	}
	if digits < minDigits || strings.Contains(cell, "@") {
		return false
	}
	if looksLikePhone(cell) || spoiled(cell) || s.title(c) > 0 {
		c.alike++
	}
	return true
}

// judge evaluates one cell of a contender.
func (s *survey) judge(c *column, cell string) finding {
	var f finding
	for _, part := range split(cell, s.rules) {
		v := judged(entry{text: part}, s.rules)
		switch {
		case v.err == nil:
			f.recipients += v.found.To + " "
			f.texts = f.texts || v.found.Warning == ""
		case ruleOf(v.err) == RuleForeign:
			f.recipients += part + " "
			f.texts = true
		}
	}
	if f.recipients == "" {
		return f
	}
	if c.usable++; c.usable == 1 {
		c.examples = nil // the earlier ones weren't recipients
	}
	c.example(cell)
	return f
}

func (c *column) example(cell string) {
	if len(c.examples) < exampleCells {
		c.examples = append(c.examples, shownUpTo(cell, maxExampleRunes))
	}
}

// compare counts the rows in which one contender has a recipient that another one lacks.
func (s *survey) compare(found []finding) {
	for ; s.compared < len(found); s.compared++ {
		for i, c := range s.contenders { // a new contender had nothing in all earlier rows
			s.lacks[s.compared][i] = c.count()
			if found[i].recipients != "" {
				s.lacks[s.compared][i]--
			}
		}
	}
	for i, a := range found {
		for j, b := range found {
			switch {
			case b.recipients == "" || a.recipients == b.recipients:
			case a.recipients == "":
				s.lacks[i][j]++
			case s.rules.Kind == Email || b.texts:
				s.differs[i][j]++
			}
		}
	}
}

// consent returns the opt-in and opt-out columns, including hidden ones.
func (s *survey) consent() []*column {
	return slices.DeleteFunc(slices.Clone(s.columns), func(c *column) bool { return !c.consentColumn(s.rules.Kind) })
}

// filter returns the columns for which by is true.
func (s *survey) filter(by func(*column) bool) []*column {
	return slices.DeleteFunc(slices.Clone(s.columns), func(c *column) bool { return !by(c) })
}
