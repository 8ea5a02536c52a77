package commands

import (
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/coupontools/couponbot/sends/message"
)

// problems are the errors at the fields of a form, the first one of each field.
type problems map[string]string

func (p problems) add(field, words string) {
	if p[field] == "" {
		p[field] = words
	}
}

func tooLong(text string, limit int) string {
	return fmt.Sprintf("This has %s characters; at most %s fit.", thousands(utf8.RuneCountInString(text)), thousands(limit))
}

// checkText returns the text of a field as it can go out, and a note on what was removed from it; or it says at the field
// why the text can't go out.
func checkText(field, typed string, most int, wrong problems) (text, note string) {
	clean, removed, err := message.Clean(typed)
	text = strings.TrimSpace(clean)
	found := message.Placeholders(text, nil)
	switch {
	case err != nil:
		wrong.add(field, err.Error())
	case utf8.RuneCountInString(text) > most:
		wrong.add(field, tooLong(text, most))
	case len(found) > 0:
		wrong.add(field, cannotFillIn(found))
	}
	if removed > 0 {
		note = "Removed " + count(removed, "invisible character", "invisible characters") + " from the text."
	}
	return text, note
}
