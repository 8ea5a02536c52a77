package xlsx_test

import (
	"encoding/xml"
	"fmt"
	"strings"
	"testing"

	"github.com/coupontools/couponbot/sends/recipients/xlsx"
)

// styled is a workbook with one cell of each kind of value in the first row, in a format of its own.
func styled(tb testing.TB, code, cell, workbookPr string) []byte {
	tb.Helper()
	var escaped strings.Builder
	if err := xml.EscapeText(&escaped, []byte(code)); err != nil {
		tb.Fatal(err)
	}
	return sheet(`<row><c s="1" `+cell+`</c></row>`).with(
		"xl/styles.xml", `<styleSheet><numFmts count="1"><numFmt numFmtId="164" formatCode="`+escaped.String()+`"/></numFmts>`+
			`<cellStyleXfs><xf numFmtId="14"/></cellStyleXfs><cellXfs><xf numFmtId="0"/><xf numFmtId="164" fontId="0"><alignment/></xf></cellXfs></styleSheet>`,
		"xl/workbook.xml", workbook(workbookPr+`<sheets><sheet name="List" r:id="rId1"/></sheets>`),
	).zip(tb)
}

// cellOf reads the one cell of a workbook.
func cellOf(tb testing.TB, content []byte, as xlsx.Values) string {
	tb.Helper()
	for row, err := range open(tb, content).Sheets[0].Rows(tb.Context(), as) {
		if err != nil {
			tb.Fatal(err)
		}
		if len(row.Cells) == 0 {
			return ""
		}
		return row.Cells[0]
	}
	tb.Fatal("no row")
	return ""
}

func TestFormatted(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ code, value, want string }{
		{"General", "0.30000000000000004", "0.3"},
		{"General", "12.0", "12"},
		{"General", "3.2470000001E10", "32470000001"},
		{"General", "-1E-3", "-0.001"},
		{"General", "99999999999999.95", "100000000000000"},
		{"General", "0.99999999999999999", "1"},
		{"GENERAL", "1.5", "1.5"},
		{`General" st."`, "2.50", "2.5 st."},
		{"+General", "32470000001", "+32470000001"},

		{"0", "2.5", "3"},
		{"0", "-0.4", "0"},
		{"0", "0", "0"},
		{"#", "0", ""},
		{"00000", "1067", "01067"},
		{"00000", "123456", "123456"},
		{"00000", "-12", "-00012"},
		{"0.00", "1.005", "1.01"},
		{"0.00", "2", "2.00"},
		{"0.00", "9.999", "10.00"},
		{"0.00", "0.001", "0.00"},
		{"0.0#", "2.50", "2.5"},
		{"0.##", "2", "2"},
		{"#.##", "0.5", ".5"},
		{".00", "12.5", "12.50"},
		{"?.?", "2.51", "2.5"},
		{"#,##0", "1234567", "1234567"},
		{"#,##0.00", "-1234.5", "-1234.50"},
		{"0,", "12345", "12"},
		{`0.0,,"M"`, "12345678", "12.3M"},
		{`#,##0.00\ "€"`, "12.5", "12.50 €"},
		{"#,##0.00 [$€-407]", "12.5", "12.50 €"},
		{`[$-409]"$"0.00`, "12.5", "$12.50"},
		{`_-* #,##0.00\ _€_-;\-* #,##0.00\ _€_-;_-* "-"??\ _€_-;_-@_-`, "-12.5", "-12.50"},
		{`_-* #,##0.00\ _€_-;\-* #,##0.00\ _€_-;_-* "-"??\ _€_-;_-@_-`, "0", "-"},
		{"0%", "0.3", "30%"},
		{"0.0%", "0.1234", "12.3%"},
		{"0%", "0", "0%"},
		{"0.00E+00", "32470000001", "32470000001"},
		{"# ?/?", "0.5", "0.5"},
		{"# ??/100", "0.5", "0.5"},
		{"#/#", "0.5", "0.5"},
		{"@", "12.0", "12"},

		{"+0;-0;0", "5", "+5"},
		{"+0;-0;0", "-5", "-5"},
		{"+0;-0;0", "0", "0"},
		{"0;(0)", "-5", "(5)"},
		{"0;[Red]0", "-5", "5"},
		{"0;(0)", "0", "0"},
		{`"Yes";"Never";"No"`, "1", "Yes"},
		{`"Yes";"Never";"No"`, "-1", "Never"},
		{`"Yes";"Never";"No"`, "0", "No"},
		{";;;", "5", ""},
		{"[<=9999999]###-####;(###) ###-####", "5551234", "555-1234"},
		{"[<=9999999]###-####;(###) ###-####", "8005551234", "(800) 555-1234"},
		{"[>100]0.0;[<-100]0.00;0", "-200", "-200.00"},
		{"[>100]0.0;[<-100]0.00;0", "7.7", "8"},
		{"[>100]0.0;[=5]0.00", "7.7", "7.7"},
		{"[>=1]0.0;[<>2]0.00;0", "0", "0.00"},
		{"[<1]0.0;0", "0.5", "0.5"},

		{"yyyy-mm-dd", "33010", "1990-05-17"},
		{"d/m/yy", "33010.75", "1990-05-17"},
		{"dd.mm.yyyy hh:mm", "33010.604166666664", "1990-05-17 14:30"},
		{"m/d/yyyy h:mm:ss AM/PM", "33010.604166666664", "1990-05-17 14:30"},
		{"h:mm", "0.604166666666667", "14:30"},
		{"h:mm", "33010.604166666664", "14:30"},
		{"h:mm AM/PM", "0.999999", "00:00"},
		{"mm:ss", "0.0208912037037037", "00:30:05"},
		{"mm:ss.0", "0.5", "12:00"},
		{"[h]:mm:ss", "1.5", "36:00"},
		{"[h]:mm", "0.25", "06:00"},
		{"[mm]:ss", "0.5", "12:00"},
		{"d-mmm", "33010", "1990-05-17"},
		{"mmm-yy", "33010", "1990-05"},
		{"yyyy", "33010", "1990"},
		{`[$-F800]dddd\,\ mmmm\ dd\,\ yyyy`, "33010", "1990-05-17"},
		{"[$-409]d-mmm-yy;@", "33010", "1990-05-17"},
		{`yyyy"年"m"月"d"日"`, "33010", "1990-05-17"},
		{"yyyymmdd", "33010", "1990-05-17"},
		{"yyyy-mm-dd", "1", "1900-01-01"},
		{"yyyy-mm-dd", "59", "1900-02-28"},
		{"yyyy-mm-dd", "60", "1900-02-29"},
		{"yyyy-mm-dd", "61", "1900-03-01"},
		{"yyyy-mm-dd", "2958465", "9999-12-31"},
		{"yyyy-mm-dd", "2958466", "2958466"},
		{"yyyy-mm-dd", "470000001", "470000001"},
		{"yyyy-mm-dd", "-1", "-1"},
		{"yyyy-mm-dd", "0", "0"},
		{"yyyy-mm-dd hh:mm", "0.5", "12:00"},
		{"yyyy-mm-dd hh:mm:ss", "33010", "1990-05-17"},
		{"yyyy-mm-dd hh:mm:ss", "33010.00001", "1990-05-17 00:00:01"},
		{"h:mm:ss", "0", "00:00"},

		{"a;b;c;d;e", "1.50", "1.5"},
		{`\`, "15", ""},
		{strings.Repeat("0", 5000), "1", "1"},
	} {
		if got := cellOf(t, styled(t, tt.code, "><v>"+tt.value+"</v>", ""), xlsx.Formatted); got != tt.want {
			t.Errorf("%s in format %.70s = %q, want %q", tt.value, tt.code, got, tt.want)
		}
	}
}

func TestFormatted_other_types(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("x", 1000)
	for _, tt := range []struct{ code, cell, want string }{
		{"yyyy-mm-dd", `t="d"><v>1990-05-17T00:00:00</v>`, "1990-05-17"},
		{"yyyy-mm-dd", `t="d"><v>1990-05-17T14:30:00.000Z</v>`, "1990-05-17 14:30"},
		{"General", `t="d"><v>1990-05-17</v>`, "1990-05-17"},
		{"General", `t="d"><v>T14:30:05</v>`, "14:30:05"},
		{"0.00", `t="b"><v>1</v>`, "TRUE"},
		{"0.00", `t="str"><v>12</v>`, "12"},
		{`"+"@`, `t="str"><v>32470000001</v>`, "+32470000001"},
		{`0;0;0;@" (new)"`, `t="inlineStr"><is><t>Mia</t></is>`, "Mia (new)"},
		{"_-@_-", `t="str"><v> a </v>`, "a"},
		{";;;", `t="str"><v>secret</v>`, ""},
		{";;;", `t="str"><v>` + long + `</v>`, ""},
		{`"+"@`, `t="str"><v>` + long + `</v>`, long},
		{"@@", `t="str"><v>a</v>`, "a"},
		{";;;", `t="e"><v>#N/A</v>`, "#N/A"},
		{"0", `><v>abc</v>`, "abc"},
		{"0", `><v>1E999</v>`, "1E999"},
	} {
		if got := cellOf(t, styled(t, tt.code, tt.cell, ""), xlsx.Formatted); got != tt.want {
			t.Errorf("%s in format %s = %q, want %q", tt.cell, tt.code, got, tt.want)
		}
	}
}

func TestFormatted_1904(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ code, value, want string }{
		{"yyyy-mm-dd", "31548", "1990-05-17"},
		{"yyyy-mm-dd", "0", "1904-01-01"},
		{"yyyy-mm-dd h:mm", "31548.5", "1990-05-17 12:00"},
		{"[h]:mm", "1.5", "36:00"},
		{"0", "31548", "31548"},
	} {
		if got := cellOf(t, styled(t, tt.code, "><v>"+tt.value+"</v>", `<workbookPr date1904="1"/>`), xlsx.Formatted); got != tt.want {
			t.Errorf("%s in format %s = %q, want %q", tt.value, tt.code, got, tt.want)
		}
	}
}

// Built-in formats are not in the file.
func TestFormatted_built_in(t *testing.T) {
	t.Parallel()
	for id, want := range map[int]string{
		0: "33010.604166667", 1: "33011", 2: "33010.60", 3: "33011", 4: "33010.60", 5: "33011", 8: "33010.60", 9: "3301060%", 10: "3301060.42%",
		11: "33010.604166667", 12: "33010.604166667", 14: "1990-05-17", 15: "1990-05-17", 16: "1990-05-17", 17: "1990-05", 18: "14:30", 19: "14:30",
		20: "14:30", 21: "14:30", 22: "1990-05-17 14:30", 27: "1990-05-17 14:30", 36: "1990-05-17 14:30", 38: "33011", 44: "33010.60",
		45: "14:30", 46: "792254:30", 47: "14:30", 48: "33010.604166667", 49: "33010.604166667", 50: "1990-05-17 14:30", 58: "1990-05-17 14:30",
		99: "33010.604166667",
	} {
		content := sheet(`<row><c s="0"><v>33010.604166667</v></c></row>`).with("xl/styles.xml", fmt.Sprintf(`<styleSheet><cellXfs><xf numFmtId="%d"/></cellXfs></styleSheet>`, id)).zip(t)
		if got := cellOf(t, content, xlsx.Formatted); got != want {
			t.Errorf("format %d = %q, want %q", id, got, want)
		}
	}
	for value, want := range map[string]string{"33010": "1990-05-17", "0.5": "12:00", "0": "00:00"} {
		content := sheet(`<row><c s="0"><v>`+value+`</v></c></row>`).with("xl/styles.xml", `<styleSheet><cellXfs><xf numFmtId="34"/></cellXfs></styleSheet>`).zip(t)
		if got := cellOf(t, content, xlsx.Formatted); got != want {
			t.Errorf("%s in format 34 = %q, want %q", value, got, want)
		}
	}
}

// A number keeps all its digits, and what its format shows before them.
func TestRaw_formats(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ code, value, want string }{
		{"0000000000", "470000001", "0470000001"},
		{"0000000000", "4.70000001E8", "0470000001"},
		{`"0"#########`, "470000001", "0470000001"},
		{`\0#########`, "470000001", "0470000001"},
		{`"00"0`, "32470000001", "0032470000001"},
		{"+0", "32470000001", "+32470000001"},
		{`"+"0`, "32470000001", "+32470000001"},
		{`\+0`, "32470000001", "+32470000001"},
		{"+#", "32470000001", "+32470000001"},
		{"+General", "32470000001", "+32470000001"},
		{"[$+]0", "32470000001", "+32470000001"},
		{"+0;-0;0;@", "32470000001", "+32470000001"},
		{`[>0]+0;0`, "32470000001", "+32470000001"},
		{"+## ### ## ## ##", "32470000001", "+32 470 00 00 01"},
		{"(+##) #########", "32470000001", "(+32) 470000001"},
		{"+32 000000000", "470000001", "+32 470000001"},
		{`"Tel. +"0`, "32470000001", "Tel. +32470000001"},
		{`0000" "00" "00" "00`, "470000001", "0470 00 00 01"},
		{`0000"/"00"."00"."00`, "470000001", "0470/00.00.01"},
		{`0###\/##\.##\.##`, "470000001", "0470/00.00.01"},
		{"00 00 00 00 00", "612345678", "06 12 34 56 78"},
		{"(000) 000-0000", "8005551234", "8005551234"},
		{";;;", "32470000001", ""},

		{"General", "32470000001", "32470000001"},
		{"0", "32470000001", "32470000001"},
		{"#,##0", "32470000001", "32470000001"},
		{"#,##0.00", "32470000001", "32470000001"},
		{`#,##0.00\ "€"`, "0", "0"},
		{"0.00E+00", "32470000001", "32470000001"},
		{"0%", "3", "3"},
		{"0,", "32470000001", "32470000001"},
		{"yyyy-mm-dd", "33010", "33010"},
		{`0" x2"`, "32470000001", "32470000001"},
		{`"Yes";;"No"`, "1", "1"},
		{"0", "0.3", "0.3"},
		{"+0", "32470000001.5", "32470000001.5"},
		{"0000000000", "1234567890123456", "1234567890123456"},
	} {
		if got := cellOf(t, styled(t, tt.code, "><v>"+tt.value+"</v>", ""), xlsx.Raw); got != tt.want {
			t.Errorf("%s in format %s = %q, want %q", tt.value, tt.code, got, tt.want)
		}
	}
	if got := cellOf(t, styled(t, `"+"@`, `t="str"><v>32470000001</v>`, ""), xlsx.Raw); got != "+32470000001" {
		t.Errorf("text in a format with a plus = %q", got)
	}
}
