package emoji

import (
	"regexp"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// toneShape is what follows the name of an emoji with skin tones.
var toneShape = regexp.MustCompile(`^:skin-tone-([2-6])(?:-([2-6]))?:`)

// maxUnknown bounds how many unknown names are returned.
const maxUnknown = 10

// Replace replaces emoji names by emoji. It keeps unknown names and returns the first few, each once: a workspace can have
// its own emoji. Other texts with colons, such as times and links, aren't names.
func Replace(text string) (out string, unknown []string) {
	var b strings.Builder
	written, ended := 0, 0 // bytes of text already written; end of the last name
	for at := strings.IndexByte(text, ':'); at >= 0; at = nextColon(text, at) {
		name := nameIn(text[at:])
		around := sides(text[ended:at], text[at+len(name):])
		e, known := byName()[strings.Trim(name, ":")]
		switch {
		case strings.HasPrefix(text[at:], "://"):
			at += len(firstWord(text[at:]))
		case known && around.allow(name):
			picture, tones := e.form(text[at+len(name):])
			b.WriteString(text[written:at] + picture)
			at += len(name) + tones
			written, ended = at, at
		case !known && around.suggest(name):
			if len(unknown) < maxUnknown && !slices.Contains(unknown, name) {
				unknown = append(unknown, name)
			}
			at += len(name)
			ended = at
		default:
			at++
		}
	}
	return b.String() + text[written:], unknown
}

// nextColon returns the index of the next colon, or -1.
func nextColon(text string, from int) int {
	if n := strings.IndexByte(text[from:], ':'); n >= 0 {
		return from + n
	}
	return -1
}

func firstWord(text string) string {
	if n := strings.IndexFunc(text, unicode.IsSpace); n >= 0 {
		return text[:n]
	}
	return text
}

// nameIn returns the possible name at the beginning of text, with its colons, or "". Custom names can have letters of any
// script, but no capitals.
func nameIn(text string) string {
	const longest = 100 // the longest custom name in Slack, in characters
	n := strings.IndexFunc(text[1:], func(r rune) bool {
		return unicode.IsUpper(r) || !inWord(r) && !unicode.IsMark(r) && !strings.ContainsRune("_+'-", r)
	})
	if n < 1 || text[n+1] != ':' || n > longest*utf8.UTFMax {
		return ""
	}
	return text[:n+2]
}

// form returns the emoji with the skin tones at the beginning of rest, if any, and the length of their names.
func (e emoji) form(rest string) (picture string, length int) {
	if m := toneShape.FindStringSubmatch(rest); m != nil {
		if picture := e.withTones(m[1], m[2]); picture != "" {
			return picture, len(m[0])
		}
	}
	return e.plain, 0
}

// surroundings are the characters before and after a name.
type surroundings struct{ left, right rune }

func sides(left, right string) surroundings {
	l, _ := utf8.DecodeLastRuneInString(left)
	r, _ := utf8.DecodeRuneInString(right)
	return surroundings{l, r}
}

func inWord(r rune) bool { return unicode.IsLetter(r) || unicode.IsDigit(r) }

// allow reports whether a standard name means its emoji here. Most do anywhere, since an emoji is often typed right after a
// word; but "a:b:c" and "10:100" are more likely something else.
func (s surroundings) allow(name string) bool {
	name = strings.Trim(name, ":")
	switch {
	case strings.Trim(name, "0123456789") == "":
		return !unicode.IsDigit(s.left) && !unicode.IsDigit(s.right)
	case len(name) <= 2:
		return !inWord(s.left) || !inWord(s.right)
	}
	return true
}

// suggest reports whether an unknown name is likely an emoji's.
func (s surroundings) suggest(name string) bool {
	return utf8.RuneCountInString(name) > len(":a:") && strings.ContainsFunc(name, unicode.IsLetter) &&
		!inWord(s.left) && s.left != ':'
}
