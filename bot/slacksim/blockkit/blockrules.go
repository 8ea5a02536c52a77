package blockkit

import (
	"fmt"
	"unicode/utf8"
)

// blockSpec says on which surfaces a block may be used and what it may contain.
type blockSpec struct {
	surfaces string
	rule     rule
}

// blockSpecs are the block types an app may send, from https://docs.slack.dev/reference/block-kit/blocks. Slack has more types; those
// an app shouldn't build on are left out.
var blockSpecs = map[string]blockSpec{
	"section": {everywhere, objectOf(shape{
		"type": typeKey, "block_id": idKey,
		"text":      optional(anyText(3000)),
		"fields":    optional(listOf(1, 10, anyText(2000))),
		"accessory": optional(elementIn("section")),
		"expand":    optional(boolean),
	}, textOrFields)},
	"header": {everywhere, objectOf(shape{
		"type": typeKey, "block_id": idKey, "text": required(plainText(150)), "level": optional(integer(1, 4)),
	})},
	"divider": {everywhere, objectOf(shape{"type": typeKey, "block_id": idKey})},
	"context": {everywhere, objectOf(shape{
		"type": typeKey, "block_id": idKey, "elements": required(listOf(1, 10, imageOrText)),
	})},
	"actions": {everywhere, objectOf(shape{
		"type": typeKey, "block_id": idKey, "elements": required(listOf(1, 25, elementIn("actions"))),
	}, uniqueActionIDs)},
	"image": {everywhere, objectOf(imageShape.with(shape{
		"type": typeKey, "block_id": idKey, "title": optional(plainText(2000)),
	}), oneImageSource)},
	"input": {everywhere, objectOf(shape{
		"type": typeKey, "block_id": idKey,
		"label":           required(plainText(2000)),
		"hint":            optional(plainText(2000)),
		"element":         required(elementIn("input")),
		"optional":        optional(boolean),
		"dispatch_action": optional(boolean),
	}, noDispatchOfFiles)},
	"rich_text": {everywhere, richText},
	"table": {message, objectOf(shape{
		"type": typeKey, "block_id": idKey,
		"rows":            required(listOf(1, 100, listOf(1, 20, tableCell))),
		"column_settings": optional(listOf(0, 20, columnSetting)),
	})},
	"markdown": {message, objectOf(shape{
		"type": typeKey, "block_id": idKey, "text": required(markdownText),
	})},
	"data_visualization": {message, objectOf(shape{
		"type": typeKey, "block_id": idKey, "title": required(stringOf(1, 50)), "chart": required(lineChart),
	})},
	"alert": {modal, objectOf(shape{
		"type": typeKey, "block_id": idKey, "text": required(anyText(3000)),
		"level": optional(oneOf("default", "info", "warning", "error", "success")),
	})},
}

// textOrFields requires that a section has content.
func textOrFields(k *checker, at string, o map[string]any) {
	if o["text"] == nil && o["fields"] == nil {
		k.report(at, "required", "text", "a section needs text or fields")
	}
}

// uniqueActionIDs requires that the elements of one block have different action_ids.
func uniqueActionIDs(k *checker, at string, o map[string]any) {
	seen := map[string]bool{}
	for i, x := range listField(o, "elements") {
		e, _ := x.(map[string]any)
		id := stringField(e, "action_id")
		if id != "" && seen[id] {
			k.report(fmt.Sprintf("%s/elements/%d/action_id", at, i), "unique", nil, "`action_id` %s is used twice", id)
		}
		seen[id] = true
	}
}

// noDispatchOfFiles forbids dispatch_action for a file_input.
func noDispatchOfFiles(k *checker, at string, o map[string]any) {
	if objectField(o, "element")["type"] == "file_input" && o["dispatch_action"] == true {
		k.report(at+"/dispatch_action", "not_allowed", nil, "a file_input has no dispatch_action")
	}
}

// imageShape has the fields that image blocks and image elements share.
var imageShape = shape{
	"alt_text":   required(stringOf(1, 2000)),
	"image_url":  optional(stringOf(1, 3000)),
	"slack_file": optional(objectOf(shape{"id": optional(stringOf(1, 255)), "url": optional(stringOf(1, 3000))}, oneFileSource)),
}

// oneImageSource requires a public URL or a Slack file, but not both.
func oneImageSource(k *checker, at string, o map[string]any) {
	if (o["image_url"] == nil) == (o["slack_file"] == nil) {
		k.report(at, "one_of", []string{"image_url", "slack_file"}, "an image needs image_url or slack_file, not both")
	}
}

// oneFileSource requires the id or the URL of a Slack file, but not both.
func oneFileSource(k *checker, at string, o map[string]any) {
	if (o["id"] == nil) == (o["url"] == nil) {
		k.report(at, "one_of", []string{"id", "url"}, "a slack_file needs id or url, not both")
	}
}

// imageOrText is an element of a context block.
func imageOrText(k *checker, at string, x any) {
	if o, _ := x.(map[string]any); o["type"] == "image" {
		objectOf(imageShape.with(shape{"type": typeKey}), oneImageSource)(k, at, x)
		return
	}
	anyText(3000)(k, at, x)
}

// markdownText limits each markdown block, and all of them together.
func markdownText(k *checker, at string, x any) {
	stringOf(1, maxMarkdown)(k, at, x)
	s, _ := x.(string)
	k.markdown += utf8.RuneCountInString(s)
	if k.markdown > maxMarkdown {
		k.report(at, "max_length", maxMarkdown, "all markdown together must be at most %d characters", maxMarkdown)
	}
}

// tableCell is raw text or rich text. Some workspaces reject Slack's raw_number, so an app shouldn't send it.
func tableCell(k *checker, at string, x any) {
	o, _ := x.(map[string]any)
	switch o["type"] {
	case "raw_text":
		objectOf(shape{"type": typeKey, "text": required(stringOf(1, maxTableText))})(k, at, x)
	case "rich_text":
		richText(k, at, x)
	default:
		k.report(at+"/type", "enum", []string{"raw_text", "rich_text"}, "unsupported type: %v", o["type"])
	}
	before := k.tableText
	k.tableText += textLength(x)
	if k.tableText > maxTableText && before <= maxTableText {
		k.report(at, "max_length", maxTableText, "the tables together must be at most %d characters", maxTableText)
	}
}

// columnSetting allows null for a column with the defaults.
func columnSetting(k *checker, at string, x any) {
	if x == nil {
		return
	}
	objectOf(shape{"align": optional(oneOf("left", "center", "right")), "is_wrapped": optional(boolean)})(k, at, x)
}

// lineChart is the only type of chart an app may send.
var lineChart = objectOf(shape{
	"type": required(oneOf("line")),
	"series": required(listOf(1, 6, objectOf(shape{
		"name": required(stringOf(1, 20)),
		"data": required(listOf(1, 20, objectOf(shape{"label": required(stringOf(1, 20)), "value": required(number)}))),
	}))),
	"axis_config": required(objectOf(shape{
		"categories": required(listOf(1, 20, stringOf(1, 20))),
		"x_label":    optional(stringOf(1, 50)), "y_label": optional(stringOf(1, 50)),
	})),
}, onePointPerCategory)

// onePointPerCategory requires that each series has exactly one value for each category.
func onePointPerCategory(k *checker, at string, o map[string]any) {
	categories := listField(objectField(o, "axis_config"), "categories")
	for i, x := range listField(o, "series") {
		series, _ := x.(map[string]any)
		missing := map[string]int{}
		for _, c := range categories {
			missing[fmt.Sprint(c)]++
		}
		for _, x := range listField(series, "data") {
			point, _ := x.(map[string]any)
			missing[fmt.Sprint(point["label"])]--
		}
		for _, n := range missing {
			if n != 0 {
				k.report(fmt.Sprintf("%s/series/%d/data", at, i), "categories", nil, "must have one point for each category")
				break
			}
		}
	}
}
