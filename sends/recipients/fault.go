package recipients

// FileFault says why a file cannot be used.
type FileFault struct {
	// Text says what is wrong, Hint what to do; both are sentences for the person who uploaded it.
	Text, Hint string
}

func (f *FileFault) Error() string { return f.Text + " " + f.Hint }

// ColumnDoubt says that several columns of a file may be meant, so that the person has to choose: then [File.Column] is
// the ID of one of them.
type ColumnDoubt struct {
	// Columns are those that may be meant, the best first, at most [MaxColumns].
	Columns []Column
}

func (*ColumnDoubt) Error() string {
	return "It is not clear which column of the file holds the recipients."
}

// MaxColumns is the most columns that a [ColumnDoubt] offers.
const MaxColumns = 20

// Column is one column of a file, as it is shown to the person who chooses.
type Column struct {
	// ID names the column; it stays the same for the same content, and is at most 75 bytes long.
	ID string
	// Name is its header, or "Column C" without one; of a spreadsheet with several sheets that of the sheet stands behind
	// it.
	Name string
	// Samples are a few of its cells. Numbers and addresses in them are masked.
	Samples []string
	// Usable is how many of the rows at the beginning that were looked at have a recipient that a send can go to.
	Usable int
}
