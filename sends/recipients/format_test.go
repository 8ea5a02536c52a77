package recipients_test

import (
	"bytes"
	"errors"
	"strings"
	"testing"

	"github.com/xuri/excelize/v2"

	"github.com/coupontools/couponbot/sends/recipients"
)

// checkFault reads an unusable file and looks for words in its fault.
func checkFault(tb testing.TB, name string, content []byte, r recipients.Rules, want string) {
	tb.Helper()
	list, err := recipients.Read(tb.Context(), "+32470000009", &recipients.File{Name: name, Content: content}, r)
	fault, ok := errors.AsType[*recipients.FileFault](err)
	if !ok || !strings.Contains(fault.Error(), want) || list.Recipients != nil {
		tb.Errorf("Read = %.200v, %v, want a fault with %q", list, err, want)
		return
	}
	checkReason(tb, fault.Text)
	checkReason(tb, fault.Hint)
}

func TestRead_faults(t *testing.T) {
	t.Parallel()
	ole := "\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1" + strings.Repeat("\x00", 600)
	for name, tt := range map[string]struct{ content, want string }{
		"nothing":                     {"", "is empty"},
		"blanks":                      {" \r\n\t\n", "is empty"},
		"a mark alone":                {"\uFEFF", "is empty"},
		"too large":                   {strings.Repeat("x", recipients.MaxFile+1), "larger than 10 MB"},
		"PDF":                         {"%PDF-1.7\n", "a PDF document"},
		"picture":                     {"\x89PNG\r\n\x1a\n", "a picture"},
		"old Excel":                   {ole, "old Excel"},
		"Excel with a password":       {ole + "E\x00n\x00c\x00r\x00y\x00p\x00t\x00e\x00d\x00P\x00a\x00c\x00k\x00a\x00g\x00e\x00", "protected with a password"},
		"gzip":                        {"\x1F\x8B\x08\x00", "compressed"},
		"web page":                    {"\n<!DOCTYPE html><html><table><tr><td>+32470000001", "a web page"},
		"XML":                         {"<?xml version='1.0'?><a/>", "an XML file"},
		"JSON":                        {`[{"phone": "+32470000001"}]`, "a JSON file"},
		"vCard":                       {"BEGIN:VCARD\nTEL:+32470000001", "contacts"},
		"some binary":                 {strings.Repeat("\x01\x02ab\x03", 50), "neither text nor a spreadsheet"},
		"half a zip":                  {"PK\x03\x04abc", "damaged"},
		"ODS":                         {string(zipped(t, map[string]string{"mimetype": "x", "content.xml": "<a/>"})), "OpenDocument"},
		"Numbers":                     {string(zipped(t, map[string]string{"Index/Document.iwa": "x"})), "a Numbers document"},
		"Word":                        {string(zipped(t, map[string]string{"word/document.xml": "x"})), "a Word document"},
		"XLSB":                        {string(zipped(t, map[string]string{"xl/workbook.bin": "x"})), "XLSB"},
		"zip":                         {string(zipped(t, map[string]string{"list.csv": "x"})), "a zip file"},
		"an empty workbook":           {string(zipped(t, map[string]string{"xl/workbook.xml": "x"})), "damaged"},
		"no numbers":                  {"Name;City\nMia;Gent\nJan;Brugge", "No column of the file holds phone numbers. Upload"},
		"addresses instead":           {"Name;Mail\nMia;mia@example.com", "It holds e-mail addresses"},
		"a header alone":              {"Name;Phone\n", "no rows with recipients"},
		"empty column":                {"Name;Phone\nMia;\nJan;", "No column of the file holds phone numbers"},
		"too many rows":               {"0470000001\n" + strings.Repeat("\n", 1<<20) + "0470000002\n", "more than 1,048,576 rows"},
		"a row of nothing but commas": {strings.Repeat(",;|\t\x1F", 1<<20) + strings.Repeat("x", 1<<20), "neither text"},
		"a row of too many cells":     {strings.Repeat("x", 5000) + strings.Repeat(",;|\t\x1F", 1<<20), "too long"},
		"too many columns":            {"a\n" + strings.Repeat("0470000001;x;", 1000) + "\n0470000002;0470000002", "more than 1024 columns"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			checkFault(t, "list.csv", []byte(tt.content), smsBE, tt.want)
		})
	}
}

func TestRead_faults_of_an_email_list(t *testing.T) {
	t.Parallel()
	checkFault(t, "list.csv", []byte("Name;GSM\nMia;+32470000001"), email, "It holds phone numbers")
	checkFault(t, "list.csv", []byte("Name;City\nMia;Gent"), email, "No column of the file holds e-mail addresses")
	checkFault(t, "list.csv", []byte("Name;City\nMia;Gent"), recipients.Rules{Kind: recipients.SMS}, "choose a country")
}

func TestRead_workbook_with_a_password(t *testing.T) {
	t.Parallel()
	var b bytes.Buffer
	book := excelize.NewFile()
	if err := book.Write(&b, excelize.Options{Password: "secret"}); err != nil {
		t.Fatal(err)
	}
	checkFault(t, "list.xlsx", b.Bytes(), smsBE, "protected with a password")
}
