package slacksim

import (
	"encoding/json"
	"maps"
	"slices"
	"strconv"
)

// found is an interactive element in a message or a view.
type found struct {
	block, element map[string]any
}

func (f found) blockID() string  { return str1(f.block, "block_id") }
func (f found) actionID() string { return str1(f.element, "action_id") }
func (f found) kind() string     { return str1(f.element, "type") }
func (f found) input() bool      { return f.block["type"] == "input" }

// str1 reads a string of an object.
func str1(o map[string]any, key string) string {
	s, _ := o[key].(string)
	return s
}

// flag reads a boolean of an object.
func flag(o map[string]any, key string) bool { return o[key] == true }

// whole reads a whole number of an object; def if it is not there.
func whole(o map[string]any, key string, def int64) int64 {
	if n, ok := o[key].(json.Number); ok {
		if i, err := n.Int64(); err == nil {
			return i
		}
	}
	return def
}

// interactive are the elements of one block that a person can act on.
func interactive(block map[string]any) []map[string]any {
	candidates, _ := block["elements"].([]any)
	switch block["type"] {
	case "section":
		candidates = []any{block["accessory"]}
	case "input":
		candidates = []any{block["element"]}
	case "actions":
	default:
		return nil
	}
	var out []map[string]any
	for _, x := range candidates {
		if e, ok := x.(map[string]any); ok && e["type"] != "image" {
			out = append(out, e)
		}
	}
	return out
}

// elementsIn are the interactive elements in a list of blocks.
func elementsIn(blocks json.RawMessage) []found {
	list, _ := decodeList(blocks)
	var out []found
	for _, x := range list {
		block, _ := x.(map[string]any)
		for _, e := range interactive(block) {
			out = append(out, found{block, e})
		}
	}
	return out
}

// stateful elements keep what was typed or chosen; buttons and overflow menus do not.
func (f found) stateful() bool { return f.kind() != "button" && f.kind() != "overflow" }

// initial is what stands in an element before anyone touched it.
func (f found) initial() Value {
	e := f.element
	v := Value{Type: f.kind()}
	for _, key := range []string{"initial_value", "initial_date", "initial_time", "initial_user", "initial_channel"} {
		if s := str1(e, key); s != "" {
			v.Text = s
		}
	}
	v.Time = whole(e, "initial_date_time", 0)
	if o, ok := e["initial_option"].(map[string]any); ok {
		v.Options = []Option{readOption(o, "")}
	}
	list, _ := e["initial_options"].([]any)
	for _, x := range list {
		o, _ := x.(map[string]any)
		v.Options = append(v.Options, readOption(o, ""))
	}
	return v
}

// initialState is the state of blocks as sent, with what old holds for the same block, action and type.
func initialState(blocks json.RawMessage, old map[string]map[string]Value) map[string]map[string]Value {
	state := map[string]map[string]Value{}
	for _, f := range elementsIn(blocks) {
		if !f.stateful() {
			continue
		}
		v := f.initial()
		if kept, ok := old[f.blockID()][f.actionID()]; ok && kept.Type == v.Type {
			v = kept
		}
		setState(state, f, v)
	}
	return state
}

func setState(state map[string]map[string]Value, f found, v Value) {
	if state[f.blockID()] == nil {
		state[f.blockID()] = map[string]Value{}
	}
	state[f.blockID()][f.actionID()] = v
}

// readOption reads an option object.
func readOption(o map[string]any, group string) Option {
	return Option{
		Text: plainText(o["text"]), Value: str1(o, "value"), Description: plainText(o["description"]), Group: group, raw: o,
	}
}

// readOptions reads the options of an element or of an answer to a suggestion.
func readOptions(o map[string]any) []Option {
	var out []Option
	read := func(from map[string]any, group string) {
		list, _ := from["options"].([]any)
		for _, x := range list {
			option, _ := x.(map[string]any)
			out = append(out, readOption(option, group))
		}
	}
	read(o, "")
	groups, _ := o["option_groups"].([]any)
	for _, x := range groups {
		g, _ := x.(map[string]any)
		read(g, plainText(g["label"]))
	}
	return out
}

// MarshalJSON gives the option as the bot offered it.
func (o Option) MarshalJSON() ([]byte, error) {
	if o.raw != nil {
		return encode(o.raw), nil
	}
	return encode(answer{"text": answer{"type": "plain_text", "text": o.Text, "emoji": true}, "value": o.Value}), nil
}

// MarshalJSON gives the value as Slack writes it in state.values: its type, and null where nothing was typed or chosen.
func (v Value) MarshalJSON() ([]byte, error) {
	out := v.fields()
	out["type"] = v.Type
	return encode(out), nil
}

// fields are the value fields of the element's type.
func (v Value) fields() answer {
	switch v.Type {
	case "static_select", "external_select", "radio_buttons", "overflow":
		if len(v.Options) == 0 {
			return answer{"selected_option": nil}
		}
		return answer{"selected_option": v.Options[0]}
	case "multi_static_select", "multi_external_select", "checkboxes":
		return answer{"selected_options": append([]Option{}, v.Options...)}
	case "datetimepicker":
		if v.Time == 0 {
			return answer{"selected_date_time": nil}
		}
		return answer{"selected_date_time": v.Time}
	case "file_input":
		return answer{"files": fileObjects(v.Files)}
	}
	key, ok := valueKeys[v.Type]
	if !ok {
		key = "value"
	}
	if v.Text == "" {
		return answer{key: nil}
	}
	return answer{key: v.Text}
}

var valueKeys = map[string]string{
	"users_select": "selected_user", "channels_select": "selected_channel",
	"datepicker": "selected_date", "timepicker": "selected_time",
}

// fillIDs gives every interactive element of a block an action_id, as Slack does.
func fillIDs(block map[string]any, newID func() string) {
	for _, e := range interactive(block) {
		if str1(e, "action_id") == "" {
			e["action_id"] = newID()
		}
	}
}

// action is an element of the list actions of a click.
func (f found) action(v Value, ts string) answer {
	out := answer{"type": f.kind(), "action_id": f.actionID(), "block_id": f.blockID(), "action_ts": ts}
	if f.kind() == "button" {
		out["text"] = f.element["text"]
		for _, key := range []string{"value", "style", "url"} {
			if s := str1(f.element, key); s != "" {
				out[key] = s
			}
		}
		return out
	}
	maps.Copy(out, v.fields())
	if f.element["placeholder"] != nil {
		out["placeholder"] = f.element["placeholder"]
	}
	return out
}

// chosen turns what a person chose into the element's value.
func (f found) chosen(values []string, offered []Option) (Value, error) {
	v := Value{Type: f.kind()}
	single := !slices.Contains([]string{"checkboxes", "multi_static_select", "multi_external_select"}, f.kind())
	if single && len(values) > 1 {
		return v, f.cannot("takes one choice, not %d", len(values))
	}
	if limit := whole(f.element, "max_selected_items", 100); int64(len(values)) > limit {
		return v, f.cannot("takes at most %d choices", limit)
	}
	if len(values) == 0 {
		return v, nil
	}
	switch f.kind() {
	case "button":
		return v, f.cannot("is a button: click it")
	case "datetimepicker":
		at, err := strconv.ParseInt(values[0], 10, 64)
		if err != nil {
			return v, f.cannot("takes Unix seconds, not %q", values[0])
		}
		v.Time = at
		return v, nil
	case "datepicker", "timepicker", "users_select", "channels_select":
		v.Text = values[0]
		return v, nil
	}
	for _, want := range values {
		i := slices.IndexFunc(offered, func(o Option) bool { return o.Value == want })
		if i < 0 {
			return v, f.cannot("does not offer %q", want)
		}
		v.Options = append(v.Options, offered[i])
	}
	return v, nil
}
