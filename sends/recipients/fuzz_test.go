package recipients_test

import (
	"errors"
	"testing"
	"unicode/utf8"

	"github.com/coupontools/couponbot/sends/recipients"
)

func FuzzRead(f *testing.F) {
	f.Add([]byte("Name;GSM\r\n\"Peeters; \"\"Mia\"\"\";0470 12 34 56\r\n\r\nJan;=\"0470123457\"\r\n"), "0/1", true)
	f.Add([]byte("sep=,\na@example.com,\"b@example.com\nc@example.com"), "", false)
	f.Add([]byte("\xFF\xFEa\x00@\x00b\x00.\x00b\x00e\x00\n\x00"), "0/0", false)
	f.Add([]byte("\uFEFFT\xe9l\t3.2E+10\rx\t32470123456.0"), "9/9", true)
	f.Add([]byte("PK\x03\x04"), "", true)
	f.Add(sheet(f, []any{"Phone", "Mail"}, []any{32470123456, "a@example.com"}, nil, []any{"0470123457"}), "", true)
	f.Fuzz(func(t *testing.T, content []byte, column string, sms bool) {
		fuzzRead(t, recipients.File{Name: "list.txt", Content: content, Column: column}, sms)
	})
}

// FuzzRead_sheet keeps the zip file valid, so that the sheet's content is reached.
func FuzzRead_sheet(f *testing.F) {
	f.Add(`<row r="1"><c r="A1" t="str"><v>Phone</v></c></row><row r="5"><c r="C5"><v>3.2E10</v></c></row>`, true)
	f.Add(`<row><c t="inlineStr"><is><t>a@example.com</t></is></c><c t="s"><v>7</v></c></row><row r="-1"/><row r="2"><c r="XFE9"/></row>`, false)
	f.Fuzz(func(t *testing.T, sheetData string, sms bool) {
		fuzzRead(t, recipients.File{Content: rawSheet(t, sheetData)}, sms)
	})
}

func fuzzRead(t *testing.T, file recipients.File, sms bool) {
	t.Helper()
	rules := recipients.Rules{Kind: recipients.Email, Max: 5}
	if sms {
		rules.Kind, rules.Region = recipients.SMS, "BE"
	}

	list, err := recipients.Read(t.Context(), "0470123456, a@example.com", &file, rules)

	switch fault, question := (*recipients.FileFault)(nil), (*recipients.ColumnQuestion)(nil); {
	case errors.As(err, &fault):
		checkReason(t, fault.Text)
		checkReason(t, fault.Hint)
	case errors.As(err, &question):
		checkColumns(t, question.Columns)
	case err != nil:
		t.Errorf("Read = %v, want a fault or a question", err)
	default:
		checkList(t, list, rules)
	}
}

func checkColumns(tb testing.TB, columns []recipients.Column) {
	tb.Helper()
	if len(columns) == 0 || len(columns) > recipients.MaxColumns {
		tb.Errorf("%d columns to choose from", len(columns))
	}
	seen := map[string]bool{}
	for _, c := range columns {
		if c.ID == "" || len(c.ID) > 75 || seen[c.ID] || c.Column.Letter == "" && !c.All || utf8.RuneCountInString(c.Column.Header) > 61 {
			tb.Errorf("column %+v has a bad ID or name", c)
		}
		seen[c.ID] = true
		for _, s := range c.Examples {
			if utf8.RuneCountInString(s) > 31 {
				tb.Errorf("column %+v shows too much", c)
			}
		}
	}
}

func checkList(tb testing.TB, list recipients.List, rules recipients.Rules) {
	tb.Helper()
	if len(list.Recipients) > rules.Max {
		tb.Errorf("%d recipients, want at most %d", len(list.Recipients), rules.Max)
	}
	seen := map[string]bool{}
	for _, r := range list.Recipients {
		if seen[r.To] || rules.Kind == recipients.SMS && !e164.MatchString(r.To) {
			tb.Errorf("recipient %+v comes twice or is no number", r)
		}
		if rules.Kind == recipients.Email {
			checkAddress(tb, r.To)
		}
		seen[r.To] = true
	}
	for _, o := range list.LeftOut {
		checkLeftOut(tb, o, 1<<20)
	}
}
