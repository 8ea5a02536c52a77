package cache

import (
	"slices"
	"strings"
)

const (
	// maxNearRunes is how many characters of a name are compared.
	maxNearRunes = 64
	// maxDistance is the largest distance between names that count as near.
	maxDistance = 4
)

// nearest returns the positions of the n names with the smallest edit distance to name: at most one edit in three
// characters.
func (x *index) nearest(name string, n int) []int {
	wanted := runes(name, nil)
	limit := min(max(len(wanted)/3, 1), maxDistance)
	wordsWanted := strings.Count(name, " ") + 1
	var found [maxDistance + 2][]int
	m := newMatcher(wanted)
	for line := range x.starts {
		candidate, _ := x.line(line)
		distance := m.distance(candidate, limit)
		// "cty" is near "City deals" too, but less near than "City".
		if beginning := firstWords(candidate, wordsWanted); beginning != candidate {
			distance = min(distance, m.distance(beginning, limit)+1)
		}
		if distance <= limit+1 && distance < len(wanted) {
			found[distance] = append(found[distance], x.positions[line])
		}
	}
	all := slices.Concat(found[:]...)
	return all[:min(max(n, 0), len(all))]
}

// firstWords returns the first n words of a name.
func firstWords(name string, n int) string {
	for i := range len(name) {
		if name[i] == ' ' {
			if n--; n == 0 {
				return name[:i]
			}
		}
	}
	return name
}

// runes returns the characters of s to compare, reusing buffer if it is large enough.
func runes(s string, buffer []rune) []rune {
	buffer = buffer[:0]
	for _, r := range s {
		if len(buffer) == maxNearRunes {
			break
		}
		buffer = append(buffer, r)
	}
	return buffer
}

// matcher measures the edit distance of many names to one, without allocating for each.
type matcher struct {
	wanted                 []rune
	other                  []rune
	before, previous, next []int
}

func newMatcher(wanted []rune) *matcher {
	row := func() []int { return make([]int, maxNearRunes+1) }
	return &matcher{wanted: wanted, other: make([]rune, 0, maxNearRunes), before: row(), previous: row(), next: row()}
}

// distance returns the edit distance to name: insertions, deletions, substitutions and swaps of neighbours. It returns
// limit+2 for more than limit. Only cells that can stay within the limit are computed.
func (m *matcher) distance(name string, limit int) int {
	tooFar := limit + 2
	// A character has at least one byte. The bound also holds for the part that is compared.
	if len(name) < len(m.wanted)-limit {
		return tooFar
	}
	m.other = runes(name, m.other)
	a, b := m.wanted, m.other
	if len(a)-len(b) > limit || len(b)-len(a) > limit {
		return tooFar
	}
	for j := range b {
		m.previous[j] = j
	}
	m.previous[len(b)] = len(b)
	for i := 1; i <= len(a); i++ {
		if m.row(i, limit, tooFar) > limit {
			return tooFar
		}
		m.before, m.previous, m.next = m.previous, m.next, m.before
	}
	if m.previous[len(b)] > limit {
		return tooFar
	}
	return m.previous[len(b)]
}

// row computes row i of the table and returns its minimum.
func (m *matcher) row(i, limit, tooFar int) int {
	a, b := m.wanted, m.other
	from, to := max(1, i-limit), min(len(b), i+limit)
	m.next[0] = i
	if from > 1 {
		m.next[from-1] = tooFar
	}
	least := m.next[from-1]
	for j := from; j <= to; j++ {
		m.next[j] = m.cell(a, b, i, j, limit, tooFar)
		least = min(least, m.next[j])
	}
	return least
}

// cell computes one cell from the two rows above and the cell to the left.
func (m *matcher) cell(a, b []rune, i, j, limit, tooFar int) int {
	changed := m.previous[j-1]
	if a[i-1] != b[j-1] {
		changed++
	}
	best := min(changed, m.next[j-1]+1)
	if j < i+limit {
		best = min(best, m.previous[j]+1)
	}
	if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
		best = min(best, m.before[j-2]+1)
	}
	return min(best, tooFar)
}
