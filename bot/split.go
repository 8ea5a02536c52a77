package bot

import (
	"strings"
	"unicode"
)

// Word is one word, or one quoted group of words, of what a person typed after a command.
type Word struct {
	Text   string
	Quoted bool
}

// maxCommandText bounds the text of a command, in bytes. Slack documents no limit; nobody types that much by hand.
const maxCommandText = 8000

// Split divides the text of a command into words. Words in straight or curly quotes stay together. Slack's escapes
// (<mailto:…|…>, <tel:…|…>, <@U…|…>, &amp;) and emoji names are turned back into what the person typed. Neighbouring words
// of digits and +()-./ become one, since people type phone numbers with spaces.
func Split(text string) []Word {
	return joinNumbers(splitQuoted(Unescape(bounded(text))))
}

func bounded(text string) string {
	if len(text) > maxCommandText {
		return strings.ToValidUTF8(text[:maxCommandText], "")
	}
	return text
}

// Join returns the words with single spaces between them.
func Join(words []Word) string {
	parts := make([]string, len(words))
	for i, w := range words {
		parts[i] = w.Text
	}
	return strings.Join(parts, " ")
}

// closers has the closing quotes of each opening quote. Phones and desktops "correct" quotes in several ways, including
// German and Polish ones.
var closers = map[rune]string{
	'"':  `"`,
	'“':  `”“"`,
	'”':  `”"`,
	'„':  `“”"`,
	'«':  `»`,
	'‘':  `’‘`,
	'\'': `'`,
}

func splitQuoted(text string) []Word {
	var (
		words  []Word
		word   strings.Builder
		closer string
	)
	flush := func(quoted bool) {
		if word.Len() > 0 {
			words = append(words, Word{Text: word.String(), Quoted: quoted})
		}
		word.Reset()
	}
	runes := []rune(text)
	for i, r := range runes {
		switch {
		case closer != "" && strings.ContainsRune(closer, r):
			flush(true)
			closer = ""
		case closer != "":
			word.WriteRune(r)
		case word.Len() == 0 && closers[r] != "" && closes(runes[i+1:], closers[r]):
			closer = closers[r]
		case unicode.IsSpace(r):
			flush(false)
		default:
			word.WriteRune(r)
		}
	}
	flush(false)
	return words
}

// closes reports whether one of the closing quotes ends a word in rest. If none does, the opening quote is a plain
// character, as in ’t Zilte.
func closes(rest []rune, closing string) bool {
	for i, r := range rest {
		if strings.ContainsRune(closing, r) && (i+1 == len(rest) || unicode.IsSpace(rest[i+1])) {
			return true
		}
	}
	return false
}

func joinNumbers(words []Word) []Word {
	var out []Word
	for _, w := range words {
		last := len(out) - 1
		if last >= 0 && isNumberPart(out[last]) && isNumberPart(w) && !strings.HasPrefix(w.Text, "+") {
			out[last].Text += " " + w.Text
			continue
		}
		out = append(out, w)
	}
	return out
}

func isNumberPart(w Word) bool {
	return !w.Quoted && strings.ContainsAny(w.Text, "0123456789") && strings.Trim(w.Text, "0123456789+()-./ ") == ""
}
