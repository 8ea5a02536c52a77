package message

import (
	"fmt"
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"

	"github.com/coupontools/couponbot/internal/emoji"
)

// lineEnds replaces the line ends of word processors, and tabs, which the GSM alphabet doesn't have.
var lineEnds = strings.NewReplacer("\r\n", "\n", "\r", "\n", "\v", "\n", "\f", "\n", "\u2028", "\n", "\u2029", "\n", "\t", " ")

// Clean prepares a text for sending. It replaces emoji names by emoji, composes letters and accents (Unicode NFC), and
// removes invisible characters that neither an emoji nor a script needs; one of them can double the price of an SMS. removed
// is their number. The error is for the marketer: it names a character that phones can't show.
func Clean(text string) (clean string, removed int, err error) {
	text, _ = emoji.Replace(lineEnds.Replace(text))
	c := cleaner{in: []rune(norm.NFC.String(text)), rightToLeft: strings.ContainsFunc(text, isRightToLeft)}
	for i, r := range c.in {
		switch {
		case isBroken(r):
			return "", 0, fmt.Errorf("There's a broken character (U+%04X) %s. Delete it, or type that part again.", r, c.place())
		case !isInvisible(r) || c.needs(i):
			c.out = append(c.out, r)
		}
	}
	return string(c.out), len(c.in) - len(c.out), nil
}

// cleaner copies a text from in to out.
type cleaner struct {
	in, out     []rune
	rightToLeft bool // the text has letters of a right-to-left script
}

const (
	textSelector       = '\uFE0E' // the counterpart of emoji.Selector
	zeroWidthNonJoiner = '\u200C'
	zeroWidthSpace     = '\u200B' // allows a line break in scripts without spaces
	blackFlag          = '\U0001F3F4'
	cancelTag          = '\U000E007F'
)

// isInvisible reports whether r isn't drawn, or only changes its neighbours.
func isInvisible(r rune) bool {
	const brailleBlank, objectReplacement = '\u2800', '\uFFFC'
	return unicode.In(r, unicode.Cf, unicode.Variation_Selector, unicode.Other_Default_Ignorable_Code_Point) &&
		!unicode.Is(unicode.Prepended_Concatenation_Mark, r) || r == brailleBlank || r == objectReplacement
}

// isBroken reports whether r results from a decoding error, or is drawn differently by each phone.
func isBroken(r rune) bool {
	return unicode.In(r, unicode.Cc, unicode.Co, unicode.Noncharacter_Code_Point) && r != '\n' || r == unicode.ReplacementChar
}

func isRightToLeft(r rune) bool {
	return unicode.IsLetter(r) && unicode.In(r, unicode.Arabic, unicode.Hebrew, unicode.Syriac, unicode.Thaana, unicode.Nko)
}

// shapesLetters reports whether r belongs to a script in which invisible characters between letters change their shape or
// allow a line break.
func shapesLetters(r rune) bool {
	return unicode.In(r, unicode.Arabic, unicode.Syriac, unicode.Nko, unicode.Mongolian, unicode.Devanagari, unicode.Bengali,
		unicode.Gurmukhi, unicode.Gujarati, unicode.Oriya, unicode.Tamil, unicode.Telugu, unicode.Kannada, unicode.Malayalam,
		unicode.Sinhala, unicode.Thai, unicode.Lao, unicode.Tibetan, unicode.Myanmar, unicode.Khmer)
}

// needs reports whether the text reads or looks different without the invisible character at i.
func (c *cleaner) needs(i int) bool {
	var before, after rune
	if len(c.out) > 0 {
		before = c.out[len(c.out)-1]
	}
	if i+1 < len(c.in) {
		after = c.in[i+1]
	}
	pictureBefore, needsSelector := emoji.Picture(before)
	switch r := c.in[i]; {
	case r == emoji.Selector:
		return needsSelector || after == emoji.Keycap
	case r == textSelector:
		return needsSelector
	case unicode.Is(unicode.Variation_Selector, r):
		return unicode.In(before, unicode.Han, unicode.Mongolian)
	case r == emoji.Joiner && (pictureBefore || before == emoji.Selector):
		picture, _ := emoji.Picture(after)
		return picture
	case r == emoji.Joiner, r == zeroWidthNonJoiner, r == zeroWidthSpace:
		return shapesLetters(before) && shapesLetters(after)
	case isTag(r):
		return c.inFlag(i)
	default:
		return c.rightToLeft && isDirection(r)
	}
}

// isDirection reports whether r sets the direction of the surrounding text. It excludes the two overrides, which reverse
// letters against their script.
func isDirection(r rune) bool {
	const override, leftOverride = '\u202E', '\u202D'
	return unicode.Is(unicode.Bidi_Control, r) && r != override && r != leftOverride
}

func isTag(r rune) bool { return r >= '\U000E0020' && r <= cancelTag }

// inFlag reports whether the tag at i belongs to a flag such as Scotland's: a black flag followed by tags.
func (c *cleaner) inFlag(i int) bool {
	const most = 8
	from, to := i, i
	for from > 0 && isTag(c.in[from]) && i-from < most {
		from--
	}
	for to+1 < len(c.in) && isTag(c.in[to+1]) && to-i < most {
		to++
	}
	return c.in[from] == blackFlag && c.in[to] == cancelTag
}

// place describes the position of the next character by the word before it.
func (c *cleaner) place() string {
	words := strings.Fields(string(c.out[max(0, len(c.out)-30):]))
	if len(words) == 0 {
		return "at the start"
	}
	return "after “" + words[len(words)-1] + "”"
}
