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
	look *look
	at   int
}

// choose takes the column with that ID, or finds it: in the first sheet, or else in the first one that has such a column.
func choose(tables []table, id string, r Rules) (choice, error) {
	sheet, at, given := parseID(id)
	var last *look
	for _, t := range tables {
		if given && t.id != sheet {
			continue
		}
		l, err := lookAt(t, r, 0)
		if err != nil {
			return choice{}, err
		}
		if given && at < len(l.columns) {
			return choice{l, at}, nil
		}
		found, err := l.choose()
		if found != nil || err != nil {
			return choice{l, found.index()}, err
		}
		last = l
	}
	if given {
		return choose(tables, "", r)
	}
	return choice{}, noColumn(last, r)
}

func (s *sight) index() int {
	if s == nil {
		return 0
	}
	return s.at
}

// choose finds the column of a table: nil if there is none, and a [ColumnDoubt] if several may be meant. A column whose
// header and content agree comes before others; for text messages, mobile phones before phones and these before fixed
// lines, unless the better header has far fewer recipients.
func (l *look) choose() (*sight, error) {
	titled, good := l.filter((*sight).titled), l.filter((*sight).good)
	agreeing := l.filter(func(s *sight) bool { return s.titled() && s.good() })
	switch {
	case len(agreeing) > 0:
		return l.clearest(agreeing)
	case len(good) == 1 && !slices.ContainsFunc(titled, (*sight).meant):
		return good[0], nil
	case len(good) > 0:
		return nil, l.doubt()
	}
	if meant := l.filter(func(s *sight) bool { return s.titled() && s.meant() }); len(meant) > 0 {
		return l.clearest(meant)
	}
	if content := l.filter(func(s *sight) bool { return s.filled > 0 }); len(content) == 1 && content[0].alike > 0 {
		return content[0], nil
	}
	if l.found() {
		return nil, l.doubt()
	}
	return nil, nil
}

func (s *sight) titled() bool { return s.title != otherTitle }

func (l *look) filter(by func(*sight) bool) []*sight {
	return slices.DeleteFunc(slices.Clone(l.columns), func(s *sight) bool { return !by(s) })
}

// clearest returns the one of the columns with the best title.
func (l *look) clearest(of []*sight) (*sight, error) {
	best := slices.MaxFunc(of, func(a, b *sight) int { return cmp.Compare(a.title, b.title) })
	for _, s := range of {
		if s != best && (s.title == best.title || s.alike > 2*best.alike) {
			return nil, l.doubt()
		}
	}
	return best, nil
}

func (l *look) doubt() *ColumnDoubt {
	may := l.filter(func(s *sight) bool { return s.usable > 0 || s.titled() && s.filled > 0 })
	slices.SortStableFunc(may, func(a, b *sight) int {
		return cmp.Or(cmp.Compare(b.title, a.title), cmp.Compare(b.usable, a.usable))
	})
	d := &ColumnDoubt{}
	for _, s := range may[:min(len(may), MaxColumns)] {
		d.Columns = append(d.Columns, Column{ID: columnID(l.table.id, s.at), Name: l.nameOf(s), Samples: s.sample, Usable: s.usable})
	}
	return d
}

func (l *look) nameOf(s *sight) string {
	name := cmp.Or(shown(s.header), columnName(s.at))
	if l.table.name != "" {
		name += " (" + shown(l.table.name) + ")"
	}
	return name
}

func columnID(sheet, at int) string { return fmt.Sprintf("%d/%d", sheet, at) }

func parseID(id string) (sheet, at int, ok bool) {
	before, after, ok := strings.Cut(id, "/")
	sheet, err := strconv.Atoi(before)
	at, err2 := strconv.Atoi(after)
	return sheet, at, ok && err == nil && err2 == nil && sheet >= 0 && at >= 0
}

// noColumn says that a file has no recipients of that kind, and what it has instead; last is the last sheet.
func noColumn(last *look, r Rules) error {
	f := &FileFault{Text: "No column of the file holds phone numbers.", Hint: "Upload a list with one number in each row."}
	other, otherHint := Email, "It holds e-mail addresses, for a send by e-mail."
	switch {
	case r.Kind == Email:
		f.Text, f.Hint = "No column of the file holds e-mail addresses.", "Upload a list with one address in each row."
		other, otherHint = SMS, "It holds phone numbers, for a send by SMS."
	case r.Region == "":
		f.Hint = "Write phone numbers with + and the country code, or choose a country in the form."
	}
	if last == nil || last.rows == 0 || last.rows == 1 && last.header > 0 {
		f.Text = "The file has no rows with recipients."
		return f
	}
	if l, err := lookAt(last.table, Rules{Kind: other, Region: r.Region}, lookRows); err == nil && l.found() {
		f.Hint = otherHint
	}
	return f
}
