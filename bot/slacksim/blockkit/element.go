package blockkit

import (
	"encoding/json"
	"fmt"
	"net/mail"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
)

// Element is an interactive element, together with the block it is in.
type Element struct{ block, fields map[string]any }

// Elements returns the interactive elements in blocks (a JSON array), in reading order.
func Elements(blocks json.RawMessage) []Element {
	list, _ := DecodeList(blocks)
	var out []Element
	for _, x := range list {
		block, _ := x.(map[string]any)
		for _, fields := range interactive(block) {
			out = append(out, Element{block, fields})
		}
	}
	return out
}

// interactive returns the elements of one block that a person can act on.
func interactive(block map[string]any) []map[string]any {
	var candidates []any
	switch block["type"] {
	case "section":
		candidates = []any{block["accessory"]}
	case "input":
		candidates = []any{block["element"]}
	case "actions":
		candidates = listField(block, "elements")
	}
	var out []map[string]any
	for _, x := range candidates {
		if e, ok := x.(map[string]any); ok && e["type"] != "image" {
			out = append(out, e)
		}
	}
	return out
}

// BlockID returns the block_id of the element's block.
func (e Element) BlockID() string { return stringField(e.block, "block_id") }

// ActionID returns the element's action_id.
func (e Element) ActionID() string { return stringField(e.fields, "action_id") }

// Type returns the element's type, such as "button".
func (e Element) Type() string { return stringField(e.fields, "type") }

// InInput reports whether the element is in an input block.
func (e Element) InInput() bool { return e.block["type"] == "input" }

// Optional reports whether the element's input block may be left empty.
func (e Element) Optional() bool { return e.block["optional"] == true }

// Dispatches reports whether a change of the element is sent to the app at once: always outside input blocks, in them only
// with dispatch_action.
func (e Element) Dispatches() bool { return !e.InInput() || e.block["dispatch_action"] == true }

// Stateful reports whether the element keeps what was typed or chosen. Buttons and overflow menus don't.
func (e Element) Stateful() bool { return e.Type() != "button" && e.Type() != "overflow" }

// Typed reports whether text is typed into the element.
func (e Element) Typed() bool {
	return slices.Contains([]string{"plain_text_input", "email_text_input", "url_text_input", "number_input"}, e.Type())
}

// External reports whether the app supplies the options while a person types.
func (e Element) External() bool { return strings.HasSuffix(e.Type(), "external_select") }

// Multiple reports whether more than one option can be chosen.
func (e Element) Multiple() bool {
	return e.Type() == "checkboxes" || strings.HasPrefix(e.Type(), "multi_")
}

// Text returns a field that is a string, "" if it is missing.
func (e Element) Text(key string) string { return stringField(e.fields, key) }

// Int returns a field that is a whole number, or another number if it is missing.
func (e Element) Int(key string, missing int64) int64 { return intField(e.fields, key, missing) }

// Field returns a field as the app sent it, nil if it is missing.
func (e Element) Field(key string) any { return e.fields[key] }

// Label returns the text on a button.
func (e Element) Label() string { return TextOf(e.fields["text"]) }

// Options returns the options that the app sent with the element, including those in groups.
func (e Element) Options() []Option { return readOptions(e.fields) }

// InitialOptions returns the options that are chosen at first.
func (e Element) InitialOptions() []Option {
	var out []Option
	if o := objectField(e.fields, "initial_option"); o != nil {
		out = append(out, readOption(o, ""))
	}
	for _, x := range listField(e.fields, "initial_options") {
		o, _ := x.(map[string]any)
		out = append(out, readOption(o, ""))
	}
	return out
}

// CheckInput returns what Slack says beside a field when a person submits this text in it, "" if the text is valid. How Slack
// words it is assumed.
func (e Element) CheckInput(text string) string {
	switch e.Type() {
	case "plain_text_input":
		n := int64(utf8.RuneCountInString(text))
		if least := e.Int("min_length", 0); n < least {
			return fmt.Sprintf("Please enter at least %d characters.", least)
		}
		if most := e.Int("max_length", 3000); n > most {
			return fmt.Sprintf("Please enter no more than %d characters.", most)
		}
	case "email_text_input":
		if a, err := mail.ParseAddress(text); err != nil || a.Address != text {
			return "Please enter a valid e-mail address."
		}
	case "url_text_input":
		if u, err := url.Parse(text); err != nil || u.Scheme == "" || u.Host == "" {
			return "Please enter a valid URL."
		}
	case "number_input":
		return e.checkNumber(text)
	}
	return ""
}

// checkNumber applies the limits of a number_input, which are numbers in strings.
func (e Element) checkNumber(text string) string {
	n, err := strconv.ParseFloat(text, 64)
	_, notWhole := strconv.ParseInt(text, 10, 64)
	low, high := e.Text("min_value"), e.Text("max_value")
	switch {
	case err != nil, notWhole != nil && e.fields["is_decimal_allowed"] != true:
		return "Please enter a valid number."
	case low != "" && n < toFloat(low):
		return "Please enter a number of at least " + low + "."
	case high != "" && n > toFloat(high):
		return "Please enter a number of at most " + high + "."
	}
	return ""
}

// toFloat reads a number from a string, 0 if it isn't one.
func toFloat(s string) float64 {
	f, _ := strconv.ParseFloat(s, 64)
	return f
}
