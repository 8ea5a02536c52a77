package recipients_test

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/coupontools/couponbot/sends/recipients"
)

func TestReadRows(t *testing.T) {
	t.Parallel()
	names := []string{"first_name", "email", "custom_1"}
	for name, tt := range map[string]struct{ content, want string }{
		"comma":                        {"first_name,email\nMia,m@example.com", "2 Mia|m@example.com|"},
		"semicolon, in another order":  {"E-Mail;First Name\r\nm@example.com;Mia\r\n", "2 Mia|m@example.com|"},
		"tab":                          {"EMAIL\tCustom 1\nm@example.com\tx", "2 |m@example.com|x"},
		"a line names the separator":   {"sep=;\nemail;first_name\nm@example.com;\"Mia; A\"", "3 Mia; A|m@example.com|"},
		"one column":                   {"email\nm@example.com", "2 |m@example.com|"},
		"a title above, blank rows":    {"Clients\n\nfirst_name,email\n\nMia,m@example.com\n,\nTom,\n", "5 Mia|m@example.com|, 7 Tom||"},
		"columns of other names":       {"first_name,shoe size,email\nMia,38,m@example.com", "2 Mia|m@example.com|, other: shoe size"},
		"blanks and ends of lines":     {"first_name,email\n\" Mia \n A\",m@example.com", "2 Mia A|m@example.com|"},
		"a column twice":               {"email,E-mail\na,b", "The column “email” is there twice. Keep one of them."},
		"no header":                    {"Mia,m@example.com", "No row at the top of the file names its columns. Use these names: first_name, email, custom_1."},
		"a header alone":               {"first_name,email\n", ""},
		"more rows than are taken":     {"email\n" + strings.Repeat("m@example.com\n", 11), "The file has more than 10 rows. Split it."},
		"no table":                     {"%PDF-1.7", "The file is a PDF document, which cannot be read as a list. Save the list as CSV or XLSX and upload that."},
		"nothing":                      {"", "The file is empty. Upload one with a recipient in each row."},
		"a name with an apostrophe":    {"first_name,email\n't Hooft,m@example.com", "2 't Hooft|m@example.com|"},
		"a row longer than the header": {"email\nm@example.com,x", "2 |m@example.com,x|"},
	} {
		got, err := recipients.ReadRows(t.Context(), recipients.File{Content: []byte(tt.content)}, names, 10)
		var rows []string
		for _, r := range got.Rows {
			rows = append(rows, fmt.Sprintf("%d %s", r.Line, strings.Join(r.Cells, "|")))
		}
		if len(got.Other) > 0 {
			rows = append(rows, "other: "+strings.Join(got.Other, ", "))
		}
		said := strings.Join(rows, ", ")
		if fault, ok := errors.AsType[*recipients.FileFault](err); ok {
			said = fault.Error()
		} else if err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if said != tt.want {
			t.Errorf("%s: %s, want %s", name, said, tt.want)
		}
	}
}

func TestReadRows_sheets(t *testing.T) {
	t.Parallel()
	book := workbook(t, [][]any{{"email", "Notes"}, {"old@example.com", "x"}}, [][]any{{"People"}, nil, {"Email", "First name"}, {"m@example.com", "Mia"}})
	got, err := recipients.ReadRows(t.Context(), recipients.File{Content: book}, []string{"first_name", "email"}, 10)
	if err != nil || len(got.Rows) != 1 || got.Rows[0].Line != 4 || strings.Join(got.Rows[0].Cells, "|") != "Mia|m@example.com" {
		t.Errorf("rows %+v, %v, want those of the sheet with both names", got, err)
	}
}

// Rows for an import are what a person sees in the spreadsheet: dates, leading zeros, percentages, booleans.
func TestReadRows_cases(t *testing.T) {
	t.Parallel()
	names := []string{"first_name", "phone", "zip", "custom_1", "custom_2"}
	for file, want := range map[string]string{
		"l01-loyalty-dates.xlsx": "Mia|470000001|1000|1990-05-17|0.3, Hans|+4915112345678|01067|1985-01-02|TRUE",
		"l02-loyalty-poi.xlsx":   "Mia|32470000001|9000|12|",
	} {
		content, err := os.ReadFile(filepath.Join("testdata", "cases", file))
		if err != nil {
			t.Fatal(err)
		}
		rows, err := recipients.ReadRows(t.Context(), recipients.File{Content: content}, names, 10)
		var got []string
		for _, r := range rows.Rows {
			got = append(got, strings.Join(r.Cells, "|"))
		}
		if text := strings.Join(got, ", "); err != nil || text != want {
			t.Errorf("%s: %s, %v, want %s", file, text, err, want)
		}
	}
}
