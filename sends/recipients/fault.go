package recipients

// FileFault says why a file can't be used.
type FileFault struct {
	// Text says what is wrong, Hint what to do; both are sentences for the uploader.
	Text, Hint string
}

func (f *FileFault) Error() string { return f.Text + " " + f.Hint }

// ColumnQuestion says that several columns of a file may hold the recipients, or that the only one is doubtful. The person's
// answer is the ID of one of Columns, for [File.Column].
type ColumnQuestion struct {
	// Why explains the doubt in a sentence.
	Why string
	// Columns are the possible columns, best first, at most [MaxColumns].
	Columns []Column
}

func (*ColumnQuestion) Error() string {
	return "It is not clear which column of the file holds the recipients."
}

// MaxColumns is how many columns a [ColumnQuestion] offers at most.
const MaxColumns = 20

// Column is a column of a file, as shown to the person who chooses.
type Column struct {
	// ID identifies the column. It stays the same for the same content and has at most 75 bytes.
	ID string
	// Sheet is the name of its sheet if the file has several, otherwise empty.
	Sheet string
	// Column is its letter and header. Else, if it has a letter, is the column that fills the gaps of the first.
	Column, Else ColumnName
	// All is true for all columns together: each line is a list of recipients.
	All bool
	// Examples are some of its cells, as written.
	Examples []string
	// Count is how many rows have a recipient in it. About is true if it was not looked at each of them.
	Count int
	About bool
}
