package recipients

import (
	"context"
	"fmt"
	"iter"
	"slices"
	"strings"

	"github.com/coupontools/couponbot/sends/recipients/xlsx"
)

// MaxFile bounds the content of a [File], in bytes.
const MaxFile = 10 << 20

// File is an uploaded list, with the person's decisions about it.
type File struct {
	// Name is the file's name. The format is detected from the content.
	Name string
	// Content is at most [MaxFile] long.
	Content []byte
	// Column is the ID of the [Column] to take. If it is empty or unknown, the column is detected.
	Column string
	// Consent says what to do with rows that have a no in a consent column. By default they are skipped.
	Consent Consent
}

// Read builds one list from typed text and, if file is not nil, a file: CSV, any other text with recipients in its lines, or
// XLSX. Typed recipients come first. A file is read in three steps: the format is detected, the column is chosen, and its
// rows are read; [List.Source] describes the first two. Rows are judged on all cores. Apart from the list and the content,
// Read's memory doesn't grow with the file.
//
// The error is a [*ColumnQuestion] if the person has to choose the column, a [*FileFault] if the file can't be used, or the
// context's.
func Read(ctx context.Context, typed string, file *File, r Rules) (List, error) {
	var column choice
	var source *Source
	if file != nil {
		d, err := detect(ctx, *file, r)
		if err != nil {
			return List{}, err
		}
		if column, err = d.choose(*file, r); err != nil {
			return List{}, err
		}
		source = column.source(d, *file)
	}
	var failed error
	list := collect(func(yield func(entry) bool) {
		for e := range entriesOf(typed, r) {
			if failed = ctx.Err(); failed != nil || !yield(e) {
				return
			}
		}
		if file == nil {
			return
		}
		for e, err := range column.entries(file.Consent) {
			if failed = err; err != nil || !yield(e) {
				return
			}
		}
	}, r)
	if failed != nil {
		return List{}, failed
	}
	if source != nil {
		source.Invisible = list.invisible
	}
	list.Source = source
	return list.List, nil
}

// Columns returns all columns of a file with recipients in them, best first, so that the person can choose another one than
// [Read] did. Its errors are those of Read without [*ColumnQuestion].
func Columns(ctx context.Context, file File, r Rules) ([]Column, error) {
	d, err := detect(ctx, file, r)
	if err != nil {
		return nil, err
	}
	var all []choice
	for _, t := range d.tables {
		s, err := surveyed(t, r, 0)
		if err != nil {
			return nil, err
		}
		all = append(all, s.all()...)
	}
	return askedColumns(all), nil
}

// all returns all columns of a table with recipients in them.
func (s *survey) all() []choice {
	named, unknown, others, ids := s.sorted(s.filter(func(c *column) bool { return c.usable > 0 }))
	return s.choices(slices.Concat(named, unknown, others, ids))
}

func askedColumns(choices []choice) []Column {
	var columns []Column
	for _, c := range choices[:min(len(choices), MaxColumns)] {
		columns = append(columns, c.asked())
	}
	return columns
}

// document is a file whose format has been detected.
type document struct {
	// tables are the visible sheets, the front one first; or the ways to read a text, nearly always one.
	tables []table
	// byID returns the table with that id, even if it isn't among the tables.
	byID     func(id int) (table, bool)
	encoding string // of a text, if it had to be guessed
	named    rune   // the delimiter named by the first line of a text
}

// detect detects the format of a file and its tables.
func detect(ctx context.Context, file File, r Rules) (document, error) {
	format, err := formatOf(file.Content)
	if err != nil {
		return document{}, err
	}
	if format == xlsxFormat {
		return openSpreadsheet(ctx, file.Content, xlsx.Raw)
	}
	text := newTextFile(file.Content)
	if err := textFault(text.content); err != nil {
		return document{}, err
	}
	tables, err := text.tables(ctx, file.Name, r)
	return document{
		tables: tables, encoding: text.encoding, named: text.named,
		byID: func(id int) (table, bool) { return text.table(ctx, id, r) },
	}, err
}

// choose takes the person's column, or decides which one holds the recipients.
func (d document) choose(file File, r Rules) (choice, error) {
	if chosen, ok, err := d.chosen(file.Column, r); ok || err != nil {
		return chosen, err
	}
	var decisions []decision
	var last *survey
	for _, t := range d.tables {
		s, err := surveyed(t, r, 0)
		if err != nil {
			return choice{}, err
		}
		made := s.decide()
		if last = s; made.column != nil || len(made.ask) > 0 {
			decisions = append(decisions, made)
		}
	}
	// A column of wrong entries only matters if no other table has recipients.
	if good := slices.DeleteFunc(slices.Clone(decisions), decision.hopeless); len(good) > 0 {
		decisions = good
	}
	switch {
	case len(decisions) == 0:
		return choice{}, noColumn(last, r)
	case len(decisions) > 1:
		return choice{}, severalTables(decisions)
	case decisions[0].column == nil:
		return choice{}, &ColumnQuestion{Why: decisions[0].why, Columns: askedColumns(decisions[0].ask)}
	}
	return choice{decisions[0].survey, decisions[0].column.at, -1}, nil
}

func (d decision) hopeless() bool { return d.column != nil && d.column.usable == 0 }

// chosen returns the person's column, if the file has it.
func (d document) chosen(id string, r Rules) (choice, bool, error) {
	table, at, orElse, ok := parseID(id)
	if !ok {
		return choice{}, false, nil
	}
	t, ok := d.byID(table)
	if !ok {
		return choice{}, false, nil
	}
	s, err := surveyed(t, r, 0)
	if err != nil || at >= len(s.columns) || orElse >= len(s.columns) {
		return choice{}, false, err
	}
	return choice{s, at, orElse}, true, nil
}

// severalTables asks for the sheet, or the way to read a text.
func severalTables(decisions []decision) *ColumnQuestion {
	q := &ColumnQuestion{Why: "More than one sheet has recipients."}
	if decisions[0].survey.table.sheet == "" {
		q.Why = "The file can be read in more than one way."
	}
	var all []choice
	for _, d := range decisions {
		if d.column != nil {
			all = append(all, choice{d.survey, d.column.at, -1})
		}
		all = append(all, d.ask...)
	}
	q.Columns = askedColumns(all)
	return q
}

// source describes where the recipients come from.
func (c choice) source(d document, file File) *Source {
	s := c.survey
	source := &Source{
		File: shown(file.Name), Sheet: shown(s.table.sheet), Column: s.columns[c.at].name(),
		AllColumns: s.table.id == listID, Header: s.header.line, Rows: s.rows, Hidden: s.hidden, Encoding: d.encoding,
	}
	if s.table.sheet == "" && !source.AllColumns {
		source.Delimiter = delimiterWord(delimiters[s.table.id], d.named)
	}
	if c.orElse >= 0 {
		source.Else = s.columns[c.orElse].name()
	}
	for _, consent := range s.consent() {
		source.Consent = append(source.Consent, consent.name())
	}
	source.ConsentIgnored = file.Consent == ConsentIgnored && len(source.Consent) > 0
	for _, header := range s.header.cells[:min(len(s.header.cells), maxHeaders)] {
		source.Headers = append(source.Headers, shown(header))
	}
	return source
}

// delimiterWord names a delimiter that is unusual, or not the one named by the file.
func delimiterWord(d, named rune) string {
	switch {
	case d == '\t':
		return "tab"
	case d == noDelimiter:
		return ""
	case (d == ',' || d == ';') && (named == 0 || named == d):
		return ""
	}
	return string(d)
}

// entries yields the column's cells below the header, without blank rows.
func (c choice) entries(consent Consent) iter.Seq2[entry, error] {
	rule := consentRule{consent, c.survey.consent()}
	return func(yield func(entry, error) bool) {
		for row, err := range c.survey.table.rows {
			if err != nil {
				yield(entry{}, err)
				return
			}
			if row.line <= c.survey.header.line || row.filled() == 0 {
				continue
			}
			for e := range c.rowEntries(row, rule) {
				if !yield(e, nil) {
					return
				}
			}
		}
	}
}

// rowEntries are the entries of one row: the recipients in its cell, or the skipped row.
func (c choice) rowEntries(row row, consent consentRule) iter.Seq[entry] {
	return func(yield func(entry) bool) {
		cell := row.cell(c.at)
		if empty(cell) && c.orElse >= 0 {
			cell = row.cell(c.orElse)
		}
		e := entry{line: row.line, fromFile: true, text: cell}
		switch refused := consent.refuses(row); {
		case row.hidden:
			e.skip = errHidden
		case empty(cell):
			e.text = ""
		case refused != nil:
			e.skip = refused
		case len(cell) > maxListCell:
			e.skip = errTooLong
		case strings.HasPrefix(cell, "="):
			e.skip = errFormula
		default:
			for _, part := range split(cell, c.survey.rules) {
				if !yield(entry{line: row.line, fromFile: true, text: part}) {
					return
				}
			}
			return
		}
		yield(e)
	}
}

var errFormula = refusal{
	RuleSpreadsheet, "It's a formula that was never calculated. Open the file once in the spreadsheet program and save it.",
}

var errHidden = refusal{RuleHidden, "This row is hidden in the spreadsheet."}

// noColumn says that a file has no recipients of that kind, and what it has instead; last is the last table.
func noColumn(last *survey, r Rules) error {
	f := &FileFault{
		Text: "No column of the file holds " + manyWords(r.Kind) + ".",
		Hint: "Upload a list with " + oneWord(r.Kind) + " in each row.",
	}
	if last == nil || last.rows == 0 {
		f.Text = "The file has no rows with recipients."
		return f
	}
	for _, c := range last.columns {
		switch {
		case c.hidden && c.alike > 0:
			return &FileFault{
				Text: fmt.Sprintf("The %s, which holds %s, is hidden in the spreadsheet.", c.name(), manyWords(r.Kind)),
				Hint: "Show the column there, save the file and upload it again.",
			}
		case c.formulas > 0 && last.title(c) > 0:
			return &FileFault{
				Text: fmt.Sprintf("The %s has formulas that were never calculated.", c.name()),
				Hint: "Open the file once in the spreadsheet program, save it, and upload it again.",
			}
		}
	}
	if last.hidden == last.rows {
		return &FileFault{
			Text: "All rows of the file are hidden in the spreadsheet.", Hint: "Show them there, save the file and upload it again.",
		}
	}
	if r.Kind == SMS && r.Region == "" {
		f.Hint = "Write phone numbers with + and the country code, or choose a country in the form."
	}
	other := Rules{Kind: Email, Region: r.Region}
	hint := "It holds e-mail addresses, for a send by e-mail."
	if r.Kind == Email {
		other.Kind, hint = SMS, "It holds phone numbers, for a send by SMS."
	}
	if s, err := surveyed(last.table, other, surveyRows); err == nil && len(s.contenders) > 0 && s.contenders[0].usable > 0 {
		f.Hint = hint
	}
	return f
}
