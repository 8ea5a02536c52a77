package recipients_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"unicode/utf16"

	"github.com/google/go-cmp/cmp"

	"github.com/coupontools/couponbot/sends/recipients"
)

var (
	smsBE = recipients.Rules{Kind: recipients.SMS, Region: "BE"}
	email = recipients.Rules{Kind: recipients.Email}
)

// described writes each entry of a list on a line: its position, and the recipient or the violated rule.
func described(l recipients.List) []string {
	var rows []string
	for _, r := range l.Recipients {
		rows = append(rows, r.Place()+": "+r.To)
	}
	for _, o := range l.LeftOut {
		rows = append(rows, o.Place()+": "+string(o.Rule))
	}
	return rows
}

// inFile abbreviates described for rows of a file.
func inFile(rows []string) string {
	return strings.ReplaceAll(strings.Join(rows, ", "), " of the file", "")
}

func readFile(tb testing.TB, content string, r recipients.Rules) recipients.List {
	tb.Helper()
	list, err := recipients.Read(tb.Context(), "", &recipients.File{Content: []byte(content)}, r)
	if err != nil {
		tb.Fatalf("Read(%.60q) = %v", content, err)
	}
	return list
}

func TestRead_text_files(t *testing.T) {
	t.Parallel()
	const a, b, c = "+32470000001", "+32470000002", "+32470000003"
	for name, tt := range map[string]struct{ content, want string }{
		"one column":                        {a + "\n" + b, "row 1: " + a + ", row 2: " + b},
		"one column with a header":          {"GSM\r\n" + a + "\r\n" + b + "\r\n", "row 2: " + a + ", row 3: " + b},
		"old Mac line ends":                 {"phone\r" + a + "\r" + b, "row 2: " + a + ", row 3: " + b},
		"all ways to end lines":             {"phone\r" + a + "\r\n" + b + "\n" + c, "row 2: " + a + ", row 3: " + b + ", row 4: " + c},
		"comma":                             {"Name,Phone\nMia," + a + "\n\"Doe, J\"," + b, "row 2: " + a + ", row 3: " + b},
		"comma with blanks behind it":       {"Name, Phone\nMia, " + a + "\n\"Doe, J\", \"" + b + "\"", "row 2: " + a + ", row 3: " + b},
		"semicolon beside decimal commas":   {"Mia;1,50;" + a + "\nJan;2,50;" + b, "row 1: " + a + ", row 2: " + b},
		"semicolon, commas in all names":    {"Naam;Telefoon\nPeeters, Mia;0470000001\nDoe, Jan;" + b, "row 2: " + a + ", row 3: " + b},
		"tab with empty cells":              {"Name\tCity\tMobile\nMia\t\t" + a + "\n\t\t" + b, "row 2: " + a + ", row 3: " + b},
		"pipe":                              {"Name|Tel.\nMia|" + a, "row 2: " + a},
		"a line that names the separator":   {"sep=;\r\nName;Tel\r\nMia;" + a, "row 3: " + a},
		"no header, found by content":       {"Mia,2000," + a + "\nJan,9000," + b, "row 1: " + a + ", row 2: " + b},
		"header in an unknown language":     {"Nimi,Kontakti\nMia," + a + "\nJan," + b, "row 2: " + a + ", row 3: " + b},
		"a title above the header":          {"Clients of 2026\n\nName;Phone\nMia;" + a, "row 4: " + a},
		"quoted line ends count as lines":   {"Phone,Note\n" + a + ",\"two\r\nlines\n\nmore\"\n" + b + ",x", "row 2: " + a + ", row 6: " + b},
		"blank rows in between":             {a + "\n\n \n" + b + "\n\n\n", "row 1: " + a + ", row 4: " + b},
		"an empty cell":                     {"Name,Phone\nMia,\nJan," + b, "row 3: " + b + ", row 2: empty"},
		"rows that are too short or long":   {"Name,Phone\nMia\nJan," + b + ",x,y,z", "row 3: " + b + ", row 2: empty"},
		"a name in quotation marks":         {"Name,Phone\nTom \"T\" Doe," + a + "\nJan," + b, "row 2: " + a + ", row 3: " + b},
		"a quotation mark not closed":       {"Name,Phone\n\"Mia," + a + "\nJan," + b + "\nAn," + c, "row 2: " + a + ", row 3: " + b + ", row 4: " + c},
		"a quotation mark at the end":       {"Name,Phone\nMia," + a + "\nJan," + b + "\"", "row 2: " + a + ", row 3: " + b},
		"text as Excel keeps it":            {"Name,Phone\n\"Mia, P\",=\"0470000001\"\nJan,'0470000002", "row 2: " + a + ", row 3: " + b},
		"a scientific notation":             {"Phone\n" + a + "\n3.24701E+10\n\"3,247E+10\"", "row 2: " + a + ", row 3: spreadsheet, row 4: spreadsheet"},
		"a fraction":                        {"Phone\n" + a + "\n32470123456.0\n470123456.00", "row 2: " + a + ", row 3: spreadsheet, row 4: spreadsheet"},
		"a dot within a number is no such":  {"Phone\n0470.000001\n0470.00.00.02\n+32.470000003", "row 2: " + a + ", row 3: " + b + ", row 4: " + c},
		"twice":                             {"Phone\n" + a + "\n" + b + "\n0470 00 00 01", "row 2: " + a + ", row 3: " + b + ", row 4: duplicate"},
		"premium, other kinds of wrong":     {"Phone\n" + a + "\n+32 906 12 345\nabc\n+32 470\n+881612345678", "row 2: " + a + ", row 3: premium, row 4: invalid, row 5: length, row 6: country"},
		"NUL bytes within a cell":           {"Phone\n" + a + "\n+3247000\x000002", "row 2: " + a + ", row 3: invalid"},
		"a byte order mark":                 {"\uFEFFPhone\n" + a, "row 2: " + a},
		"Windows-1252":                      {"Pr\xe9nom;T\xe9l\xe9phone\nZo\xeb;" + a, "row 2: " + a},
		"several to a line in a single one": {a + ", " + b + "; " + c, "row 1: " + a + ", row 1: " + b + ", row 1: " + c},
		"a very long single line":           {strings.Repeat(a+",", 9_000) + b, "row 1: " + a + ", row 1: " + b + strings.Repeat(", row 1: duplicate", 8_999)},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()

			got := inFile(described(readFile(t, tt.content, smsBE)))

			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("Read(%.200q) (-want +got):\n%s", tt.content, diff)
			}
		})
	}
}

func TestRead_UTF16(t *testing.T) {
	t.Parallel()
	const text = "Prénom;E-Mail\r\nZoë;zoe@example.com\r\nLi;li@bücher.example\r\n"
	encode := func(text string, big bool) string {
		var b []byte
		for _, u := range utf16.Encode([]rune(text)) {
			if big {
				b = append(b, byte(u>>8), byte(u))
			} else {
				b = append(b, byte(u), byte(u>>8))
			}
		}
		return string(b)
	}
	for name, content := range map[string]string{
		"little endian with a mark":    encode("\uFEFF"+text, false),
		"big endian with a mark":       encode("\uFEFF"+text, true),
		"little endian without a mark": encode(text, false),
		"big endian without a mark":    encode(text, true),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()

			got := inFile(described(readFile(t, content, email)))

			if want := "row 2: zoe@example.com, row 3: li@xn--bcher-kva.example"; got != want {
				t.Errorf("Read = %q, want %q", got, want)
			}
		})
	}
}

func TestRead_list_as_text(t *testing.T) {
	t.Parallel()
	content := []byte("a@example.com, b@example.com\n\nc@example.com; Mia\nd@example.com, e@example.com, f@example.com, g@example.com")

	got, err := recipients.Read(t.Context(), "", &recipients.File{Name: "List.TXT", Content: content}, email)

	want := "row 1: a@example.com, row 1: b@example.com, row 3: c@example.com, row 4: d@example.com, row 4: e@example.com, " +
		"row 4: f@example.com, row 4: g@example.com, row 3: invalid"
	if rows := inFile(described(got)); err != nil || rows != want {
		t.Errorf("Read = %v, %v, want %v", rows, err, want)
	}
}

func TestRead_typed_comes_first(t *testing.T) {
	t.Parallel()
	file := &recipients.File{Content: []byte("Phone\n0470 00 00 02\n0470 00 00 01\n0470 00 00 03\n0470 00 00 03\n0470 00 00 04")}
	rules := smsBE
	rules.Max = 3

	got, err := recipients.Read(t.Context(), "\n+32470000001", file, rules)
	if err != nil {
		t.Fatal(err)
	}

	want := []string{
		"line 2: +32470000001", "row 2 of the file: +32470000002", "row 4 of the file: +32470000003",
		"row 3 of the file: duplicate", "row 5 of the file: duplicate", "row 6 of the file: max_recipients",
	}
	if diff := cmp.Diff(want, described(got)); diff != "" {
		t.Errorf("Read (-want +got):\n%s", diff)
	}
	reasons := []string{
		"It is the same number as in line 2.", "It is the same number as in row 4 of the file.", "One send can have 3 recipients at most.",
	}
	for i, o := range got.LeftOut {
		if o.Reason != reasons[i] {
			t.Errorf("reason %q, want %q", o.Reason, reasons[i])
		}
	}
}

func TestRead_typed_alone_is_Parse(t *testing.T) {
	t.Parallel()
	const text = "0470 00 00 01\nx\n\n0470 00 00 01"

	got, err := recipients.Read(t.Context(), text, nil, smsBE)

	if diff := cmp.Diff(recipients.Parse(text, smsBE), got); err != nil || diff != "" {
		t.Errorf("Read = %v (-Parse +Read):\n%s", err, diff)
	}
}

// A list of many batches keeps its order, however the cores share it.
func TestRead_keeps_the_order(t *testing.T) {
	t.Parallel()
	const rows = 20_000
	var b strings.Builder
	for i := range rows {
		if i%3 == 0 {
			fmt.Fprintf(&b, "no%d\n", i)
		} else {
			fmt.Fprintf(&b, "p%d@example.com\n", i)
		}
	}

	got := readFile(t, b.String(), email)

	if n := len(got.Recipients) + len(got.LeftOut); n != rows {
		t.Errorf("%d entries, want %d", n, rows)
	}
	for _, r := range got.Recipients {
		if want := fmt.Sprintf("p%d@example.com", r.Line-1); r.To != want {
			t.Fatalf("row %d is %s, want %s", r.Line, r.To, want)
		}
	}
	if !slices.IsSortedFunc(got.Recipients, func(a, b recipients.Recipient) int { return a.Line - b.Line }) ||
		!slices.IsSortedFunc(got.LeftOut, func(a, b recipients.LeftOut) int { return a.Line - b.Line }) {
		t.Error("the rows are not in their order")
	}
}

func TestRead_ends_with_its_context(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	for name, file := range map[string]*recipients.File{
		"typed alone": nil,
		"text":        {Content: []byte("Phone\n0470000001")},
		"XLSX":        {Content: sheet(t, []any{"Phone"}, []any{"0470000001"})},
	} {
		list, err := recipients.Read(ctx, "0470000001", file, smsBE)
		if !errors.Is(err, context.Canceled) || list.Recipients != nil {
			t.Errorf("%s: Read = %+v, %v, want canceled and no list", name, list, err)
		}
	}
}

func TestList_in_JSON(t *testing.T) {
	t.Parallel()
	want, err := recipients.Read(t.Context(), "02 555 01 00\nx",
		&recipients.File{Content: []byte("Name,Phone\nMia,0470000001\nJan,\nAn,0470000001")}, smsBE)
	if err != nil {
		t.Fatal(err)
	}

	text, err := json.Marshal(want)
	if err != nil {
		t.Fatal(err)
	}

	var got recipients.List
	if err := json.Unmarshal(text, &got); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("through JSON (-want +got):\n%s", diff)
	}
	if !strings.Contains(string(text), `{"to":"+32470000001","country":"BE","line":2,"file":true}`) {
		t.Errorf("JSON is %s, want what is empty left away", text)
	}
	// As written before recipients had files.
	var old recipients.Recipient
	if err := json.Unmarshal([]byte(`{"To":"+32470000001","Country":"BE","Line":7,"Warning":"w"}`), &old); err != nil ||
		old != (recipients.Recipient{To: "+32470000001", Country: "BE", Line: 7, Warning: "w"}) {
		t.Errorf("old JSON gives %+v, %v", old, err)
	}
}

func TestList_Groups(t *testing.T) {
	t.Parallel()
	list := readFile(t, "Phone\n0470000001\nabc\n0470000001\n+32906 12 345\ndef\n0470000001\n12\n0470000001", smsBE)

	var got []string
	for _, g := range list.Groups(2) {
		line := fmt.Sprintf("%d %s:", g.Count, g.Rule)
		for _, e := range g.Examples {
			line += fmt.Sprintf(" %d", e.Line)
		}
		got = append(got, line)
	}

	want := []string{"3 duplicate: 4 7", "2 invalid: 3 6", "1 premium: 5", "1 length: 8"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("Groups (-want +got):\n%s", diff)
	}
}
