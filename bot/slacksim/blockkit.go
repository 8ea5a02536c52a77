package slacksim

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"
	"unicode/utf8"
)

// Slack: reference of blocks and views, and for the sum of a message's blocks reports of 2025.
const (
	maxMessageBlocks = 50
	maxViewBlocks    = 100
	maxBlocksChars   = 13_200
	maxMarkdownChars = 12_000
	maxTableChars    = 10_000
	maxViewBytes     = 250_000
	maxMetadata      = 3_000
	maxIDChars       = 255
	maxProblems      = 20
)

// problem is one thing wrong with a payload.
type problem struct {
	Pointer string // JSON pointer to it
	Message string
	Rule    string // the constraint broken: max_length, required, type, …
	Want    any
}

func (p problem) String() string {
	return fmt.Sprintf("[ERROR] %s [json-pointer:%s]", p.Message, p.Pointer)
}

// checker goes through one payload.
type checker struct {
	surface  string // message, modal or home
	problems []problem
	blockIDs map[string]bool
	markdown int // characters of all markdown blocks
	table    int // characters of all tables
	focused  int // elements with focus_on_load
}

func newChecker(surface string) *checker {
	return &checker{surface: surface, blockIDs: map[string]bool{}}
}

func (k *checker) fault(at, rule string, want any, format string, args ...any) {
	if len(k.problems) < maxProblems {
		k.problems = append(k.problems, problem{Pointer: at, Message: fmt.Sprintf(format, args...), Rule: rule, Want: want})
	}
}

// checkMessage checks the blocks of a message, a JSON array, and returns them with a block_id each.
func checkMessage(blocks []byte, newID func() string) (json.RawMessage, []problem) {
	list, ok := decodeList(blocks)
	if !ok {
		return nil, []problem{{Pointer: "/blocks", Message: "must be a list of blocks", Rule: "type", Want: "array"}}
	}
	k := newChecker("message")
	k.blocks("/blocks", list, maxMessageBlocks)
	if len(k.problems) > 0 {
		return nil, k.problems
	}
	return encodeBlocks(list, newID), nil
}

// decodedView is a view payload as the bot sent it, checked.
type decodedView struct {
	fields map[string]any
	list   []any
	blocks json.RawMessage
}

func (d decodedView) text(key string) string {
	switch x := d.fields[key].(type) {
	case string:
		return x
	case map[string]any:
		s, _ := x["text"].(string)
		return s
	}
	return ""
}

func (d decodedView) flag(key string) bool { b, _ := d.fields[key].(bool); return b }

var viewShape = shape{
	"type":             need(oneOf("modal", "home")),
	"title":            may(plain(24)),
	"submit":           may(plain(24)),
	"close":            may(plain(24)),
	"blocks":           need(anything),
	"private_metadata": may(str(0, maxMetadata)),
	"callback_id":      may(str(0, maxIDChars)),
	"external_id":      may(str(0, maxIDChars)),
	"clear_on_close":   may(boolean),
	"notify_on_close":  may(boolean),
	"submit_disabled":  may(boolean),
}

// checkView checks a view, a JSON object, and gives its blocks a block_id each.
func checkView(raw []byte, want string, newID func() string) (decodedView, []problem) {
	var fields map[string]any
	if !decode(raw, &fields) {
		return decodedView{}, []problem{{Pointer: "/view", Message: "must be a view", Rule: "type", Want: "object"}}
	}
	surface, _ := fields["type"].(string)
	k := newChecker(surface)
	object(viewShape)(k, "/view", fields)
	if surface != want {
		k.fault("/view/type", "enum", want, "must be %q here", want)
	}
	list, ok := fields["blocks"].([]any)
	if !ok {
		k.fault("/view/blocks", "type", "array", "must be a list of blocks")
	}
	k.blocks("/view/blocks", list, maxViewBlocks)
	if surface == "modal" {
		k.modal(fields, list)
	}
	if k.focused > 1 {
		k.fault("/view/blocks", "max", 1, "only one element of a view may have focus_on_load")
	}
	if len(k.problems) > 0 {
		return decodedView{}, k.problems
	}
	return decodedView{fields: fields, list: list, blocks: encodeBlocks(list, newID)}, nil
}

// modal checks what only a modal must have.
func (k *checker) modal(fields map[string]any, list []any) {
	if fields["title"] == nil {
		k.fault("/view", "required", "title", "missing required field: title")
	}
	if fields["submit"] != nil {
		return
	}
	for _, x := range list {
		if b, _ := x.(map[string]any); b["type"] == "input" {
			k.fault("/view", "required", "submit", "a modal with an input needs submit")
			return
		}
	}
}

// blocks checks a list of blocks.
func (k *checker) blocks(at string, list []any, limit int) {
	if len(list) > limit {
		k.fault(at, "max_items", limit, "no more than %d items allowed", limit)
	}
	chars := 0
	for i, x := range list {
		here := fmt.Sprintf("%s/%d", at, i)
		b, ok := x.(map[string]any)
		if !ok {
			k.fault(here, "type", "object", "must be a block")
			continue
		}
		k.block(here, b)
		chars += countText(b)
	}
	if k.surface == "message" && chars > maxBlocksChars {
		k.fault(at, "max_text", maxBlocksChars, "the blocks together have %d characters", chars)
	}
}

func (k *checker) block(at string, b map[string]any) {
	kind, _ := b["type"].(string)
	spec, ok := blockShapes[kind]
	if !ok {
		k.fault(at+"/type", "enum", "a block type", "unsupported type: %s", kind)
		return
	}
	if !strings.Contains(spec.surfaces, k.surface) {
		k.fault(at+"/type", "surface", spec.surfaces, "a block of type %s does not go into a %s", kind, k.surface)
	}
	spec.check(k, at, b)
	id, _ := b["block_id"].(string)
	if id == "" {
		return
	}
	if k.blockIDs[id] {
		k.fault(at+"/block_id", "unique", nil, "`block_id` %s is used twice", id)
	}
	k.blockIDs[id] = true
}

// encodeBlocks returns the list as JSON, with a block_id and an action_id where there was none.
func encodeBlocks(list []any, newID func() string) json.RawMessage {
	for _, x := range list {
		b := x.(map[string]any)
		if id, _ := b["block_id"].(string); id == "" {
			b["block_id"] = newID()
		}
		fillIDs(b, newID)
	}
	return encode(list)
}

// countText sums the characters of all text in a block: what people read.
func countText(x any) int {
	switch x := x.(type) {
	case []any:
		n := 0
		for _, e := range x {
			n += countText(e)
		}
		return n
	case map[string]any:
		n := 0
		for key, e := range x {
			if s, ok := e.(string); ok && key == "text" {
				n += utf8.RuneCountInString(s)
				continue
			}
			n += countText(e)
		}
		return n
	}
	return 0
}

// decode reads JSON, numbers kept as written, and refuses what follows the first value.
func decode(raw []byte, into any) bool {
	d := json.NewDecoder(bytes.NewReader(raw))
	d.UseNumber()
	return d.Decode(into) == nil && !d.More()
}

func decodeList(raw []byte) ([]any, bool) {
	var list []any
	ok := decode(raw, &list)
	return list, ok && list != nil
}

// encode returns x as JSON; x is made of values that came from JSON, or are made for it.
func encode(x any) json.RawMessage {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(x); err != nil {
		return json.RawMessage("null")
	}
	return bytes.TrimRight(b.Bytes(), "\n")
}
