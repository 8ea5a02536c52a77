package coupontools

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"
)

// maxText bounds each text of an answer, in characters.
const maxText = 300

// answer is a JSON answer, parsed one level deep.
type answer struct {
	raw json.RawMessage
	// top are its members if it is an object.
	top fields
}

// parse reads a body, which must be exactly one JSON object or array.
func parse(body []byte) (answer, error) {
	body = bytes.TrimSpace(bytes.TrimPrefix(body, []byte("\uFEFF")))
	switch {
	case len(body) == 0:
		return answer{}, errors.New("the answer is empty")
	case !json.Valid(body):
		return answer{}, errors.New("the answer is not JSON")
	case body[0] != '{' && body[0] != '[':
		return answer{}, fmt.Errorf("the answer is not understood: %s", shapeOf(body, 0))
	}
	return answer{raw: body, top: fieldsOf(body)}, nil
}

// readable reports whether the answer was JSON.
func (a answer) readable() bool { return a.raw != nil }

// shape describes the answer without its values.
func (a answer) shape() string { return shapeOf(a.raw, maxShapeDepth) }

// misread returns the error for an answer without the wanted value.
func (a answer) misread(wanted string) error {
	return fmt.Errorf("the answer has no %s that is understood: %s", wanted, a.shape())
}

// fields are the members of a JSON object, in order.
type fields []field

// field is one member.
type field struct {
	// key is the name in lower case without separators, so first_name, firstName and firstname are equal.
	key   string
	name  string
	value json.RawMessage
}

// fieldsOf returns the members of an object, nil for anything else.
func fieldsOf(raw json.RawMessage) fields {
	if !isObject(raw) {
		return nil
	}
	out := make(fields, 0, 8)
	for name, value := range membersOf(raw) {
		out = append(out, field{normalizeKey(name), name, value})
	}
	return out
}

// get returns the member with this key: of several, the first that isn't blank.
func (f fields) get(key string) (found field, ok bool) {
	for _, member := range f {
		if member.key != key {
			continue
		}
		if !blank(member.value) {
			return member, true
		}
		if !ok {
			found, ok = member, true
		}
	}
	return found, ok
}

// value returns the value of the member with this key, or nil.
func (f fields) value(key string) json.RawMessage {
	member, _ := f.get(key)
	return member.value
}

// normalizeKey returns the key for a name.
func normalizeKey(name string) string {
	return strings.Map(func(r rune) rune {
		if r == '_' || r == '-' || r == ' ' || r == '.' {
			return -1
		}
		return unicode.ToLower(r)
	}, name)
}

// object returns the members of an inner object.
func (f fields) object(key string) fields { return fieldsOf(f.value(key)) }

// text returns the first non-empty text under any of the keys.
func (f fields) text(keys ...string) string {
	for _, key := range keys {
		if s := textOf(f.value(key)); s != "" {
			return s
		}
	}
	return ""
}

// flag reports whether the first text under any of the keys means yes. v3 writes "1", v4 and requests true.
func (f fields) flag(keys ...string) bool {
	switch strings.ToLower(f.text(keys...)) {
	case "1", "true", "yes":
		return true
	}
	return false
}

// time returns the first date under any of the keys, the zero time if none can be parsed.
func (f fields) time(keys ...string) time.Time {
	t, _ := parseTime(f.text(keys...))
	return t
}

// count returns the first whole number under any of the keys, or 0. Points may be written as "12.00".
func (f fields) count(keys ...string) int {
	const maxCount = 1e15 // no count of people, points or campaigns is larger
	for _, key := range keys {
		n, err := strconv.ParseFloat(textOf(f.value(key)), 64)
		if err == nil && math.Abs(n) <= maxCount {
			return int(n)
		}
	}
	return 0
}

// link returns the first web address under any of the keys, or "".
func (f fields) link(keys ...string) string {
	for _, key := range keys {
		if s := webAddress(f.value(key)); s != "" {
			return s
		}
	}
	return ""
}

// webAddress returns a text if it is an http or https URL that is safe to show as a link, else "".
func webAddress(raw json.RawMessage) string {
	const maxLink = 3000 // bytes; signed URLs are long. (Slack accepts 3,000 in a button.)
	if len(raw) == 0 || raw[0] != '"' || len(raw) > maxLink {
		return ""
	}
	s := unquote(raw)
	u, err := url.Parse(s)
	if err != nil || u.Scheme != "https" && u.Scheme != "http" || u.Host == "" || u.User != nil ||
		strings.ContainsFunc(s, unsafeInLink) {
		return ""
	}
	return s
}

// unsafeInLink reports whether r would end a link where it is shown, or change the text direction.
func unsafeInLink(r rune) bool {
	return r <= ' ' || strings.ContainsRune("<>|\"`\\", r) || clean(string(r)) != string(r)
}

// genericKeys are generic keys under which an answer may hold anything.
var genericKeys = []string{"data", "items", "item", "results", "result", "list"}

// list returns the elements of the list under one of the names, or under a generic one. It returns true for an empty list
// too.
func (a answer) list(names ...string) ([]json.RawMessage, bool) {
	const maxNesting = 2 // objects around the list
	if list, ok := elements(a.raw); ok && (isArray(a.raw) || len(list) > 0) {
		return list, true
	}
	if list, ok := a.top.find(names, maxNesting); ok {
		return list, true
	}
	return nil, a.top.empty(slices.Concat(names, genericKeys))
}

// wholeList is list for callers who must not miss an element: it returns false for a list that is shorter than the answer
// says.
func (a answer) wholeList(names ...string) ([]json.RawMessage, bool) {
	list, ok := a.list(names...)
	amount, _ := a.top.amount()
	return list, ok && len(list) >= amount
}

// find looks for a list under the names, then under the generic ones. A single object with an id counts as a list of one.
func (f fields) find(names []string, depth int) ([]json.RawMessage, bool) {
	for _, name := range names {
		if list, ok := listIn(f.value(name), names, depth, true); ok {
			return list, true
		}
	}
	for _, name := range genericKeys {
		if list, ok := listIn(f.value(name), names, depth, false); ok {
			return list, true
		}
	}
	return nil, false
}

// listIn returns the elements of a value that is a list, holds one, or is the only element. Under one of the given names
// (own), an object with an id is an element, not a holder.
func listIn(value json.RawMessage, names []string, depth int, own bool) ([]json.RawMessage, bool) {
	if list, ok := elements(value); ok {
		return list, true
	}
	inner := fieldsOf(value)
	_, single := inner.get("id")
	if depth > 0 && !(own && single) {
		if list, ok := inner.find(names, depth-1); ok {
			return list, true
		}
	}
	return []json.RawMessage{value}, single
}

// empty reports whether the members describe an empty list: a name without a value, or an amount of 0.
func (f fields) empty(names []string) bool {
	mentioned := false
	for _, name := range names {
		if member, ok := f.get(name); ok {
			if !blank(member.value) {
				return false
			}
			mentioned = true
		}
	}
	amount, counted := f.amount()
	return amount == 0 && (counted || mentioned)
}

// amount returns the number of elements the answer states.
func (f fields) amount() (int, bool) {
	for _, m := range f {
		if strings.HasPrefix(m.key, "amountof") || m.key == "amount" || m.key == "count" || m.key == "total" {
			if n, ok := wholeNumber(m.value); ok {
				return n, true
			}
		}
	}
	return 0, false
}

// one returns the members of the object that the answer is, or that is under one of the names, alone or as a list of one.
func (a answer) one(names ...string) (fields, bool) {
	_, hasID := a.top.get("id")
	_, hasName := a.top.get("name")
	if hasID || hasName {
		return a.top, true
	}
	if list, _ := a.list(names...); len(list) == 1 {
		return fieldsOf(list[0]), true
	}
	return nil, false
}

// elements returns the elements of a list, in order. PHP writes a list with gaps as an object with numbers for names, and an
// empty object as an empty list.
func elements(raw json.RawMessage) ([]json.RawMessage, bool) {
	if !isArray(raw) && !isObject(raw) {
		return nil, false
	}
	var list []json.RawMessage
	for name, value := range membersOf(raw) {
		if isObject(raw) && !numbered.MatchString(name) {
			return nil, false
		}
		list = append(list, value)
	}
	return list, true
}

// numbered matches the names of such elements: numbers, or ids.
var numbered = regexp.MustCompile(`^(?:[a-z]{3}_)?\d+$`)

func isObject(raw json.RawMessage) bool { return len(raw) > 0 && raw[0] == '{' }

func isArray(raw json.RawMessage) bool { return len(raw) > 0 && raw[0] == '[' }

// blank reports whether raw is empty, in any of the ways PHP writes that.
func blank(raw json.RawMessage) bool {
	if isArray(raw) || isObject(raw) {
		end := raw[skipSpace(raw, 1)]
		return end == ']' || end == '}'
	}
	switch string(raw) {
	case "", "null", "false", `""`:
		return true
	}
	return false
}

// textOf returns a string, number or boolean as a clean text of at most [maxText] characters.
func textOf(raw json.RawMessage) string {
	switch {
	case blank(raw), isObject(raw), isArray(raw):
		return ""
	case raw[0] != '"':
		return cut(string(raw), maxText)
	}
	return cut(clean(unquote(raw)), maxText)
}

// clean replaces control characters by spaces, removes those that change the text direction, and trims.
func clean(s string) string {
	return strings.TrimSpace(strings.Map(func(r rune) rune {
		switch {
		case unicode.IsControl(r):
			return ' '
		case r >= 0x202A && r <= 0x202E, r >= 0x2066 && r <= 0x2069:
			return -1
		}
		return r
	}, s))
}

// cut returns at most limit characters of s.
func cut(s string, limit int) string {
	if len(s) <= limit {
		return s
	}
	for i := range s {
		if limit--; limit < 0 {
			return s[:i]
		}
	}
	return s
}

// wholeNumber parses a whole number, which may be a JSON string.
func wholeNumber(raw json.RawMessage) (int, bool) {
	n, err := strconv.Atoi(textOf(raw))
	return n, err == nil
}

const (
	maxShapeDepth = 3
	maxShapeKeys  = 12
	maxShapeKey   = 40
)

// shapeOf describes JSON by its keys and types: "object{amount: number, user: array[2] of object}". It never shows values.
func shapeOf(raw json.RawMessage, depth int) string {
	switch {
	case isArray(raw):
		return arrayShape(raw, depth)
	case isObject(raw):
		return objectShape(raw, depth)
	case len(raw) == 0:
		return "nothing"
	}
	switch raw[0] {
	case '"':
		return "string"
	case 't', 'f':
		return "boolean"
	case 'n':
		return "null"
	default:
		return "number"
	}
}

func arrayShape(raw json.RawMessage, depth int) string {
	list, _ := elements(raw)
	if depth <= 0 || len(list) == 0 {
		return fmt.Sprintf("array[%d]", len(list))
	}
	return fmt.Sprintf("array[%d] of %s", len(list), shapeOf(list[0], depth-1))
}

func objectShape(raw json.RawMessage, depth int) string {
	members := fieldsOf(raw)
	if depth <= 0 || len(members) == 0 {
		return "object"
	}
	var parts []string
	for _, m := range members {
		if len(parts) == maxShapeKeys {
			parts = append(parts, "…")
			break
		}
		parts = append(parts, scrubPeople(cut(clean(m.name), maxShapeKey))+": "+shapeOf(m.value, depth-1))
	}
	return "object{" + strings.Join(parts, ", ") + "}"
}
