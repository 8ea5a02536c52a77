package recipients

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// choice is the column that recipients are taken from.
type choice struct {
	survey *survey
	at     int
	// orElse is the column that fills the gaps of the first; -1 for none.
	orElse int
}

// decision is what the evidence about one table says: a column, a question with the columns that may be meant, or neither.
type decision struct {
	survey *survey
	column *column
	ask    []choice
	why    string
}

// decide chooses the column of a table. It never chooses between two columns that may both be meant, never takes an id or
// another person's column unasked, and asks about a column whose header it does not understand unless nearly all of it is
// recipients.
func (s *survey) decide() decision {
	d := decision{survey: s}
	candidates := s.filter(func(c *column) bool { return c.usable > 0 && !c.consentColumn(s.rules.Kind) })
	named, unknown, others, ids := s.sorted(candidates)
	switch {
	case len(named) > 0:
		best := named[0]
		rivals := slices.DeleteFunc(slices.Concat(named[1:], unknown, others), func(c *column) bool { return !s.rivals(best, c) })
		if len(rivals) == 0 {
			d.column = best
			return d
		}
		d.ask, d.why = s.choices(append([]*column{best}, rivals...)), s.whyRivals(best, rivals[0])
	case len(unknown) > 0 && s.titled() != nil:
		d.ask = s.choices(slices.Concat(s.filter(s.titledMeant), unknown, others))
		d.why = fmt.Sprintf("The %s has no %s that can be used.", s.titled().name(), manyWords(s.rules.Kind))
	case len(unknown) == 1 && len(others) == 0 && s.clear(unknown[0]):
		d.column = unknown[0]
	case len(candidates) == 1 && len(unknown) == 1:
		d.ask, d.why = s.choices(unknown), "The header doesn't say what is in the column."
	case len(unknown)+len(others) > 0:
		d.ask, d.why = s.choices(slices.Concat(unknown, others)), s.whyUnknown(unknown, others)
	case len(ids) > 0:
		d.ask, d.why = s.choices(ids), fmt.Sprintf("The header “%s” sounds like an id or a code, not like %s.",
			ids[0].name().Header, manyWords(s.rules.Kind))
	default:
		d.column = s.onlyMeant()
	}
	return d
}

// sorted divides the candidates by what their headers say: they name a recipient, the best first; nothing that is known;
// another person; or an id.
func (s *survey) sorted(candidates []*column) (named, unknown, others, ids []*column) {
	for _, c := range candidates {
		switch {
		case c.says.says(meansOtherPerson) && (s.title(c) > 0 || !c.says.says(meansID)):
			others = append(others, c)
		case s.title(c) > 0:
			named = append(named, c)
		case c.says.says(meansID):
			ids = append(ids, c)
		default:
			unknown = append(unknown, c)
		}
	}
	slices.SortStableFunc(named, func(a, b *column) int { return cmp.Compare(s.title(b), s.title(a)) })
	return named, unknown, others, ids
}

// title says how well a header names what is looked for: 0 not at all; for text messages a mobile phone is better than a
// phone, and that better than a fixed line.
func (s *survey) title(c *column) int {
	email := c.says.says(meansEmail)
	switch {
	case s.rules.Kind == Email && email:
		return 1
	case s.rules.Kind == Email || email:
		return 0
	case c.says.says(meansLandline):
		return 1
	case c.says.says(meansMobile):
		return 3
	case c.says.says(meansPhone):
		return 2
	}
	return 0
}

// rivals reports whether c may be meant instead of best, whose header is the better one: it has recipients that best lacks.
// Another person's column is no rival unless it fills many gaps.
func (s *survey) rivals(best, c *column) bool {
	i, j := slices.Index(s.contenders, best), slices.Index(s.contenders, c)
	if i < 0 || j < 0 {
		return true
	}
	if c.says.says(meansOtherPerson) {
		return s.lacks[i][j] > 0 && 10*s.lacks[i][j] >= s.rows-s.hidden
	}
	return s.lacks[i][j]+s.differs[i][j] > 0
}

// clear reports whether a column without a header that names a recipient can be taken for the recipients all the same.
func (s *survey) clear(c *column) bool {
	if c.says.says(meansNumber) {
		return false
	}
	if c.header == "" {
		only := len(s.filter(func(c *column) bool { return c.filled > 0 })) == 1
		return only || c.mostly(c.usable)
	}
	return c.mostly(c.usable)
}

// titledMeant reports a column whose header names a recipient and of which most is meant to be some, though nothing of it
// can be used.
func (s *survey) titledMeant(c *column) bool {
	return s.title(c) > 0 && c.usable == 0 && 2*c.alike >= c.filled && c.alike > 0 && !c.hidden
}

// titled returns the first visible column whose header names a recipient of the row itself; nil if there is none.
func (s *survey) titled() *column {
	for _, c := range s.columns {
		if s.title(c) > 0 && !c.hidden && !c.says.says(meansOtherPerson) && !c.consentColumn(s.rules.Kind) {
			return c
		}
	}
	return nil
}

// onlyMeant returns the one column of which something is meant as a recipient though nothing can be used, so that the
// reasons are told; nil if there is none, or more than one.
func (s *survey) onlyMeant() *column {
	meant := s.filter(s.titledMeant)
	if len(meant) == 0 {
		meant = s.filter(func(c *column) bool { return c.filled > 0 && !c.hidden })
		if len(meant) > 0 && meant[0].alike == 0 {
			return nil
		}
	}
	if len(meant) != 1 {
		return nil
	}
	return meant[0]
}

// choices are the columns that may be meant, the best first; after it the pairs of it and a column that fills its gaps.
func (s *survey) choices(columns []*column) []choice {
	var pairs, single []choice
	for n, c := range columns {
		single = append(single, choice{s, c.at, -1})
		i, j := slices.Index(s.contenders, columns[0]), slices.Index(s.contenders, c)
		if n > 0 && i >= 0 && j >= 0 && columns[0].usable > 0 && s.lacks[i][j] > 0 && !c.says.says(meansOtherPerson|meansID) {
			pairs = append(pairs, choice{s, columns[0].at, c.at})
		}
	}
	if len(single) == 0 {
		return nil
	}
	return slices.Concat(single[:1], pairs, single[1:])
}

func (s *survey) whyRivals(best, rival *column) string {
	i, j := slices.Index(s.contenders, best), slices.Index(s.contenders, rival)
	if i >= 0 && j >= 0 && s.lacks[i][j] > 0 {
		return fmt.Sprintf("In %s only %s has %s.", rowsWords(s.lacks[i][j]), rival.name(), oneWord(s.rules.Kind))
	}
	return fmt.Sprintf("Both %s and %s hold %s, and they differ.", best.name(), rival.name(), manyWords(s.rules.Kind))
}

func (s *survey) whyUnknown(unknown, others []*column) string {
	if len(unknown) == 0 {
		return fmt.Sprintf("The header “%s” sounds like somebody other than your customers.", others[0].name().Header)
	}
	return fmt.Sprintf("More than one column holds %s.", manyWords(s.rules.Kind))
}

func rowsWords(n int) string {
	if n == 1 {
		return "1 row"
	}
	return fmt.Sprintf("%d rows", n)
}

func oneWord(kind Kind) string {
	if kind == Email {
		return "an e-mail address"
	}
	return "a phone number"
}

func manyWords(kind Kind) string {
	if kind == Email {
		return "e-mail addresses"
	}
	return "phone numbers"
}

// count is how many rows a choice has recipients in.
func (c choice) count() int {
	first := c.survey.columns[c.at]
	if c.orElse < 0 {
		return first.usable
	}
	i := slices.Index(c.survey.contenders, first)
	j := slices.Index(c.survey.contenders, c.survey.columns[c.orElse])
	return first.usable + c.survey.lacks[i][j]
}

// asked is the choice as a person sees it.
func (c choice) asked() Column {
	first := c.survey.columns[c.at]
	column := Column{
		ID: c.id(), Column: first.name(), Examples: first.examples, Count: c.count(),
		All: c.survey.table.id == listID,
	}
	if c.survey.table.several {
		column.Sheet = shown(c.survey.table.sheet)
	}
	if c.orElse >= 0 {
		orElse := c.survey.columns[c.orElse]
		column.Else = orElse.name()
		column.Examples = slices.Concat(
			first.examples[:min(len(first.examples), exampleCells-1)], orElse.examples[:min(len(orElse.examples), 1)])
	}
	return column
}

// id names a choice: the table, the column and, if there is one, the column that fills its gaps.
func (c choice) id() string {
	id := fmt.Sprintf("%d/%d", c.survey.table.id, c.at)
	if c.orElse >= 0 {
		id += "/" + strconv.Itoa(c.orElse)
	}
	return id
}

// parseID reads what id wrote.
func parseID(id string) (table, at, orElse int, ok bool) {
	numbers := []int{0, 0, -1}
	parts := strings.Split(id, "/")
	if len(parts) < 2 || len(parts) > len(numbers) {
		return 0, 0, 0, false
	}
	for i, part := range parts {
		n, err := strconv.Atoi(part)
		if err != nil || n < 0 {
			return 0, 0, 0, false
		}
		numbers[i] = n
	}
	return numbers[0], numbers[1], numbers[2], true
}
