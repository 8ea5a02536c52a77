package xlsx_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/coupontools/couponbot/sends/recipients/xlsx"
)

const oneRow = `<row r="1"><c r="A1" t="str"><v>x</v></c></row>`

func TestOpen_sheets(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("Klantenlijst ", 10)
	for name, tt := range map[string]struct {
		workbook, want string
	}{
		"one sheet":                         {`<sheets><sheet name="A" r:id="w1"/></sheets>`, "A front"},
		"the tab in front":                  {`<bookViews><workbookView activeTab="1"/></bookViews><sheets><sheet name="A" r:id="w1"/><sheet name="B" r:id="w2"/></sheets>`, "A, B front"},
		"only the first view counts":        {`<bookViews><workbookView activeTab="1"/><workbookView activeTab="0"/></bookViews><sheets><sheet name="A" r:id="w1"/><sheet name="B" r:id="w2"/></sheets>`, "A, B front"},
		"a hidden sheet":                    {`<sheets><sheet name="A" state="hidden" r:id="w1"/><sheet name="B" state="visible" r:id="w2"/></sheets>`, "A hidden, B front"},
		"a very hidden sheet in front":      {`<bookViews><workbookView activeTab="1"/></bookViews><sheets><sheet name="A" r:id="w1"/><sheet name="B" state="veryHidden" r:id="w2"/></sheets>`, "A front, B hidden"},
		"all hidden":                        {`<sheets><sheet name="A" state="hidden" r:id="w1"/></sheets>`, "A hidden"},
		"a chart is no sheet, but a tab":    {`<bookViews><workbookView activeTab="2"/></bookViews><sheets><sheet name="A" r:id="w1"/><sheet name="C" r:id="chart"/><sheet name="B" r:id="w2"/></sheets>`, "A, B front"},
		"a chart in front":                  {`<bookViews><workbookView activeTab="0"/></bookViews><sheets><sheet name="C" r:id="chart"/><sheet name="B" r:id="w2"/></sheets>`, "B front"},
		"macros and dialogs are no sheets":  {`<sheets><sheet name="M" r:id="macro"/><sheet name="D" r:id="dialog"/><sheet name="B" r:id="w2"/></sheets>`, "B front"},
		"a tab that does not exist":         {`<bookViews><workbookView activeTab="-7"/></bookViews><sheets><sheet name="A" r:id="w1"/></sheets>`, "A front"},
		"names of any length and character": {`<sheets><sheet name="Klanten 1/2 [x]:*?\" r:id="w1"/><sheet name="` + long + `" r:id="w2"/><sheet name="é &amp; 🎉" r:id="w1"/></sheets>`, `Klanten 1/2 [x]:*?\ front, ` + long + ", é & 🎉"},
		"other elements of the same name":   {`<workbookPr/><sheets><sheet name="A" r:id="w1"/></sheets><extLst><ext><sheets><sheet name="X"/></sheets><workbookView activeTab="1"/></ext></extLst>`, "A front"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			content := sheet(oneRow).with(
				"xl/workbook.xml", workbook(tt.workbook),
				"xl/_rels/workbook.xml.rels", relations(relation("w1", "worksheet", "worksheets/sheet1.xml")+relation("w2", "worksheet", "worksheets/sheet1.xml")+
					relation("chart", "chartsheet", "chartsheets/sheet1.xml")+relation("dialog", "dialogsheet", "dialogsheets/sheet1.xml")+
					`<Relationship Id="macro" Type="http://schemas.microsoft.com/office/2006/relationships/xlMacrosheet" Target="macrosheets/sheet1.xml"/>`),
			).zip(t)

			var got []string
			for _, s := range open(t, content).Sheets {
				text := s.Name
				if s.Hidden {
					text += " hidden"
				}
				if s.Front {
					text += " front"
				}
				got = append(got, text)
			}
			if got := strings.Join(got, ", "); got != tt.want {
				t.Errorf("sheets = %s, want %s", got, tt.want)
			}
		})
	}
}

// Programs name and link the parts in many ways.
func TestOpen_parts(t *testing.T) {
	t.Parallel()
	normal := sheet(`<row r="1"><c r="A1" t="s" s="1"><v>1</v></c><c r="B1" s="1"><v>7</v></c></row>`).with(
		"xl/sharedStrings.xml", `<sst><si><t>no</t></si><si><t>yes</t></si></sst>`,
		"xl/styles.xml", `<styleSheet><cellXfs><xf/><xf numFmtId="2"/></cellXfs></styleSheet>`,
		"xl/_rels/workbook.xml.rels", relations(relation("rId1", "worksheet", "worksheets/sheet1.xml")+relation("s", "sharedStrings", "sharedStrings.xml")+relation("t", "styles", "styles.xml")),
	)
	moved := func(changes ...string) parts {
		p := normal.with()
		for i := 0; i < len(changes); i += 2 {
			p = p.with(changes[i+1], p[changes[i]], changes[i], "")
		}
		return p
	}
	rels := func(sheet, strings, styles string) string {
		return relations(relation("rId1", "worksheet", sheet) + relation("s", "sharedStrings", strings) + relation("t", "styles", styles))
	}
	const workbookRels = "xl/_rels/workbook.xml.rels"
	for name, p := range map[string]parts{
		"relative targets":            normal,
		"absolute targets":            normal.with(workbookRels, rels("/xl/worksheets/sheet1.xml", "/xl/sharedStrings.xml", "/xl/styles.xml")),
		"targets with dots":           normal.with(workbookRels, rels("../xl/./worksheets/sheet1.xml", "../xl/sharedStrings.xml", "worksheets/../styles.xml")),
		"targets in another case":     normal.with(workbookRels, rels("Worksheets/SHEET1.xml", "SharedStrings.xml", "Styles.XML")),
		"targets with backslashes":    normal.with(workbookRels, rels(`worksheets\sheet1.xml`, `\xl\sharedStrings.xml`, "styles.xml")),
		"names with backslashes":      moved("xl/worksheets/sheet1.xml", `xl\worksheets\sheet1.xml`, "xl/workbook.xml", `xl\workbook.xml`, workbookRels, `xl\_rels\workbook.xml.rels`),
		"names in another case":       moved("xl/workbook.xml", "XL/Workbook.xml", "xl/sharedStrings.xml", "xl/SharedStrings.xml", "_rels/.rels", "_rels/.Rels"),
		"names with a slash in front": moved("xl/workbook.xml", "/xl/workbook.xml", "xl/styles.xml", "/xl/styles.xml"),
		"escaped names":               moved("xl/worksheets/sheet1.xml", "xl/my sheet.xml").with(workbookRels, rels("my%20sheet.xml", "sharedStrings.xml", "styles.xml")),
		"sheets in another folder":    moved("xl/worksheets/sheet1.xml", "data/deep/s.xml").with(workbookRels, rels("../data/deep/s.xml", "sharedStrings.xml", "styles.xml")),
		"another name for everything": moved("xl/workbook.xml", "a/b/main.xml", workbookRels, "a/b/_rels/main.xml.rels").with(
			"_rels/.rels", relations(`<Relationship Id="x" Type="http://x/thumbnail" Target="t.png"/>`+relation("r", "officeDocument", "a/b/main.xml")),
			"a/b/_rels/main.xml.rels", rels("../../xl/worksheets/sheet1.xml", "/xl/sharedStrings.xml", "/xl/styles.xml")),
		"the workbook at the top": moved("xl/workbook.xml", "wb.xml", workbookRels, "_rels/wb.xml.rels").with(
			"_rels/.rels", relations(relation("r", "officeDocument", "wb.xml")), "_rels/wb.xml.rels", rels("xl/worksheets/sheet1.xml", "xl/sharedStrings.xml", "xl/styles.xml")),
		"no package relationships":             normal.with("_rels/.rels", ""),
		"strings and styles not in the links":  normal.with(workbookRels, relations(relation("rId1", "worksheet", "worksheets/sheet1.xml"))),
		"an external link of the same kind":    normal.with(workbookRels, relations(`<Relationship Id="e" Type="http://x/styles" TargetMode="External" Target="http://example.com"/>`+relation("rId1", "worksheet", "worksheets/sheet1.xml"))),
		"strict namespaces":                    strict(normal),
		"prefixes":                             prefixed(normal),
		"UTF-16":                               utf16Parts(normal, true),
		"UTF-16 without a mark":                utf16Parts(normal, false),
		"a UTF-8 mark, a comment and a script": normal.with("xl/workbook.xml", "\uFEFF<?xml version=\"1.0\" encoding=\"utf-8\"?><!-- - --><?x y?>"+normal["xl/workbook.xml"]+"\r\n<!-- end -->"),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			wantRows(t, p.zip(t), xlsx.Formatted, `1: "yes" "7.00"`)
		})
	}
}

func strict(p parts) parts {
	p = p.with()
	for name, content := range p {
		content = strings.ReplaceAll(content, "http://schemas.openxmlformats.org/spreadsheetml/2006/main", "http://purl.oclc.org/ooxml/spreadsheetml/main")
		p[name] = strings.ReplaceAll(content, officeNamespace, "http://purl.oclc.org/ooxml/officeDocument/relationships")
	}
	return p
}

func prefixed(p parts) parts {
	p = p.with()
	for name, content := range p {
		if !strings.HasSuffix(name, ".rels") {
			content = strings.NewReplacer("</", "</x:", "<", "<x:", "xmlns=", "xmlns:x=").Replace(content)
		}
		p[name] = strings.ReplaceAll(content, "r:id", "rel:id")
	}
	return p
}

func utf16Parts(p parts, marked bool) parts {
	p = p.with()
	big := false
	for name, content := range p {
		text := ""
		if marked {
			text = "\uFEFF"
		}
		text += `<?xml version="1.0" encoding="UTF-16"?>` + content
		wide := make([]byte, 0, 2*len(text))
		for _, r := range text {
			if big {
				wide = append(wide, byte(r>>8), byte(r))
			} else {
				wide = append(wide, byte(r), byte(r>>8))
			}
		}
		p[name] = string(wide)
		big = !big
	}
	return p
}

func TestOpen_faults(t *testing.T) {
	t.Parallel()
	normal := sheet(oneRow)
	for name, tt := range map[string]struct {
		content []byte
		want    error
	}{
		"nothing":                          {nil, xlsx.ErrDamaged},
		"no zip file":                      {[]byte("PK\x03\x04 and so on"), xlsx.ErrDamaged},
		"cut short":                        {normal.zip(t)[:600], xlsx.ErrDamaged},
		"another zip file":                 {parts{"a.txt": "x"}.zip(t), xlsx.ErrNotWorkbook},
		"no workbook where the link leads": {normal.with("xl/workbook.xml", "").zip(t), xlsx.ErrNotWorkbook},
		"a Word document":                  {normal.with("xl/workbook.xml", "<document/>").zip(t), xlsx.ErrNotWorkbook},
		"no element in the workbook":       {normal.with("xl/workbook.xml", "{}").zip(t), xlsx.ErrDamaged},
		"a broken workbook":                {normal.with("xl/workbook.xml", workbook("<sheets>")).zip(t), xlsx.ErrDamaged},
		"two roots":                        {normal.with("xl/workbook.xml", workbook("")+workbook("")).zip(t), xlsx.ErrDamaged},
		"broken links":                     {normal.with("xl/_rels/workbook.xml.rels", "<Relationships><x></Relationships>").zip(t), xlsx.ErrDamaged},
		"broken strings":                   {normal.with("xl/sharedStrings.xml", "<sst><si><t>a</t></si>").zip(t), xlsx.ErrDamaged},
		"broken styles":                    {normal.with("xl/styles.xml", "<styleSheet><cellXfs").zip(t), xlsx.ErrDamaged},
		"another kind of part as strings":  {normal.with("xl/sharedStrings.xml", "<worksheet/>").zip(t), xlsx.ErrDamaged},
		"a part that comes twice":          {normal.with("xl/WORKBOOK.xml", workbook("")).zip(t), xlsx.ErrDamaged},
		"a document type":                  {normal.with("xl/workbook.xml", `<!DOCTYPE x [<!ENTITY a "b">]>`+workbook("")).zip(t), xlsx.ErrDamaged},
		"an entity of its own":             {normal.with("xl/workbook.xml", workbook("&a;")).zip(t), xlsx.ErrDamaged},
		"a charset that is not allowed":    {normal.with("xl/workbook.xml", `<?xml version="1.0" encoding="EBCDIC"?>`+workbook("")).zip(t), xlsx.ErrDamaged},
		"invalid UTF-8":                    {normal.with("xl/workbook.xml", workbook("\xFF")).zip(t), xlsx.ErrDamaged},
		"UTF-16 said to be UTF-8, cut":     {normal.with("xl/workbook.xml", "<\x00w\x00").zip(t), xlsx.ErrDamaged},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if _, err := xlsx.Open(t.Context(), tt.content); !errors.Is(err, tt.want) {
				t.Errorf("Open = %v, want %v", err, tt.want)
			}
		})
	}
}

func TestOpen_sheet_without_part(t *testing.T) {
	t.Parallel()
	for name, p := range map[string]parts{
		"no part":         sheet(oneRow).with("xl/worksheets/sheet1.xml", ""),
		"no relationship": sheet(oneRow).with("xl/_rels/workbook.xml.rels", ""),
		"another part":    sheet(oneRow).with("xl/worksheets/sheet1.xml", "<chartsheet/>"),
		"an empty part":   sheet(oneRow).with("xl/worksheets/sheet1.xml", " "),
		"twice":           sheet(oneRow).with(`xl\worksheets\sheet1.xml`, "<worksheet/>"),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if got, err := read(t, p.zip(t), xlsx.Raw); !errors.Is(err, xlsx.ErrDamaged) || got != "" {
				t.Errorf("rows = %s, %v, want only damage", got, err)
			}
		})
	}
}

func TestSheet_HiddenColumns(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		before string
		want   []int
	}{
		"none":                        {``, nil},
		"hidden":                      {`<cols><col min="2" max="3" hidden="1"/><col min="5" max="5" width="9" hidden="0"/><col min="6" max="6" hidden="true"/></cols>`, []int{1, 2, 5}},
		"without width":               {`<cols><col min="1" max="1" width="0" customWidth="1"/><col min="2" max="2" width="0.08"/><col min="3" max="3" width="8.5"/></cols>`, []int{0, 1}},
		"without width unless it has": {`<sheetFormatPr defaultRowHeight="15" defaultColWidth="0"/><cols><col min="2" max="` + fmt.Sprint(xlsx.MaxColumns) + `" width="9"/><col min="4" max="4"/></cols>`, []int{0, 3}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			content := worksheet("<worksheet>" + tt.before + `<sheetData>` + oneRow + `</sheetData><cols><col min="9" max="9" hidden="1"/></cols></worksheet>`).zip(t)

			hidden, err := open(t, content).Sheets[0].HiddenColumns(t.Context())

			var got []int
			for i, h := range hidden {
				if h {
					got = append(got, i)
				}
			}
			if err != nil || !slices.Equal(got, tt.want) {
				t.Errorf("HiddenColumns = %v, %v, want %v", got, err, tt.want)
			}
		})
	}
	for name, cols := range map[string]string{
		"no number": `<col min="x" max="2"/>`, "from 0": `<col min="0" max="2"/>`, "backwards": `<col min="3" max="2"/>`,
		"overlapping": strings.Repeat(`<col min="1" max="20000"/>`, 2), "beyond the grid": `<col min="20000" max="20001"/>`,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			content := worksheet("<worksheet><cols>" + cols + "</cols></worksheet>").zip(t)
			if _, err := open(t, content).Sheets[0].HiddenColumns(t.Context()); !errors.Is(err, xlsx.ErrDamaged) {
				t.Errorf("HiddenColumns = %v, want damage", err)
			}
		})
	}
}
