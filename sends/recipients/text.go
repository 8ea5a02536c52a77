package recipients

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

const (
	// maxEntryRunes is the length of the longest possible e-mail address (RFC 5321, 4.5.3.1.3, without the brackets).
	maxEntryRunes = 254
	// maxShownRunes is how much of a skipped entry is displayed.
	maxShownRunes = 60
)

// refusal says in a sentence for the person why an entry can't be used, and which rule it violates.
type refusal struct {
	rule  Rule
	words string
}

func (r refusal) Error() string { return r.words }

var (
	errEmpty     = refusal{RuleEmpty, "There's nothing here."}
	errTooLong   = refusal{RuleLength, "This is too long. Write one recipient on each line, and nothing else."}
	errInvisible = refusal{RuleInvalid, "It has a character that can't be seen. Type it again instead of pasting it."}
)

// bare removes what programs put around an entry: spaces, invisible characters, quotation marks, and the angle brackets and
// label of a Slack link.
func bare(text string) string {
	text = strings.TrimFunc(text, padding)
	if strings.HasPrefix(text, "<") && strings.HasSuffix(text, ">") {
		text, _, _ = strings.Cut(text[1:len(text)-1], "|")
		text = strings.TrimFunc(text, padding)
	}
	return text
}

const quoteMarks = "\"'`´‘’‚‛“”„‟«»‹›"

func padding(r rune) bool {
	return unseen(r) || unicode.IsSpace(r) || strings.ContainsRune(quoteMarks, r)
}

// unseen reports whether r has no width: zero-width spaces, joiners, byte order marks, soft hyphens, direction marks.
func unseen(r rune) bool { return unicode.Is(unicode.Cf, r) }

// trimInvisible trims spaces and invisible characters from both ends of a text. It counts the removed characters except
// ordinary spaces.
func trimInvisible(text string) (trimmed string, removed int) {
	cut := func(r rune) bool { return unseen(r) || unicode.IsSpace(r) }
	rest := strings.TrimLeftFunc(text, cut)
	trimmed = strings.TrimRightFunc(rest, cut)
	for _, r := range text[:len(text)-len(rest)] + rest[len(trimmed):] {
		if !strings.ContainsRune(" \t\r\n", r) {
			removed++
		}
	}
	return trimmed, removed
}

// fitting refuses what can be neither a number nor an address.
func fitting(text string) error {
	switch {
	case text == "":
		return errEmpty
	case len(text) > maxEntryRunes && utf8.RuneCountInString(text) > maxEntryRunes:
		return errTooLong
	case !utf8.ValidString(text) || strings.ContainsFunc(text, invisible):
		return errInvisible
	}
	return nil
}

// invisible reports whether r isn't drawn: control, bidirectional, zero-width, private and unassigned characters, but not
// spaces and tabs.
func invisible(r rune) bool {
	return !unicode.IsGraphic(r) && r != '\t' || unicode.Is(unicode.Variation_Selector, r)
}

// shown returns text that is safe to display: short, valid and without invisible characters.
func shown(text string) string { return shownUpTo(text, maxShownRunes) }

func shownUpTo(text string, most int) string {
	if len(text) <= most && !strings.ContainsFunc(text, func(r rune) bool { return r == '\t' || invisible(r) }) {
		return strings.Clone(text) // a cell is a slice of its row, which would stay in memory
	}
	var b strings.Builder
	n := 0
	for _, r := range text {
		if n++; n > most {
			b.WriteRune('…')
			break
		}
		switch {
		case r == '\t':
			r = ' '
		case invisible(r):
			r = utf8.RuneError
		}
		b.WriteRune(r)
	}
	return b.String()
}

func hasPrefixFold(s, prefix string) bool {
	return len(s) >= len(prefix) && strings.EqualFold(s[:len(prefix)], prefix)
}
