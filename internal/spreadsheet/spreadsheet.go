// Package spreadsheet writes CSV files that spreadsheet programs open correctly and in which no cell is a formula. Texts from
// outside, such as people's names, were often written by strangers.
package spreadsheet

import (
	"bufio"
	"encoding/csv"
	"io"
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"
)

// Writer writes a CSV file: UTF-8 with a byte order mark, which Excel needs, and lines that end as in RFC 4180. Every cell
// passes through [Text].
type Writer struct {
	csv  *csv.Writer
	line []string
}

// NewWriter returns a Writer that buffers its output; see [Writer.Flush].
func NewWriter(w io.Writer) *Writer {
	buffer := bufio.NewWriter(w)
	_, _ = buffer.WriteString("\ufeff") // Flush returns any error.
	out := csv.NewWriter(buffer)        // It shares the buffer.
	out.UseCRLF = true
	return &Writer{csv: out}
}

// Write writes a line.
func (w *Writer) Write(cells []string) error {
	w.line = w.line[:0]
	for _, cell := range cells {
		w.line = append(w.line, Text(cell))
	}
	return w.csv.Write(w.line)
}

// Flush writes what is buffered. It returns the first error of any write.
func (w *Writer) Flush() error {
	w.csv.Flush()
	return w.csv.Error()
}

// separators begin a new cell in some programs: where numbers have a decimal comma, Excel splits lines at semicolons.
const separators = ";\t\r\n"

// Text returns a cell's text with an apostrophe wherever a spreadsheet would read a formula: before a text with a first
// visible character that begins a formula, and after each separator before such a text. A text that begins with a control
// character is marked too, since programs drop some of them.
//
// Sources: https://owasp.org/www-community/attacks/CSV_Injection, OWASP ASVS 5.0, 1.2.10.
func Text(cell string) string {
	var b strings.Builder
	for rest := cell; rest != ""; {
		part := rest
		if i := strings.IndexAny(rest, separators); i >= 0 {
			part = rest[:i+1]
		}
		if isFormula(part) || len(rest) == len(cell) && startsWithControl(part) {
			b.WriteByte('\'')
		}
		b.WriteString(part)
		rest = rest[len(part):]
	}
	return b.String()
}

func startsWithControl(text string) bool {
	return strings.IndexFunc(text, unicode.IsControl) == 0
}

// isFormula reports whether the first visible character begins a formula, also in a compatibility form such as the full-width
// “＝”: Excel reads those in East Asian locales.
func isFormula(text string) bool {
	for _, r := range text {
		form := string(r)
		if r > unicode.MaxASCII {
			form = norm.NFKC.String(form)
		}
		if seen := strings.TrimLeftFunc(form, isInvisible); seen != "" {
			return strings.ContainsRune("=+-@", rune(seen[0]))
		}
	}
	return false
}

// isInvisible reports whether r isn't drawn: spaces, control, zero-width and unassigned characters, and the sign that replaces
// bytes that aren't UTF-8.
func isInvisible(r rune) bool {
	const brailleBlank = '\u2800'
	return !unicode.IsGraphic(r) || unicode.IsSpace(r) || r == brailleBlank || r == unicode.ReplacementChar ||
		unicode.In(r, unicode.Variation_Selector, unicode.Other_Default_Ignorable_Code_Point)
}
