package slacksim

import (
	"fmt"
	"regexp"
	"strings"
)

// PlainText returns what a person reads in blocks (a JSON array), a line for each block or more: formatting goes, links
// keep their label, buttons stand in square brackets, fields as label and [placeholder].
func PlainText(blocks []byte) string {
	list, _ := decodeList(blocks)
	var lines []string
	for _, x := range list {
		if b, ok := x.(map[string]any); ok {
			if line := plainBlock(b); line != "" {
				lines = append(lines, line)
			}
		}
	}
	return strings.Join(lines, "\n")
}

func plainBlock(b map[string]any) string {
	switch b["type"] {
	case "section":
		return joined(" ", joined("\n", plainText(b["text"]), plainEach("\n", b["fields"], plainText)), plainElement(b["accessory"]))
	case "header", "alert":
		return plainText(b["text"])
	case "context", "actions":
		return plainEach(" ", b["elements"], plainElement)
	case "image":
		return joined(" ", plainText(b["title"]), plainElement(b))
	case "input":
		return joined("\n", joined(" ", plainText(b["label"])+":", plainElement(b["element"])), plainText(b["hint"]))
	case "rich_text":
		return plainEach("\n", b["elements"], plainRich)
	case "table":
		return plainEach("\n", b["rows"], func(row any) string { return plainEach(" | ", row, plainCell) })
	case "markdown":
		return plainText(b)
	case "data_visualization":
		return fmt.Sprintf("(chart: %v)", b["title"])
	}
	return ""
}

func plainEach(separator string, x any, read func(any) string) string {
	list, _ := x.([]any)
	parts := make([]string, len(list))
	for i, e := range list {
		parts[i] = read(e)
	}
	return joined(separator, parts...)
}

// joined joins the parts that say something.
func joined(separator string, parts ...string) string {
	var out []string
	for _, p := range parts {
		if p != "" {
			out = append(out, p)
		}
	}
	return strings.Join(out, separator)
}

// plainText reads a text object.
func plainText(x any) string {
	o, _ := x.(map[string]any)
	s, _ := o["text"].(string)
	if o["type"] == "mrkdwn" {
		return plainMrkdwn(s)
	}
	return s
}

func plainElement(x any) string {
	o, _ := x.(map[string]any)
	switch o["type"] {
	case "plain_text", "mrkdwn":
		return plainText(o)
	case "button":
		return "[" + plainText(o["text"]) + "]"
	case "image":
		return fmt.Sprintf("(%v)", o["alt_text"])
	case "radio_buttons", "checkboxes", "overflow":
		return plainEach(" ", o["options"], func(x any) string {
			option, _ := x.(map[string]any)
			return "( ) " + plainText(option["text"])
		})
	case "file_input":
		return "[file: " + plainEach(", ", o["filetypes"], func(x any) string { s, _ := x.(string); return s }) + "]"
	case nil:
		return ""
	}
	return "[" + plainText(o["placeholder"]) + "]"
}

func plainCell(x any) string {
	o, _ := x.(map[string]any)
	if o["type"] == "rich_text" {
		return plainEach(" ", o["elements"], plainRich)
	}
	return plainText(o)
}

func plainRich(x any) string {
	o, _ := x.(map[string]any)
	if o["type"] == "rich_text_list" {
		return plainEach("\n", o["elements"], func(x any) string { return "• " + plainRich(x) })
	}
	elements, _ := o["elements"].([]any)
	var b strings.Builder
	for _, e := range elements {
		b.WriteString(plainLeaf(e))
	}
	return b.String()
}

func plainLeaf(x any) string {
	o, _ := x.(map[string]any)
	of := func(key string) string { s, _ := o[key].(string); return s }
	switch o["type"] {
	case "link":
		if of("text") == "" {
			return of("url")
		}
		return of("text")
	case "emoji":
		return ":" + of("name") + ":"
	case "user":
		return "<@" + of("user_id") + ">"
	case "usergroup":
		return "<!subteam^" + of("usergroup_id") + ">"
	case "channel":
		return "<#" + of("channel_id") + ">"
	case "broadcast":
		return "@" + of("range")
	case "color":
		return of("value")
	case "date":
		return of("fallback")
	}
	return of("text")
}

var (
	angled  = regexp.MustCompile(`<[^<>]+>`)
	unslash = strings.NewReplacer("&lt;", "<", "&gt;", ">", "&amp;", "&")
)

// plainMrkdwn unescapes mrkdwn and leaves links their label; marks such as * stay.
func plainMrkdwn(text string) string {
	return unslash.Replace(angled.ReplaceAllStringFunc(text, func(found string) string {
		inside := found[1 : len(found)-1]
		target, label, labelled := strings.Cut(inside, "|")
		switch {
		case strings.HasPrefix(inside, "!") && !labelled:
			return "@" + target[1:]
		case strings.HasPrefix(inside, "@"), strings.HasPrefix(inside, "#"):
			return found
		case labelled:
			return label
		}
		return target
	}))
}
