package page

import (
	"cmp"
	"encoding/json"
	"html/template"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/coupontools/couponbot/bot/slacksim"
	"github.com/coupontools/couponbot/bot/slacksim/blockkit"
)

// controlData is the data of the template "control": an interactive element.
type controlData struct {
	Kind           string // button, text, area, select, search, radio, checks, menu, file or unknown
	ElementType    string // Slack's type
	ID             string // of the DOM
	BlockID        string
	ActionID       string
	FieldName      string // in the HTML form
	AriaLabel      string
	Unlabelled     bool // no input block names the element, so AriaLabel must
	DescribedBy    string
	HTML           template.HTML // the text on a button
	Style          string        // primary or danger
	URL            string
	Input          string // type of the HTML input
	Value          string
	Placeholder    string
	Options        []optionData
	Groups         []optionGroup
	Selected       *optionData // of a search with one choice
	Multiple       bool
	Min, Max, Step string
	MinLength      int // 0 without a limit
	MaxLength      int // 0 without a limit
	MinQuery       int // characters from which a search asks the bot
	Accept         string
	Files          []fileData // already in the field
	Optional       bool
	Focus          bool
	ZoneName       string // of a datetimepicker
	Identity       string // the same while the element is the same, whatever its value
	Dispatches     bool   // a change is sent to the bot at once
	DispatchOn     string // of text: "enter", or "character" for each
	Invalid        bool
	Confirm        string // JSON of the confirmation dialog, "" without one
}

// optionGroup is a group of options under a label.
type optionGroup struct {
	Label   string
	Options []optionData
}

// Vals returns the attribute hx-vals, which tells the element that was acted on.
func (c controlData) Vals() string {
	return toJSON(map[string]string{"block": c.BlockID, "action": c.ActionID})
}

// control renders an element of a block.
func (r *renderer) control(block string, e elementJSON) controlData {
	c := controlData{
		ElementType: e.Type, ID: domID("c", r.place, block, e.ActionID), BlockID: block, ActionID: e.ActionID,
		FieldName: fieldName(block, e.ActionID), AriaLabel: cmp.Or(e.AccessibilityLabel, e.Placeholder.plain()), Unlabelled: true,
		Placeholder: e.Placeholder.plain(), Multiple: strings.HasPrefix(e.Type, "multi_"), Focus: e.FocusOnLoad,
		Identity: e.identity(), Confirm: r.confirmation(e.Confirm),
	}
	v := r.value(block, e)
	switch strings.TrimPrefix(e.Type, "multi_") {
	case "button", "workflow_button":
		r.button(&c, e)
	case "static_select":
		c.Kind = "select"
		r.options(&c, e, v)
	case "users_select":
		c.Kind, c.Options = "select", selectIDs(r.people, v.Text)
	case "channels_select", "conversations_select":
		c.Kind, c.Options = "select", selectIDs(r.channels, v.Text)
	case "external_select":
		c.search(e, v)
	case "radio_buttons":
		c.Kind = "radio"
		r.options(&c, e, v)
	case "checkboxes":
		c.Kind, c.Multiple = "checks", true
		r.options(&c, e, v)
	case "overflow":
		c.Kind, c.AriaLabel = "menu", cmp.Or(e.AccessibilityLabel, "More actions")
		r.options(&c, e, v)
	case "file_input":
		c.fileInput(e, v)
	default:
		c.textInput(e, v, r.zone)
	}
	return c
}

// button renders a button; one with an unsafe URL has no link.
func (r *renderer) button(c *controlData, e elementJSON) {
	c.Kind, c.HTML, c.Style, c.AriaLabel = "button", r.text(e.Text), e.Style, e.AccessibilityLabel
	if u, ok := safeURL(e.URL); ok {
		c.URL = u
	}
	if c.Style != "primary" && c.Style != "danger" {
		c.Style = ""
	}
}

// search renders an external select, with the current choice as its only options.
func (c *controlData) search(e elementJSON, v slacksim.Value) {
	c.Kind, c.MinQuery = "search", 3 // Slack's default
	if e.MinQueryLength != nil {
		c.MinQuery = max(0, *e.MinQueryLength)
	}
	for _, o := range v.Options {
		c.Options = append(c.Options, optionData{Text: o.Text, Value: o.Value, Selected: true})
	}
	if len(c.Options) > 0 {
		c.Selected = &c.Options[0]
	}
}

// fileInput renders a file_input. Without max_files it takes several.
func (c *controlData) fileInput(e elementJSON, v slacksim.Value) {
	c.Kind, c.Multiple = "file", e.MaxFiles != 1
	var types []string
	for _, t := range firstN(e.Filetypes, 50) {
		types = append(types, "."+strings.TrimPrefix(t, "."))
	}
	c.Accept = strings.Join(types, ",")
	for _, f := range v.Files {
		c.Files = append(c.Files, newFileData(f))
	}
}

// textInput renders the elements that are an HTML input: text, numbers, dates and times.
func (c *controlData) textInput(e elementJSON, v slacksim.Value, zone *time.Location) {
	c.Kind, c.Value, c.MinLength, c.MaxLength = "text", v.Text, max(0, e.MinLength), max(0, e.MaxLength)
	c.DispatchOn = "enter"
	for _, on := range e.DispatchConfig.TriggerActionsOn {
		if on == "on_character_entered" {
			c.DispatchOn = "character"
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
		c.Input, c.DispatchOn = "date", ""
	case "timepicker":
		c.Input, c.DispatchOn = "time", ""
	case "datetimepicker":
		c.Input, c.DispatchOn, c.ZoneName = "datetime-local", "", zone.String()
		if v.Time != 0 {
			c.Value = time.Unix(v.Time, 0).In(zone).Format(dateTimeLocal)
		}
	default:
		c.Kind = "unknown"
	}
}

// dateTimeLocal is the layout of an HTML input of type datetime-local, in the viewer's time zone.
const dateTimeLocal = "2006-01-02T15:04"

// options renders the options of an element that has them in its JSON.
func (r *renderer) options(c *controlData, e elementJSON, v slacksim.Value) {
	c.Options = r.optionList(e.Options, v)
	for _, g := range firstN(e.OptionGroups, 100) {
		c.Groups = append(c.Groups, optionGroup{Label: g.Label.plain(), Options: r.optionList(g.Options, v)})
	}
}

// optionList renders options and selects those in the element's value.
func (r *renderer) optionList(options []optionJSON, v slacksim.Value) []optionData {
	var out []optionData
	for _, o := range firstN(options, maxItems) {
		d := optionData{HTML: r.text(o.Text), Text: o.Text.plain(), Value: o.Value, Description: o.Description.plain()}
		if u, ok := safeURL(o.URL); ok {
			d.URL = u
		}
		d.Selected = slices.ContainsFunc(v.Options, func(chosen blockkit.Option) bool { return chosen.Value == o.Value })
		out = append(out, d)
	}
	return out
}

// selectIDs returns the options with those selected whose values are in a list with commas.
func selectIDs(options []optionData, ids string) []optionData {
	out := make([]optionData, len(options))
	for i, o := range options {
		o.Selected = o.Value != "" && strings.Contains(","+ids+",", ","+o.Value+",")
		out[i] = o
	}
	return out
}

// value returns the value of an element: from the state of the view, or the initial one.
func (r *renderer) value(block string, e elementJSON) slacksim.Value {
	if v, ok := r.state[block][e.ActionID]; ok {
		return v
	}
	v := slacksim.Value{Type: e.Type, Time: e.InitialDateTime}
	v.Text = cmp.Or(initialText(e.InitialValue), e.InitialDate, e.InitialTime, e.InitialUser, e.InitialChannel, e.InitialConversation,
		strings.Join(e.InitialUsers, ","))
	initial := e.InitialOptions
	if e.InitialOption != nil {
		initial = append(initial, *e.InitialOption)
	}
	for _, o := range firstN(initial, maxItems) {
		v.Options = append(v.Options, blockkit.Option{Text: o.Text.plain(), Value: o.Value})
	}
	return v
}

// initialText reads an initial_value that is a string.
func initialText(raw json.RawMessage) string {
	var s string
	if json.Unmarshal(raw, &s) != nil {
		return ""
	}
	return s
}

// confirmation returns a confirmation dialog as the JSON that the page's script reads.
func (r *renderer) confirmation(c *confirmJSON) string {
	if c == nil {
		return ""
	}
	return toJSON(map[string]string{
		"title": c.Title.plain(), "html": string(r.text(c.Text)), "style": c.Style,
		"confirm": cmp.Or(c.Confirm.plain(), "Yes"), "deny": cmp.Or(c.Deny.plain(), "Cancel"),
	})
}

// toJSON returns values for an attribute that the script reads.
func toJSON(values map[string]string) string {
	b, err := json.Marshal(values)
	if err != nil {
		return ""
	}
	return string(b)
}

// fileData is a file in a message or in a field of a form.
type fileData struct {
	ID, Name string
	Size     string
	URL      string // where the viewer can open it
	Picture  bool   // shown in the message
}

// newFileData returns a file without a link.
func newFileData(f slacksim.File) fileData {
	return fileData{ID: f.ID, Name: f.Name, Size: formatSize(f.Size), Picture: isPicture(f)}
}

// formatSize returns a number of bytes in the largest unit that fits.
func formatSize(n int) string {
	switch {
	case n >= 1<<20:
		return strconv.FormatFloat(float64(n)/(1<<20), 'f', 1, 64) + " MB"
	case n >= 1<<10:
		return strconv.Itoa(n>>10) + " KB"
	}
	return plural(n, "byte")
}
