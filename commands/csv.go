package commands

import (
	"bytes"
	"encoding/csv"
	"strings"
)

// sheet is a table in CSV as spreadsheet programs like it: UTF-8 with a mark of its byte order, rows that end in CR LF,
// and no cell that they would take for a formula.
type sheet struct {
	content bytes.Buffer
	rows    *csv.Writer
}

func newSheet(header ...string) *sheet {
	s := new(sheet)
	s.content.WriteString("\ufeff")
	s.rows = csv.NewWriter(&s.content)
	s.rows.UseCRLF = true
	s.row(header...)
	return s
}

func (s *sheet) row(cells ...string) {
	for i, cell := range cells {
		cells[i] = harmless(cell)
	}
	_ = s.rows.Write(cells) // a buffer takes everything
}

func (s *sheet) bytes() []byte {
	s.rows.Flush()
	return s.content.Bytes()
}

// harmless puts an apostrophe before what a spreadsheet would take for a formula.
//
// Source: https://owasp.org/www-community/attacks/CSV_Injection.
func harmless(cell string) string {
	if cell != "" && strings.ContainsRune("=+-@\t\r", rune(cell[0])) {
		return "'" + cell
	}
	return cell
}
