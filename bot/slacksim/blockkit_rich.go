package slacksim

import "math"

var richText = object(shape{
	"type": kind, "block_id": identifier, "elements": need(list(1, maxViewBlocks, checkRichPart)),
})

// checkRichPart is a paragraph, a list, a quotation or preformatted text.
func checkRichPart(k *checker, at string, x any) {
	o, _ := x.(map[string]any)
	kindOf, _ := o["type"].(string)
	c, ok := richPartChecks[kindOf]
	if !ok {
		k.fault(at+"/type", "enum", "a rich text element", "unsupported type: %v", o["type"])
		return
	}
	c(k, at, x)
}

const noLimit = math.MaxInt

var (
	border         = may(integer(0, 1))
	richSection    = object(shape{"type": need(oneOf("rich_text_section")), "elements": need(list(0, noLimit, checkRichLeaf))})
	richPartChecks = map[string]check{
		"rich_text_section": richSection,
		"rich_text_list": object(shape{
			"type": kind, "style": need(oneOf("bullet", "ordered")), "elements": need(list(1, noLimit, richSection)),
			"indent": may(integer(0, 8)), "offset": may(integer(0, math.MaxInt32)), "border": border,
		}),
		"rich_text_quote": object(shape{"type": kind, "elements": need(list(0, noLimit, checkRichLeaf)), "border": border}),
		"rich_text_preformatted": object(shape{
			"type": kind, "elements": need(list(0, noLimit, checkRichLeaf)), "border": border, "language": may(str(1, 100)),
		}),
	}
)

// checkRichLeaf is a piece of running text.
func checkRichLeaf(k *checker, at string, x any) {
	o, _ := x.(map[string]any)
	kindOf, _ := o["type"].(string)
	c, ok := richLeafChecks[kindOf]
	if !ok {
		k.fault(at+"/type", "enum", "a rich text element", "unsupported type: %v", o["type"])
		return
	}
	c(k, at, x)
}

var (
	richStyle = may(object(shape{
		"bold": may(boolean), "italic": may(boolean), "strike": may(boolean), "code": may(boolean),
		"underline": may(boolean), "highlight": may(boolean), "client_highlight": may(boolean), "unlink": may(boolean),
	}))
	someText       = need(str(1, noLimit))
	richLeafChecks = map[string]check{
		"text": object(shape{"type": kind, "text": someText, "style": richStyle}),
		"link": object(shape{
			"type": kind, "url": someText, "text": may(str(0, noLimit)), "unsafe": may(boolean), "style": richStyle,
		}),
		"emoji": object(shape{
			"type": kind, "name": someText, "unicode": may(str(0, 100)), "skin_tone": may(integer(1, 6)), "style": richStyle,
		}),
		"user":      object(shape{"type": kind, "user_id": someText, "style": richStyle}),
		"usergroup": object(shape{"type": kind, "usergroup_id": someText, "style": richStyle}),
		"channel":   object(shape{"type": kind, "channel_id": someText, "style": richStyle}),
		"broadcast": object(shape{"type": kind, "range": need(oneOf("here", "channel", "everyone")), "style": richStyle}),
		"color":     object(shape{"type": kind, "value": someText, "style": richStyle}),
		"date": object(shape{
			"type": kind, "timestamp": need(integer(0, math.MaxInt64)), "format": someText, "url": may(str(1, 3000)),
			"fallback": may(str(1, noLimit)), "style": richStyle,
		}),
	}
)
