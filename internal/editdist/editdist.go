// Package editdist measures how similar two names are, to suggest the one somebody meant.
package editdist

// maxRunes is how many characters of a name are compared.
const maxRunes = 64

// Matcher measures the edit distance of many names to one, without allocating for each. It isn't safe for concurrent use.
type Matcher struct {
	wanted                 []rune
	other                  []rune
	before, previous, next []int
}

// New returns a matcher for a name.
func New(name string) *Matcher {
	row := func() []int { return make([]int, maxRunes+1) }
	return &Matcher{wanted: runes(name, nil), other: make([]rune, 0, maxRunes), before: row(), previous: row(), next: row()}
}

// Len is the length of the matcher's name in characters, as far as they are compared.
func (m *Matcher) Len() int { return len(m.wanted) }

// Distance returns the edit distance to name: insertions, deletions, substitutions and swaps of neighbours. It returns
// limit+2 for more than limit. Only cells that can stay within the limit are computed.
func (m *Matcher) Distance(name string, limit int) int {
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
func (m *Matcher) row(i, limit, tooFar int) int {
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
func (m *Matcher) cell(a, b []rune, i, j, limit, tooFar int) int {
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

// runes returns the characters of s to compare, reusing buffer if it is large enough.
func runes(s string, buffer []rune) []rune {
	buffer = buffer[:0]
	for _, r := range s {
		if len(buffer) == maxRunes {
			break
		}
		buffer = append(buffer, r)
	}
	return buffer
}
