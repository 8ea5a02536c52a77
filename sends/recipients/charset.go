package recipients

import (
	"bytes"
	"cmp"
	"slices"
	"strings"
	letters "unicode"
	"unicode/utf8"

	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/unicode"
)

var utf8Mark = []byte("\uFEFF")

// inUTF8 returns a text file in UTF-8 without a byte order mark, decoded if necessary, at most three bytes for each one.
// guessed is the encoding's name if it had to be guessed.
func inUTF8(content []byte) (text []byte, guessed string) {
	if marked, ok := bytes.CutPrefix(content, utf8Mark); ok {
		return marked, ""
	}
	from, name := charset(content)
	if from == nil {
		return content, ""
	}
	text, err := from.NewDecoder().Bytes(content)
	if err != nil {
		return content, ""
	}
	return text, name
}

// charset guesses the encoding of a file without a UTF-8 mark; nil means UTF-8. The name is empty for encodings that the
// content proves.
func charset(content []byte) (from encoding.Encoding, name string) {
	switch big, little := wide(content); {
	case bytes.HasPrefix(content, []byte{0xFE, 0xFF}), big:
		return unicode.UTF16(unicode.BigEndian, unicode.UseBOM), ""
	case bytes.HasPrefix(content, []byte{0xFF, 0xFE}), little:
		return unicode.UTF16(unicode.LittleEndian, unicode.UseBOM), ""
	case utf8.Valid(content):
		return nil, ""
	}
	best := slices.MaxFunc(legacy, func(a, b legacyEncoding) int { return cmp.Compare(a.score(content), b.score(content)) })
	return best.charmap, best.name
}

// legacyEncoding is a single-byte encoding.
type legacyEncoding struct {
	name    string
	charmap *charmap.Charmap
}

// legacy are the encodings of Western European spreadsheet programs. If several score the same, the first wins.
var legacy = []legacyEncoding{
	{"Windows-1252", charmap.Windows1252}, {"Mac OS Roman", charmap.Macintosh}, {"CP850 (DOS)", charmap.CodePage850},
}

// accented are the accented letters of Western European languages.
const accented = "àáâäãåæçèéêëìíîïñòóôöõøœùúûüýÿßÀÁÂÄÃÅÆÇÈÉÊËÌÍÎÏÑÒÓÔÖÕØŒÙÚÛÜ"

// score rates how plausible a text is in the encoding. Each character outside ASCII is rated by its neighbours: a letter
// belongs next to letters, a lower-case one after lower-case ones, and a no-break space between digits.
func (e legacyEncoding) score(content []byte) int {
	const enough = 1 << 16
	score := 0
	content = content[:min(len(content), enough)]
	at := func(i int) rune {
		if i < 0 || i >= len(content) {
			return ' '
		}
		return e.charmap.DecodeByte(content[i])
	}
	for i, b := range content {
		if b < utf8.RuneSelf {
			continue
		}
		r, before, after := at(i), at(i-1), at(i+1)
		switch {
		case strings.ContainsRune(accented, r) && letters.IsLower(before) && letters.IsUpper(r):
			score--
		case strings.ContainsRune(accented, r) && (letters.IsLetter(before) || letters.IsLetter(after)):
			score += 2
		case r == '\u00a0' && !letters.IsLetter(before) && !letters.IsLetter(after):
			score += 2
		case strings.ContainsRune("€£°’‘“”«»–—…", r):
			score++
		case r == letters.ReplacementChar || letters.IsControl(r):
			score -= 3
		default:
			score--
		}
	}
	return score
}

// wide detects UTF-16 without a mark by its digits, signs and Latin letters: one of each two bytes is 0, the first in big
// endian, the second in little endian.
func wide(content []byte) (big, little bool) {
	const enough = 512
	first, second := 0, 0
	sample := content[:min(len(content), 2*enough)&^1]
	for i := 0; i < len(sample); i += 2 {
		switch {
		case sample[i] == 0 && sample[i+1] != 0:
			first++
		case sample[i] != 0 && sample[i+1] == 0:
			second++
		}
	}
	pairs := len(sample) / 2
	return 10*first > 7*pairs, 10*second > 7*pairs
}
