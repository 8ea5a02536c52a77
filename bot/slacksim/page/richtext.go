package page

import (
	"encoding/json"
	"fmt"
	"html"
	"html/template"
	"strconv"
	"strings"
)

// richPart is an element of a rich_text block, at any depth.
type richPart struct {
	Type        string          `json:"type"`
	Elements    json.RawMessage `json:"elements"`
	Style       json.RawMessage `json:"style"` // of a list "ordered" or "bullet", of a text an object
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

// rich draws the elements of a rich_text block. Text in it is plain: nothing is escaped, nothing is markup.
func (p *painter) rich(elements json.RawMessage) template.HTML {
	var b strings.Builder
	for _, part := range richParts(elements) {
		switch part.Type {
		case "rich_text_section":
			b.WriteString("<p>" + p.richLine(part.Elements) + "</p>")
		case "rich_text_preformatted":
			b.WriteString("<pre>" + p.richLine(part.Elements) + "</pre>")
		case "rich_text_quote":
			b.WriteString("<blockquote>" + p.richLine(part.Elements) + "</blockquote>")
		case "rich_text_list":
			b.WriteString(p.richList(part))
		}
	}
	return template.HTML(b.String()) // Every text in it went through html.EscapeString.
}

func (p *painter) richList(list richPart) string {
	var style string
	_ = json.Unmarshal(list.Style, &style) // anything but a word is a bullet list
	tag, start := "ul", ""
	if style == "ordered" {
		tag, start = "ol", ` start="`+strconv.Itoa(max(0, list.Offset)+1)+`"`
	}
	var b strings.Builder
	fmt.Fprintf(&b, `<%s class="indent-%d"%s>`, tag, max(0, min(list.Indent, 8)), start)
	for _, item := range richParts(list.Elements) {
		b.WriteString("<li>" + p.richLine(item.Elements) + "</li>")
	}
	b.WriteString("</" + tag + ">")
	return b.String()
}

func (p *painter) richLine(elements json.RawMessage) string {
	var b strings.Builder
	for _, part := range richParts(elements) {
		b.WriteString(p.richWord(part))
	}
	return b.String()
}

func (p *painter) richWord(part richPart) string {
	switch part.Type {
	case "text":
		return styled(part.Style, breaks(html.EscapeString(clipped(part.Text))))
	case "link":
		return styled(part.Style, richLink(part))
	case "user":
		return p.mention(part.UserID, "")
	case "usergroup":
		return chip("person", "@"+strings.TrimPrefix(firstOf(p.name(part.UsergroupID), part.UsergroupID), "@"))
	case "channel":
		return chip("channel", "#"+firstOf(p.name(part.ChannelID), part.ChannelID))
	case "broadcast":
		return loudPing(part.Range)
	case "emoji":
		return html.EscapeString(emojied(":" + part.Name + ":"))
	case "date":
		return styled(part.Style, p.dated(part.Timestamp, part.Format, part.URL))
	case "color":
		return "<code>" + html.EscapeString(part.Value) + "</code>"
	default:
		return html.EscapeString(firstOf(part.Fallback, part.Text))
	}
}

func richLink(part richPart) string {
	label := html.EscapeString(clipped(firstOf(part.Text, part.URL)))
	if u, ok := safeURL(part.URL); ok {
		return anchor(u, label)
	}
	return label
}

// styled wraps drawn words in the marks of a style object.
func styled(style json.RawMessage, words string) string {
	var s struct{ Bold, Italic, Strike, Code, Underline bool }
	if json.Unmarshal(style, &s) != nil {
		return words
	}
	for _, mark := range []struct {
		on  bool
		tag string
	}{{s.Code, "code"}, {s.Underline, "u"}, {s.Strike, "s"}, {s.Italic, "em"}, {s.Bold, "strong"}} {
		if mark.on {
			words = "<" + mark.tag + ">" + words + "</" + mark.tag + ">"
		}
	}
	return words
}

func richParts(raw json.RawMessage) []richPart {
	var list []json.RawMessage
	if json.Unmarshal(raw, &list) != nil {
		return nil
	}
	var out []richPart
	for _, item := range limited(list, 1000) {
		var part richPart
		if json.Unmarshal(item, &part) == nil {
			out = append(out, part)
		}
	}
	return out
}
