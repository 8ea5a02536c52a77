package page

import (
	"bytes"
	"encoding/json"
	"html/template"
	"slices"
	"strconv"
	"time"

	"github.com/coupontools/couponbot/bot/slacksim"
)

// How much of what a bot sent is drawn. Slack's own limits are checked by the Web API; these keep a page small even if
// something slipped through.
const (
	maxDrawnBlocks = 100
	maxDrawnText   = 40_000 // bytes of one text
	maxDrawnItems  = 200    // options, rows, list items, elements
)

// A painter turns Block Kit into what the page's templates need, for one reader. All text is hostile: it leaves a
// painter either as a string, which the templates escape, or as HTML that the painter has written itself.
type painter struct {
	name  func(id string) string // of a user, channel or user group; "" if unknown
	zone  *time.Location
	now   time.Time
	place slacksim.Place
	// choices are the people and channels that the selects of Slack's own lists offer.
	people, channels []drawnOption
	// state and errors are those of a view.
	state  slacksim.State
	errors map[string]string
}

// drawnBlock is one block as the template "block" takes it. Kind is the type of the block, or "unknown".
type drawnBlock struct {
	Kind      string
	ID        string // of the DOM
	BlockID   string
	Level     int // of a header
	HTML      template.HTML
	Label     string
	Hint      string
	Optional  bool
	Error     string
	Fields    []template.HTML
	Items     []drawnItem
	Controls  []drawnControl
	Accessory *drawnControl
	Image     *drawnImage
	Table     [][]template.HTML
	Chart     *drawnChart
	Source    string // JSON of an unknown block
}

// drawnItem is one element of a context block.
type drawnItem struct {
	HTML  template.HTML
	Image *drawnImage
}

// drawnImage is a picture, of which only the description is shown: the page loads nothing from elsewhere.
type drawnImage struct{ Alt, Title string }

// drawBlocks reads blocks. What cannot be read is shown as such rather than left out.
func (p *painter) drawBlocks(raw json.RawMessage) []drawnBlock {
	var list []json.RawMessage
	if len(raw) == 0 {
		return nil
	}
	if err := json.Unmarshal(raw, &list); err != nil {
		return []drawnBlock{unknownBlock(raw)}
	}
	var out []drawnBlock
	for _, item := range limited(list, maxDrawnBlocks) {
		out = append(out, p.drawBlock(item))
	}
	return out
}

func (p *painter) drawBlock(raw json.RawMessage) drawnBlock {
	var b wireBlock
	if err := json.Unmarshal(raw, &b); err != nil {
		return unknownBlock(raw)
	}
	d := drawnBlock{Kind: b.Type, BlockID: b.BlockID, ID: domID("b", p.place, b.BlockID)}
	ok := true
	switch b.Type {
	case "divider":
	case "section":
		ok = p.drawSection(&d, b)
	case "header":
		d.HTML, d.Level = p.text(b.Text), max(1, min(b.Level, 4))
	case "markdown":
		ok = p.drawMarkdown(&d, raw)
	case "context":
		ok = p.drawContext(&d, b)
	case "actions", "context_actions":
		ok = p.drawActions(&d, b)
	case "image":
		d.Image = &drawnImage{Alt: clipped(b.AltText), Title: b.title()}
	case "input":
		ok = p.drawInput(&d, b)
	case "rich_text":
		d.HTML = p.rich(b.Elements)
	case "table":
		d.Table = p.drawTable(b.Rows)
	case "alert":
		d.HTML = p.text(b.Text)
	case "data_visualization":
		d.Chart, ok = drawChart(raw)
	default:
		ok = false
	}
	if !ok {
		return unknownBlock(raw)
	}
	return d
}

func (p *painter) drawSection(d *drawnBlock, b wireBlock) bool {
	if b.Text != nil {
		d.HTML = p.text(b.Text)
	}
	for _, f := range limited(b.Fields, 10) {
		d.Fields = append(d.Fields, p.text(&f))
	}
	if b.Accessory != nil {
		return p.drawAccessory(d, b)
	}
	return true
}

func (p *painter) drawAccessory(d *drawnBlock, b wireBlock) bool {
	var e wireElement
	if json.Unmarshal(b.Accessory, &e) != nil {
		return false
	}
	if e.Type == "image" {
		d.Image = &drawnImage{Alt: clipped(e.AltText)}
		return true
	}
	c := p.control(b.BlockID, e)
	c.Act = true
	d.Accessory = &c
	return true
}

func (p *painter) drawActions(d *drawnBlock, b wireBlock) bool {
	var list []wireElement
	if json.Unmarshal(b.Elements, &list) != nil {
		return false
	}
	for _, e := range limited(list, 25) {
		c := p.control(b.BlockID, e)
		c.Act = true
		d.Controls = append(d.Controls, c)
	}
	return true
}

func (p *painter) drawInput(d *drawnBlock, b wireBlock) bool {
	var e wireElement
	if json.Unmarshal(b.Element, &e) != nil {
		return false
	}
	c := p.control(b.BlockID, e)
	c.Act = b.DispatchAction
	c.Optional = b.Optional
	d.Label, d.Hint, d.Optional, d.Error = b.Label.words(), b.Hint.words(), b.Optional, p.errors[b.BlockID]
	c.Name, c.Bare = d.Label, false
	c.DescribedBy = describedBy(d)
	c.Wrong = d.Error != ""
	d.Controls = []drawnControl{c}
	return true
}

// describedBy lists the ids of the words that belong to an input block.
func describedBy(d *drawnBlock) string {
	ids := ""
	if d.Error != "" {
		ids = d.ID + "-error"
	}
	if d.Hint != "" {
		ids += " " + d.ID + "-hint"
	}
	return ids
}

func (p *painter) drawContext(d *drawnBlock, b wireBlock) bool {
	var list []json.RawMessage
	if json.Unmarshal(b.Elements, &list) != nil {
		return false
	}
	for _, raw := range limited(list, 10) {
		var img wireElement
		if json.Unmarshal(raw, &img) == nil && img.Type == "image" {
			d.Items = append(d.Items, drawnItem{Image: &drawnImage{Alt: clipped(img.AltText)}})
			continue
		}
		var t wireText
		if json.Unmarshal(raw, &t) != nil {
			return false
		}
		d.Items = append(d.Items, drawnItem{HTML: p.text(&t)})
	}
	return true
}

// drawMarkdown shows a markdown block by its words: its own syntax is left as written.
func (p *painter) drawMarkdown(d *drawnBlock, raw json.RawMessage) bool {
	var b struct{ Text string }
	if json.Unmarshal(raw, &b) != nil {
		return false
	}
	d.HTML = p.plain(b.Text)
	return true
}

func (p *painter) drawTable(rows [][]json.RawMessage) [][]template.HTML {
	var out [][]template.HTML
	for _, row := range limited(rows, 100) {
		var cells []template.HTML
		for _, cell := range limited(row, 20) {
			cells = append(cells, p.cell(cell))
		}
		out = append(out, cells)
	}
	return out
}

func (p *painter) cell(raw json.RawMessage) template.HTML {
	var c struct {
		Type     string
		Text     string
		Value    json.Number
		Elements json.RawMessage
	}
	if json.Unmarshal(raw, &c) != nil {
		return ""
	}
	switch c.Type {
	case "rich_text":
		return p.rich(c.Elements)
	case "raw_number":
		return p.plain(c.Value.String())
	default:
		return p.plain(c.Text)
	}
}

func unknownBlock(raw json.RawMessage) drawnBlock {
	var b wireBlock
	_ = json.Unmarshal(raw, &b)
	if b.Type == "" {
		b.Type = "?"
	}
	var pretty bytes.Buffer
	if json.Indent(&pretty, raw, "", "  ") != nil {
		pretty.Write(raw)
	}
	return drawnBlock{Kind: "unknown", Label: b.Type, Source: clipped(pretty.String())}
}

// text draws a text object in its own markup.
func (p *painter) text(t *wireText) template.HTML {
	switch {
	case t == nil:
		return ""
	case t.Type == "mrkdwn":
		return p.mrkdwn(t.Text)
	default:
		return p.plain(t.Text)
	}
}

// wireBlock is a block of any type as it comes.
type wireBlock struct {
	Type           string              `json:"type"`
	BlockID        string              `json:"block_id"`
	Text           *wireText           `json:"text"`
	Title          *wireText           `json:"title"`
	Fields         []wireText          `json:"fields"`
	Level          int                 `json:"level"`
	Elements       json.RawMessage     `json:"elements"`
	Accessory      json.RawMessage     `json:"accessory"`
	AltText        string              `json:"alt_text"`
	Label          *wireText           `json:"label"`
	Hint           *wireText           `json:"hint"`
	Element        json.RawMessage     `json:"element"`
	Optional       bool                `json:"optional"`
	DispatchAction bool                `json:"dispatch_action"`
	Rows           [][]json.RawMessage `json:"rows"`
}

func (b wireBlock) title() string { return b.Title.words() }

// UnmarshalJSON reads a block; in a markdown block the text is a mere string, which is read elsewhere.
func (t *wireText) UnmarshalJSON(raw []byte) error {
	type plain wireText
	if len(raw) > 0 && raw[0] == '"' {
		return json.Unmarshal(raw, &t.Text)
	}
	return json.Unmarshal(raw, (*plain)(t))
}

// wireText is a text object.
type wireText struct {
	Type string `json:"type"`
	Text string `json:"text"`
}

// words returns the text without markup, "" for no text at all.
func (t *wireText) words() string {
	if t == nil {
		return ""
	}
	return emojied(clipped(t.Text))
}

// domID makes an id that is the same each time the thing at place is drawn.
func domID(kind string, place slacksim.Place, names ...string) string {
	id := kind + "-" + fingerprint(append([]string{place.Channel, place.TS, place.View}, names...)...)
	return id
}

// fingerprint is a short hash of texts, for ids and for telling whether something changed.
func fingerprint(texts ...string) string {
	var h uint64 = 14695981039346656037 // FNV-1a
	for _, t := range texts {
		for _, b := range []byte(t) {
			h = (h ^ uint64(b)) * 1099511628211
		}
		h = (h ^ 0xff) * 1099511628211
	}
	return strconv.FormatUint(h, 36)
}

func clipped(s string) string {
	if len(s) <= maxDrawnText {
		return s
	}
	return string(bytes.ToValidUTF8([]byte(s[:maxDrawnText]), nil)) + "…"
}

func limited[T any](list []T, n int) []T { return slices.Clip(list[:min(len(list), n)]) }
