package recipients

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"
	"unicode"
)

// fileFormat is the format of a file, detected from its content.
type fileFormat int

const (
	textFormat fileFormat = iota
	xlsxFormat
)

const saveAs = "Save the list as CSV or XLSX and upload that."

// faultIs returns the fault of a file of another kind.
func faultIs(what string) *FileFault {
	return &FileFault{Text: fmt.Sprintf("The file is %s, which cannot be read as a list.", what), Hint: saveAs}
}

// magic lists the first bytes of other kinds of files.
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

// formatOf detects the format of a file. It ignores the name: people use any extension.
func formatOf(content []byte) (fileFormat, error) {
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

// oleFault distinguishes the two kinds of old Excel files. Encrypted ones have a stream with a certain name ([MS-OFFCRYPTO]
// 2.3.4), written in UTF-16.
func oleFault(content []byte) error {
	stream := []byte(strings.Join(strings.Split("EncryptedPackage", ""), "\x00"))
	if bytes.Contains(content, stream) {
		return &FileFault{Text: "The file is protected with a password.", Hint: "Save it without a password and upload that."}
	}
	return faultIs("in the old Excel or Office format (XLS, DOC)")
}

// textFault returns what is wrong with a text that isn't a list.
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

// binary reports whether the beginning of a file has more control and invalid characters than a dirty text.
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
