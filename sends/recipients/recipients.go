// Package recipients turns what a person typed or uploaded into a clean list of those a send goes to, and says in plain
// words who was left out and why.
//
// [Read] is the way in: it takes typed text with one recipient to a line, or several parted by commas or semicolons, and
// a CSV or XLSX file, finds the column in it, and returns a [List]. [Parse] takes typed text alone. [Phone] and
// [Address] judge a single entry; [Mask] makes a number or an address fit for a channel or a log. [ReadRows] reads several
// columns of a file, by their names, for what is more than a send.
//
// A number that comes out is in E.164 form and matches ^\+[1-9]\d{6,14}$; an address is ASCII and in lower case. So
// several spellings of one number are one recipient. The package knows nothing of what is sent, and keeps nothing.
//
// All text that comes in is taken to be hostile: it is bounded, and what is shown again holds no invisible characters.
package recipients

import (
	"fmt"
	"strings"
)

// Kind is the way a send goes out.
type Kind string

const (
	// Email sends to e-mail addresses.
	Email Kind = "email"
	// SMS sends text messages to phone numbers.
	SMS Kind = "sms"
)

// Rules say which recipients a send may have.
type Rules struct {
	// Kind is what the entries have to be.
	Kind Kind
	// Region is the country of phone numbers written without + (ISO 3166 alpha-2). Empty: such numbers are refused.
	Region string
	// Foreign says that numbers which look like foreign ones without their + are read as such. Else they are left out.
	Foreign bool
	// Allowed are the countries that text messages may go to (ISO 3166 alpha-2). Empty: all.
	Allowed []string
	// Max is the most recipients of one send; 0 sets no limit.
	Max int
}

// List is the outcome of [Read] and [Parse]. Every entry of the text and every row of the file is in one of the two.
type List struct {
	Recipients []Recipient
	// LeftOut are the skipped entries in their order. Of a list with very many of them it has the first, and some of each
	// rule; More counts the others by rule.
	LeftOut []LeftOut
	More    map[Rule]int `json:",omitempty"`
	// Source says where in the file its recipients come from; nil if there was no file.
	Source *Source `json:",omitempty"`
}

// Skipped returns how many entries were skipped.
func (l List) Skipped() int {
	n := len(l.LeftOut)
	for _, more := range l.More {
		n += more
	}
	return n
}

// Recipient is someone a send goes to. It is written to JSON with what is empty left away.
type Recipient struct {
	// To is a phone number in E.164 form, or an e-mail address in lower case with its domain in ASCII.
	To string `json:"to"`
	// Country is the phone number's country (ISO 3166 alpha-2); empty for an address.
	Country string `json:"country,omitempty"`
	// Line is where the entry stood, counted from 1; 0 when it came alone, through [Phone]. In a text file it is the line
	// where the row begins, in a spreadsheet the number of the row.
	Line int `json:"line,omitempty"`
	// FromFile says that Line counts in the file and not in the typed text.
	FromFile bool `json:"file,omitempty"`
	// TollFree says that it is a toll-free phone number.
	TollFree bool `json:"toll_free,omitempty"`
	// Warning says in a sentence what may go wrong with this recipient; mostly empty.
	Warning string `json:"warning,omitempty"`
}

// Place names where the entry stood: "line 3", "row 3 of the file".
func (r Recipient) Place() string { return place(r.Line, r.FromFile) }

// RateCountry returns the country (ISO 3166 alpha-2) whose rate of text messages applies: the number's, and the US for
// every toll-free number that begins with +1. It is empty for an address.
func (r Recipient) RateCountry() string {
	if r.TollFree && strings.HasPrefix(r.To, "+1") {
		return "US"
	}
	return r.Country
}

// LeftOut is an entry that the send does not go to. It is written to JSON with what is empty left away.
type LeftOut struct {
	// Line is where the entry stood, as in [Recipient].
	Line int `json:"line,omitempty"`
	// FromFile says that Line counts in the file and not in the typed text.
	FromFile bool `json:"file,omitempty"`
	// Text is the entry as written, cut to a length fit for showing and without invisible characters; empty for a row of
	// a file that has nothing in the column.
	Text string `json:"text,omitempty"`
	// Rule is what the entry goes against.
	Rule Rule `json:"rule,omitempty"`
	// Reason says why, in a sentence for the person who wrote it. It repeats neither a whole number nor an address.
	Reason string `json:"reason"`
}

// Place names where the entry stood: "line 3", "row 3 of the file".
func (l LeftOut) Place() string { return place(l.Line, l.FromFile) }

func place(line int, fromFile bool) string {
	if fromFile {
		return fmt.Sprintf("row %d of the file", line)
	}
	return fmt.Sprintf("line %d", line)
}
