package recipients

import (
	"bytes"
	"unicode/utf8"

	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/unicode"
)

var utf8Mark = []byte("\uFEFF")

// inUTF8 returns a text file in UTF-8 without a byte order mark: as it is if it is so, else decoded, which makes at most
// three bytes of each. Without a mark, bytes that are no UTF-8 are taken for Windows-1252, which any bytes can be.
func inUTF8(content []byte) []byte {
	if marked, ok := bytes.CutPrefix(content, utf8Mark); ok {
		return marked
	}
	from := charset(content)
	if from == nil {
		return content
	}
	text, err := from.NewDecoder().Bytes(content)
	if err != nil {
		return content
	}
	return text
}

// charset guesses the encoding of a file that has no UTF-8 mark; nil stands for UTF-8.
func charset(content []byte) encoding.Encoding {
	switch big, little := wide(content); {
	case bytes.HasPrefix(content, []byte{0xFE, 0xFF}), big:
		return unicode.UTF16(unicode.BigEndian, unicode.UseBOM)
	case bytes.HasPrefix(content, []byte{0xFF, 0xFE}), little:
		return unicode.UTF16(unicode.LittleEndian, unicode.UseBOM)
	case utf8.Valid(content):
		return nil
	}
	return charmap.Windows1252
}

// wide reports UTF-16 without a mark by its digits, signs and Latin letters, of which every other byte is 0: the first of
// each two in big endian, the second in little endian.
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
