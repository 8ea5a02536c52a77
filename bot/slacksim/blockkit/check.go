package blockkit

import (
	"encoding/json"
	"fmt"
	"strings"
)

// MaxViewBytes is the largest JSON of a view.
const MaxViewBytes = 250_000

// CheckMessage validates the blocks of a message, a JSON array. It returns them with the ids that Slack adds: newID makes the
// block_ids and action_ids that are missing. If there are problems it returns no blocks.
func CheckMessage(raw []byte, newID func() string) (json.RawMessage, []Problem) {
	blocks, ok := DecodeList(raw)
	if !ok {
		return nil, []Problem{{Pointer: "/blocks", Message: "must be a list of blocks", Rule: "type", Want: "array"}}
	}
	k := newChecker(message)
	k.blocks("/blocks", blocks, maxMessageBlocks)
	if len(k.problems) > 0 {
		return nil, k.problems
	}
	return encodeBlocks(blocks, newID), nil
}

// View is a valid view.
type View struct {
	Blocks json.RawMessage // each with a block_id, and its elements with action_ids
	fields map[string]any
}

// Text returns a field that is a string or a text object, "" if it is missing.
func (v View) Text(key string) string {
	if s := stringField(v.fields, key); s != "" {
		return s
	}
	return stringField(objectField(v.fields, key), "text")
}

// Flag reports whether a field is true.
func (v View) Flag(key string) bool { return v.fields[key] == true }

// Field returns a field as the app sent it, nil if it is missing.
func (v View) Field(key string) any { return v.fields[key] }

// viewShape has the fields of modals and Home tabs.
var viewShape = shape{
	"type":             required(oneOf(modal, home)),
	"title":            optional(plainText(24)),
	"submit":           optional(plainText(24)),
	"close":            optional(plainText(24)),
	"blocks":           required(anything),
	"private_metadata": optional(stringOf(0, maxMetadata)),
	"callback_id":      optional(stringOf(0, maxID)),
	"external_id":      optional(stringOf(0, maxID)),
	"clear_on_close":   optional(boolean),
	"notify_on_close":  optional(boolean),
	"submit_disabled":  optional(boolean),
}

// CheckView validates a view, a JSON object of the type wanted: modal or home. newID makes the missing ids, as in
// [CheckMessage].
func CheckView(raw []byte, want string, newID func() string) (View, []Problem) {
	var fields map[string]any
	if !decodeJSON(raw, &fields) {
		return View{}, []Problem{{Pointer: "/view", Message: "must be a view", Rule: "type", Want: "object"}}
	}
	k := newChecker(stringField(fields, "type"))
	objectOf(viewShape)(k, "/view", fields)
	if k.surface != want {
		k.report("/view/type", "enum", want, "must be %q here", want)
	}
	blocks, ok := fields["blocks"].([]any)
	if !ok {
		k.report("/view/blocks", "type", "array", "must be a list of blocks")
	}
	k.blocks("/view/blocks", blocks, maxViewBlocks)
	if k.surface == modal {
		k.modal(fields, blocks)
	}
	if k.focused > 1 {
		k.report("/view/blocks", "max", 1, "only one element of a view may have focus_on_load")
	}
	if len(k.problems) > 0 {
		return View{}, k.problems
	}
	return View{Blocks: encodeBlocks(blocks, newID), fields: fields}, nil
}

// modal checks what is required of a modal only.
func (k *checker) modal(fields map[string]any, blocks []any) {
	if fields["title"] == nil {
		k.report("/view", "required", "title", "missing required field: title")
	}
	if fields["submit"] != nil {
		return
	}
	for _, x := range blocks {
		if b, _ := x.(map[string]any); b["type"] == "input" {
			k.report("/view", "required", "submit", "a modal with an input needs submit")
			return
		}
	}
}

// CheckOptions validates the answer to a block_suggestion: a JSON object with up to 100 options or option_groups.
func CheckOptions(raw []byte) ([]Option, []Problem) {
	var fields map[string]any
	k := newChecker("suggestion")
	switch {
	case !decodeJSON(raw, &fields):
		k.report("", "type", "object", "must be an object with options or option_groups")
	case fields["options"] == nil && fields["option_groups"] == nil:
		k.report("", "required", "options", "options or option_groups must be there, empty if nothing matches")
	default:
		objectOf(shape{
			"options":       optional(listOf(0, 100, selectOption)),
			"option_groups": optional(listOf(0, 100, optionGroup)),
		}, eitherOptionsOrGroups)(k, "", fields)
	}
	if len(k.problems) > 0 {
		return nil, k.problems
	}
	return readOptions(fields), nil
}

// blocks checks a list of blocks and, in a message, their total text.
func (k *checker) blocks(at string, blocks []any, limit int) {
	if len(blocks) > limit {
		k.report(at, "max_items", limit, "no more than %d items allowed", limit)
	}
	chars := 0
	for i, x := range blocks {
		here := fmt.Sprintf("%s/%d", at, i)
		b, ok := x.(map[string]any)
		if !ok {
			k.report(here, "type", "object", "must be a block")
			continue
		}
		k.block(here, b)
		chars += textLength(b)
	}
	if k.surface == message && chars > maxTotalText {
		k.report(at, RuleTotalText, maxTotalText, "the blocks together have %d characters", chars)
	}
}

// block checks one block, and that its block_id is used once.
func (k *checker) block(at string, b map[string]any) {
	blockType := stringField(b, "type")
	spec, ok := blockSpecs[blockType]
	if !ok {
		k.report(at+"/type", "enum", "a block type", "unsupported type: %s", blockType)
		return
	}
	if !strings.Contains(spec.surfaces, k.surface) {
		k.report(at+"/type", "surface", spec.surfaces, "a block of type %s isn't allowed in a %s", blockType, k.surface)
	}
	spec.rule(k, at, b)
	id := stringField(b, "block_id")
	if id == "" {
		return
	}
	if k.blockIDs[id] {
		k.report(at+"/block_id", "unique", nil, "`block_id` %s is used twice", id)
	}
	k.blockIDs[id] = true
}

// encodeBlocks returns valid blocks as JSON, with an id for each block and element that has none.
func encodeBlocks(blocks []any, newID func() string) json.RawMessage {
	for _, x := range blocks {
		b := x.(map[string]any)
		if stringField(b, "block_id") == "" {
			b["block_id"] = newID()
		}
		for _, e := range interactive(b) {
			if stringField(e, "action_id") == "" {
				e["action_id"] = newID()
			}
		}
	}
	return EncodeJSON(blocks)
}
