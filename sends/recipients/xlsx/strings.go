package xlsx

import (
	"bytes"
	"context"
	"encoding/xml"
	"regexp"
	"strconv"
	"strings"
	"unicode/utf16"
	"unicode/utf8"
)

const (
	// blockBits is the size of a block of strings: 256 KB, enough for the longest cell.
	blockBits = 18
	blockSize = 1 << blockBits
)

// stringTable holds the shared strings in a few blocks. A string costs its text and four bytes, and reading it doesn't
// allocate.
type stringTable struct {
	blocks []string
	// starts is where each string begins: the block's number, then blockBits for the offset in it.
	starts []uint32
	last   strings.Builder // the block being filled
}

// add appends a string.
func (t *stringTable) add(text []byte) error {
	if t.last.Len()+len(text) > blockSize {
		t.seal()
	}
	if (len(t.blocks)+1)*blockSize+4*len(t.starts) > maxStringBytes || len(t.starts) == maxStrings {
		return ErrTooLarge
	}
	if t.last.Cap() == 0 {
		t.last.Grow(blockSize)
	}
	t.starts = append(t.starts, uint32(len(t.blocks)<<blockBits|t.last.Len()))
	t.last.Write(text)
	return nil
}

// seal completes the block being filled.
func (t *stringTable) seal() {
	t.blocks = append(t.blocks, t.last.String())
	t.last = strings.Builder{}
}

// get returns the string with a number, counted from 0.
func (t *stringTable) get(n int) (text string, ok bool) {
	if n < 0 || n >= len(t.starts) {
		return "", false
	}
	at := t.starts[n]
	block, begin := at>>blockBits, at%blockSize
	text = t.blocks[block]
	if n+1 < len(t.starts) && t.starts[n+1]>>blockBits == block {
		text = text[:t.starts[n+1]%blockSize]
	}
	return text[begin:], true
}

func (b *Book) readStrings(ctx context.Context, name string) error {
	if !b.has(name) {
		return nil
	}
	var buffer []byte
	err := readPart(ctx, b.parts[name], maxSheet, "sst", func(p *part, e xml.StartElement) (err error) {
		if e.Name.Local != "si" {
			return nil
		}
		if buffer, err = p.richText(buffer[:0]); err != nil {
			return err
		}
		text, err := unescape(buffer)
		if err != nil {
			return err
		}
		return b.strings.add(text)
	})
	b.strings.seal()
	return err
}

// richText appends the text of a string item: one text or several runs. It omits phonetic hints (rPh).
func (p *part) richText(buffer []byte) ([]byte, error) {
	err := p.each(func(e xml.StartElement) (err error) {
		switch e.Name.Local {
		case "t":
			buffer, err = p.stringText(e, buffer)
		case "r":
			buffer, err = p.richText(buffer)
		}
		return err
	})
	return buffer, err
}

// stringText appends the text of e. Like spreadsheet programs, it trims the text unless xml:space says otherwise, so that a
// file's indentation isn't read as text.
func (p *part) stringText(e xml.StartElement, buffer []byte) ([]byte, error) {
	before := len(buffer)
	buffer, err := p.text(buffer)
	if attr(e, "space") != "preserve" {
		buffer = append(buffer[:before], bytes.Trim(buffer[before:], " \t\r\n")...)
	}
	return buffer, err
}

// escapes matches characters written as _xHHHH_, each a UTF-16 unit (ECMA-376 part 1, 22.9.2.19). Consecutive ones are
// decoded together, since a character beyond the basic plane takes two.
var escapes = regexp.MustCompile(`(?:_x[0-9A-Fa-f]{4}_)+`)

// unescape decodes the escapes of a string and checks its length.
func unescape(text []byte) ([]byte, error) {
	if bytes.Contains(text, []byte("_x")) {
		text = escapes.ReplaceAllFunc(text, func(run []byte) []byte {
			var units []uint16
			for escape := range strings.SplitSeq(strings.Trim(string(run), "_x"), "__x") {
				unit, _ := strconv.ParseUint(escape, 16, 16) // The pattern matches hexadecimal digits only.
				units = append(units, uint16(unit))
			}
			return []byte(string(utf16.Decode(units)))
		})
	}
	if len(text) > MaxCellRunes && utf8.RuneCount(text) > MaxCellRunes {
		return nil, ErrCellTooLong
	}
	return text, nil
}
