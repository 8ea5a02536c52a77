package ui

import (
	"strings"

	"github.com/coupontools/couponbot/bot"
	"github.com/coupontools/couponbot/bot/blocks"
	"github.com/coupontools/couponbot/commands/internal/format"
	"github.com/coupontools/couponbot/coupontools/cache"
)

// Choice is what words say about an item of a list.
type Choice[T cache.Item] struct {
	// Asked is what was taken for its name or id.
	Asked string
	// Hits are those it may mean. Several with one name are a choice too.
	Hits []T
	// Rest are the words after it.
	Rest []bot.Word
}

// choose finds what leading words name: the longest run of them that is exactly a name or an id, else
// the first word or quoted group, which may also be a part of a name.
func choose[T cache.Item](l *cache.ListOf[T], words []bot.Word) Choice[T] {
	if c, ok := LongestExact(l, words); ok {
		return c
	}
	if len(words) == 0 {
		return Choice[T]{}
	}
	return Choice[T]{Asked: words[0].Text, Hits: partly(l, words[0].Text), Rest: words[1:]}
}

// ChooseWhole finds what words name when nothing else can stand there: a part of a name may
// then be of several words.
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
	// A name has 300 characters at most, so no more words than this.
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

// SplitNumbers undoes the joining of neighbouring numbers, so that "Top 10" can be told from the number after it.
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

// Exact returns the items whose name or id is text.
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

// DidYouMean asks whether those with the nearest names are meant, "" if there are none.
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

// selectOptions shows items by name; those that share a name, with their id.
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

// OptionText keeps the id in sight when the name has to be cut: an option has 75 characters (Slack: option, text).
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
