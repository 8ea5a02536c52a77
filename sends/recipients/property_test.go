package recipients_test

import (
	"encoding/xml"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/coupontools/couponbot/sends/recipients"
)

// randomList is a table with a known solution: the column with the recipients, the hidden rows, and the people who said no.
type randomList struct {
	header []string
	rows   [][]string
	hidden map[int]bool // rows, counted from 0
	want   []string
}

var (
	ownHeaders     = []string{"GSM", "Mobile", "Phone", "Telefoonnummer", "Téléphone portable", "Handynummer", "Teléfono", "Cellulare", "Tel."}
	idHeaders      = []string{"Customer ID", "Klantnr", "Lidnummer", "Kundennummer", "N° client", "Código", "Codice cliente", "Order no"}
	otherHeaders   = []string{"Emergency contact mobile", "Parent phone", "Noodnummer", "Telefon Ansprechpartner", "Tél. urgence", "Teléfono empresa"}
	unknownHeaders = []string{"Extra", "Contact", "Info", "Reserve"}
	consentHeaders = map[string][2]string{ // headers that mean yes, and headers that mean no
		"Opt-in": {"yes", "no"}, "Accepts SMS Marketing": {"TRUE", "FALSE"}, "Uitgeschreven": {"", "ja"},
		"Status": {"Subscribed", "Unsubscribed"}, "Einwilligung": {"Ja", "Nein"},
	}
)

// drawList draws a random table. A column of decoys looks as good as the recipients'.
func drawList(t *rapid.T, hides bool) randomList {
	l := randomList{header: []string{"Name"}, hidden: map[int]bool{}}
	rows := rapid.IntRange(1, 12).Draw(t, "rows")
	own := rapid.IntRange(1, 4).Draw(t, "the column of the recipients")
	decoys := [][]string{idHeaders, otherHeaders, unknownHeaders}
	for at := 1; at <= 4; at++ {
		from := decoys[rapid.IntRange(0, len(decoys)-1).Draw(t, "decoy")]
		if at == own {
			from = ownHeaders
		}
		l.header = append(l.header, rapid.SampledFrom(from).Draw(t, "header"))
	}
	consent := ""
	if rapid.Bool().Draw(t, "with consent") {
		consent = rapid.SampledFrom([]string{"Opt-in", "Accepts SMS Marketing", "Uitgeschreven", "Status", "Einwilligung"}).Draw(t, "consent")
		l.header = append(l.header, consent)
	}
	said := false // a consent column means it in at least one row
	for i := range rows {
		row := []string{fmt.Sprintf("P%d", i)}
		for at := 1; at <= 4; at++ {
			cell := ""
			if rapid.IntRange(0, 4).Draw(t, "filled") > 0 {
				cell = fmt.Sprintf("047%d0000%02d", at, i)
			}
			row = append(row, cell)
		}
		refused := false
		if consent != "" {
			refused = rapid.Bool().Draw(t, "refused") || i == 0 && !said
			said = true
			answer := consentHeaders[consent][0]
			if refused {
				answer = consentHeaders[consent][1]
			}
			row = append(row, answer)
		}
		l.hidden[i] = hides && rapid.IntRange(0, 4).Draw(t, "hidden") == 0
		l.rows = append(l.rows, row)
		if row[own] != "" && !refused && !l.hidden[i] {
			l.want = append(l.want, "+32"+row[own][1:])
		}
	}
	return l
}

// csv writes the table as text, which hides nothing.
func (l randomList) csv(t *rapid.T) []byte {
	delimiter := rapid.SampledFrom([]string{";", ",", "\t", "|"}).Draw(t, "delimiter")
	var b strings.Builder
	b.WriteString(strings.Join(l.header, delimiter) + "\n")
	for _, row := range l.rows {
		b.WriteString(strings.Join(row, delimiter) + "\n")
	}
	return []byte(b.String())
}

// xlsx writes the table as a sheet with hidden rows.
func (l randomList) xlsx(t *testing.T) []byte {
	var b strings.Builder
	for i, row := range append([][]string{l.header}, l.rows...) {
		hidden := ""
		if i > 0 && l.hidden[i-1] {
			hidden = ` hidden="1"`
		}
		fmt.Fprintf(&b, `<row r="%d"%s>`, i+1, hidden)
		for at, cell := range row {
			fmt.Fprintf(&b, `<c r="%c%d" t="str"><v>`, 'A'+at, i+1)
			_ = xml.EscapeText(&b, []byte(cell)) // a builder takes everything
			b.WriteString("</v></c>")
		}
		b.WriteString("</row>")
	}
	return rawSheet(t, b.String())
}

// From any table exactly the right people are taken, or a question is asked; and every row is accounted for.
func TestRead_takesTheRightPeopleOrAsks(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		spreadsheet := rapid.Bool().Draw(rt, "spreadsheet")
		l := drawList(rt, spreadsheet)
		content := l.xlsx(t)
		if !spreadsheet {
			content = l.csv(rt)
		}

		list, err := recipients.Read(t.Context(), "", &recipients.File{Name: "list", Content: content}, smsBE)

		var question *recipients.ColumnQuestion
		var fault *recipients.FileFault
		switch {
		case errors.As(err, &question):
			return
		case errors.As(err, &fault):
			if len(l.want) > 0 {
				rt.Fatalf("fault %v, want %v of\n%v\n%v", err, l.want, l.header, l.rows)
			}
			return
		case err != nil:
			rt.Fatal(err)
		}
		checkPeople(rt, l, list)
	})
}

func checkPeople(t *rapid.T, l randomList, list recipients.List) {
	var got []string
	lines := map[int]bool{}
	for _, r := range list.Recipients {
		got = append(got, r.To)
		lines[r.Line] = true
	}
	for _, o := range list.LeftOut {
		if lines[o.Line] {
			t.Fatalf("row %d is sent to and skipped", o.Line)
		}
		lines[o.Line] = true
	}
	if len(lines)+list.Source.Header != 1+len(l.rows) {
		t.Fatalf("%d rows and a header in row %d, want all %d rows accounted for", len(lines), list.Source.Header, 1+len(l.rows))
	}
	if !slices.Equal(got, l.want) {
		t.Fatalf("recipients %v, want %v of\n%v\n%v\nhidden %v", got, l.want, l.header, l.rows, l.hidden)
	}
}
