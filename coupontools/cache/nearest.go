package cache

import (
	"slices"
	"strings"

	"github.com/coupontools/couponbot/internal/editdist"
)

// maxDistance is the largest distance between names that count as near.
const maxDistance = 4

// nearest returns the positions of the n names with the smallest edit distance to name: at most one edit in three
// characters.
func (x *index) nearest(name string, n int) []int {
	m := editdist.New(name)
	limit := min(max(m.Len()/3, 1), maxDistance)
	wordsWanted := strings.Count(name, " ") + 1
	var found [maxDistance + 2][]int
	for line := range x.starts {
		candidate, _ := x.line(line)
		distance := m.Distance(candidate, limit)
		// "cty" is near "City deals" too, but less near than "City".
		if beginning := firstWords(candidate, wordsWanted); beginning != candidate {
			distance = min(distance, m.Distance(beginning, limit)+1)
		}
		if distance <= limit+1 && distance < m.Len() {
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
