package recipients

import (
	"iter"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Parse reads the recipients out of typed text, one to a line or several parted by commas or semicolons. Entries that
// cannot be used are left out with a reason; so is what comes twice, and what goes over Max.
func Parse(text string, r Rules) List { return collect(entries(text), r).List }

// entries takes a text apart. A line that holds neither a digit nor an @ is prose and stays whole, so that it is
// refused once and not once for each comma.
func entries(text string) iter.Seq[entry] {
	return func(yield func(entry) bool) {
		line := 0
		for s := range strings.SplitSeq(lineEnds.Replace(text), "\n") {
			line++
			for piece := range pieces(s) {
				if piece = strings.TrimSpace(piece); piece != "" && !yield(entry{line: line, text: piece}) {
					return
				}
			}
		}
	}
}

var lineEnds = strings.NewReplacer("\r\n", "\n", "\r", "\n", "\u2028", "\n", "\u2029", "\n")

func pieces(line string) iter.Seq[string] {
	return func(yield func(string) bool) {
		if strings.Trim(line, " \t"+separators) == "" {
			return
		}
		if !strings.ContainsFunc(line, func(r rune) bool { return r == '@' || unicode.IsDigit(r) }) {
			yield(line)
			return
		}
		for {
			i, width := separator(line)
			if !yield(line[:i]) || width == 0 {
				return
			}
			line = line[i+width:]
		}
	}
}

// separators are the comma and the semicolon, also in the forms that other scripts write them.
const separators = ",，、،;；؛"

// separator finds the first separator of a line. A semicolon that brings on the extension of a number, as in
// "+3225550100;ext=5", parts nothing.
func separator(line string) (at, width int) {
	for i, r := range line {
		if strings.ContainsRune(separators, r) && !(r == ';' && hasPrefixFold(line[i+1:], "ext=")) {
			return i, utf8.RuneLen(r)
		}
	}
	return len(line), 0
}
