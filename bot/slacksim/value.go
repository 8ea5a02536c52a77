package slacksim

import (
	"fmt"
	"maps"
	"slices"
	"strconv"

	"github.com/coupontools/couponbot/bot/slacksim/blockkit"
)

// Value is what a person typed or chose in one element. An untouched element has a Type and nothing else.
type Value struct {
	Type    string            // of the element
	Text    string            // typed text, a date (2026-11-30), a time (09:30), or the id of a chosen user or channel
	Options []blockkit.Option // the chosen options
	Time    int64             // of a datetimepicker, in Unix seconds
	Files   []File            // of a file_input
}

// Empty reports whether nothing was typed or chosen.
func (v Value) Empty() bool {
	return v.Text == "" && len(v.Options) == 0 && v.Time == 0 && len(v.Files) == 0
}

// MarshalJSON returns the value as it is in state.values: the type, and null where nothing was typed or chosen.
func (v Value) MarshalJSON() ([]byte, error) {
	out := v.fields()
	out["type"] = v.Type
	return blockkit.EncodeJSON(out), nil
}

// fields returns the value fields that Slack sends for this type of element.
func (v Value) fields() object {
	switch v.Type {
	case "static_select", "external_select", "radio_buttons", "overflow":
		if len(v.Options) == 0 {
			return object{"selected_option": nil}
		}
		return object{"selected_option": v.Options[0]}
	case "multi_static_select", "multi_external_select", "checkboxes":
		return object{"selected_options": append([]blockkit.Option{}, v.Options...)}
	case "datetimepicker":
		if v.Time == 0 {
			return object{"selected_date_time": nil}
		}
		return object{"selected_date_time": v.Time}
	case "file_input":
		return object{"files": fileObjects(v.Files)}
	}
	key, ok := valueKeys[v.Type]
	if !ok {
		key = "value"
	}
	if v.Text == "" {
		return object{key: nil}
	}
	return object{key: v.Text}
}

var valueKeys = map[string]string{
	"users_select": "selected_user", "channels_select": "selected_channel",
	"datepicker": "selected_date", "timepicker": "selected_time",
}

// State has the values of elements by block_id and action_id.
type State map[string]map[string]Value

// newState returns the state of new blocks. An element keeps the value it had in the old state if its ids and its type are
// the same; others get their initial value.
func newState(blocks []byte, old State) State {
	state := State{}
	for _, e := range blockkit.Elements(blocks) {
		if !e.Stateful() {
			continue
		}
		v := initialValue(e)
		if kept, ok := old[e.BlockID()][e.ActionID()]; ok && kept.Type == v.Type {
			v = kept
		}
		state.set(e, v)
	}
	return state
}

// set stores the value of an element.
func (s State) set(e blockkit.Element, v Value) {
	if s[e.BlockID()] == nil {
		s[e.BlockID()] = map[string]Value{}
	}
	s[e.BlockID()][e.ActionID()] = v
}

// clone returns a copy that shares no map.
func (s State) clone() State {
	out := make(State, len(s))
	for block, values := range s {
		out[block] = maps.Clone(values)
	}
	return out
}

// initialValue returns the value of an element that nobody has touched.
func initialValue(e blockkit.Element) Value {
	v := Value{Type: e.Type(), Time: e.Int("initial_date_time", 0), Options: e.InitialOptions()}
	for _, key := range []string{"initial_value", "initial_date", "initial_time", "initial_user", "initial_channel"} {
		if s := e.Text(key); s != "" {
			v.Text = s
		}
	}
	return v
}

// chosenValue returns the value of an element in which a person chose these option values. It is an error if the element
// doesn't offer them.
func chosenValue(e blockkit.Element, choices []string, offered []blockkit.Option) (Value, error) {
	v := Value{Type: e.Type()}
	if !e.Multiple() && len(choices) > 1 {
		return v, elementError(e, "takes one choice, not %d", len(choices))
	}
	if limit := e.Int("max_selected_items", 100); int64(len(choices)) > limit {
		return v, elementError(e, "takes at most %d choices", limit)
	}
	if len(choices) == 0 {
		return v, nil
	}
	switch e.Type() {
	case "button":
		return v, elementError(e, "is a button: click it")
	case "datetimepicker":
		at, err := strconv.ParseInt(choices[0], 10, 64)
		if err != nil {
			return v, elementError(e, "takes Unix seconds, not %q", choices[0])
		}
		v.Time = at
		return v, nil
	case "datepicker", "timepicker", "users_select", "channels_select":
		v.Text = choices[0]
		return v, nil
	}
	for _, choice := range choices {
		i := slices.IndexFunc(offered, func(o blockkit.Option) bool { return o.Value == choice })
		if i < 0 {
			return v, elementError(e, "doesn't offer %q", choice)
		}
		v.Options = append(v.Options, offered[i])
	}
	return v, nil
}

// actionObject returns an element of the list "actions" of a block_actions payload.
func actionObject(e blockkit.Element, v Value, ts string) object {
	out := object{"type": e.Type(), "action_id": e.ActionID(), "block_id": e.BlockID(), "action_ts": ts}
	if e.Type() == "button" {
		out["text"] = e.Field("text")
		for _, key := range []string{"value", "style", "url"} {
			if s := e.Text(key); s != "" {
				out[key] = s
			}
		}
		return out
	}
	maps.Copy(out, v.fields())
	if e.Field("placeholder") != nil {
		out["placeholder"] = e.Field("placeholder")
	}
	return out
}

// elementError returns an error that begins with the element's type and ids.
func elementError(e blockkit.Element, format string, args ...any) error {
	return fmt.Errorf("%s %s/%s "+format, append([]any{e.Type(), e.BlockID(), e.ActionID()}, args...)...)
}
