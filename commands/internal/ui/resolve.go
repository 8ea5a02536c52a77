package ui

import (
	"strings"

	"github.com/coupontools/couponbot/bot"
	"github.com/coupontools/couponbot/bot/blocks"
	"github.com/coupontools/couponbot/commands/internal/format"
	"github.com/coupontools/couponbot/coupontools/cache"
)

// Choice is the result of resolving words to items of a list.
type Choice[T cache.Item] struct {
	// Asked is the part of the words that was taken for a name or id.
	Asked string
	// Hits are the matching items. Several items may have the same name.
	Hits []T
	// Rest are the words after Asked.
	Rest []bot.Word
}

// choose finds what leading words name: the longest run that is exactly a name or an id, else the first word or quoted group,
// which may also be a part of a name.
func choose[T cache.Item](l *cache.ListOf[T], words []bot.Word) Choice[T] {
	if c, ok := LongestExact(l, words); ok {
		return c
	}
	if len(words) == 0 {
		return Choice[T]{}
	}
	return Choice[T]{Asked: words[0].Text, Hits: partly(l, words[0].Text), Rest: words[1:]}
}

// ChooseWhole finds what all words name. A part of a name may have several words.
func ChooseWhole[T cache.Item](l *cache.ListOf[T], words []bot.Word) Choice[T] {
	if c, ok := LongestExact(l, words); ok {
		return c
	}
	all := bot.Join(words)
	if hits := partly(l, all); len(hits) > 0 {
		return Choice[T]{Asked: all, Hits: hits}
	}
	c := choose(l, words)
	if len(c.Hits) == 0 {
		c.Asked = all
	}
	return c
}

// LongestExact finds the longest run of the first words that is the whole name or id of an item.
func LongestExact[T cache.Item](l *cache.ListOf[T], words []bot.Word) (Choice[T], bool) {
	// A name has 300 characters at most, so it has no more words than this.
	const most = 150
	parts := SplitNumbers(words)
	for n := min(len(parts), most); n > 0; n-- {
		name := bot.Join(parts[:n])
		if hits := Exact(l, name); len(hits) > 0 {
			return Choice[T]{Asked: name, Hits: hits, Rest: parts[n:]}, true
		}
	}
	return Choice[T]{}, false
}

// SplitNumbers separates joined neighbouring numbers, so that "Top 10" can be found before a phone number.
func SplitNumbers(words []bot.Word) []bot.Word {
	var parts []bot.Word
	for _, w := range words {
		if w.Quoted {
			parts = append(parts, w)
			continue
		}
		for f := range strings.FieldsSeq(w.Text) {
			parts = append(parts, bot.Word{Text: f})
		}
	}
	return parts
}

// Exact returns the items with this name or id.
func Exact[T cache.Item](l *cache.ListOf[T], name string) []T {
	if item, ok := l.ByID(name); ok {
		return []T{item}
	}
	return l.Named(name)
}

func partly[T cache.Item](l *cache.ListOf[T], words string) []T {
	if strings.TrimSpace(words) == "" {
		return nil
	}
	if hits := Exact(l, words); len(hits) > 0 {
		return hits
	}
	return l.Search(words, len(l.Items))
}

// DidYouMean suggests the items with the nearest names; "" if there are none.
func DidYouMean[T cache.Item](l *cache.ListOf[T], asked string) string {
	var names []string
	for _, item := range nearest(l, asked) {
		names = append(names, format.Titled(item))
	}
	if len(names) == 0 {
		return ""
	}
	return "Did you mean " + OrList(names) + "?"
}

func nearest[T cache.Item](l *cache.ListOf[T], asked string) []T {
	const few = 3
	near := l.Nearest(asked, few)
	if first, _, several := strings.Cut(asked, " "); several && len(near) == 0 {
		near = l.Search(first, few)
	}
	return near
}

// OrList joins names: a, b or c.
func OrList(names []string) string {
	last := len(names) - 1
	if last == 0 {
		return names[0]
	}
	return strings.Join(names[:last], ", ") + " or " + names[last]
}

// selectOptions returns items as options. Items with the same name are shown with their ids.
func selectOptions[T cache.Item](hits []T) []bot.Option {
	same := map[string]int{}
	for _, item := range hits {
		_, name := item.Ident()
		same[cache.Fold(name)]++
	}
	out := make([]bot.Option, len(hits))
	for i, item := range hits {
		id, name := item.Ident()
		out[i] = bot.Option{Text: OptionText(item, same[cache.Fold(name)] > 1), Value: id}
	}
	return out
}

// OptionText shows an item in an option (Slack: 75 characters). It cuts the name so that the id stays visible.
func OptionText(item cache.Item, withID bool) string {
	const runes = 75
	id, name := item.Ident()
	name = format.OneLine(name)
	switch {
	case name == "":
		return id
	case withID:
		id = blocks.Cut(" ("+id+")", runes/2)
		return blocks.Cut(name, runes-len([]rune(id))) + id
	}
	return blocks.Cut(name, runes)
}
