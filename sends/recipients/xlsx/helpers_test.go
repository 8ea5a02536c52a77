package xlsx_test

import (
	"archive/zip"
	"bytes"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/coupontools/couponbot/sends/recipients/xlsx"
)

const (
	mainNamespace    = `xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"`
	officeNamespace  = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
	packageNamespace = `xmlns="http://schemas.openxmlformats.org/package/2006/relationships"`
)

// parts are the parts of a workbook by name.
type parts map[string]string

// with returns the parts with some replaced or, if empty, removed. Names and contents alternate.
func (p parts) with(changes ...string) parts {
	p = maps.Clone(p)
	for i := 0; i < len(changes); i += 2 {
		if p[changes[i]] = changes[i+1]; changes[i+1] == "" {
			delete(p, changes[i])
		}
	}
	return p
}

func (p parts) zip(tb testing.TB) []byte {
	tb.Helper()
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	for _, name := range slices.Sorted(maps.Keys(p)) {
		method := zip.Deflate
		if len(p[name]) < 100 {
			method = zip.Store
		}
		w, err := z.CreateHeader(&zip.FileHeader{Name: name, Method: method})
		if err != nil {
			tb.Fatal(err)
		}
		if _, err := w.Write([]byte(p[name])); err != nil {
			tb.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		tb.Fatal(err)
	}
	return b.Bytes()
}

// sheet returns a workbook with one sheet and these rows.
func sheet(rows string) parts {
	return worksheet(`<worksheet ` + mainNamespace + `><sheetData>` + rows + `</sheetData></worksheet>`)
}

func worksheet(xml string) parts {
	return parts{
		"_rels/.rels":                relations(`<Relationship Id="r1" Type="` + officeNamespace + `/officeDocument" Target="xl/workbook.xml"/>`),
		"xl/workbook.xml":            workbook(`<sheets><sheet name="List" sheetId="1" r:id="rId1"/></sheets>`),
		"xl/_rels/workbook.xml.rels": relations(relation("rId1", "worksheet", "worksheets/sheet1.xml")),
		"xl/worksheets/sheet1.xml":   xml,
	}
}

func workbook(inner string) string {
	return `<workbook ` + mainNamespace + ` xmlns:r="` + officeNamespace + `">` + inner + `</workbook>`
}

func relations(inner string) string {
	return `<Relationships ` + packageNamespace + `>` + inner + `</Relationships>`
}

func relation(id, kind, target string) string {
	return fmt.Sprintf(`<Relationship Id="%s" Type="%s/%s" Target="%s"/>`, id, officeNamespace, kind, target)
}

// column returns rows with one cell each, given their attributes and inner XML.
func column(cells ...string) string {
	rows := ""
	for _, c := range cells {
		rows += "<row><c " + c + "</c></row>"
	}
	return rows
}

// open opens a valid workbook.
func open(tb testing.TB, content []byte) *xlsx.Book {
	tb.Helper()
	book, err := xlsx.Open(tb.Context(), content)
	if err != nil {
		tb.Fatalf("Open = %v", err)
	}
	return book
}

// read returns the rows of the first sheet, such as `1: "Phone" | 2 hidden: "0470"`, and the error that ends them.
func read(tb testing.TB, content []byte, as xlsx.Values) (string, error) {
	tb.Helper()
	book, err := xlsx.Open(tb.Context(), content)
	if err != nil {
		return "", err
	}
	var rows []string
	for row, err := range book.Sheets[0].Rows(tb.Context(), as) {
		if err != nil {
			return strings.Join(rows, " | "), err
		}
		text := fmt.Sprint(row.Number)
		if row.Hidden {
			text += " hidden"
		}
		text += ":"
		for _, c := range row.Cells {
			text += fmt.Sprintf(" %q", c)
		}
		rows = append(rows, text)
	}
	return strings.Join(rows, " | "), nil
}

// wantRows reads the first sheet and compares it.
func wantRows(tb testing.TB, content []byte, as xlsx.Values, want string) {
	tb.Helper()
	if got, err := read(tb, content, as); err != nil || got != want {
		tb.Errorf("rows = %s, %v\nwant   %s", got, err, want)
	}
}
