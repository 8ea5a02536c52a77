package format

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/slack-go/slack"

	"github.com/coupontools/couponbot/bot/blocks"
	"github.com/coupontools/couponbot/internal/emoji"
	"github.com/coupontools/couponbot/sends"
	"github.com/coupontools/couponbot/sends/message"
	"github.com/coupontools/couponbot/sends/recipients"
)

// CannotFillIn says that placeholders would be sent unreplaced.
func CannotFillIn(found []message.Placeholder) string {
	if len(found) == 1 {
		return "couponbot can't fill in “" + string(found[0]) + "” yet. Take it out, or write the text without it."
	}
	return "couponbot can't fill in " + quotedFew(found) + " yet. Take them out, or write the text without them."
}

// unknownEmoji warns about emoji names that Slack doesn't know; "" if there are none.
func unknownEmoji(text string) string {
	_, names := emoji.Replace(text)
	switch len(names) {
	case 0:
		return ""
	case 1:
		return "“" + names[0] + "” isn't an emoji that couponbot knows. It goes out as written."
	}
	return quotedFew(names) + " aren't emoji that couponbot knows. They go out as written."
}

// TextNotes show what may surprise the writer of a text: note, if it isn't empty, and unknown emoji names.
func TextNotes(text, note string) []slack.Block {
	words := Joined(" ", note, unknownEmoji(text))
	if words == "" {
		return nil
	}
	return []slack.Block{blocks.Rich(blocks.Line{blocks.Plain(words)})} // Slack draws emoji names in other kinds of text
}

// quotedFew quotes the first of at least two texts.
func quotedFew[T ~string](texts []T) string {
	const few = 3
	quoted := make([]string, 0, few)
	for _, text := range texts[:min(len(texts), few)] {
		quoted = append(quoted, "“"+string(text)+"”")
	}
	last := len(quoted) - 1
	if more := len(texts) - few; more > 0 {
		return strings.Join(quoted, ", ") + " and " + Thousands(more) + " more"
	}
	return strings.Join(quoted[:last], ", ") + " and " + quoted[last]
}

// SomeCharacters shows the first of the characters that make an SMS longer. Spaces and accents are named, since they can't be
// seen alone; invisible parts of emoji are left out.
func SomeCharacters(runes []rune) string {
	const few = 5
	runes = slices.DeleteFunc(slices.Clone(runes), func(r rune) bool {
		return unicode.In(r, unicode.Cf, unicode.Variation_Selector)
	})
	var shown []string
	for _, r := range runes[:min(len(runes), few)] {
		name := string(r)
		if unicode.IsSpace(r) || unicode.IsMark(r) {
			name = fmt.Sprintf("U+%04X", r)
		}
		shown = append(shown, name)
	}
	text := strings.Join(shown, " ")
	if more := len(runes) - len(shown); more > 0 {
		text += " and " + Count(more, "other", "others")
	}
	return text
}

// Stamp formats a time for programs: ISO 8601 in UTC; "" for none.
func Stamp(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format(time.RFC3339)
}

// Capitalised returns s with its first letter in upper case.
func Capitalised(word string) string {
	_, first := utf8.DecodeRuneInString(word)
	return strings.ToUpper(word[:first]) + word[first:]
}

// Persons says "1 person", "3 people".
func Persons(n int) string { return Count(n, "person", "people") }

// AndMore appends how many of n items aren't listed.
func AndMore(lines []string, n, shown int) string {
	if n > shown {
		lines = append(lines, "and "+Thousands(n-shown)+" more")
	}
	return strings.Join(lines, "\n")
}

// Listed is how many people or failures a text lists.
const Listed = 10

// Sample lists the first few recipients.
func Sample(list []recipients.Recipient) string {
	var shown []string
	for _, r := range list[:min(len(list), sampled)] {
		shown = append(shown, recipients.Mask(r.To))
	}
	text := strings.Join(shown, ", ")
	if more := len(list) - len(shown); more > 0 {
		text += " and " + Thousands(more) + " more"
	}
	return text
}

// IsNumber reports whether text may be a whole phone number.
func IsNumber(text string) bool {
	return strings.Trim(text, "0123456789+()-./ ") == "" && len(Significant(text)) >= WholeNumber
}

// ParseAmount reads a whole number.
func ParseAmount(text string) (int, bool) {
	if text = strings.TrimSpace(text); !amountForm.MatchString(text) {
		return 0, false
	}
	n, err := strconv.Atoi(strings.NewReplacer(",", "", ".", "", " ", "", "\u00a0", "", "\u202f", "").Replace(text))
	return n, err == nil
}

// amountForm matches a whole number as people write it: 5000, 5,000, 5.000, 5 000. Other than three digits after a comma or a
// point are a fraction.
var amountForm = regexp.MustCompile(`^\d+$|^\d{1,3}([,. \x{a0}\x{202f}]\d{3})+$`)

// sampled is how many recipients the preview shows.
const sampled = 5

// CancelWords says why a send was cancelled.
func CancelWords(why string) string {
	switch why {
	case sends.WhyCancelled:
		return "The send was cancelled."
	case sends.WhyRejected:
		return "The send was rejected."
	case sends.WhyNotApproved:
		return "Nobody approved it within 24 hours, so couponbot cancelled it."
	case sends.WhyNotResumed:
		return "It was paused and nobody resumed it for a long time, so couponbot cancelled it."
	}
	return Sentence(why)
}

// Significant returns a number's digits from the first that isn't 0.
func Significant(number string) string {
	number = strings.ReplaceAll(number, "(0)", "")
	digits := strings.Map(func(r rune) rune {
		if r < '0' || r > '9' {
			return -1
		}
		return r
	}, number)
	return strings.TrimLeft(digits, "0")
}

// WholeNumber is the fewest digits of a whole number, without its prefix.
const WholeNumber = 7
