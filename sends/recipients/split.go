package recipients

import (
	"iter"
	"regexp"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/nyaruka/phonenumbers"
)

const (
	// minPart is the minimum digits of a number that a sign or a space separates from another, maxPart the maximum: E.164's
	// and an international prefix.
	minPart, maxPart = 5, maxDigits + 5
)

// split returns the trimmed entries of a cell or line; none if it's blank. Commas, semicolons, pipes and line ends always
// separate entries. Spaces, other signs and words such as "or" do only between two whole numbers or addresses.
func split(cell string, r Rules) []string {
	if r.Kind != SMS {
		return splitAddresses(cell)
	}
	cell = strings.TrimSpace(cell)
	if cell == "" {
		return nil
	}
	if isPlain(cell, r.Foreign) || spoiled(cell) {
		return []string{cell}
	}
	var all []string
	for piece := range listed(slackLink.ReplaceAllString(cell, " $1 "), extension) {
		if numbers, ok := splitNumbers(piece, r); ok && len(numbers) > 1 {
			all = append(all, numbers...)
		} else {
			all = append(all, piece)
		}
	}
	return all
}

var (
	slackLink = regexp.MustCompile(`<([^<>|]*)(?:\|[^<>]*)?>`)
	extension = regexp.MustCompile(`(?i);ext=`) // of "tel:+3225550100;ext=5"
)

// isPlain reports whether a cell surely holds one number, as most do: no sign or space has enough digits on both sides.
// Spaces count only in long numbers without a country code, or where a number of the region may be part of a foreign one.
func isPlain(cell string, foreign bool) bool {
	const maxBlank = 11
	all, before, plus, least := countDigits(cell), 0, 0, minPart
	coded := strings.HasPrefix(cell, "+") || strings.HasPrefix(cell, "00")
	if coded {
		least = minDigits
	}
	blanks := !coded && (foreign || all > maxBlank)
	for i := range len(cell) {
		switch c := cell[i]; {
		case '0' <= c && c <= '9':
			before++
		case c == '+':
			plus++
		case c == ' ' && !blanks:
		case strings.IndexByte(" ().-/", c) < 0 || before >= least && all-before >= minPart:
			return false
		}
	}
	return plus <= 1 && (!coded || all <= maxDigits)
}

// listSigns separate the entries of a list, in the forms of several scripts.
const listSigns = ",，、،;；؛|"

// listed splits text at line ends and the signs of lists, and yields each piece with the sign after it, 0 at the end of a
// line. A line without a digit or an @ is prose and stays whole, so that it is refused once, not once per comma. Signs in
// matches of whole separate nothing.
func listed(text string, whole *regexp.Regexp) iter.Seq2[string, rune] {
	return func(yield func(string, rune) bool) {
		for line := range strings.FieldsFuncSeq(text, isLineEnd) {
			line = strings.ReplaceAll(line, ":::", ";") // Google Contacts
			var kept [][]int
			start := 0
			if strings.ContainsFunc(line, func(r rune) bool { return r == '@' || unicode.IsDigit(r) }) {
				kept = whole.FindAllStringIndex(line, -1)
			} else {
				kept = [][]int{{0, len(line)}}
			}
			for at, sign := range line {
				for len(kept) > 0 && kept[0][1] <= at {
					kept = kept[1:]
				}
				if !strings.ContainsRune(listSigns, sign) || len(kept) > 0 && kept[0][0] <= at {
					continue
				}
				if piece := strings.TrimSpace(line[start:at]); piece != "" && !yield(piece, sign) {
					return
				}
				start = at + utf8.RuneLen(sign)
			}
			if piece := strings.TrimSpace(line[start:]); piece != "" && !yield(piece, 0) {
				return
			}
		}
	}
}

// isLineEnd reports whether r is one of Unicode's line ends, which cells have too.
func isLineEnd(r rune) bool { return strings.ContainsRune("\n\r\v\f\u0085\u2028\u2029", r) }

// conjunctions are the words between two entries, in English, Dutch, French, German, Spanish, Italian and Portuguese.
var conjunctions = wordSet("or and of en ou et oder und o u y e ed")

// wordPattern matches the words between or before numbers.
var wordPattern = regexp.MustCompile(`\p{L}+|&`)

// splitNumbers returns the whole numbers in an entry. ok is false if a part isn't a number, or if several ways to split it
// give numbers.
func splitNumbers(entry string, r Rules) (numbers []string, ok bool) {
	if len(entry) > maxEntryRunes {
		return nil, false
	}
	for _, word := range wordPattern.FindAllString(entry, -1) {
		if word = strings.ToLower(word); word != "&" && !conjunctions[word] && !phoneLabels[word] {
			return nil, false
		}
	}
	for _, part := range wordPattern.Split(entry, -1) {
		dialled, err := dial(trimSigns(part))
		if err != nil {
			return nil, false
		}
		if dialled == "" {
			continue
		}
		whole, ok := splitDialled(dialled, r)
		if !ok {
			return nil, false
		}
		numbers = append(numbers, whole...)
	}
	return numbers, true
}

// trimSigns removes what a word or a label leaves at the ends of a number.
func trimSigns(part string) string {
	return strings.TrimFunc(part, func(r rune) bool { return padding(r) || strings.ContainsRune(":./-", r) })
}

// splitDialled splits the result of [dial].
func splitDialled(dialled string, r Rules) (numbers []string, ok bool) {
	if at := innerPlus(dialled); at > 0 {
		first, ok1 := splitDialled(trimSigns(dialled[:at]), r)
		rest, ok2 := splitDialled(dialled[at:], r)
		return append(first, rest...), ok1 && ok2 && !plusMeansAnd(dialled[at:], r)
	}
	_, _, err := recognize(dialled, Rules{Region: r.Region}) // Two numbers of the region must not make a foreign one.
	if isNumber(err) && ruleOf(err) != RuleForeign {
		return []string{dialled}, true
	}
	for _, blank := range []bool{false, true} {
		if parts := splitAt(dialled, r, blank); parts != nil {
			return parts, true
		}
	}
	return []string{dialled}, isNumber(err)
}

// plusMeansAnd reports whether a + may mean "and" between two numbers of the region rather than begin a country code:
// without it, there is another number.
func plusMeansAnd(dialled string, r Rules) bool {
	_, abroad, err1 := recognize(dialled, Rules{Region: r.Region})
	_, home, err2 := recognize(strings.Replace(dialled, "+", "", 1), Rules{Region: r.Region})
	return err1 == nil && err2 == nil && abroad.To != home.To
}

// innerPlus returns the index of a + after the first digit, or of the bracket before it; 0 if none.
func innerPlus(dialled string) int {
	first := strings.IndexFunc(dialled, isDigit)
	at := strings.LastIndexByte(dialled, '+')
	if first < 0 || at < first {
		return 0
	}
	if dialled[at-1] == '(' {
		at--
	}
	return at
}

// splitAt splits at spaces, or at other signs: at every sign of one kind, or at the only one with whole numbers on both
// sides.
func splitAt(dialled string, r Rules, blank bool) []string {
	var all [][]string // more than one pair is ambiguous
	seen := map[string]bool{}
	for g := range gaps(dialled) {
		if g.blank != blank || g.before < minPart || g.after < minPart {
			continue
		}
		if parts := []string{dialled[:g.from], dialled[g.to:]}; allWhole(parts, r) {
			all = append(all, parts)
		}
		sign := dialled[g.from:g.to]
		if seen[sign] {
			continue
		}
		seen[sign] = true
		if parts := strings.Split(dialled, sign); len(parts) > 2 && allWhole(parts, r) {
			return parts
		}
	}
	if len(all) != 1 {
		return nil
	}
	return all[0]
}

// allWhole reports whether all parts are whole numbers in the same form: with or without the national prefix. In "01
// 1234567/7654321" the second isn't whole.
func allWhole(parts []string, r Rules) bool {
	for _, p := range parts {
		if n := countDigits(p); n < minPart || n > maxPart {
			return false
		}
	}
	return !slices.ContainsFunc(parts, func(p string) bool {
		return !isWhole(p, r) || hasTrunk(p, r) != hasTrunk(parts[0], r)
	})
}

// isWhole reports whether dialled is a complete phone number.
func isWhole(dialled string, r Rules) bool {
	_, _, err := recognize(dialled, r)
	return isNumber(err)
}

// hasTrunk reports whether a number has the region's national prefix.
func hasTrunk(dialled string, r Rules) bool {
	home, err := phonenumbers.ParseAndKeepRawInput(digitsOnly(dialled), strings.ToUpper(r.Region))
	return err != nil || phonenumbers.IsNationalPrefixPresentIfRequired(home)
}

// gap is the text between two digits of an entry.
type gap struct {
	from, to      int
	before, after int // digits on both sides
	block         int // digits since the previous gap
	blank         bool
}

// gaps yields the signs and spaces between digits.
func gaps(dialled string) iter.Seq[gap] {
	return func(yield func(gap) bool) {
		all, before, last, block := countDigits(dialled), 0, -1, 0
		for i := range len(dialled) {
			if !isDigit(rune(dialled[i])) {
				continue
			}
			if last >= 0 && i > last+1 {
				g := gap{from: last + 1, to: i, before: before, after: all - before, block: block}
				g.blank = strings.Trim(dialled[g.from:g.to], " ") == ""
				if !yield(g) {
					return
				}
				block = 0
			}
			before++
			block++
			last = i
		}
	}
}

// countDigits counts ASCII digits, as in the result of [dial].
func countDigits(text string) int {
	n := 0
	for i := range len(text) {
		if '0' <= text[i] && text[i] <= '9' {
			n++
		}
	}
	return n
}

// holdsMore reports whether an entry has more than one number: a sign follows a complete number, as in "0664/1234567/68".
// Where numbers vary in length, all digits together may be a stranger's valid number. number is nil if all digits together
// aren't one.
func holdsMore(dialled string, number *phonenumbers.PhoneNumber, r Rules) bool {
	if !strings.ContainsAny(dialled, " ./-()") {
		return false
	}
	length := 0
	if number != nil {
		length = nationalLength(number)
	}
	for g := range gaps(dialled) {
		if g.before > maxPart {
			break
		}
		left, right := dialled[:g.from], dialled[g.to:]
		switch {
		case number == nil:
			if !g.blank && g.before >= minPart && isWhole(left, r) {
				return true
			}
		case !numberings().national[number.GetCountryCode()].has(length - g.after): // no number is that short
		case g.blank:
			// Spaces mostly group digits, but a 0 begins a number in most countries: "01 23456 01 65432". After a long block one
			// or two digits are an extension: "0664 1234567 68".
			const block, tail = 6, 2
			if right[0] == '0' && isWhole(left, r) && isWhole(right, r) || g.block >= block && g.after <= tail && isWhole(left, r) {
				return true
			}
		case !isGrouping(dialled[g.from:g.to], number, g) && isWhole(left, r):
			return true
		}
	}
	return false
}

func nationalLength(number *phonenumbers.PhoneNumber) int {
	return len(phonenumbers.GetNationalSignificantNumber(number))
}

// isGrouping reports whether a sign only groups digits although a complete number precedes it: "0664-123-45-67". The number
// is a mobile of a usual length, the part before the sign is shorter than usual, and its last block short.
func isGrouping(sign string, number *phonenumbers.PhoneNumber, g gap) bool {
	const maxBlock, minTail, minTailOfSlash, leeway = 4, 2, 4, 2
	example := phonenumbers.GetExampleNumberForType(phonenumbers.GetRegionCodeForNumber(number), phonenumbers.MOBILE)
	if example == nil || !isMobile(number) {
		return false
	}
	tail := minTail
	if strings.ContainsAny(sign, "/()") {
		tail = minTailOfSlash
	}
	// The example has the most common length of the country's mobile numbers.
	usual, length := nationalLength(example), nationalLength(number)
	return length <= usual+leeway && length-g.after < usual && g.block <= maxBlock && g.after >= tail
}

// splitAddresses returns the entries of a cell or line with e-mail addresses.
func splitAddresses(cell string) []string {
	var all, names []string // names may be the beginning of "Peeters, Mia <mia@example.com>"
	for piece, sign := range listed(cell, nameOrLink) {
		if strings.Contains(piece, "<") && len(names) > 0 {
			piece, names = strings.Join(append(names, piece), ", "), nil
		}
		if !strings.Contains(piece, "@") && sign == ',' {
			names = append(names, piece)
			continue
		}
		all, names = append(all, names...), nil
		all = append(all, unlisted(piece)...)
	}
	return append(all, names...)
}

// nameOrLink matches a quoted name, or an address or Slack link in angle brackets.
var nameOrLink = regexp.MustCompile(`"[^"@]*"|<[^<>]*>`)

// unlisted splits a piece without list signs: "A <a@b.example> C <c@d.example>", "a@b.example c@d.example".
func unlisted(piece string) []string {
	var all []string
	for {
		end := strings.IndexByte(piece, '>') + 1
		if end == 0 || !strings.Contains(piece[end:], "@") {
			return append(all, parted(piece)...)
		}
		all = append(all, parted(piece[:end])...)
		piece = strings.TrimSpace(piece[end:])
	}
}

// parted splits at spaces and slashes if every part is an address. A slash may be part of an address.
func parted(piece string) []string {
	addresses := slices.DeleteFunc(strings.FieldsFunc(piece, func(r rune) bool { return unicode.IsSpace(r) || r == '/' }),
		func(word string) bool { return word == "&" || conjunctions[strings.ToLower(word)] })
	if strings.Contains(piece, "<") || len(addresses) == 0 || slices.ContainsFunc(addresses, isName) {
		return []string{piece}
	}
	return addresses
}

// isName reports whether a word isn't an address.
func isName(word string) bool { return !strings.Contains(word, "@") }
