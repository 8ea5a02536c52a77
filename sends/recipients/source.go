package recipients

import "fmt"

// Source says where the recipients of a file come from, for the person who looks at the preview.
type Source struct {
	// File is the name of the file, as it was uploaded.
	File string `json:"file,omitempty"`
	// Sheet is the name of the sheet; empty for a text file.
	Sheet string `json:"sheet,omitempty"`
	// Column is the column that the recipients were taken from, Else the one that fills its gaps.
	Column ColumnName `json:"column,omitzero"`
	Else   ColumnName `json:"else,omitzero"`
	// AllColumns says that the file is a plain list with one or more recipients in a line, without columns.
	AllColumns bool `json:"all_columns,omitempty"`
	// Header is the number of the row that was read as the header; 0 if there is none. Rows above it are titles.
	Header int `json:"header,omitempty"`
	// Rows is how many rows below the header have something in them, hidden ones included.
	Rows int `json:"rows,omitempty"`
	// Hidden is how many of them the spreadsheet hides.
	Hidden int `json:"hidden,omitempty"`
	// Encoding names the character encoding if it had to be guessed, such as "Mac OS Roman"; Delimiter what separates the
	// cells if that is not usual: "tab", "|".
	Encoding  string `json:"encoding,omitempty"`
	Delimiter string `json:"delimiter,omitempty"`
	// Invisible is how many invisible characters were removed from the ends of entries.
	Invisible int `json:"invisible,omitempty"`
	// Consent are the columns that say who agreed to messages or opted out. ConsentIgnored says that the person chose to
	// send to those who said no, too.
	Consent        []ColumnName `json:"consent,omitempty"`
	ConsentIgnored bool         `json:"consent_ignored,omitempty"`
	// Headers are the cells of the header row, at most [maxHeaders].
	Headers []string `json:"headers,omitempty"`
}

// maxHeaders is how many cells of the header [Source.Headers] keeps.
const maxHeaders = 100

// ColumnName is how a person finds a column: by its letter and its header.
type ColumnName struct {
	// Letter is that of the spreadsheet program: A, B … AA.
	Letter string `json:"letter,omitempty"`
	// Header is the cell at its top, cut to a length fit for showing; empty without one.
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
