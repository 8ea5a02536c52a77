package commands

import (
	"strings"
	"time"
)

// harmless puts an apostrophe before what a spreadsheet would take for a formula.
//
// Source: https://owasp.org/www-community/attacks/CSV_Injection.
func harmless(cell string) string {
	if cell != "" && strings.ContainsRune("=+-@\t\r", rune(cell[0])) {
		return "'" + cell
	}
	return cell
}

// stamp writes a time for programs: ISO 8601 in UTC; "" for none.
func stamp(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format(time.RFC3339)
}
