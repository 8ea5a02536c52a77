package recipients

import (
	"iter"
	"strings"
)

// Parse reads the recipients out of typed text: one to a line, or several with commas or semicolons between them. Entries
// that can't be used are left out with a reason; so is what comes twice, and what goes over Max.
func Parse(text string, r Rules) List { return collect(entries(text, r), r).List }

// entries takes a text apart.
func entries(text string, r Rules) iter.Seq[entry] {
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
