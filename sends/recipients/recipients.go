// Package recipients parses what a person typed or uploaded into a clean list of recipients, and says in plain words who was
// left out and why.
//
// Start with [Read]: it takes typed text with one recipient per line, or several separated by commas or semicolons, and a
// CSV or XLSX file, in which it finds the column. It returns a [List]. [Parse] takes typed text only. [Phone] and [Address]
// judge a single entry; [Mask] hides part of a number or an address for a channel or a log. [ReadRows] reads several columns
// of a file by name, for imports.
//
// A phone number is returned in E.164 form and matches ^\+[1-9]\d{6,14}$; an address is ASCII and in lower case. So
// different spellings of a number are one recipient. The package doesn't know what is sent, and stores nothing.
//
// All input is treated as hostile: it is bounded, and text that is displayed has no invisible characters.
package recipients

import (
	"fmt"
	"strings"
)

// Kind is the channel of a send.
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
	// Region is the country of phone numbers without + (ISO 3166 alpha-2). If empty, such numbers are refused.
	Region string
	// Foreign reads numbers that look foreign without their + as such. Otherwise they are left out.
	Foreign bool
	// Allowed are the countries that text messages may go to (ISO 3166 alpha-2). If empty, all are.
	Allowed []string
	// Max is the maximum number of recipients; 0 is no limit.
	Max int
}

// List is the result of [Read] and [Parse]. Every entry of the text and every row of the file is in one of its lists.
type List struct {
	Recipients []Recipient
	// LeftOut are the skipped entries in order. Of very many it has the first, and some of each rule; More counts the others
	// by rule.
	LeftOut []LeftOut
	More    map[Rule]int `json:",omitempty"`
	// Source describes where in the file the recipients come from; nil without a file.
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

// Recipient is a person a send goes to. Its JSON omits empty fields.
type Recipient struct {
	// To is a phone number in E.164 form, or an e-mail address in lower case with its domain in ASCII.
	To string `json:"to"`
	// Country is the phone number's country (ISO 3166 alpha-2); empty for an address.
	Country string `json:"country,omitempty"`
	// Line is the entry's position, counted from 1; 0 for a single entry through [Phone]. In a text file it is the line where
	// the row begins, in a spreadsheet the row's number.
	Line int `json:"line,omitempty"`
	// FromFile is true if Line counts in the file, not in the typed text.
	FromFile bool `json:"file,omitempty"`
	// TollFree is true for a toll-free phone number.
	TollFree bool `json:"toll_free,omitempty"`
	// Warning is a sentence about a possible problem with this recipient; mostly empty.
	Warning string `json:"warning,omitempty"`
}

// Place describes the entry's position: "line 3", "row 3 of the file".
func (r Recipient) Place() string { return placeOf(r.Line, r.FromFile) }

// RateCountry returns the country (ISO 3166 alpha-2) that determines the rate of text messages: the number's, and the US for
// every toll-free number that begins with +1. It is empty for an address.
func (r Recipient) RateCountry() string {
	if r.TollFree && strings.HasPrefix(r.To, "+1") {
		return "US"
	}
	return r.Country
}

// LeftOut is an entry that the send doesn't go to. Its JSON omits empty fields.
type LeftOut struct {
	// Line is the entry's position, as in [Recipient].
	Line int `json:"line,omitempty"`
	// FromFile is true if Line counts in the file, not in the typed text.
	FromFile bool `json:"file,omitempty"`
	// Text is the entry as written, cut to a displayable length and without invisible characters; empty for a row without a
	// cell in the column.
	Text string `json:"text,omitempty"`
	// Rule is the violated rule.
	Rule Rule `json:"rule,omitempty"`
	// Reason explains it in a sentence to the person who wrote the entry. It never contains a whole number or an address.
	Reason string `json:"reason"`
}

// Place describes the entry's position: "line 3", "row 3 of the file".
func (l LeftOut) Place() string { return placeOf(l.Line, l.FromFile) }

func placeOf(line int, fromFile bool) string {
	if fromFile {
		return fmt.Sprintf("row %d of the file", line)
	}
	return fmt.Sprintf("line %d", line)
}
