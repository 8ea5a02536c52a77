package recipients

import (
	"archive/zip"
	"bytes"
	"slices"
)

// packages maps a part of a zip file to the kind of document that has it.
var packages = []struct{ part, what string }{
	{"xl/workbook.bin", "a binary Excel workbook (XLSB)"},
	{"Index/Document.iwa", "a Numbers document"},
	{"Index.zip", "a Numbers document"},
	{"word/document.xml", "a Word document"},
	{"ppt/presentation.xml", "a PowerPoint presentation"},
	{"content.xml", "an OpenDocument file (ODS)"},
}

// zipFault returns what is wrong with a zip file that is another kind of document.
func zipFault(content []byte) error {
	z, err := zip.NewReader(bytes.NewReader(content), int64(len(content)))
	if err != nil {
		return errDamaged
	}
	for _, p := range packages {
		if slices.ContainsFunc(z.File, func(f *zip.File) bool { return f.Name == p.part }) {
			return faultIs(p.what)
		}
	}
	return nil
}
