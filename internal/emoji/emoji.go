// Package emoji replaces Slack's names of standard emoji by the emoji: Slack sends the 🎉 that a person picked as ":tada:".
//
// ./gen makes the names and emoji in table.txt from the data of emoji-datasource, the source of Slack's names; NOTICE has
// its licence. The table is decoded on first use.
package emoji

import (
	"cmp"
	_ "embed"
	"strings"
	"sync"
	"unicode/utf8"
)

//go:generate sh -c "go run ./gen $EMOJI_JSON > table.txt"

//go:embed table.txt
var table string

// emoji is a standard emoji.
type emoji struct {
	plain string
	// toned are the forms with skin tones, if any, with the digits 1 and 2 for the tones. The first form is for one tone, the
	// last for two.
	toned []string
}

var byName = sync.OnceValue(func() map[string]emoji {
	names := make(map[string]emoji, strings.Count(table, "\n"))
	for line := range strings.Lines(table) {
		fields := strings.Fields(line)
		names[fields[0]] = emoji{plain: fields[1], toned: fields[2:]}
	}
	return names
})

// withTones returns the emoji with the skin tones of one or two people, numbered as in Slack: "2", the lightest, to "6". It
// returns "" for an emoji that doesn't have these tones.
func (e emoji) withTones(first, second string) string {
	if len(e.toned) == 0 {
		return ""
	}
	form := e.toned[0]
	if second != "" && second != first {
		form = e.toned[len(e.toned)-1]
		if !strings.Contains(form, "2") {
			return ""
		}
	}
	return strings.NewReplacer("1", tone(first), "2", tone(cmp.Or(second, first))).Replace(form)
}

func tone(number string) string { return byName()["skin-tone-"+number].plain }

// The characters that combine with their neighbours into an emoji.
const (
	// Selector asks for the emoji form of the character before it.
	Selector = '\uFE0F'
	// Joiner joins its neighbours into one emoji.
	Joiner = '\u200D'
	// Keycap makes an emoji of the digit before it, mostly with a [Selector] between them.
	Keycap = '\u20E3'
)

// pictures are the characters outside ASCII that emoji consist of. The value is true for those that need a [Selector].
var pictures = sync.OnceValue(func() map[rune]bool {
	found := map[rune]bool{}
	for _, e := range byName() {
		for part := range strings.SplitSeq(e.plain, string(Joiner)) {
			r, size := utf8.DecodeRuneInString(part)
			if r >= utf8.RuneSelf {
				found[r] = part[size:] == string(Selector)
			}
		}
	}
	return found
})

// Picture reports whether an emoji can begin with r or continue with it after a [Joiner], and whether r is drawn as plain
// text unless a [Selector] follows.
func Picture(r rune) (ok, needsSelector bool) {
	// Unicode: this whole block is reserved for emoji.
	const first, last = 0x1F000, 0x1FAFF
	needsSelector, ok = pictures()[r]
	return ok || first <= r && r <= last, needsSelector
}
