// Package recipients turns what a person typed into a clean list of those a send goes to, and says in plain words who
// was left out and why.
//
// [Parse] is the way in: it takes text with one recipient to a line, or several parted by commas or semicolons, and
// returns a [List]. [Phone] and [Address] judge a single entry; [CountSegments] counts what a text message costs;
// [Mask] makes a number or an address fit for a channel or a log.
//
// A number that comes out is in E.164 form and matches ^\+[1-9]\d{6,14}$; an address is ASCII and in lower case. So
// several spellings of one number are one recipient. The package knows nothing of what is sent, and keeps nothing.
//
// All text that comes in is taken to be hostile: it is bounded, and what is shown again holds no invisible characters.
package recipients

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
	// Allowed are the countries that text messages may go to (ISO 3166 alpha-2). Empty: all.
	Allowed []string
	// Max is the most recipients of one send; 0 sets no limit.
	Max int
}

// List is the outcome of a [Parse]. Every entry of the text is in one of the two.
type List struct {
	Recipients []Recipient
	LeftOut    []LeftOut
}

// Recipient is someone a send goes to.
type Recipient struct {
	// To is a phone number in E.164 form, or an e-mail address in lower case with its domain in ASCII.
	To string
	// Country is the phone number's country (ISO 3166 alpha-2); empty for an address.
	Country string
	// Line is where the entry stood, counted from 1; 0 when it came alone, through [Phone].
	Line int
	// Warning says in a sentence what may go wrong with this recipient; mostly empty.
	Warning string
}

// LeftOut is an entry that the send does not go to.
type LeftOut struct {
	// Line is where the entry stood, counted from 1.
	Line int
	// Text is the entry as typed, cut to a length fit for showing and without invisible characters.
	Text string
	// Reason says why, in a sentence for the person who typed it. It repeats neither a whole number nor an address.
	Reason string
}
