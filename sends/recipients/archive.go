package recipients

import (
	"archive/zip"
	"bytes"
	"errors"
	"io"
	"path"
	"strings"
)

// packages lists by what part a zip file shows what it is.
var packages = []struct{ part, what string }{
	{"xl/workbook.bin", "a binary Excel workbook (XLSB)"},
	{"Index/Document.iwa", "a Numbers document"},
	{"Index.zip", "a Numbers document"},
	{"word/document.xml", "a Word document"},
	{"ppt/presentation.xml", "a PowerPoint presentation"},
	{"content.xml", "an OpenDocument file (ODS)"},
}

// The bounds of an XLSX file. Its parts are held unzipped in memory, and each of its strings takes some 200 bytes there.
const (
	// maxUnzipped is the most that all parts may take, in bytes.
	maxUnzipped = 128 << 20
	// maxStringTags is the most tags that the part with the strings may have; a plain string has four.
	maxStringTags = 4 * maxRows
	// maxOtherPart is the most that a part without rows or strings may take, in bytes; a larger one is left out.
	maxOtherPart = 1 << 20
)

var errTooLargeUnzipped = &FileFault{
	Text: "The spreadsheet is too large.",
	Hint: "Keep the column with the recipients alone and save it as CSV.",
}

// zipFault says what is wrong with a zip file that is no XLSX file or takes too much memory. The sizes are those in its
// directory; archive/zip reads no more than they say.
func zipFault(content []byte) error {
	z, err := unzip(content)
	if err != nil {
		return errDamaged
	}
	parts, size := map[string]bool{}, uint64(0)
	workbook := false
	for _, f := range z.File {
		parts[f.Name] = true
		workbook = workbook || strings.HasPrefix(partName(f), "xl/")
		size += min(f.UncompressedSize64, maxUnzipped+1)
	}
	for _, p := range packages {
		if parts[p.part] {
			return faultIs(p.what)
		}
	}
	switch {
	case !workbook:
		return faultIs("a zip file")
	case size > maxUnzipped:
		return errTooLargeUnzipped
	}
	return nil
}

func unzip(content []byte) (*zip.Reader, error) {
	return zip.NewReader(bytes.NewReader(content), int64(len(content)))
}

// partName writes the name of a part as excelize compares it.
func partName(f *zip.File) string { return strings.ToLower(strings.ReplaceAll(f.Name, `\`, "/")) }

// slim returns an XLSX file without the large parts that a list does not need, such as pictures and styles, of which a
// small file could make much in memory. It refuses one with too many strings.
func slim(content []byte) ([]byte, error) {
	z, err := unzip(content)
	if err != nil {
		return nil, err
	}
	var slimmed bytes.Buffer
	w := zip.NewWriter(&slimmed)
	for _, f := range z.File {
		name := partName(f)
		switch {
		case path.Base(name) == "sharedstrings.xml":
			err = checkStrings(f)
		case path.Dir(name) != "xl/worksheets" && f.UncompressedSize64 > maxOtherPart:
			continue
		}
		if err = errors.Join(err, w.Copy(f)); err != nil {
			return nil, err
		}
	}
	err = w.Close()
	return slimmed.Bytes(), err
}

func checkStrings(f *zip.File) error {
	part, err := f.Open()
	if err != nil {
		return err
	}
	defer part.Close()
	tags, buffer := 0, make([]byte, 64<<10)
	for {
		n, err := part.Read(buffer)
		if tags += bytes.Count(buffer[:n], []byte("<")); tags > maxStringTags {
			return errTooLargeUnzipped
		}
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
	}
}
