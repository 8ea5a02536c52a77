package recipients_test

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/coupontools/couponbot/sends/recipients"
)

// outcome summarises the result of a file: the source of the recipients, the recipients by row (only the first and last of
// many), and the skipped rows by rule; or the question; or the fault.
func outcome(list recipients.List, err error) string {
	if q, ok := errors.AsType[*recipients.ColumnQuestion](err); ok {
		var options []string
		for _, c := range q.Columns {
			options = append(options, optionText(c))
		}
		return "ask: " + strings.Join(options, ", ")
	}
	if err != nil {
		return err.Error()
	}
	parts := []string{sourceText(list.Source)}
	n := len(list.Recipients)
	for i, r := range list.Recipients {
		switch {
		case n <= 20 || i == 0 || i == n-1:
			parts = append(parts, fmt.Sprintf("%d %s", r.Line, r.To))
		case i == 1:
			parts = append(parts, fmt.Sprintf("%d more", n-2))
		}
	}
	for _, g := range list.Groups(1) {
		parts = append(parts, fmt.Sprintf("%d %s", g.Count, g.Rule))
	}
	return strings.Join(parts, ", ")
}

func optionText(c recipients.Column) string {
	name := strings.TrimSpace(c.Sheet + " " + c.Column.Letter)
	if c.All {
		name = "all"
	}
	if c.Else.Letter != "" {
		name += " else " + c.Else.Letter
	}
	return fmt.Sprintf("%s %d", name, c.Count)
}

func sourceText(s *recipients.Source) string {
	text := strings.TrimSpace(strings.TrimPrefix(s.Sheet, "Sheet1") + " " + s.Column.String())
	if s.AllColumns {
		text = "all columns"
	}
	if s.Else.Letter != "" {
		text += " else " + s.Else.String()
	}
	if s.Header > 0 {
		text += fmt.Sprintf(" below row %d", s.Header)
	}
	for _, c := range s.Consent {
		text += " with " + c.String()
	}
	if s.Encoding != "" {
		text += " in " + s.Encoding
	}
	return text
}

// The files in testdata/cases are modelled on exports of real programs; all people in them are invented.
func TestRead_cases(t *testing.T) {
	t.Parallel()
	sms := func(region string) recipients.Rules { return recipients.Rules{Kind: recipients.SMS, Region: region} }
	for _, tt := range []struct {
		file  string
		rules recipients.Rules
		want  string
	}{
		{"c03-hubspot.csv", smsBE, "ask: F 40, F else E 100, E 75"},
		{"c03-hubspot.csv", email, "column D “Email” below row 1, 2 p1@example.com, 98 more, 101 p100@example.com"},
		{"c04-emergency-contact.csv", smsBE, "column B “Phone” below row 1, 2 +32470000001, 3 +32470000002, 4 +32470000003, 5 +32470000004, 6 " +
			"+32470000005, 7 +32470000006, 8 +32470000007, 9 +32470000008, 10 +32470000009, 11 +32470000010, 12 " +
			"+32470000011, 13 +32470000012, 14 +32470000013, 15 +32470000014, 16 +32470000015, 17 +32470000016, " +
			"18 +32470000017, 19 +32470000018, 20 +32470000019, 21 +32470000020"},
		{"c04e-mail-login.csv", email, "ask: B 20, C 20"},
		{"c06-macroman-nbsp.csv", smsBE, "column B “GSM” below row 1 in Mac OS Roman, 2 +32470000001, 3 +32470000002"},
		{"c08-sheets-error.csv", smsBE, "column B “Phone” below row 1, 2 +32470000001, 3 invalid"},
		{"c09-enterprise-number.csv", smsBE, "ask: A 8"},
		{"c09-enterprise-number.csv", email, "column C “E-mail” below row 1, 2 info1@example.com, 3 info2@example.com, " +
			"4 info3@example.com, 5 info4@example.com, 6 info5@example.com, 7 info6@example.com, 8 info7@example.com, 9 info8@example.com"},
		{"c09c-kbo-and-contact.csv", smsBE, "column C “Contact” below row 1, 2 +32470000001, 3 +32470000002, 4 +32470000003, " +
			"5 +32470000004, 6 +32470000005, 7 +32470000006, 8 +32470000007, 9 +32470000008"},
		{"c12b-th-001.csv", sms("TH"), "column B “Mobile” below row 1, 2 +66812345678, 3 +6592345678, 4 +4792345678, 5 +8613800138000"},
		{"c14b-two-mails-comma.csv", email, "column B “E-mail” below row 1, 2 a1@example.com, 2 b1@example.com, 3 a2@example.com, 3 " +
			"b2@example.com, 4 a3@example.com, 4 b3@example.com, 5 a4@example.com, 5 b4@example.com, 6 " +
			"a5@example.com, 6 b5@example.com, 7 a6@example.com, 7 b6@example.com, 8 a7@example.com, 8 " +
			"b7@example.com, 9 a8@example.com, 10 a9@example.com, 11 a10@example.com"},
		{"c16-outlook-list.csv", email, "all columns, 1 a1@example.com, 1 a2@example.com, 1 a3@example.com, 2 a4@example.com, " +
			"2 a5@example.com, 2 a6@example.com, 3 a7@example.com, 3 a8@example.com"},
		{"c18-prefixes.csv", smsBE, "column B “Phone” below row 1, 2 +32470000001, 3 +32470000002, 4 +32470000003, 5 +32470000004, 6 " +
			"+32470000005, 7 +32470000006, 8 +32470000007, 9 +32470000008, 10 +32470000009, 11 +32470000010, 12 " +
			"+32470000011, 13 +32470000012, 2 invalid"},
		{"c19-world.csv", smsBE, "column B “Phone” below row 1, 2 +2290197000001, 4 +2250712345678, 6 +525512345678, 8 " +
			"+5491123456789, 9 +541123456789, 10 +85247431471, 11 +393471234567, 13 +491711234567, 16 " +
			"+24107123456, 17 +24177123456, 18 +22890123456, 19 +61494123456, 3 invalid, 2 length, 1 duplicate"},
		{"c19e-de.csv", sms("DE"), "column B “Telefon” below row 1, 2 +491711234567, 5 unclear"},
		{"c19f-at.csv", sms("AT"), "column B “Telefon” below row 1, 2 +436641234567, 2 unclear, 1 length"},
		{"c20-lost-first-row.csv", smsBE, "ask: B 2"},
		{"c21-zero-width.csv", email, "column A “Email” below row 1, 2 mia@example.com, 3 jan@example.com, 4 an@example.com, 5 " +
			"bo@example.com, 7 dirk@example.com, 8 els@example.com, 1 invalid"},
		{"c22-consent.csv", smsBE, "column H “Phone” below row 1 with column I “Accepts SMS Marketing”, 2 +32470000001, " +
			"4 +32470000003, 6 +32470000005, 8 +32470000007, 4 no_consent"},
		{"c22-consent.csv", email, "column D “Email” below row 1 with column E “Accepts Email Marketing”, 2 p1@example.com, " +
			"4 p3@example.com, 6 p5@example.com, 8 p7@example.com, 4 no_consent"},
		{"c22b-unsubscribed.csv", email, "column A “Email Address” below row 1 with column C “Status”, 2 p1@example.com, " +
			"4 p3@example.com, 6 p5@example.com, 8 p7@example.com, 4 no_consent"},
		{"e01-first-row-word.csv", smsBE, "column A, 1 +32470000001, 2 +32470000002, 3 +32470000003"},
		{"e01b-first-row-word.txt", smsBE, "column A, 1 +32470000001, 2 +32470000002"},
		{"e02-outlook-quotes.txt", email, "all columns, 1 mia@example.com, 1 jan@example.com, 1 an@example.com"},
		{"e04-one-column-two.csv", smsBE, "column A “GSM” below row 1, 2 +32470000001, 2 +32471000001, 3 +32470000002, " +
			"3 +32471000002, 4 +32470000003"},
		{"e06-de-mixed.csv", sms("DE"), "column B “Telefon” below row 1, 2 +4915110000001, 3 +4915110000002, 4 +4915110000003, " +
			"5 +4915110000004, 6 +4915110000005, 7 foreign_without_plus"},
		{"e11-opt-out.csv", smsBE, "column B “GSM” below row 1 with column C “Opt-out SMS”, 3 +32470000002, 5 +32470000004, " +
			"7 +32470000006, 3 no_consent"},
		{"x01-filtered-rows.xlsx", smsBE, "Klanten column C “GSM” below row 1, 4 +32470000003, 7 +32470000006, 10 +32470000009, 6 hidden"},
		{"x02-hidden-sheet.xlsx", smsBE, "Nu column B “GSM” below row 1, 2 +32470002001, 3 +32470002002"},
		{"x04-poi-numeric.xlsx", smsBE, "Export column B “GSM” below row 1, 2 +32470000001, 3 +32470000002, 4 +32470000003, " +
			"5 +32470000004, 6 +32470000005"},
		{"x05b-formula-uncached.xlsx", smsBE, "The column B “GSM” has formulas that were never calculated. Open the file once in the " +
			"spreadsheet program, save it, and upload it again."},
		{"x09-long-sheet-name.xlsx", smsBE, "Klantenlijst nieuwsbrief voorjaar 2026 column B “GSM” below row 1, 2 +32470002001, 3 +32470002002"},
		{"x09b-sheet-name-slash.xlsx", smsBE, "Klanten 1/2 column B “GSM” below row 1, 2 +32470002001, 3 +32470002002"},
		{"x11-two-in-a-cell.xlsx", smsBE, "column B “GSM” below row 1, 2 +32470000001, 3 +32470000002, 3 +32470000003, 4 +32470000004, 4 " +
			"+32470000005, 5 +32470000006, 5 +32470000007, 6 +32470000008, 6 +32470000009, 7 +32470000010, 7 " +
			"+32470000011, 8 +32470000012, 8 +32470000013, 9 +32470000014"},
		{"x12-plus-in-format.xlsx", smsBE, "column B “GSM” below row 1, 2 +32470000001, 4 foreign_without_plus"},
		{"x12b.xlsx", sms("AT"), "column B “GSM” below row 1, 5 foreign_without_plus"},
		{"x14-rows-unsorted.xlsx", smsBE, "column A “GSM” below row 1, 3 +32470000003, 2 +32470000002, 4 +32470000004"},
		{"x16-side-by-side.xlsx", smsBE, "ask: B 2, E 2"},
	} {
		t.Run(fmt.Sprint(tt.file, " ", tt.rules.Kind, " ", tt.rules.Region), func(t *testing.T) {
			t.Parallel()
			content, err := os.ReadFile(filepath.Join("testdata", "cases", tt.file))
			if err != nil {
				t.Fatal(err)
			}

			got := outcome(recipients.Read(t.Context(), "", &recipients.File{Name: tt.file, Content: content}, tt.rules))

			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("Read (-want +got):\n%s", diff)
			}
		})
	}
}
