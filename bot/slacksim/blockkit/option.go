package blockkit

// Option is one choice of a select, radio buttons, checkboxes or an overflow menu.
type Option struct {
	Text, Value, Description string
	Group                    string // label of its option group, "" without one
	raw                      map[string]any
}

// MarshalJSON returns the option as the app sent it.
func (o Option) MarshalJSON() ([]byte, error) {
	if o.raw != nil {
		return EncodeJSON(o.raw), nil
	}
	return EncodeJSON(map[string]any{
		"text": map[string]any{"type": "plain_text", "text": o.Text, "emoji": true}, "value": o.Value,
	}), nil
}

// readOption reads an option object.
func readOption(o map[string]any, group string) Option {
	return Option{
		Text: TextOf(o["text"]), Value: stringField(o, "value"), Description: TextOf(o["description"]), Group: group, raw: o,
	}
}

// readOptions reads the options of an element, or of the answer to a block_suggestion.
func readOptions(o map[string]any) []Option {
	var out []Option
	read := func(from map[string]any, group string) {
		for _, x := range listField(from, "options") {
			option, _ := x.(map[string]any)
			out = append(out, readOption(option, group))
		}
	}
	read(o, "")
	for _, x := range listField(o, "option_groups") {
		group, _ := x.(map[string]any)
		read(group, TextOf(group["label"]))
	}
	return out
}
