package page

import (
	"encoding/json"
	"html/template"
	"strconv"
	"strings"
	"time"

	"github.com/coupontools/couponbot/bot/slacksim"
	"github.com/coupontools/couponbot/bot/slacksim/blockkit"
)

// drawnControl is an interactive element as the template "control" takes it.
type drawnControl struct {
	// Kind is the way it is drawn: button, link, text, area, select, search, radio, checks, menu, file or unknown.
	Kind             string
	ID               string // of the DOM
	BlockID          string
	ActionID         string
	Field            string // the name in the form
	Name             string // accessible name
	HTML             template.HTML
	Style            string // primary or danger
	URL              string
	Input            string // type of the HTML input
	Value            string
	Placeholder      string
	Options          []drawnOption
	Groups           []drawnGroup
	Chosen           *drawnOption // of a search
	Min, Max, Step   string
	MinLength        int
	MaxLength        int
	MinQuery         int
	Accept           string
	Multiple         bool
	Optional         bool
	Focus            bool
	Bare             bool   // no label of an input block names it
	Shape            string // changes when the element is another, not when its value is
	ZoneName         string // of a datetimepicker
	Act              bool   // an act on it is told to the bot at once
	ActOn            string // on "enter" or on each "character": of typed fields
	DescribedBy      string
	Wrong            bool
	Confirm          string // JSON of the question asked before, "" if none
	ElementType      string
	FilesAlreadyHere []drawnFile
}

type drawnOption struct {
	HTML        template.HTML
	Text        string
	Value       string
	Description string
	URL         string
	Chosen      bool
}

type drawnGroup struct {
	Label   string
	Options []drawnOption
}

// wireElement is an interactive element of any type as it comes.
type wireElement struct {
	Type               string       `json:"type"`
	ActionID           string       `json:"action_id"`
	Text               *wireText    `json:"text"`
	Value              string       `json:"value"`
	Style              string       `json:"style"`
	URL                string       `json:"url"`
	AltText            string       `json:"alt_text"`
	AccessibilityLabel string       `json:"accessibility_label"`
	Placeholder        *wireText    `json:"placeholder"`
	Options            []wireOption `json:"options"`
	OptionGroups       []struct {
		Label   *wireText    `json:"label"`
		Options []wireOption `json:"options"`
	} `json:"option_groups"`
	InitialOption   *wireOption     `json:"initial_option"`
	InitialOptions  []wireOption    `json:"initial_options"`
	InitialValue    json.RawMessage `json:"initial_value"`
	InitialDate     string          `json:"initial_date"`
	InitialTime     string          `json:"initial_time"`
	InitialDateTime int64           `json:"initial_date_time"`
	InitialUser     string          `json:"initial_user"`
	InitialUsers    []string        `json:"initial_users"`
	InitialChannel  string          `json:"initial_channel"`
	InitialTalk     string          `json:"initial_conversation"`
	MinQueryLength  *int            `json:"min_query_length"`
	Multiline       bool            `json:"multiline"`
	MinLength       int             `json:"min_length"`
	MaxLength       int             `json:"max_length"`
	IsDecimal       bool            `json:"is_decimal_allowed"`
	MinValue        string          `json:"min_value"`
	MaxValue        string          `json:"max_value"`
	FocusOnLoad     bool            `json:"focus_on_load"`
	Confirm         *wireConfirm    `json:"confirm"`
	Filetypes       []string        `json:"filetypes"`
	MaxFiles        int             `json:"max_files"`
	DispatchConfig  struct {
		On []string `json:"trigger_actions_on"`
	} `json:"dispatch_action_config"`
}

type wireOption struct {
	Text        *wireText `json:"text"`
	Value       string    `json:"value"`
	Description *wireText `json:"description"`
	URL         string    `json:"url"`
}

type wireConfirm struct {
	Title   *wireText `json:"title"`
	Text    *wireText `json:"text"`
	Confirm *wireText `json:"confirm"`
	Deny    *wireText `json:"deny"`
	Style   string    `json:"style"`
}

// fieldName is the name an element has in the form that holds it.
func fieldName(block, action string) string { return "v/" + fingerprint(block, action) }

// control draws an element of the block named.
func (p *painter) control(block string, e wireElement) drawnControl {
	c := drawnControl{
		ID: domID("c", p.place, block, e.ActionID), BlockID: block, ActionID: e.ActionID, Field: fieldName(block, e.ActionID),
		ElementType: e.Type, Placeholder: e.Placeholder.words(), Name: firstOf(e.AccessibilityLabel, e.Placeholder.words()),
		Focus: e.FocusOnLoad, Bare: true, Shape: e.shape(), Confirm: p.question(e.Confirm), Multiple: strings.HasPrefix(e.Type, "multi_"),
	}
	v := p.standing(block, e)
	switch strings.TrimPrefix(e.Type, "multi_") {
	case "button", "workflow_button":
		p.button(&c, e)
	case "static_select":
		c.Kind = "select"
		p.options(&c, e, v)
	case "users_select":
		c.Kind, c.Options = "select", chosenIn(p.people, v.Text)
	case "channels_select", "conversations_select":
		c.Kind, c.Options = "select", chosenIn(p.channels, v.Text)
	case "external_select":
		p.search(&c, e, v)
	case "radio_buttons":
		c.Kind = "radio"
		p.options(&c, e, v)
	case "checkboxes":
		c.Kind, c.Multiple = "checks", true
		p.options(&c, e, v)
	case "overflow":
		c.Kind, c.Name = "menu", firstOf(e.AccessibilityLabel, "More actions")
		p.options(&c, e, v)
	case "file_input":
		p.files(&c, e, v)
	default:
		p.typed(&c, e, v)
	}
	return c
}

func (p *painter) button(c *drawnControl, e wireElement) {
	c.Kind, c.HTML, c.Style, c.Name = "button", p.text(e.Text), e.Style, e.AccessibilityLabel
	if u, ok := safeURL(e.URL); ok {
		c.URL = u
	}
	if c.Style != "primary" && c.Style != "danger" {
		c.Style = ""
	}
}

func (p *painter) search(c *drawnControl, e wireElement, v slacksim.Value) {
	c.Kind, c.MinQuery = "search", 3 // Slack's default
	if e.MinQueryLength != nil {
		c.MinQuery = max(0, *e.MinQueryLength)
	}
	for _, o := range v.Options {
		c.Options = append(c.Options, drawnOption{Text: o.Text, Value: o.Value, Chosen: true})
	}
	if len(c.Options) > 0 {
		c.Chosen = &c.Options[0]
	}
}

func (p *painter) files(c *drawnControl, e wireElement, v slacksim.Value) {
	c.Kind, c.Multiple = "file", e.MaxFiles != 1
	var types []string
	for _, t := range limited(e.Filetypes, 50) {
		types = append(types, "."+strings.TrimPrefix(t, "."))
	}
	c.Accept = strings.Join(types, ",")
	for _, f := range v.Files {
		c.FilesAlreadyHere = append(c.FilesAlreadyHere, drawnFile{ID: f.ID, Name: f.Name, Size: sizeWords(f.Size)})
	}
}

// typed draws the elements that are one HTML input each.
func (p *painter) typed(c *drawnControl, e wireElement, v slacksim.Value) {
	c.Kind, c.Value, c.MinLength, c.MaxLength = "text", v.Text, e.MinLength, e.MaxLength
	c.ActOn = "enter"
	for _, on := range e.DispatchConfig.On {
		if on == "on_character_entered" {
			c.ActOn = "character"
		}
	}
	switch e.Type {
	case "plain_text_input":
		c.Input = "text"
		if e.Multiline {
			c.Kind = "area"
		}
	case "email_text_input":
		c.Input = "email"
	case "url_text_input":
		c.Input = "url"
	case "number_input":
		c.Input, c.Min, c.Max, c.Step = "number", e.MinValue, e.MaxValue, "1"
		if e.IsDecimal {
			c.Step = "any"
		}
	case "datepicker":
		c.Input, c.ActOn = "date", ""
	case "timepicker":
		c.Input, c.ActOn = "time", ""
	case "datetimepicker":
		c.Input, c.ActOn, c.ZoneName = "datetime-local", "", p.zone.String()
		if v.Time != 0 {
			c.Value = time.Unix(v.Time, 0).In(p.zone).Format(dateTimeLocal)
		}
	default:
		c.Kind = "unknown"
	}
}

// dateTimeLocal is how an HTML input of that type writes an instant, in the person's own zone.
const dateTimeLocal = "2006-01-02T15:04"

// options fills in the options of a static element.
func (p *painter) options(c *drawnControl, e wireElement, v slacksim.Value) {
	c.Options = p.offered(e.Options, v)
	for _, g := range limited(e.OptionGroups, 100) {
		c.Groups = append(c.Groups, drawnGroup{Label: g.Label.words(), Options: p.offered(g.Options, v)})
	}
}

func (p *painter) offered(list []wireOption, v slacksim.Value) []drawnOption {
	var out []drawnOption
	for _, o := range limited(list, maxDrawnItems) {
		d := drawnOption{HTML: p.text(o.Text), Text: o.Text.words(), Value: o.Value, Description: o.Description.words()}
		if u, ok := safeURL(o.URL); ok {
			d.URL = u
		}
		for _, chosen := range v.Options {
			d.Chosen = d.Chosen || chosen.Value == o.Value
		}
		out = append(out, d)
	}
	return out
}

func chosenIn(list []drawnOption, ids string) []drawnOption {
	out := make([]drawnOption, len(list))
	for i, o := range list {
		o.Chosen = o.Value != "" && strings.Contains(","+ids+",", ","+o.Value+",")
		out[i] = o
	}
	return out
}

// standing returns what stands in an element: of a view what its state says, else what the element starts with.
func (p *painter) standing(block string, e wireElement) slacksim.Value {
	if v, ok := p.state[block][e.ActionID]; ok {
		return v
	}
	v := slacksim.Value{Type: e.Type, Time: e.InitialDateTime}
	v.Text = firstOf(initialText(e.InitialValue), e.InitialDate, e.InitialTime, e.InitialUser, e.InitialChannel, e.InitialTalk,
		strings.Join(e.InitialUsers, ","))
	initial := e.InitialOptions
	if e.InitialOption != nil {
		initial = append(initial, *e.InitialOption)
	}
	for _, o := range limited(initial, maxDrawnItems) {
		v.Options = append(v.Options, blockkit.Option{Text: o.Text.words(), Value: o.Value})
	}
	return v
}

func initialText(raw json.RawMessage) string {
	var s string
	if json.Unmarshal(raw, &s) != nil {
		return ""
	}
	return s
}

// question draws a confirm object as the JSON that the page's script shows in a dialog.
func (p *painter) question(c *wireConfirm) string {
	if c == nil {
		return ""
	}
	b, err := json.Marshal(map[string]string{
		"title": c.Title.words(), "html": string(p.text(c.Text)), "style": c.Style,
		"confirm": firstOf(c.Confirm.words(), "Yes"), "deny": firstOf(c.Deny.words(), "Cancel"),
	})
	if err != nil {
		return ""
	}
	return string(b)
}

func firstOf(texts ...string) string {
	for _, t := range texts {
		if t != "" {
			return t
		}
	}
	return ""
}

// shape tells one element from another that took its place, whatever stands in it.
func (e wireElement) shape() string {
	e.InitialOption, e.InitialOptions, e.InitialValue, e.InitialDateTime = nil, nil, nil, 0
	e.InitialDate, e.InitialTime, e.InitialUser, e.InitialUsers, e.InitialChannel, e.InitialTalk = "", "", "", nil, "", ""
	b, err := json.Marshal(e)
	if err != nil {
		return e.Type
	}
	return fingerprint(string(b))
}

// Vals is the hx-vals attribute: which element was acted on.
func (c drawnControl) Vals() string {
	b, err := json.Marshal(map[string]string{"block": c.BlockID, "action": c.ActionID})
	if err != nil {
		return ""
	}
	return string(b)
}

// Attributes that HTML wants only when they say something.

// MinLengthText is the minlength attribute, "" for none.
func (c drawnControl) MinLengthText() string { return positive(c.MinLength) }

// MaxLengthText is the maxlength attribute, "" for none.
func (c drawnControl) MaxLengthText() string { return positive(c.MaxLength) }

func positive(n int) string {
	if n <= 0 {
		return ""
	}
	return strconv.Itoa(n)
}
