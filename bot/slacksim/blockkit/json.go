package blockkit

import (
	"bytes"
	"encoding/json"
)

// EncodeJSON returns x as JSON the way Slack writes it, without escapes for HTML. What can't be encoded becomes null.
func EncodeJSON(x any) json.RawMessage {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(x); err != nil {
		return json.RawMessage("null")
	}
	return bytes.TrimRight(b.Bytes(), "\n")
}

// DecodeList reads a JSON array. It reports false for anything else, null included.
func DecodeList(raw []byte) (items []any, ok bool) {
	ok = decodeJSON(raw, &items)
	return items, ok && items != nil
}

// decodeJSON reads exactly one JSON value. Numbers keep the form in which they are written.
func decodeJSON(raw []byte, into any) bool {
	d := json.NewDecoder(bytes.NewReader(raw))
	d.UseNumber()
	return d.Decode(into) == nil && !d.More()
}

// stringField returns a field of a decoded object. Like the functions below it treats a value of another type as missing.
func stringField(o map[string]any, key string) string {
	s, _ := o[key].(string)
	return s
}

// intField returns a whole number, or the given one if the field is missing.
func intField(o map[string]any, key string, missing int64) int64 {
	n, _ := o[key].(json.Number)
	if i, err := n.Int64(); err == nil {
		return i
	}
	return missing
}

// objectField returns an object in an object, nil if it is missing.
func objectField(o map[string]any, key string) map[string]any {
	inner, _ := o[key].(map[string]any)
	return inner
}

// listField returns a list in an object, nil if it is missing.
func listField(o map[string]any, key string) []any {
	items, _ := o[key].([]any)
	return items
}
