package blockkit

import "fmt"

// RuleTotalText is the [Problem.Rule] of a message that has too much text in all its blocks. Slack has an error of its own for it.
const RuleTotalText = "max_text"

// Problem is one error in a payload.
type Problem struct {
	Pointer string // JSON pointer to the wrong value
	Message string
	Rule    string // the broken constraint: max_length, required, type, …
	Want    any    // what the constraint expects, nil if the rule says it all
}

// String returns the problem in the form of Slack's response_metadata.messages.
func (p Problem) String() string {
	return fmt.Sprintf("[ERROR] %s [json-pointer:%s]", p.Message, p.Pointer)
}
