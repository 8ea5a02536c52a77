package page

import (
	"bytes"
	"encoding/json"
	"html/template"
)

// blockData is the data of the template "block".
type blockData struct {
	Kind      string // the type of the block, or "unknown"
	ID        string // of the DOM
	BlockID   string
	Level     int // of a header
	HTML      template.HTML
	Label     string
	Hint      string
	Optional  bool
	Error     string
	Fields    []template.HTML
	Items     []contextItem
	Controls  []controlData
	Accessory *controlData
	Image     *imageData
	Table     [][]template.HTML
	Chart     *chartData
	Source    string // JSON of an unknown block
}

// contextItem is one element of a context block.
type contextItem struct {
	HTML  template.HTML
	Image *imageData
}

// imageData is the description of a picture. The picture itself isn't shown: the page loads nothing from other hosts.
type imageData struct{ Alt, Title string }

// blocks renders a list of blocks. Those that can't be read are shown as JSON.
func (r *renderer) blocks(raw json.RawMessage) []blockData {
	var list []json.RawMessage
	if len(raw) == 0 {
		return nil
	}
	if err := json.Unmarshal(raw, &list); err != nil {
		return []blockData{unknownBlock(raw)}
	}
	var out []blockData
	for _, item := range firstN(list, maxBlocks) {
		out = append(out, r.block(item))
	}
	return out
}

// block renders one block.
func (r *renderer) block(raw json.RawMessage) blockData {
	var b blockJSON
	if err := json.Unmarshal(raw, &b); err != nil {
		return unknownBlock(raw)
	}
	d := blockData{Kind: b.Type, BlockID: b.BlockID, ID: domID("b", r.place, b.BlockID)}
	ok := true
	switch b.Type {
	case "divider":
	case "section":
		ok = r.section(&d, b)
	case "header":
		d.HTML, d.Level = r.text(b.Text), max(1, min(b.Level, 4))
	case "markdown":
		ok = r.markdown(&d, raw)
	case "context":
		ok = r.context(&d, b)
	case "actions", "context_actions":
		ok = r.actions(&d, b)
	case "image":
		d.Image = &imageData{Alt: cut(b.AltText), Title: b.Title.plain()}
	case "input":
		ok = r.input(&d, b)
	case "rich_text":
		d.HTML = r.richText(b.Elements)
	case "table":
		d.Table = r.table(b.Rows)
	case "alert":
		d.HTML = r.text(b.Text)
	case "data_visualization":
		d.Chart, ok = newChart(raw)
	default:
		ok = false
	}
	if !ok {
		return unknownBlock(raw)
	}
	return d
}

// section renders text, fields and an accessory. Like the methods below it reports false for JSON that it can't read.
func (r *renderer) section(d *blockData, b blockJSON) bool {
	if b.Text != nil {
		d.HTML = r.text(b.Text)
	}
	for _, f := range firstN(b.Fields, 10) {
		d.Fields = append(d.Fields, r.text(&f))
	}
	if b.Accessory != nil {
		return r.accessory(d, b)
	}
	return true
}

// accessory renders the element or picture beside a section.
func (r *renderer) accessory(d *blockData, b blockJSON) bool {
	var e elementJSON
	if json.Unmarshal(b.Accessory, &e) != nil {
		return false
	}
	if e.Type == "image" {
		d.Image = &imageData{Alt: cut(e.AltText)}
		return true
	}
	c := r.control(b.BlockID, e)
	c.Dispatches = true
	d.Accessory = &c
	return true
}

// actions renders a row of elements, which all dispatch.
func (r *renderer) actions(d *blockData, b blockJSON) bool {
	var elements []elementJSON
	if json.Unmarshal(b.Elements, &elements) != nil {
		return false
	}
	for _, e := range firstN(elements, 25) {
		c := r.control(b.BlockID, e)
		c.Dispatches = true
		d.Controls = append(d.Controls, c)
	}
	return true
}

// input renders a field with its label, hint and error.
func (r *renderer) input(d *blockData, b blockJSON) bool {
	var e elementJSON
	if json.Unmarshal(b.Element, &e) != nil {
		return false
	}
	c := r.control(b.BlockID, e)
	c.Dispatches = b.DispatchAction
	c.Optional = b.Optional
	d.Label, d.Hint, d.Optional, d.Error = b.Label.plain(), b.Hint.plain(), b.Optional, r.errors[b.BlockID]
	c.AriaLabel, c.Unlabelled = d.Label, false
	c.DescribedBy = describedBy(d)
	c.Invalid = d.Error != ""
	d.Controls = []controlData{c}
	return true
}

// describedBy lists the DOM ids of the texts that describe an input block.
func describedBy(d *blockData) string {
	ids := ""
	if d.Error != "" {
		ids = d.ID + "-error"
	}
	if d.Hint != "" {
		ids += " " + d.ID + "-hint"
	}
	return ids
}

// context renders small texts and pictures.
func (r *renderer) context(d *blockData, b blockJSON) bool {
	var elements []json.RawMessage
	if json.Unmarshal(b.Elements, &elements) != nil {
		return false
	}
	for _, raw := range firstN(elements, 10) {
		var image elementJSON
		if json.Unmarshal(raw, &image) == nil && image.Type == "image" {
			d.Items = append(d.Items, contextItem{Image: &imageData{Alt: cut(image.AltText)}})
			continue
		}
		var t textJSON
		if json.Unmarshal(raw, &t) != nil {
			return false
		}
		d.Items = append(d.Items, contextItem{HTML: r.text(&t)})
	}
	return true
}

// markdown shows the text of a markdown block as it is written.
func (r *renderer) markdown(d *blockData, raw json.RawMessage) bool {
	var b struct{ Text string }
	if json.Unmarshal(raw, &b) != nil {
		return false
	}
	d.HTML = r.plain(b.Text)
	return true
}

// table renders the cells of a table; the first row is its head.
func (r *renderer) table(rows [][]json.RawMessage) [][]template.HTML {
	var out [][]template.HTML
	for _, row := range firstN(rows, 100) {
		var cells []template.HTML
		for _, cell := range firstN(row, 20) {
			cells = append(cells, r.cell(cell))
		}
		out = append(out, cells)
	}
	return out
}

// cell renders raw or rich text, or a number.
func (r *renderer) cell(raw json.RawMessage) template.HTML {
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
		return r.richText(c.Elements)
	case "raw_number":
		return r.plain(c.Value.String())
	default:
		return r.plain(c.Text)
	}
}

// unknownBlock shows a block as indented JSON.
func unknownBlock(raw json.RawMessage) blockData {
	var b blockJSON
	_ = json.Unmarshal(raw, &b)
	if b.Type == "" {
		b.Type = "?"
	}
	var pretty bytes.Buffer
	if json.Indent(&pretty, raw, "", "  ") != nil {
		pretty.Write(raw)
	}
	return blockData{Kind: "unknown", Label: b.Type, Source: cut(pretty.String())}
}
