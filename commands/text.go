package commands

import (
	"fmt"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/slack-go/slack"

	"github.com/coupontools/couponbot/bot/blocks"
	"github.com/coupontools/couponbot/internal/emoji"
	"github.com/coupontools/couponbot/sends/message"
)

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

// cannotFillIn says that placeholders would go out as they are written.
func cannotFillIn(found []message.Placeholder) string {
	if len(found) == 1 {
		return "couponbot can't fill in “" + string(found[0]) + "” yet. Take it out, or write the text without it."
	}
	return "couponbot can't fill in " + quotedFew(found) + " yet. Take them out, or write the text without them."
}

// unknownEmoji warns of names in a text that stay names; "" if there are none.
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

// textNotes show what the writer of a text may not expect: that note, if it isn't empty, and emoji names that stay names.
func textNotes(text, note string) []slack.Block {
	words := joined(" ", note, unknownEmoji(text))
	if words == "" {
		return nil
	}
	return []slack.Block{blocks.Rich(blocks.Line{blocks.Plain(words)})} // Slack draws emoji names in other kinds of text
}

// quotedFew lists the first few of at least two texts.
func quotedFew[T ~string](texts []T) string {
	const few = 3
	quoted := make([]string, 0, few)
	for _, text := range texts[:min(len(texts), few)] {
		quoted = append(quoted, "“"+string(text)+"”")
	}
	last := len(quoted) - 1
	if more := len(texts) - few; more > 0 {
		return strings.Join(quoted, ", ") + " and " + thousands(more) + " more"
	}
	return strings.Join(quoted[:last], ", ") + " and " + quoted[last]
}

// someCharacters shows the first few of the characters that make an SMS dearer. Blanks and accents can't be seen alone, so
// they are named; the invisible parts of emoji are left out.
func someCharacters(runes []rune) string {
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
		text += " and " + count(more, "other", "others")
	}
	return text
}
