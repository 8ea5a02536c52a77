package recipients

import "fmt"

// Source describes where the recipients of a file come from, for the preview.
type Source struct {
	// File is the uploaded file's name.
	File string `json:"file,omitempty"`
	// Sheet is the name of the sheet; empty for a text file.
	Sheet string `json:"sheet,omitempty"`
	// Column is the column of the recipients, Else the one that fills its gaps.
	Column ColumnName `json:"column,omitzero"`
	Else   ColumnName `json:"else,omitzero"`
	// AllColumns is true for a plain list with one or more recipients per line, without columns.
	AllColumns bool `json:"all_columns,omitempty"`
	// Header is the number of the header row; 0 if none. Rows above it are titles.
	Header int `json:"header,omitempty"`
	// Rows is how many non-empty rows are below the header, including hidden ones.
	Rows int `json:"rows,omitempty"`
	// Hidden is how many of them the spreadsheet hides.
	Hidden int `json:"hidden,omitempty"`
	// Encoding names the character encoding if it had to be guessed, such as "Mac OS Roman"; Delimiter the separator of cells
	// if it is unusual: "tab", "|".
	Encoding  string `json:"encoding,omitempty"`
	Delimiter string `json:"delimiter,omitempty"`
	// Invisible is how many invisible characters were removed from the ends of entries.
	Invisible int `json:"invisible,omitempty"`
	// Consent are the columns about opt-in or opt-out. ConsentIgnored is true if the person chose to include those who said
	// no.
	Consent        []ColumnName `json:"consent,omitempty"`
	ConsentIgnored bool         `json:"consent_ignored,omitempty"`
	// Headers are the cells of the header row, at most [maxHeaders].
	Headers []string `json:"headers,omitempty"`
}

// maxHeaders is how many cells of the header [Source.Headers] keeps.
const maxHeaders = 100

// ColumnName identifies a column for people, by letter and header.
type ColumnName struct {
	// Letter is the spreadsheet program's: A, B … AA.
	Letter string `json:"letter,omitempty"`
	// Header is the header's cell, cut to a displayable length; may be empty.
	Header string `json:"header,omitempty"`
}

// String returns the name in words: "column C “Mobile”".
func (c ColumnName) String() string {
	if c.Header == "" {
		return "column " + c.Letter
	}
	return fmt.Sprintf("column %s “%s”", c.Letter, c.Header)
}

// columnLetter returns the letter of a column counted from 0.
func columnLetter(at int) string {
	letters := ""
	for n := at + 1; n > 0; n = (n - 1) / 26 {
		letters = string(rune('A'+(n-1)%26)) + letters
	}
	return letters
}
