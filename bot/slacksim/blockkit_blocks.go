package slacksim

import (
	"fmt"
	"unicode/utf8"
)

// blockShape says where a block may stand and what it holds.
type blockShape struct {
	surfaces string
	check    check
}

const everywhere = "message modal home"

// blockShapes are the blocks known here. Slack has more; those a bot should not build on are refused.
var blockShapes = map[string]blockShape{
	"section": {everywhere, object(shape{
		"type": kind, "block_id": identifier,
		"text":      may(text(3000)),
		"fields":    may(list(1, 10, text(2000))),
		"accessory": may(element("section")),
		"expand":    may(boolean),
	}, sectionSaysSomething)},
	"header": {everywhere, object(shape{
		"type": kind, "block_id": identifier, "text": need(plain(150)), "level": may(integer(1, 4)),
	})},
	"divider": {everywhere, object(shape{"type": kind, "block_id": identifier})},
	"context": {everywhere, object(shape{
		"type": kind, "block_id": identifier, "elements": need(list(1, 10, contextElement)),
	})},
	"actions": {everywhere, object(shape{
		"type": kind, "block_id": identifier, "elements": need(list(1, 25, element("actions"))),
	}, actionIDsDiffer)},
	"image": {everywhere, object(imageShape.with(shape{
		"type": kind, "block_id": identifier, "title": may(plain(2000)),
	}), imageHasSource)},
	"input": {everywhere, object(shape{
		"type": kind, "block_id": identifier,
		"label":           need(plain(2000)),
		"hint":            may(plain(2000)),
		"element":         need(element("input")),
		"optional":        may(boolean),
		"dispatch_action": may(boolean),
	}, filesDoNotDispatch)},
	"rich_text": {everywhere, richText},
	"table": {"message", object(shape{
		"type": kind, "block_id": identifier,
		"rows":            need(list(1, 100, list(1, 20, tableCell))),
		"column_settings": may(list(0, 20, columnSetting)),
	})},
	"markdown": {"message", object(shape{
		"type": kind, "block_id": identifier, "text": need(markdownText),
	})},
	"data_visualization": {"message", object(shape{
		"type": kind, "block_id": identifier, "title": need(str(1, 50)), "chart": need(lineChart),
	})},
	"alert": {"modal", object(shape{
		"type": kind, "block_id": identifier, "text": need(text(3000)),
		"level": may(oneOf("default", "info", "warning", "error", "success")),
	})},
}

// lineChart is the only kind of chart known here.
var lineChart = object(shape{
	"type": need(oneOf("line")),
	"series": need(list(1, 6, object(shape{
		"name": need(str(1, 20)),
		"data": need(list(1, 20, object(shape{"label": need(str(1, 20)), "value": need(numeric)}))),
	}))),
	"axis_config": need(object(shape{
		"categories": need(list(1, 20, str(1, 20))), "x_label": may(str(1, 50)), "y_label": may(str(1, 50)),
	})),
}, seriesFitCategories)

// seriesFitCategories wants exactly one point for each category in every series.
func seriesFitCategories(k *checker, at string, o map[string]any) {
	axis, _ := o["axis_config"].(map[string]any)
	categories, _ := axis["categories"].([]any)
	all, _ := o["series"].([]any)
	for i, x := range all {
		series, _ := x.(map[string]any)
		points, _ := series["data"].([]any)
		left := map[string]int{}
		for _, c := range categories {
			left[fmt.Sprint(c)]++
		}
		for _, x := range points {
			point, _ := x.(map[string]any)
			left[fmt.Sprint(point["label"])]--
		}
		for _, n := range left {
			if n != 0 {
				k.fault(fmt.Sprintf("%s/series/%d/data", at, i), "categories", nil, "must have one point for each category")
				break
			}
		}
	}
}

func sectionSaysSomething(k *checker, at string, o map[string]any) {
	if o["text"] == nil && o["fields"] == nil {
		k.fault(at, "required", "text", "a section needs text or fields")
	}
}

func actionIDsDiffer(k *checker, at string, o map[string]any) {
	seen := map[string]bool{}
	elements, _ := o["elements"].([]any)
	for i, x := range elements {
		e, _ := x.(map[string]any)
		id, _ := e["action_id"].(string)
		if id != "" && seen[id] {
			k.fault(fmt.Sprintf("%s/elements/%d/action_id", at, i), "unique", nil, "`action_id` %s is used twice", id)
		}
		seen[id] = true
	}
}

func filesDoNotDispatch(k *checker, at string, o map[string]any) {
	e, _ := o["element"].(map[string]any)
	if e["type"] == "file_input" && o["dispatch_action"] == true {
		k.fault(at+"/dispatch_action", "not_allowed", nil, "a file_input has no dispatch_action")
	}
}

var imageShape = shape{
	"alt_text":   need(str(1, 2000)),
	"image_url":  may(str(1, 3000)),
	"slack_file": may(object(shape{"id": may(str(1, 255)), "url": may(str(1, 3000))}, oneFileSource)),
}

func imageHasSource(k *checker, at string, o map[string]any) {
	if (o["image_url"] == nil) == (o["slack_file"] == nil) {
		k.fault(at, "one_of", []string{"image_url", "slack_file"}, "an image needs image_url or slack_file, not both")
	}
}

func oneFileSource(k *checker, at string, o map[string]any) {
	if (o["id"] == nil) == (o["url"] == nil) {
		k.fault(at, "one_of", []string{"id", "url"}, "a slack_file needs id or url, not both")
	}
}

// contextElement is an image or a text.
func contextElement(k *checker, at string, x any) {
	if o, _ := x.(map[string]any); o["type"] == "image" {
		object(imageShape.with(shape{"type": kind}), imageHasSource)(k, at, x)
		return
	}
	text(3000)(k, at, x)
}

func markdownText(k *checker, at string, x any) {
	str(1, maxMarkdownChars)(k, at, x)
	s, _ := x.(string)
	k.markdown += utf8.RuneCountInString(s)
	if k.markdown > maxMarkdownChars {
		k.fault(at, "max_length", maxMarkdownChars, "all markdown together must be at most %d characters", maxMarkdownChars)
	}
}

// tableCell is raw text or rich text. Slack's raw_number is refused by some workspaces, so it is refused here.
func tableCell(k *checker, at string, x any) {
	o, _ := x.(map[string]any)
	switch o["type"] {
	case "raw_text":
		object(shape{"type": kind, "text": need(str(1, maxTableChars))})(k, at, x)
	case "rich_text":
		richText(k, at, x)
	default:
		k.fault(at+"/type", "enum", []string{"raw_text", "rich_text"}, "unsupported type: %v", o["type"])
	}
	before := k.table
	k.table += countText(x)
	if k.table > maxTableChars && before <= maxTableChars {
		k.fault(at, "max_length", maxTableChars, "the tables together must be at most %d characters", maxTableChars)
	}
}

func columnSetting(k *checker, at string, x any) {
	if x == nil {
		return
	}
	object(shape{"align": may(oneOf("left", "center", "right")), "is_wrapped": may(boolean)})(k, at, x)
}
