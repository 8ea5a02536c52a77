package message

import (
	"regexp"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Placeholder is what the writer of a text expects to be filled in for each recipient, as it is written.
type Placeholder string

// Placeholders returns the placeholders of a text, each once, in the order of the text. headers are those of the file of
// recipients, if it was read: marks that ordinary texts have too, such as [ ] and %, make a placeholder only of a header, or
// of a usual name of a field in English, Dutch, French, German, Spanish or Italian.
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

// marks are what mailers put around the name of a field, and the test whether what is between them is one. Longer ones come
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
	{"{", "}", marked.oneWord}, // nothing else is written so: these will be couponbot's own marks
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

// placeholderAt returns the placeholder that begins there, "" if none does.
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

var wordShape = regexp.MustCompile(`^[\p{L}\p{N}_][\p{L}\p{M}\p{N}_.-]*(\|.*)?$`)

// oneWord takes a single word or number, perhaps with what stands in for an empty value: "first_name|there".
func (m marked) oneWord() bool { return wordShape.MatchString(strings.TrimSpace(m.text)) || m.field() }

// field takes the name of a field, perhaps with more words around it: "your first name".
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

// tightField takes the name of a field without blanks around it.
func (m marked) tightField() bool { return m.text == strings.TrimSpace(m.text) && m.field() }

// percent takes the name of a field, and any other word if the marks can't be percent signs after a number, or part of a link.
func (m marked) percent() bool {
	if m.tightField() {
		return true
	}
	number, _ := utf8.DecodeLastRuneInString(strings.TrimSpace(m.before))
	left, _ := utf8.DecodeLastRuneInString(m.before)
	right, _ := utf8.DecodeRuneInString(m.after)
	first, _ := utf8.DecodeRuneInString(m.text)
	return wordShape.MatchString(m.text) && !unicode.IsDigit(first) && !unicode.IsDigit(number) && !isAlphanumeric(left) &&
		!isAlphanumeric(right)
}
