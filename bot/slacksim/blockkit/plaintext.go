package blockkit

import (
	"fmt"
	"regexp"
	"strings"
)

// PlainText returns what a person reads in blocks (a JSON array), with at least one line per block. It drops formatting, keeps
// the labels of links, and shows buttons as [label] and fields as label: [placeholder].
func PlainText(blocks []byte) string {
	list, _ := DecodeList(blocks)
	var lines []string
	for _, x := range list {
		b, _ := x.(map[string]any)
		lines = append(lines, blockText(b))
	}
	return joinNonEmpty("\n", lines...)
}

// TextOf returns what a person reads in a text object, "" for anything else.
func TextOf(x any) string {
	o, _ := x.(map[string]any)
	s := stringField(o, "text")
	if o["type"] == "mrkdwn" {
		return MrkdwnText(s)
	}
	return s
}

// blockText returns the text of one block, "" for a divider or an unknown type.
func blockText(b map[string]any) string {
	switch b["type"] {
	case "section":
		return joinNonEmpty(" ", joinNonEmpty("\n", TextOf(b["text"]), textOfEach("\n", b["fields"], TextOf)), elementText(b["accessory"]))
	case "header", "alert":
		return TextOf(b["text"])
	case "context", "actions":
		return textOfEach(" ", b["elements"], elementText)
	case "image":
		return joinNonEmpty(" ", TextOf(b["title"]), elementText(b))
	case "input":
		return joinNonEmpty("\n", joinNonEmpty(" ", TextOf(b["label"])+":", elementText(b["element"])), TextOf(b["hint"]))
	case "rich_text":
		return textOfEach("\n", b["elements"], richPartText)
	case "table":
		return textOfEach("\n", b["rows"], func(row any) string { return textOfEach(" | ", row, cellText) })
	case "markdown":
		return TextOf(b)
	case "data_visualization":
		return fmt.Sprintf("(chart: %v)", b["title"])
	}
	return ""
}

// textOfEach reads each item of a list and joins what isn't empty.
func textOfEach(separator string, x any, read func(any) string) string {
	items, _ := x.([]any)
	parts := make([]string, len(items))
	for i, item := range items {
		parts[i] = read(item)
	}
	return joinNonEmpty(separator, parts...)
}

// joinNonEmpty joins the parts that have text.
func joinNonEmpty(separator string, parts ...string) string {
	var out []string
	for _, p := range parts {
		if p != "" {
			out = append(out, p)
		}
	}
	return strings.Join(out, separator)
}

// elementText returns the text of an element of a section, context, actions or input block.
func elementText(x any) string {
	o, _ := x.(map[string]any)
	switch o["type"] {
	case "plain_text", "mrkdwn":
		return TextOf(o)
	case "button":
		return "[" + TextOf(o["text"]) + "]"
	case "image":
		return fmt.Sprintf("(%v)", o["alt_text"])
	case "radio_buttons", "checkboxes", "overflow":
		return textOfEach(" ", o["options"], func(x any) string {
			option, _ := x.(map[string]any)
			return "( ) " + TextOf(option["text"])
		})
	case "file_input":
		return "[file: " + textOfEach(", ", o["filetypes"], func(x any) string { s, _ := x.(string); return s }) + "]"
	case nil:
		return ""
	}
	return "[" + TextOf(o["placeholder"]) + "]"
}

// cellText returns the text of a cell of a table.
func cellText(x any) string {
	o, _ := x.(map[string]any)
	if o["type"] == "rich_text" {
		return textOfEach(" ", o["elements"], richPartText)
	}
	return TextOf(o)
}

// richPartText returns the text of a paragraph, a quote or preformatted text, and of a list with a bullet for each item.
func richPartText(x any) string {
	o, _ := x.(map[string]any)
	if o["type"] == "rich_text_list" {
		return textOfEach("\n", o["elements"], func(x any) string { return "• " + richPartText(x) })
	}
	var b strings.Builder
	for _, leaf := range listField(o, "elements") {
		b.WriteString(richLeafText(leaf))
	}
	return b.String()
}

// richLeafText returns the text of a piece of running text. Mentions keep the ids: their names are the workspace's.
func richLeafText(x any) string {
	o, _ := x.(map[string]any)
	switch o["type"] {
	case "link":
		if text := stringField(o, "text"); text != "" {
			return text
		}
		return stringField(o, "url")
	case "emoji":
		return ":" + stringField(o, "name") + ":"
	case "user":
		return "<@" + stringField(o, "user_id") + ">"
	case "usergroup":
		return "<!subteam^" + stringField(o, "usergroup_id") + ">"
	case "channel":
		return "<#" + stringField(o, "channel_id") + ">"
	case "broadcast":
		return "@" + stringField(o, "range")
	case "color":
		return stringField(o, "value")
	case "date":
		return stringField(o, "fallback")
	}
	return stringField(o, "text")
}

// Links, mentions and dates of mrkdwn are in angle brackets; the three characters with a meaning are escaped.
var (
	inBrackets = regexp.MustCompile(`<[^<>]+>`)
	unescaper  = strings.NewReplacer("&lt;", "<", "&gt;", ">", "&amp;", "&")
)

// MrkdwnText returns what a person reads in mrkdwn: unescaped, links as their label. Markers such as * stay, and so do
// mentions, because their names are the workspace's.
func MrkdwnText(mrkdwn string) string {
	return unescaper.Replace(inBrackets.ReplaceAllStringFunc(mrkdwn, func(link string) string {
		inside := link[1 : len(link)-1]
		target, label, labelled := strings.Cut(inside, "|")
		switch {
		case strings.HasPrefix(inside, "!") && !labelled:
			return "@" + target[1:]
		case strings.HasPrefix(inside, "@"), strings.HasPrefix(inside, "#"):
			return link
		case labelled:
			return label
		}
		return target
	}))
}
