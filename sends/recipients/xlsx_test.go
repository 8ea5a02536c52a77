package recipients_test

import (
	"archive/zip"
	"bytes"
	"encoding/binary"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/xuri/excelize/v2"

	"github.com/coupontools/couponbot/sends/recipients"
)

// workbook makes an XLSX file of sheets of rows. A nil row is left out.
func workbook(tb testing.TB, sheets ...[][]any) []byte {
	tb.Helper()
	book := excelize.NewFile()
	for i, rows := range sheets {
		name := fmt.Sprintf("Sheet%d", i+1)
		if i > 0 {
			if _, err := book.NewSheet(name); err != nil {
				tb.Fatal(err)
			}
		}
		for n, row := range rows {
			if err := book.SetSheetRow(name, fmt.Sprintf("A%d", n+1), &row); row != nil && err != nil {
				tb.Fatal(err)
			}
		}
	}
	var b bytes.Buffer
	if err := book.Write(&b); err != nil {
		tb.Fatal(err)
	}
	return b.Bytes()
}

func sheet(tb testing.TB, rows ...[]any) []byte {
	tb.Helper()
	return workbook(tb, rows)
}

// rawSheet makes an XLSX file with one sheet whose rows are written as they are.
func rawSheet(tb testing.TB, sheetData string) []byte {
	tb.Helper()
	return zipped(tb, rawParts(sheetData))
}

func rawParts(sheetData string) map[string]string {
	const main, relations = "http://schemas.openxmlformats.org/spreadsheetml/2006/main", "http://schemas.openxmlformats.org/package/2006/relationships"
	const office = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
	return map[string]string{
		"[Content_Types].xml":        `<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"><Default Extension="xml" ContentType="application/xml"/></Types>`,
		"_rels/.rels":                `<Relationships xmlns="` + relations + `"><Relationship Id="r1" Type="` + office + `/officeDocument" Target="xl/workbook.xml"/></Relationships>`,
		"xl/workbook.xml":            `<workbook xmlns="` + main + `" xmlns:r="` + office + `"><sheets><sheet name="List" sheetId="1" r:id="r1"/></sheets></workbook>`,
		"xl/_rels/workbook.xml.rels": `<Relationships xmlns="` + relations + `"><Relationship Id="r1" Type="` + office + `/worksheet" Target="worksheets/sheet1.xml"/></Relationships>`,
		"xl/worksheets/sheet1.xml":   `<worksheet xmlns="` + main + `"><sheetData>` + sheetData + `</sheetData></worksheet>`,
	}
}

func zipped(tb testing.TB, parts map[string]string) []byte {
	tb.Helper()
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	for name, content := range parts {
		w, err := z.Create(name)
		if err != nil {
			tb.Fatal(err)
		}
		if _, err := w.Write([]byte(content)); err != nil {
			tb.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		tb.Fatal(err)
	}
	return b.Bytes()
}

func TestRead_XLSX(t *testing.T) {
	t.Parallel()
	const a, b = "+32470000001", "+32470000002"
	number := func(values ...string) []byte {
		rows := ""
		for i, v := range values {
			rows += fmt.Sprintf(`<row r="%[1]d"><c r="A%[1]d"><v>%[2]s</v></c></row>`, i+1, v)
		}
		return rawSheet(t, rows)
	}
	for name, tt := range map[string]struct {
		content []byte
		want    string
	}{
		"text with a header":         {sheet(t, []any{"Name", "GSM"}, []any{"Mia", a}, []any{"Jan", "0470 00 00 02"}), "row 2: " + a + ", row 3: " + b},
		"whole numbers":              {sheet(t, []any{"Phone"}, []any{470000001}, []any{32470000002}), "row 2: " + a + ", row 3: " + b},
		"blank rows between":         {sheet(t, []any{"Phone"}, []any{a}, nil, []any{b}, []any{""}), "row 2: " + a + ", row 4: " + b},
		"no header":                  {sheet(t, []any{"Mia", 12, a}, []any{"Jan", 13, b}), "row 1: " + a + ", row 2: " + b},
		"a title above":              {sheet(t, []any{"Our clients"}, nil, []any{"Name", "Mobile"}, []any{"Mia", a}), "row 4: " + a},
		"the second sheet":           {workbook(t, [][]any{{"Read me"}, {"please"}}, [][]any{{"Name", "Phone"}, {"Mia", a}}), "row 2: " + a},
		"an empty first sheet":       {workbook(t, nil, [][]any{{a}}), "row 1: " + a},
		"stored in scientific form":  {number(a, "3.2470000001E10", "3.2470000001e+10", "4.7E+8"), "row 1: " + a + ", row 4: +32470000000, row 2: duplicate, row 3: duplicate"},
		"stored with a fraction":     {number(a, "32470000001.5", "470000001.0", "32470000000.999996"), "row 1: " + a + ", row 2: spreadsheet, row 3: duplicate, row 4: spreadsheet"},
		"stored with all its digits": {number("32470000001", "470000002"), "row 1: " + a + ", row 2: " + b},
		"more digits than Excel has": {number(a, "32470000001000000"), "row 1: " + a + ", row 2: length"},
		"rows without numbers of their own, and inline text": {
			rawSheet(t, `<row><c t="inlineStr"><is><t>Phone</t></is></c></row><row><c t="inlineStr"><is><r><t>+3247</t></r><r><t>0000001</t></r></is></c></row>`),
			"row 2: " + a,
		},
		"gaps between rows and cells": {
			rawSheet(t, `<row r="3"><c r="D3" t="str"><v>`+a+`</v></c></row><row r="6"><c r="D6" t="str"><f>X()</f><v>`+b+`</v></c></row>`),
			"row 3: " + a + ", row 6: " + b,
		},
		"an error of a formula": {rawSheet(t, `<row r="1"><c r="A1" t="str"><v>`+a+`</v></c></row><row r="2"><c r="A2" t="e"><v>#N/A</v></c></row>`), "row 1: " + a + ", row 2: invalid"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()

			list, err := recipients.Read(t.Context(), "", &recipients.File{Content: tt.content}, smsBE)

			if diff := cmp.Diff(tt.want, inFile(described(list))); err != nil || diff != "" {
				t.Errorf("Read = %v (-want +got):\n%s", err, diff)
			}
		})
	}
}

func TestRead_XLSX_number_without_country(t *testing.T) {
	t.Parallel()
	content := sheet(t, []any{"Phone"}, []any{32470000001}, []any{470000002})

	list, err := recipients.Read(t.Context(), "", &recipients.File{Content: content}, recipients.Rules{Kind: recipients.SMS})

	if got := inFile(described(list)); err != nil || got != "row 2: foreign_without_plus, row 3: no_country" {
		t.Errorf("Read = %s, %v, want both refused for want of a country", got, err)
	}
}

// claiming changes the size that a zip file's directory says of its largest part.
func claiming(content []byte, size uint32) []byte {
	content = bytes.Clone(content)
	const unzipped = 24 // where the size stands behind the signature of an entry
	for at := range content {
		if bytes.HasPrefix(content[at:], []byte("PK\x01\x02")) && binary.LittleEndian.Uint32(content[at+unzipped:]) > 1<<16 {
			binary.LittleEndian.PutUint32(content[at+unzipped:], size)
		}
	}
	return content
}

func TestRead_XLSX_bombs(t *testing.T) {
	t.Parallel()
	large := rawSheet(t, strings.Repeat(`<row><c t="str"><v>x</v></c></row>`, 10_000))
	tags := rawParts(`<row><c t="s"><v>0</v></c></row>`)
	tags["xl/sharedStrings.xml"] = strings.Repeat("<", 5<<20)
	for name, tt := range map[string]struct {
		content []byte
		want    string
	}{
		"strings that end":    {zipped(t, tags), "damaged"},
		"larger than it is":   {claiming(large, 200<<20), "damaged"},
		"sizes that are lies": {claiming(large, 1000), "damaged"},
		"too many columns":    {rawSheet(t, `<row r="1"><c r="XFD1" t="str"><v>x</v></c></row>`), "more than 1024 columns"},
		"too many rows":       {rawSheet(t, `<row r="1048576"><c t="str"><v>x</v></c></row><row><c t="str"><v>x</v></c></row>`), "more than 1,048,576 rows"},
		"a cell without end":  {rawSheet(t, `<row r="1"><c t="str"><v>`+strings.Repeat("x", 1<<20)+`</v></c></row>`), "too long"},
		"broken XML":          {rawSheet(t, `<row r="1"><c t="str"><v>+32470000001</v></c></row><row r="2"><c></row>`), "damaged"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			checkFault(t, "x.xlsx", tt.content, smsBE, tt.want)
		})
	}
}

// Styles and pictures of any size do not stand in the way.
func TestRead_XLSX_with_large_parts_of_no_use(t *testing.T) {
	t.Parallel()
	parts := rawParts(`<row><c t="str"><v>Phone</v></c></row><row><c t="s" s="5"><v>1</v></c></row>`)
	parts["xl/styles.xml"] = "<styleSheet><cellXfs>" + strings.Repeat("<xf/>", 1<<18) + "</cellXfs></styleSheet>"
	parts["xl/sharedStrings.xml"] = `<sst xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><si><t>x</t></si><si><r><t>0470</t></r><r><t>000001</t></r></si></sst>`

	list, err := recipients.Read(t.Context(), "", &recipients.File{Content: zipped(t, parts)}, smsBE)

	if got := inFile(described(list)); err != nil || got != "row 2: +32470000001" {
		t.Errorf("Read = %s, %v, want the number", got, err)
	}
}
