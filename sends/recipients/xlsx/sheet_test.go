package xlsx_test

import (
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/coupontools/couponbot/sends/recipients/xlsx"
)

func TestSheet_Rows_cells(t *testing.T) {
	t.Parallel()
	const sst = `<sst><si><t>plain</t></si><si><r><t>+3247</t></r><r><rPr><b/></rPr><t>0000001</t></r><rPh sb="0" eb="1"><t>no</t></rPh><phoneticPr fontId="1"/></si>` +
		`<si/><si><t/></si><si><t xml:space="preserve"> a </t></si><si><t> a </t></si><si><t>a_x000D_b_x005F_x0041__xD83D__xDE00_</t></si>` +
		`<si><t>&lt;&amp;&#65;<![CDATA[<b>]]><!-- no -->c</t></si></sst>`
	for name, tt := range map[string]struct{ rows, want string }{
		"shared strings":                     {column(`t="s"><v>0</v>`, `t="s"><v> 1 </v>`, `t="s"><v>2</v>`, `t="s"><v>3</v>`), `1: "plain" | 2: "+32470000001" | 3: | 4:`},
		"blanks that are kept":               {column(`t="s"><v>4</v>`, `t="s"><v>5</v>`), `1: " a " | 2: "a"`},
		"escapes":                            {column(`t="s"><v>6</v>`, `t="str"><v>_x0041_</v>`, `t="inlineStr"><is><t>_x004_ _xD800_</t></is>`), `1: "a\rb_x0041_😀" | 2: "A" | 3: "_x004_ �"`},
		"entities, CDATA and comments":       {column(`t="s"><v>7</v>`), `1: "<&A<b>c"`},
		"inline strings":                     {column(`t="inlineStr"><is><t>a</t></is>`, `t="inlineStr"><is><r><t>a</t></r><r><t>b</t></r><rPh><t>no</t></rPh></is>`), `1: "a" | 2: "ab"`},
		"types that writers confuse":         {column(`t="inlineStr"><v>a</v>`, `t="str"><is><t>b</t></is>`, `><is><t>012</t></is>`, `t="n"><v>NaN</v>`, `t="new"><v>c</v>`), `1: "a" | 2: "b" | 3: "012" | 4: "NaN" | 5: "c"`},
		"booleans and errors":                {column(`t="b"><v>1</v>`, `t="b"><v>0</v>`, `t="b"><v>true</v>`, `t="e"><v>#N/A</v>`), `1: "TRUE" | 2: "FALSE" | 3: "TRUE" | 4: "#N/A"`},
		"empty cells":                        {column(`t="s">`, `t="s"><v></v>`, `><v/>`, `t="b"><v></v>`, `>`, `t="inlineStr"><is/>`), `1: | 2: | 3: | 4: | 5: | 6:`},
		"integers":                           {column(`><v>32470000001</v>`, `t="n"><v>3.2470000001E10</v>`, `><v>9000.0</v>`, `><v>4.7e+8</v>`, `><v>-5</v>`, `><v>0</v>`, `><v> 7 </v>`), `1: "32470000001" | 2: "32470000001" | 3: "9000" | 4: "470000000" | 5: "-5" | 6: "0" | 7: "7"`},
		"numbers without all their digits":   {column(`><v>0.30000000000000004</v>`, `><v>32470000001.5</v>`, `><v>1.234567890123456E15</v>`, `><v>3.2470000001E+99</v>`), `1: "0.30000000000000004" | 2: "32470000001.5" | 3: "1.234567890123456E15" | 4: "3247000000100000000000000000000000000000000000000000000000000000000000000000000000000000000000000000"`},
		"dates are numbers":                  {column(`t="d"><v>1990-05-17T00:00:00</v>`), `1: "1990-05-17T00:00:00"`},
		"calculated formulas":                {column(`><f>A1</f><v>12</v>`, `t="str"><f>X()</f><v>a</v>`, `t="str"><f>X()</f><v></v>`, `t="str"><f>X()</f><v/>`, `t="e"><f>X()</f><v>#REF!</v>`), `1: "12" | 2: "a" | 3: | 4: | 5: "#REF!"`},
		"formulas that were not":             {column(`><f>CONCATENATE("+32",1)</f><v></v>`, `><f>A1&amp;"x"</f>`, `><f t="shared" ref="A1" si="0">B1</f><v/>`, `><f t="shared" si="0"/>`, `t="str"><f>C1</f>`), `1: "=CONCATENATE(\"+32\",1)" | 2: "=A1&\"x\"" | 3: "=B1" | 4: "=" | 5: "=C1"`},
		"a formula with 0 is calculated":     {column(`><f>A1</f><v>0</v>`), `1: "0"`},
		"cells without references":           {`<row r="1"><c r="C1"><v>1</v></c><c><v>2</v></c></row><row><c><v>3</v></c><c r="AB2"><v>4</v></c></row>`, `1: "" "" "1" "2" | 2: "3"` + empty(26) + ` "4"`},
		"references in lower case":           {`<row r="1"><c r="b1"><v>1</v></c></row>`, `1: "" "1"`},
		"cells out of order":                 {`<row r="1"><c r="C1"><v>3</v></c><c r="A1"><v>1</v></c><c><v>2</v></c></row>`, `1: "1" "2" "3"`},
		"a cell twice, once empty":           {`<row r="1"><c r="A1" s="3"/><c r="A1"><v>1</v></c></row>`, `1: "1"`},
		"cells of the row before are gone":   {`<row><c r="C1"><v>1</v></c></row><row><c r="A2"><v>2</v></c></row><row/><row><c r="D4"><v>3</v></c></row>`, `1: "" "" "1" | 2: "2" | 3: | 4: "" "" "" "3"`},
		"empty cells at the end":             {`<row><c><v>1</v></c><c r="XFD1" s="1"/></row>`, `1: "1"`},
		"rows without numbers":               {`<row/><row r="5"/><row><c><v>1</v></c></row>`, `1: | 5: | 6: "1"`},
		"rows out of order and twice":        {`<row r="3"><c r="A3"><v>3</v></c></row><row r="2"><c r="A2"><v>2</v></c></row><row r="3"><c r="A3"><v>4</v></c></row>`, `3: "3" | 2: "2" | 3: "4"`},
		"hidden rows":                        {`<row hidden="1"/><row hidden="true"/><row hidden="0"/><row ht="0" customHeight="1"/><row ht="0.5"/><row ht="15"/><row outlineLevel="1" hidden="1"/><row collapsed="1"/>`, `1 hidden: | 2 hidden: | 3: | 4 hidden: | 5 hidden: | 6: | 7 hidden: | 8:`},
		"elements of extensions":             {`<x/><row><x><c><v>9</v></c></x><c><x><v>8</v></x><v>1</v><extLst><ext><v>7</v></ext></extLst></c></row>`, `1: "1"`},
		"attributes of other namespaces":     {`<row x:r="7" x:hidden="1"><c x:r="D1" x:t="b" y="1"><v>1</v></c></row>`, `1: "1"`},
		"a style that does not exist":        {column(`s="99"><v>1</v>`, `s="-1"><v>2</v>`, `s="x"><v>3</v>`), `1: "1" | 2: "2" | 3: "3"`},
		"no rows":                            {``, ``},
		"the cell in the corner of the grid": {`<row r="1048576"><c r="XFD1048576"><v>1</v></c></row>`, `1048576:` + empty(xlsx.MaxColumns-1) + ` "1"`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			wantRows(t, sheet(tt.rows).with("xl/sharedStrings.xml", sst).zip(t), xlsx.Raw, tt.want)
		})
	}
}

// empty is that many empty cells.
func empty(n int) string { return strings.Repeat(` ""`, n) }

func TestSheet_Rows_defaults(t *testing.T) {
	t.Parallel()
	const rows = `<sheetData><row r="1"/><row r="3" hidden="1"/><row r="4" ht="15"/></sheetData></worksheet>`
	for name, tt := range map[string]struct{ before, want string }{
		"a height":                              {`<sheetFormatPr defaultRowHeight="15"/>`, `1: | 3 hidden: | 4:`},
		"no height":                             {`<sheetFormatPr defaultRowHeight="0" customHeight="1"/>`, `1 hidden: | 3 hidden: | 4:`},
		"only rows that are in the file appear": {`<sheetFormatPr defaultRowHeight="15" zeroHeight="1"/>`, `1: | 3 hidden: | 4:`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			wantRows(t, worksheet("<worksheet>"+tt.before+rows).zip(t), xlsx.Raw, tt.want)
		})
	}
}

// Writers that can't calculate write 0 for every formula and ask for a calculation.
func TestSheet_Rows_formulas_to_calculate(t *testing.T) {
	t.Parallel()
	content := sheet(column(`><f>A1</f><v>0</v>`, `><f>A1</f><v>5</v>`, `><v>0</v>`, `t="b"><f>A1</f><v>0</v>`)).
		with("xl/workbook.xml", workbook(`<sheets><sheet name="List" r:id="rId1"/></sheets><calcPr fullCalcOnLoad="1"/>`)).zip(t)

	wantRows(t, content, xlsx.Raw, `1: "=A1" | 2: "5" | 3: "0" | 4: "FALSE"`)
}

// Unreadable content is an error at that point, after the rows before it.
func TestSheet_Rows_faults(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("x", xlsx.MaxCellRunes)
	for name, tt := range map[string]struct {
		xml  string
		want error
		rows string
		row  int
	}{
		"broken in a row":              {`<sheetData>` + oneRow + `<row r="2"><c></row></sheetData></worksheet>`, xlsx.ErrDamaged, `1: "x"`, 2},
		"cut in a row":                 {`<sheetData>` + oneRow + `<row r="2"><c r="A2"><v>12`, xlsx.ErrDamaged, `1: "x"`, 2},
		"cut between rows":             {`<sheetData>` + oneRow, xlsx.ErrDamaged, `1: "x"`, 1},
		"no end of the sheet":          {`<sheetData>` + oneRow + `</sheetData>`, xlsx.ErrDamaged, `1: "x"`, 1},
		"broken after the rows":        {`<sheetData>` + oneRow + `</sheetData><mergeCells></worksheet>`, xlsx.ErrDamaged, `1: "x"`, 1},
		"something after the sheet":    {`<sheetData>` + oneRow + `</sheetData></worksheet><worksheet/>`, xlsx.ErrDamaged, `1: "x"`, 1},
		"invalid UTF-8":                {`<sheetData>` + oneRow + `<row><c t="str"><v>` + "\xE9" + `</v></c></row></sheetData></worksheet>`, xlsx.ErrDamaged, `1: "x"`, 2},
		"a control character":          {`<sheetData>` + oneRow + `<row><c t="str"><v>` + "\x01" + `</v></c></row></sheetData></worksheet>`, xlsx.ErrDamaged, `1: "x"`, 2},
		"nested too deeply":            {`<sheetData>` + oneRow + strings.Repeat("<a>", 1000) + strings.Repeat("</a>", 1000) + `</sheetData></worksheet>`, xlsx.ErrDamaged, `1: "x"`, 1},
		"a string that does not exist": {`<sheetData>` + oneRow + `<row><c t="s"><v>0</v></c></row></sheetData></worksheet>`, xlsx.ErrDamaged, `1: "x"`, 2},
		"a string without a number":    {`<sheetData>` + oneRow + `<row><c t="s"><v>x</v></c></row></sheetData></worksheet>`, xlsx.ErrDamaged, `1: "x"`, 2},
		"a cell with two values":       {`<sheetData>` + oneRow + `<row><c r="A1"><v>1</v></c><c r="A1"><v>2</v></c></row></sheetData></worksheet>`, xlsx.ErrDamaged, `1: "x"`, 2},
		"a reference without a column": {`<sheetData>` + oneRow + `<row><c r="12"><v>1</v></c></row></sheetData></worksheet>`, xlsx.ErrDamaged, `1: "x"`, 2},
		"row 0":                        {`<sheetData>` + oneRow + `<row r="0"/></sheetData></worksheet>`, xlsx.ErrDamaged, `1: "x"`, 2},
		"no row number":                {`<sheetData>` + oneRow + `<row r="x"/></sheetData></worksheet>`, xlsx.ErrDamaged, `1: "x"`, 2},
		"too many rows":                {`<sheetData>` + oneRow + `<row r="1048577"/></sheetData></worksheet>`, xlsx.ErrTooManyRows, `1: "x"`, 1048577},
		"too many rows, uncounted":     {`<sheetData><row r="1048576"/><row/></sheetData></worksheet>`, xlsx.ErrTooManyRows, `1048576:`, 1048577},
		"too many columns":             {`<sheetData>` + oneRow + `<row><c r="XFE2"/></row></sheetData></worksheet>`, xlsx.ErrTooManyColumns, `1: "x"`, 2},
		"too many columns, uncounted":  {`<sheetData>` + oneRow + `<row><c r="XFD2"/><c/></row></sheetData></worksheet>`, xlsx.ErrTooManyColumns, `1: "x"`, 2},
		"a column beyond all numbers":  {`<sheetData>` + oneRow + `<row><c r="` + long + `2"/></row></sheetData></worksheet>`, xlsx.ErrTooManyColumns, `1: "x"`, 2},
		"a cell that is too long":      {`<sheetData>` + oneRow + `<row><c t="str"><v>` + long + `x</v></c></row></sheetData></worksheet>`, xlsx.ErrCellTooLong, `1: "x"`, 2},
		"many runs in a cell":          {`<sheetData>` + oneRow + `<row><c t="inlineStr"><is>` + strings.Repeat("<r><t>"+long+"</t></r>", 9) + `</is></c></row></sheetData></worksheet>`, xlsx.ErrCellTooLong, `1: "x"`, 2},
		"a cell without end":           {`<sheetData>` + oneRow + `<row><c t="str"><v>` + strings.Repeat("x", 2<<20) + `</v></c></row></sheetData></worksheet>`, xlsx.ErrTooLarge, `1: "x"`, 2},
		"a tag without end":            {`<sheetData>` + oneRow + `<row x="` + strings.Repeat("x", 2<<20) + `"></row></sheetData></worksheet>`, xlsx.ErrTooLarge, `1: "x"`, 1},
		"a comment without end":        {`<sheetData>` + oneRow + `<!--` + strings.Repeat("x", 2<<20) + `--></sheetData></worksheet>`, xlsx.ErrTooLarge, `1: "x"`, 1},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			content := worksheet("<worksheet>" + tt.xml).zip(t)

			got, err := read(t, content, xlsx.Raw)

			if got != tt.rows || !errors.Is(err, tt.want) {
				t.Errorf("rows = %s, %v\nwant   %s, %v", got, err, tt.rows, tt.want)
			}
			last := 0
			for row, err := range open(t, content).Sheets[0].Rows(t.Context(), xlsx.Raw) {
				if err != nil {
					last = row.Number
				}
			}
			if last != tt.row {
				t.Errorf("the error names row %d, want %d", last, tt.row)
			}
		})
	}
}

func TestSheet_Rows_longest_cell(t *testing.T) {
	t.Parallel()
	text := strings.Repeat("€", xlsx.MaxCellRunes)
	content := sheet(column(`t="str"><v>`+text+`</v>`, `t="s"><v>0</v>`)).with("xl/sharedStrings.xml", `<sst><si><t>`+text+`</t></si></sst>`).zip(t)

	for row, err := range open(t, content).Sheets[0].Rows(t.Context(), xlsx.Raw) {
		if err != nil || row.Cells[0] != text {
			t.Errorf("row %d = %.20q…, %v, want the whole text", row.Number, row.Cells, err)
		}
	}
}

func TestSheet_Rows_again_and_in_part(t *testing.T) {
	t.Parallel()
	rows := open(t, sheet(column(`><v>1</v>`, `><v>2</v>`, `><v>3</v>`)).zip(t)).Sheets[0].Rows(t.Context(), xlsx.Raw)
	for range 2 {
		got := ""
		for row, err := range rows {
			if err != nil {
				t.Fatal(err)
			}
			if got += row.Cells[0]; row.Number == 2 {
				break
			}
		}
		if got != "12" {
			t.Errorf("the first two rows are %s, want 12", got)
		}
	}
}

func TestSheet_Rows_context(t *testing.T) {
	t.Parallel()
	content := sheet(strings.Repeat(`<row><c><v>1</v></c></row>`, 2000)).with("xl/sharedStrings.xml", "<sst>"+strings.Repeat("<si/>", 2000)+"</sst>").zip(t)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()

	rows, last := 0, error(nil)
	for _, err := range open(t, content).Sheets[0].Rows(ctx, xlsx.Raw) {
		rows, last = rows+1, err
		cancel()
	}
	if rows > 1000 || !errors.Is(last, context.Canceled) {
		t.Errorf("%d rows, then %v, want soon the end of the context", rows, last)
	}
	if _, err := xlsx.Open(ctx, content); !errors.Is(err, context.Canceled) {
		t.Errorf("Open = %v, want the end of the context", err)
	}
}
