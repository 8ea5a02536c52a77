package page

import (
	"cmp"
	"encoding/json"
	"fmt"
	"html"
	"html/template"
	"strconv"
	"strings"
)

// richTextJSON is an element of a rich_text block, at any depth.
type richTextJSON struct {
	Type        string          `json:"type"`
	Elements    json.RawMessage `json:"elements"`
	Style       json.RawMessage `json:"style"` // "ordered" or "bullet" in a list, an object in text
	Indent      int             `json:"indent"`
	Offset      int             `json:"offset"`
	Text        string          `json:"text"`
	URL         string          `json:"url"`
	Name        string          `json:"name"`
	UserID      string          `json:"user_id"`
	ChannelID   string          `json:"channel_id"`
	UsergroupID string          `json:"usergroup_id"`
	Range       string          `json:"range"`
	Timestamp   int64           `json:"timestamp"`
	Format      string          `json:"format"`
	Fallback    string          `json:"fallback"`
	Value       string          `json:"value"`
}

// richText renders the elements of a rich_text block. Text in it has no markup and no escapes.
func (r *renderer) richText(elements json.RawMessage) template.HTML {
	var b strings.Builder
	for _, part := range parseRichText(elements) {
		switch part.Type {
		case "rich_text_section":
			b.WriteString("<p>" + r.richLine(part.Elements) + "</p>")
		case "rich_text_preformatted":
			b.WriteString("<pre>" + r.richLine(part.Elements) + "</pre>")
		case "rich_text_quote":
			b.WriteString("<blockquote>" + r.richLine(part.Elements) + "</blockquote>")
		case "rich_text_list":
			b.WriteString(r.richList(part))
		}
	}
	return template.HTML(b.String()) // every text in it is escaped by html.EscapeString
}

// richList renders a list. Its items have no lists inside: Slack sends an indented list after it.
func (r *renderer) richList(list richTextJSON) string {
	var style string
	_ = json.Unmarshal(list.Style, &style) // anything but a string is a bullet list
	tag, start := "ul", ""
	if style == "ordered" {
		tag, start = "ol", ` start="`+strconv.Itoa(max(0, list.Offset)+1)+`"`
	}
	var b strings.Builder
	fmt.Fprintf(&b, `<%s class="indent-%d"%s>`, tag, max(0, min(list.Indent, 8)), start)
	for _, item := range parseRichText(list.Elements) {
		b.WriteString("<li>" + r.richLine(item.Elements) + "</li>")
	}
	b.WriteString("</" + tag + ">")
	return b.String()
}

// richLine renders running text.
func (r *renderer) richLine(elements json.RawMessage) string {
	var b strings.Builder
	for _, part := range parseRichText(elements) {
		b.WriteString(r.richLeaf(part))
	}
	return b.String()
}

// richLeaf renders a piece of running text.
func (r *renderer) richLeaf(part richTextJSON) string {
	switch part.Type {
	case "text":
		return withStyle(part.Style, lineBreaks(html.EscapeString(cut(part.Text))))
	case "link":
		return withStyle(part.Style, richLink(part))
	case "user":
		return r.mention(part.UserID, "")
	case "usergroup":
		return chip("person", "@"+strings.TrimPrefix(cmp.Or(r.name(part.UsergroupID), part.UsergroupID), "@"))
	case "channel":
		return chip("channel", "#"+cmp.Or(r.name(part.ChannelID), part.ChannelID))
	case "broadcast":
		return broadcastHTML(part.Range)
	case "emoji":
		return html.EscapeString(withEmoji(":" + part.Name + ":"))
	case "date":
		return withStyle(part.Style, r.timeHTML(part.Timestamp, part.Format, part.URL))
	case "color":
		return "<code>" + html.EscapeString(part.Value) + "</code>"
	default:
		return html.EscapeString(cmp.Or(part.Fallback, part.Text))
	}
}

// richLink renders a link, as text if its URL is unsafe.
func richLink(part richTextJSON) string {
	label := html.EscapeString(cut(cmp.Or(part.Text, part.URL)))
	if u, ok := safeURL(part.URL); ok {
		return anchor(u, label)
	}
	return label
}

// withStyle wraps HTML in the tags of a style object.
func withStyle(style json.RawMessage, inner string) string {
	var s struct{ Bold, Italic, Strike, Code, Underline bool }
	if json.Unmarshal(style, &s) != nil {
		return inner
	}
	for _, mark := range []struct {
		on  bool
		tag string
	}{{s.Code, "code"}, {s.Underline, "u"}, {s.Strike, "s"}, {s.Italic, "em"}, {s.Bold, "strong"}} {
		if mark.on {
			inner = "<" + mark.tag + ">" + inner + "</" + mark.tag + ">"
		}
	}
	return inner
}

// parseRichText reads a list of elements and skips those that it can't read.
func parseRichText(raw json.RawMessage) []richTextJSON {
	var list []json.RawMessage
	if json.Unmarshal(raw, &list) != nil {
		return nil
	}
	var out []richTextJSON
	for _, item := range firstN(list, 1000) {
		var part richTextJSON
		if json.Unmarshal(item, &part) == nil {
			out = append(out, part)
		}
	}
	return out
}
