package message

import (
	"regexp"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Placeholder is a text that the writer expects to be filled in for each recipient, as written.
type Placeholder string

// Placeholders returns the placeholders of a text, each once, in order. headers are the recipient file's, if any: marks that
// ordinary texts have too, such as [ ] and %, count only around a header, or around a common field name in English, Dutch,
// French, German, Spanish or Italian.
func Placeholders(text string, headers []string) []Placeholder {
	known := fieldNames(headers)
	var found []Placeholder
	for at := 0; at < len(text); {
		p := placeholderAt(text, at, known)
		if p == "" {
			_, size := utf8.DecodeRuneInString(text[at:])
			at += size
			continue
		}
		if !slices.Contains(found, p) {
			found = append(found, p)
		}
		at += len(p)
	}
	return found
}

// marks are the marks that mailers put around a field's name, with the test for the text between them. Longer ones come
// first.
var marks = []struct {
	open, closing string
	holds         func(marked) bool
}{
	{"{{{", "}}}", marked.anyWord},
	{"{{", "}}", marked.anyWord},
	{"{%", "%}", marked.anyWord},
	{"${", "}", marked.anyWord},
	{"#{", "}", marked.anyWord},
	{"{", "}", marked.oneWord}, // reserved for couponbot's own placeholders
	{"[[", "]]", marked.anyWord},
	{"[", "]", marked.field},
	{"*|", "|*", marked.anyWord},
	{"%%", "%%", marked.percent},
	{"%", "%", marked.percent},
	{"<<", ">>", marked.field},
	{"<", ">", marked.field},
	{"«", "»", marked.tightField},
	{"##", "##", marked.tightField},
	{"#", "#", marked.tightField},
	{"@@", "@@", marked.tightField},
	{"$", "$", marked.tightField},
	{"__", "__", marked.tightField},
}

// placeholderAt returns the placeholder that begins at a position, or "".
func placeholderAt(text string, at int, known map[string]bool) Placeholder {
	const longest = 100 // bytes between the marks
	for _, m := range marks {
		rest, ok := strings.CutPrefix(text[at:], m.open)
		if !ok {
			continue
		}
		end := strings.Index(rest[:min(len(rest), longest)], m.closing)
		if end < 0 || strings.Contains(rest[:end], "\n") {
			continue
		}
		whole := len(m.open) + end + len(m.closing)
		if m.holds(marked{text: rest[:end], before: text[:at], after: text[at+whole:], known: known}) {
			return Placeholder(text[at : at+whole])
		}
	}
	return ""
}

// marked is a text between marks.
type marked struct {
	text, before, after string
	known               map[string]bool // names of fields, folded
}

func (m marked) anyWord() bool { return strings.ContainsFunc(m.text, unicode.IsLetter) }

var fieldName = regexp.MustCompile(`^[\p{L}\p{N}_][\p{L}\p{M}\p{N}_.-]*(\|.*)?$`)

// oneWord accepts a single word or number, with an optional default: "first_name|there".
func (m marked) oneWord() bool { return fieldName.MatchString(strings.TrimSpace(m.text)) || m.field() }

// field accepts a field's name, also with more words around it: "your first name".
func (m marked) field() bool {
	name, _, _ := strings.Cut(m.text, "|")
	words := foldedWords(name)
	if joined := strings.Join(words, ""); m.known[joined] || usualNames()[withoutDigits(joined)] {
		return true
	}
	found := false
	for _, w := range words {
		w = withoutDigits(w)
		usual := usualNames()[w]
		if !usual && !fillerWords()[w] && w != "" {
			return false
		}
		found = found || usual
	}
	return found
}

// tightField accepts a field's name without spaces around it.
func (m marked) tightField() bool { return m.text == strings.TrimSpace(m.text) && m.field() }

// percent accepts a field's name, and any other word unless the marks may be percent signs after a number, or part of a
// link.
func (m marked) percent() bool {
	if m.tightField() {
		return true
	}
	number, _ := utf8.DecodeLastRuneInString(strings.TrimSpace(m.before))
	left, _ := utf8.DecodeLastRuneInString(m.before)
	right, _ := utf8.DecodeRuneInString(m.after)
	first, _ := utf8.DecodeRuneInString(m.text)
	return fieldName.MatchString(m.text) && !unicode.IsDigit(first) && !unicode.IsDigit(number) && !isAlphanumeric(left) &&
		!isAlphanumeric(right)
}
