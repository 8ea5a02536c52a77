package page

import "encoding/json"

// blockJSON is a block of any type.
type blockJSON struct {
	Type           string              `json:"type"`
	BlockID        string              `json:"block_id"`
	Text           *textJSON           `json:"text"`
	Title          *textJSON           `json:"title"`
	Fields         []textJSON          `json:"fields"`
	Level          int                 `json:"level"`
	Elements       json.RawMessage     `json:"elements"`
	Accessory      json.RawMessage     `json:"accessory"`
	AltText        string              `json:"alt_text"`
	Label          *textJSON           `json:"label"`
	Hint           *textJSON           `json:"hint"`
	Element        json.RawMessage     `json:"element"`
	Optional       bool                `json:"optional"`
	DispatchAction bool                `json:"dispatch_action"`
	Rows           [][]json.RawMessage `json:"rows"`
}

// textJSON is a text object.
type textJSON struct {
	Type string `json:"type"`
	Text string `json:"text"`
}

// UnmarshalJSON also accepts a string: the text of a markdown block is one.
func (t *textJSON) UnmarshalJSON(raw []byte) error {
	type object textJSON
	if len(raw) > 0 && raw[0] == '"' {
		return json.Unmarshal(raw, &t.Text)
	}
	return json.Unmarshal(raw, (*object)(t))
}

// plain returns the text without markup, "" without a text.
func (t *textJSON) plain() string {
	if t == nil {
		return ""
	}
	return withEmoji(cut(t.Text))
}

// elementJSON is an interactive element of any type.
type elementJSON struct {
	Type               string       `json:"type"`
	ActionID           string       `json:"action_id"`
	Text               *textJSON    `json:"text"`
	Value              string       `json:"value"`
	Style              string       `json:"style"`
	URL                string       `json:"url"`
	AltText            string       `json:"alt_text"`
	AccessibilityLabel string       `json:"accessibility_label"`
	Placeholder        *textJSON    `json:"placeholder"`
	Options            []optionJSON `json:"options"`
	OptionGroups       []struct {
		Label   *textJSON    `json:"label"`
		Options []optionJSON `json:"options"`
	} `json:"option_groups"`
	InitialOption       *optionJSON     `json:"initial_option"`
	InitialOptions      []optionJSON    `json:"initial_options"`
	InitialValue        json.RawMessage `json:"initial_value"`
	InitialDate         string          `json:"initial_date"`
	InitialTime         string          `json:"initial_time"`
	InitialDateTime     int64           `json:"initial_date_time"`
	InitialUser         string          `json:"initial_user"`
	InitialUsers        []string        `json:"initial_users"`
	InitialChannel      string          `json:"initial_channel"`
	InitialConversation string          `json:"initial_conversation"`
	MinQueryLength      *int            `json:"min_query_length"`
	Multiline           bool            `json:"multiline"`
	MinLength           int             `json:"min_length"`
	MaxLength           int             `json:"max_length"`
	IsDecimal           bool            `json:"is_decimal_allowed"`
	MinValue            string          `json:"min_value"`
	MaxValue            string          `json:"max_value"`
	FocusOnLoad         bool            `json:"focus_on_load"`
	Confirm             *confirmJSON    `json:"confirm"`
	Filetypes           []string        `json:"filetypes"`
	MaxFiles            int             `json:"max_files"`
	DispatchConfig      struct {
		TriggerActionsOn []string `json:"trigger_actions_on"`
	} `json:"dispatch_action_config"`
}

// identity returns a hash of an element without its initial value. It tells an element from another one in the same place.
func (e elementJSON) identity() string {
	e.InitialOption, e.InitialOptions, e.InitialValue, e.InitialDateTime = nil, nil, nil, 0
	e.InitialDate, e.InitialTime, e.InitialUser, e.InitialUsers, e.InitialChannel, e.InitialConversation = "", "", "", nil, "", ""
	b, err := json.Marshal(e)
	if err != nil {
		return e.Type
	}
	return hash(string(b))
}

// optionJSON is an option object.
type optionJSON struct {
	Text        *textJSON `json:"text"`
	Value       string    `json:"value"`
	Description *textJSON `json:"description"`
	URL         string    `json:"url"`
}

// confirmJSON is a confirmation dialog object.
type confirmJSON struct {
	Title   *textJSON `json:"title"`
	Text    *textJSON `json:"text"`
	Confirm *textJSON `json:"confirm"`
	Deny    *textJSON `json:"deny"`
	Style   string    `json:"style"`
}
