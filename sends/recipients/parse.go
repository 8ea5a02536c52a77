package recipients

import (
	"iter"
	"strings"
)

// Parse reads the recipients from typed text: one per line, or several separated by commas or semicolons. Unusable entries,
// duplicates and recipients over Max are left out with a reason.
func Parse(text string, r Rules) List { return collect(entriesOf(text, r), r).List }

// entriesOf splits a text into entries.
func entriesOf(text string, r Rules) iter.Seq[entry] {
	return func(yield func(entry) bool) {
		line := 0
		for s := range strings.SplitSeq(lineEnds.Replace(text), "\n") {
			line++
			for _, part := range split(s, r) {
				if strings.Trim(part, " \t"+listSigns) != "" && !yield(entry{line: line, text: part}) {
					return
				}
			}
		}
	}
}

var lineEnds = strings.NewReplacer("\r\n", "\n", "\r", "\n", "\u2028", "\n", "\u2029", "\n")
