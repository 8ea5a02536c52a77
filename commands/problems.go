package commands

import (
	"fmt"
	"unicode/utf8"
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
