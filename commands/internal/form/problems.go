package form

import (
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/coupontools/couponbot/commands/internal/format"
	"github.com/coupontools/couponbot/sends/message"
)

// Problems are the errors at the fields of a form, the first one of each field.
type Problems map[string]string

// Add adds an error at a field, unless the field has one.
func (p Problems) Add(field, words string) {
	if p[field] == "" {
		p[field] = words
	}
}

// TooLong says that a text exceeds its limit, in characters.
func TooLong(text string, limit int) string {
	return fmt.Sprintf("This has %s characters; at most %s fit.", format.Thousands(utf8.RuneCountInString(text)),
		format.Thousands(limit))
}

// CheckText returns the text of a field, cleaned, and a note on what was removed. If the text can't be sent, it adds an error
// to the field.
func CheckText(field, typed string, most int, wrong Problems) (text, note string) {
	clean, removed, err := message.Clean(typed)
	text = strings.TrimSpace(clean)
	found := message.Placeholders(text, nil)
	switch {
	case err != nil:
		wrong.Add(field, err.Error())
	case utf8.RuneCountInString(text) > most:
		wrong.Add(field, TooLong(text, most))
	case len(found) > 0:
		wrong.Add(field, format.CannotFillIn(found))
	}
	if removed > 0 {
		note = "Removed " + format.Count(removed, "invisible character", "invisible characters") + " from the text."
	}
	return text, note
}
