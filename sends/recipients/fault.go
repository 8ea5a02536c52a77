package recipients

// FileFault says why a file cannot be used.
type FileFault struct {
	// Text says what is wrong, Hint what to do; both are sentences for the person who uploaded it.
	Text, Hint string
}

func (f *FileFault) Error() string { return f.Text + " " + f.Hint }

// ColumnQuestion says that more than one column of a file may hold the recipients, or that the only one is doubtful, so that
// the person has to choose: then [File.Column] is the ID of one of Columns.
type ColumnQuestion struct {
	// Why says in a sentence what is in doubt.
	Why string
	// Columns are those that may be meant, the best first, at most [MaxColumns].
	Columns []Column
}

func (*ColumnQuestion) Error() string {
	return "It is not clear which column of the file holds the recipients."
}

// MaxColumns is the most columns that a [ColumnQuestion] offers.
const MaxColumns = 20

// Column is one column of a file, as it is shown to the person who chooses.
type Column struct {
	// ID identifies the column; it stays the same for the same content, and is at most 75 bytes long.
	ID string
	// Sheet is the name of its sheet if the file has several; else empty.
	Sheet string
	// Column is its letter and header. Else, if its letter is not empty, is the column that fills the gaps of the first.
	Column, Else ColumnName
	// All says that it stands for all columns: each line is a list of recipients.
	All bool
	// Examples are a few of its cells, as they are written.
	Examples []string
	// Count is how many rows have a recipient in it.
	Count int
}
