package recipients

import (
	"errors"
	"fmt"
	"strings"
	"testing"
)

// A file is read through at most twice: once for the evidence about its columns, and once for the recipients. A question
// about the columns takes one reading, and another column two more.
func TestRead_readsAtMostTwice(t *testing.T) {
	t.Parallel()
	const many = surveyRows + 500
	rows := func(header, row string) string {
		var b strings.Builder
		b.WriteString(header + "\n")
		for i := range many {
			b.WriteString(strings.ReplaceAll(row, "#", fmt.Sprintf("%04d", i)) + "\n")
		}
		return b.String()
	}
	for name, tt := range map[string]struct {
		content string
		chosen  bool // the first column that is asked about
		kind    Kind
		asked   bool
		want    int
	}{
		"one column":                         {content: rows("Name;Mobile", "Mia;047000#"), want: 2},
		"a second column, late":              {content: rows("Mobile;Extra", "047000#;") + "0470000001;0470000001\n", want: 2},
		"a better column, late":              {content: rows("Phone;Mobile", "047000#;") + ";0471000001\n", asked: true, want: 1},
		"a rival, late":                      {content: rows("Phone;Extra", "047000#;") + ";0471000001\n", asked: true, want: 1},
		"a column that may be anything":      {content: rows("Name;Number", "Mia;047000#"), asked: true, want: 1},
		"that column, chosen":                {content: rows("Name;Number", "Mia;047000#"), chosen: true, want: 2},
		"two columns from the start":         {content: rows("A;B", "047000#;047100#"), asked: true, want: 1},
		"no column":                          {content: rows("Name;City", "Mia;Gent"), asked: true, want: 2},
		"e-mail addresses for text messages": {content: rows("Name;E-mail", "Mia;p#@example.com"), asked: true, want: 2},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			rules := Rules{Kind: SMS, Region: "BE"}
			d, err := detect(t.Context(), File{Content: []byte(tt.content)}, rules)
			if err != nil {
				t.Fatal(err)
			}
			var choose File
			if tt.chosen {
				_, err := d.choose(choose, rules)
				q, _ := errors.AsType[*ColumnQuestion](err)
				if q == nil {
					t.Fatalf("choose() = %v, want a question", err)
				}
				choose.Column = q.Columns[0].ID
			}
			readings := 0
			counted := func(of table) table {
				rows := of.rows
				of.rows = func(yield func(row, error) bool) {
					readings++
					rows(yield)
				}
				return of
			}
			for i := range d.tables {
				d.tables[i] = counted(d.tables[i])
			}
			byID := d.byID
			d.byID = func(id int) (table, bool) {
				of, ok := byID(id)
				return counted(of), ok
			}
			column, err := d.choose(choose, rules)
			_, question := errors.AsType[*ColumnQuestion](err)
			_, fault := errors.AsType[*FileFault](err)
			if tt.asked != (question || fault) {
				t.Fatalf("choose() = %+v, %v", column, err)
			}
			if err == nil {
				for _, err := range column.entries(ConsentRespected) {
					if err != nil {
						t.Fatal(err)
					}
				}
			}
			if readings > tt.want {
				t.Errorf("the file is read %d times, want %d at most", readings, tt.want)
			}
		})
	}
}
