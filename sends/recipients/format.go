package recipients

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"
	"unicode"
)

// format is what a file is, by its content.
type format int

const (
	textFormat format = iota
	xlsxFormat
)

const saveAs = "Save the list as CSV or XLSX and upload that."

// faultIs says that a file is of another kind.
func faultIs(what string) *FileFault {
	return &FileFault{Text: fmt.Sprintf("The file is %s, which cannot be read as a list.", what), Hint: saveAs}
}

// magic lists what files of other kinds begin with.
var magic = []struct{ begins, what string }{
	{"%PDF", "a PDF document"},
	{"\x89PNG", "a picture (PNG)"},
	{"\xFF\xD8\xFF", "a picture (JPEG)"},
	{"GIF8", "a picture (GIF)"},
	{"\x1F\x8B", "a compressed file (gzip)"},
	{"7z\xBC\xAF\x27\x1C", "a compressed file (7z)"},
	{"Rar!", "a compressed file (RAR)"},
	{`{\rtf`, "a text document (RTF)"},
	{"BEGIN:VCARD", "a file of contacts (vCard)"},
	{"SQLite format 3", "a database"},
	{"PAR1", "a data file (Parquet)"},
}

// formatOf tells what a file is. The name takes no part in it: people give files any ending.
func formatOf(content []byte) (format, error) {
	if len(content) > MaxFile {
		return 0, &FileFault{
			Text: fmt.Sprintf("The file is larger than %d MB.", MaxFile>>20),
			Hint: "Keep the column with the recipients alone, or split the list.",
		}
	}
	for _, m := range magic {
		if bytes.HasPrefix(content, []byte(m.begins)) {
			return 0, faultIs(m.what)
		}
	}
	switch {
	case bytes.HasPrefix(content, []byte("\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1")):
		return 0, oleFault(content)
	case bytes.HasPrefix(content, []byte("PK\x03\x04")), bytes.HasPrefix(content, []byte("PK\x05\x06")):
		return xlsxFormat, zipFault(content)
	}
	return textFormat, nil
}

// oleFault tells the two kinds of Excel files in the old container apart by the name of the stream that encrypted ones
// have ([MS-OFFCRYPTO] 2.3.4), which is written in UTF-16.
func oleFault(content []byte) error {
	stream := []byte(strings.Join(strings.Split("EncryptedPackage", ""), "\x00"))
	if bytes.Contains(content, stream) {
		return &FileFault{Text: "The file is protected with a password.", Hint: "Save it without a password and upload that."}
	}
	return faultIs("in the old Excel or Office format (XLS, DOC)")
}

// textFault says what is wrong with a text that is no list.
func textFault(text []byte) error {
	text = bytes.TrimSpace(text)
	begins := strings.ToLower(string(text[:min(len(text), 100)]))
	switch {
	case len(text) == 0:
		return &FileFault{Text: "The file is empty.", Hint: "Upload one with a recipient in each row."}
	case strings.HasPrefix(begins, "<!doctype"), strings.HasPrefix(begins, "<html"), strings.HasPrefix(begins, "<table"):
		return faultIs("a web page (HTML)")
	case strings.HasPrefix(begins, "<?xml"):
		return faultIs("an XML file")
	case (begins[0] == '{' || begins[0] == '[') && json.Valid(text):
		return faultIs("a JSON file")
	case binary(text):
		return &FileFault{Text: "The file is neither text nor a spreadsheet.", Hint: saveAs}
	}
	return nil
}

// binary reports a file whose beginning has more control characters and broken ones than a text with some dirt in it.
func binary(text []byte) bool {
	const enough = 4096
	n, bad := 0, 0
	for _, r := range string(text[:min(len(text), enough)]) {
		n++
		if r == unicode.ReplacementChar || unicode.IsControl(r) && !unicode.IsSpace(r) {
			bad++
		}
	}
	return 10*bad > n
}
