package cache

import (
	"cmp"
	"slices"
	"sort"
	"strings"
	"unicode"
	"unicode/utf8"
)

// index holds the folded names and ids of a list, sorted by name, in one text with a line for each ("name\tid\n"). One
// search of one text is many times faster than ten thousand searches of short ones.
type index struct {
	text string
	// starts are the offsets in text at which lines begin.
	starts []int
	// positions are the positions of the lines' items in the list.
	positions []int
	ids       map[string]int
	names     map[string][]int
}

func newIndex[T Item](items []T) *index {
	x := &index{
		starts: make([]int, 0, len(items)), positions: make([]int, len(items)),
		ids: make(map[string]int, len(items)), names: make(map[string][]int, len(items)),
	}
	folded, ids := make([]string, len(items)), make([]string, len(items))
	for i, item := range items {
		id, name := item.Ident()
		folded[i], ids[i], x.positions[i] = normal(name), id, i
		x.names[folded[i]] = append(x.names[folded[i]], i)
		x.ids[strings.ToLower(id)] = i
	}
	slices.SortFunc(x.positions, func(a, b int) int { return cmp.Or(strings.Compare(folded[a], folded[b]), a-b) })
	var text strings.Builder
	for _, position := range x.positions {
		x.starts = append(x.starts, text.Len())
		text.WriteString(folded[position] + "\t" + normal(ids[position]) + "\n")
	}
	x.text = text.String()
	return x
}

// line returns the name and id of a line.
func (x *index) line(n int) (name, id string) {
	end := len(x.text)
	if n+1 < len(x.starts) {
		end = x.starts[n+1]
	}
	name, id, _ = strings.Cut(x.text[x.starts[n]:end-1], "\t")
	return name, id
}

// The ranks of a hit, best first.
const (
	rankExact = iota
	rankPrefix
	rankWordStart
	rankInside
)

// search returns the positions of the best hits for a query of folded words.
func (x *index) search(query string, limit int) []int {
	words := strings.Split(query, " ")
	// Lines with the longest word are the fewest.
	longest := slices.MaxFunc(words, func(a, b string) int { return len(a) - len(b) })
	var hits [rankInside + 1][]int
	for n := range x.linesWith(longest) {
		name, id := x.line(n)
		if rank, ok := rankOf(name, id, query, words); ok {
			hits[rank] = append(hits[rank], x.positions[n])
		}
	}
	all := slices.Concat(hits[:]...)
	if limit > 0 && len(all) > limit {
		all = all[:limit]
	}
	return all
}

// linesWith yields the lines that contain word, in order.
func (x *index) linesWith(word string) func(yield func(int) bool) {
	return func(yield func(int) bool) {
		for from, n := 0, 0; ; {
			i := strings.Index(x.text[from:], word)
			if i < 0 {
				return
			}
			n += sort.SearchInts(x.starts[n:], from+i+1) - 1
			if !yield(n) || n+1 == len(x.starts) {
				return
			}
			n++
			from = x.starts[n]
		}
	}
}

// rankOf returns how well a line matches. ok is false if it doesn't.
func rankOf(name, id, query string, words []string) (int, bool) {
	if name == query || id == query {
		return rankExact, true
	}
	worst := rankWordStart
	for _, word := range words {
		switch {
		case startsWord(name, word), strings.HasPrefix(id, word):
		case strings.Contains(name, word), strings.Contains(id, word):
			worst = rankInside
		default:
			return 0, false
		}
	}
	if strings.HasPrefix(name, query) || strings.HasPrefix(id, query) {
		return rankPrefix, true
	}
	return worst, true
}

// startsWord reports whether a word of the name begins with word.
func startsWord(name, word string) bool {
	for from := 0; ; {
		i := strings.Index(name[from:], word)
		if i < 0 {
			return false
		}
		before, _ := utf8.DecodeLastRuneInString(name[:from+i])
		if from+i == 0 || !unicode.IsLetter(before) && !unicode.IsDigit(before) {
			return true
		}
		_, size := utf8.DecodeRuneInString(name[from+i:])
		from += i + size
	}
}
