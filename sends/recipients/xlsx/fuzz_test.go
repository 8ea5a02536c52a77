package xlsx_test

import (
	"bytes"
	"errors"
	"testing"
	"unicode/utf8"

	"github.com/coupontools/couponbot/sends/recipients/xlsx"
)

// FuzzOpen reads archives that are damaged somewhere.
func FuzzOpen(f *testing.F) {
	f.Add(sheet(oneRow).with("xl/sharedStrings.xml", "<sst><si><t>a</t></si></sst>", "xl/styles.xml", `<styleSheet><cellXfs><xf numFmtId="14"/></cellXfs></styleSheet>`).zip(f))
	f.Add(utf16Parts(sheet(oneRow), true).zip(f))
	f.Add([]byte("PK\x05\x06"))
	f.Fuzz(func(t *testing.T, content []byte) { checkBook(t, content) })
}

// FuzzFlip changes one byte of a valid archive, since a fuzzer that changes everything rarely leaves it readable.
func FuzzFlip(f *testing.F) {
	content := sheet(oneRow).zip(f)
	f.Add(uint(500), byte(1))
	f.Fuzz(func(t *testing.T, at uint, change byte) {
		changed := bytes.Clone(content)
		changed[at%uint(len(changed))] ^= change
		checkBook(t, changed)
	})
}

// FuzzSheet keeps the zip file valid, so that the parts' content is reached.
func FuzzSheet(f *testing.F) {
	f.Add(`<row r="1"><c r="A1" t="s"><v>0</v></c><c s="1"><v>3.2E10</v></c></row>`, "_x0041_<![CDATA[x]]>", "+0;-0")
	f.Add(`<row ht="0"><c t="inlineStr"><is><r><t>a</t></r></is></c><c t="d"><v>1990-05-17</v></c></row><row r="-1"/>`, "", "[h]:mm;@")
	f.Add(`<row><c s="1"><f>A1</f></c><c r="XFE9" s="1"><v>-0.00001</v></c></row>`, "&#65;", "[<=99]0.0#,,%;???")
	f.Fuzz(func(t *testing.T, rows, text, code string) {
		checkBook(t, sheet(rows).with(
			"xl/sharedStrings.xml", "<sst><si><t>"+text+"</t></si></sst>",
			"xl/styles.xml", `<styleSheet><numFmts><numFmt numFmtId="164" formatCode="`+code+`"/></numFmts><cellXfs><xf/><xf numFmtId="164"/></cellXfs></styleSheet>`,
		).zip(t))
	})
}

// FuzzFormat formats all kinds of numbers with all kinds of formats.
func FuzzFormat(f *testing.F) {
	f.Add("0000000000", "470000001")
	f.Add(`[<=9999999]###-####;(###) ###-####`, "-8005551234")
	f.Add(`yyyy\-mm\-dd h:mm:ss.0;@`, "33010.6")
	f.Add(`0.0#,,"M" %`, "1.5E300")
	f.Fuzz(func(t *testing.T, code, value string) {
		if utf8.ValidString(code) && utf8.ValidString(value) {
			checkBook(t, styled(t, code, "><v>"+value+"</v>", ""))
		}
	})
}

// checkBook checks what holds for every file: reading it twice gives the same result, or an error of this package.
func checkBook(t *testing.T, content []byte) {
	t.Helper()
	book, err := xlsx.Open(t.Context(), content)
	if err != nil {
		checkError(t, err)
		return
	}
	for _, s := range book.Sheets {
		hidden, err := s.HiddenColumns(t.Context())
		checkError(t, err)
		if len(hidden) != xlsx.MaxColumns {
			t.Errorf("%d columns", len(hidden))
		}
		for _, as := range []xlsx.Values{xlsx.Raw, xlsx.Formatted} {
			if first, again := checkRows(t, s, as), checkRows(t, s, as); first != again {
				t.Errorf("a sheet has %d rows, and then %d", first, again)
			}
		}
	}
}

func checkRows(t *testing.T, s *xlsx.Sheet, as xlsx.Values) (rows int) {
	t.Helper()
	for row, err := range s.Rows(t.Context(), as) {
		rows++
		if err != nil {
			checkError(t, err)
			return -rows
		}
		if row.Number < 1 || row.Number > xlsx.MaxRows || len(row.Cells) > xlsx.MaxColumns {
			t.Errorf("row %d has %d cells", row.Number, len(row.Cells))
		}
		for _, c := range row.Cells {
			const formatted = 2000 // what a format may add
			if !utf8.ValidString(c) || utf8.RuneCountInString(c) > xlsx.MaxCellRunes+formatted {
				t.Errorf("row %d has the cell %.100q", row.Number, c)
			}
		}
	}
	return rows
}

func checkError(t *testing.T, err error) {
	t.Helper()
	if err != nil && !errors.Is(err, xlsx.ErrDamaged) && !errors.Is(err, xlsx.ErrTooLarge) && !errors.Is(err, xlsx.ErrNotWorkbook) {
		t.Errorf("error %v is none of this package", err)
	}
}
