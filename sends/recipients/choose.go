package recipients

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// choice is the column to take recipients from.
type choice struct {
	survey *survey
	at     int
	// orElse is the column that fills the gaps of the first; -1 if none.
	orElse int
}

// decision is the conclusion about one table: a column, a question with the possible columns, or neither.
type decision struct {
	survey *survey
	column *column
	ask    []choice
	why    string
}

// decide chooses the column of a table. It never chooses between two plausible columns, never takes an id or another
// person's column without asking, and asks about a column with an unknown header unless nearly all of it is recipients.
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

// sorted groups the candidates by their headers: those that name a recipient, best first; unknown ones; another person; an
// id.
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

// title rates how well a header names the recipient, from 0. For text messages a mobile phone is better than a phone, and a
// phone better than a landline.
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

// rivals reports whether c may be meant instead of best, which has the better header: c has recipients that best lacks.
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

// clear reports whether a column can be taken although its header doesn't name a recipient.
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

// titledMeant reports whether a column's header names a recipient and most of its cells are meant as one, although none is
// usable.
func (s *survey) titledMeant(c *column) bool {
	return s.title(c) > 0 && c.usable == 0 && 2*c.alike >= c.filled && c.alike > 0 && !c.hidden
}

// titled returns the first visible column with a header that names a recipient of the row itself, or nil.
func (s *survey) titled() *column {
	for _, c := range s.columns {
		if s.title(c) > 0 && !c.hidden && !c.says.says(meansOtherPerson) && !c.consentColumn(s.rules.Kind) {
			return c
		}
	}
	return nil
}

// onlyMeant returns the one column with cells that are meant as recipients although none is usable, so that the person gets
// the reasons. It returns nil if there isn't exactly one.
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

// choices are the possible columns, best first, then pairs of the first with a column that fills its gaps.
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

// count returns how many rows have recipients in the choice.
func (c choice) count() int {
	first := c.survey.columns[c.at]
	if c.orElse < 0 {
		return first.count()
	}
	i := slices.Index(c.survey.contenders, first)
	j := slices.Index(c.survey.contenders, c.survey.columns[c.orElse])
	return first.count() + c.survey.lacks[i][j]
}

// asked returns the choice as shown to the person.
func (c choice) asked() Column {
	first := c.survey.columns[c.at]
	column := Column{
		ID: c.id(), Column: first.name(), Examples: first.examples, Count: c.count(), About: first.guessed > 0,
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

// id identifies a choice: the table, the column and, if any, the column that fills its gaps.
func (c choice) id() string {
	id := fmt.Sprintf("%d/%d", c.survey.table.id, c.at)
	if c.orElse >= 0 {
		id += "/" + strconv.Itoa(c.orElse)
	}
	return id
}

// parseID parses an id.
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
