package xlsx

import (
	"archive/zip"
	"bufio"
	"bytes"
	"context"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"strings"

	"golang.org/x/text/encoding/unicode"
)

// errStop stops reading a part early; it isn't an error.
var errStop = errors.New("stop")

// errRoot reports a well-formed part of another kind.
var errRoot = errors.New("unexpected root element")

// part reads the XML of one part of the zip file.
//
// It uses raw tokens, which need half the time and memory of namespaced ones, and checks the nesting of tags itself. Names
// are compared without their namespace: writers may use any prefix, and the strict and transitional variants of the format
// have different namespaces for the same elements.
type part struct {
	ctx    context.Context
	in     *tokenReader
	xml    *xml.Decoder
	open   []xml.Name // the elements around the current token, with their prefixes
	tokens int
}

// readPart reads a part of at most that many bytes unzipped and calls child for each child of its root element. Unless child
// returns errStop, it reads to the end of the part, where archive/zip checks size and checksum.
func readPart(ctx context.Context, file *zip.File, most uint64, root string, child func(*part, xml.StartElement) error) error {
	if file == nil {
		return fmt.Errorf("%w: a part is missing", ErrDamaged)
	}
	if file.UncompressedSize64 > most { // If the size is wrong, archive/zip ends the part with an error there.
		return ErrTooLarge
	}
	content, err := file.Open()
	if err != nil {
		return damaged(err)
	}
	defer content.Close()
	p := &part{ctx: ctx, in: &tokenReader{Reader: inUTF8(content)}}
	p.xml = xml.NewDecoder(p.in)
	p.xml.CharsetReader = charsetReader
	found := false
	err = p.each(func(e xml.StartElement) error {
		if found {
			return damaged(errors.New("two root elements"))
		}
		if e.Name.Local != root {
			return damaged(errRoot)
		}
		found = true
		return p.each(func(e xml.StartElement) error { return child(p, e) })
	})
	if err == nil && !found {
		err = damaged(io.ErrUnexpectedEOF)
	}
	if errors.Is(err, errStop) {
		return nil
	}
	return err
}

// each calls f for every child of the open element, or of the document. It skips what f leaves unread.
func (p *part) each(f func(xml.StartElement) error) error {
	depth := len(p.open)
	for {
		token, err := p.next()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		if e, ok := token.(xml.StartElement); ok {
			if err = f(e); err != nil {
				return err
			}
			for len(p.open) > depth {
				if _, err = p.next(); err != nil {
					return err
				}
			}
		}
		if len(p.open) < depth {
			return nil
		}
	}
}

// text appends the text of the open element to buffer and reads to the element's end. It omits the text of child elements.
func (p *part) text(buffer []byte) ([]byte, error) {
	depth := len(p.open)
	for {
		token, err := p.next()
		if err != nil {
			return buffer, err
		}
		if len(p.open) < depth {
			return buffer, nil
		}
		if t, ok := token.(xml.CharData); ok && len(p.open) == depth {
			if buffer = append(buffer, t...); len(buffer) > maxRawText {
				return buffer, ErrCellTooLong
			}
		}
	}
}

// next returns the next token. It returns io.EOF only at the end of a part with all elements closed.
func (p *part) next() (xml.Token, error) {
	const checkEvery = 1024
	if p.tokens++; p.tokens%checkEvery == 0 && p.ctx.Err() != nil {
		return nil, p.ctx.Err()
	}
	p.in.left = maxToken
	token, err := p.xml.RawToken()
	switch {
	case errors.Is(err, io.EOF) && len(p.open) == 0:
		return nil, io.EOF
	case errors.Is(err, io.EOF):
		return nil, damaged(io.ErrUnexpectedEOF)
	case err != nil:
		return nil, damaged(err)
	}
	switch t := token.(type) {
	case xml.StartElement:
		if p.open = append(p.open, t.Name); len(p.open) > maxDepth {
			return nil, damaged(errors.New("elements are nested too deeply"))
		}
	case xml.EndElement:
		last := len(p.open) - 1
		if last < 0 || p.open[last] != t.Name {
			return nil, damaged(errors.New("an end tag has no start tag"))
		}
		p.open = p.open[:last]
	case xml.Directive: // The format forbids document type definitions.
		return nil, damaged(errors.New("unexpected directive"))
	}
	return token, nil
}

// attr returns the value of an attribute. Attributes of other namespaces don't count, except for r:id and xml:space.
func attr(e xml.StartElement, name string) string {
	for _, a := range e.Attr {
		if a.Name.Local == name && (a.Name.Space == "" || name == "id" || name == "space") {
			return a.Value
		}
	}
	return ""
}

// flag parses a boolean attribute. An unknown value counts as true, so that in doubt a row is hidden.
func flag(e xml.StartElement, name string) bool {
	switch strings.ToLower(strings.TrimSpace(attr(e, name))) {
	case "", "0", "false", "off":
		return false
	}
	return true
}

// tokenReader bounds how much the decoder reads for one token.
type tokenReader struct {
	*bufio.Reader
	left int
}

// ReadByte is called by the decoder.
func (r *tokenReader) ReadByte() (byte, error) {
	if r.left--; r.left < 0 {
		return 0, ErrTooLarge
	}
	return r.Reader.ReadByte()
}

// inUTF8 decodes UTF-16, with or without a byte order mark, and drops the mark of UTF-8.
func inUTF8(content io.Reader) *bufio.Reader {
	const size = 64 << 10
	in := bufio.NewReaderSize(content, size)
	begin, _ := in.Peek(3) // The next read returns the error again.
	endian := unicode.BigEndian
	switch {
	case bytes.HasPrefix(begin, []byte("\uFEFF")):
		_, _ = in.Discard(len("\uFEFF"))
		return in
	case bytes.HasPrefix(begin, []byte("\xFF\xFE")), bytes.HasPrefix(begin, []byte("<\x00")):
		endian = unicode.LittleEndian
	case bytes.HasPrefix(begin, []byte("\xFE\xFF")), bytes.HasPrefix(begin, []byte("\x00<")):
	default:
		return in
	}
	return bufio.NewReaderSize(unicode.UTF16(endian, unicode.UseBOM).NewDecoder().Reader(in), size)
}

// charsetReader accepts the charsets that an XML declaration may name: UTF-8 and UTF-16. UTF-16 has been decoded before the
// declaration is read.
func charsetReader(label string, in io.Reader) (io.Reader, error) {
	switch strings.ToLower(label) {
	case "utf-16", "utf-16le", "utf-16be", "us-ascii":
		return in, nil
	}
	return nil, fmt.Errorf("unknown charset %.20q", label)
}
