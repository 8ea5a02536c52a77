package blockkit

import "math"

// noLimit is for texts and lists whose length Slack doesn't limit one by one.
const noLimit = math.MaxInt

// richText is a rich_text block, or a rich text cell of a table.
var richText = objectOf(shape{
	"type": typeKey, "block_id": idKey, "elements": required(listOf(1, maxViewBlocks, richTextPart)),
})

// richTextPart is a paragraph, a list, a quote or preformatted text.
func richTextPart(k *checker, at string, x any) { byType(richTextParts, k, at, x) }

// richTextLeaf is a piece of running text.
func richTextLeaf(k *checker, at string, x any) { byType(richTextLeaves, k, at, x) }

// byType applies the rule for the type of a rich text element.
func byType(rules map[string]rule, k *checker, at string, x any) {
	o, _ := x.(map[string]any)
	r, ok := rules[stringField(o, "type")]
	if !ok {
		k.report(at+"/type", "enum", "a rich text element", "unsupported type: %v", o["type"])
		return
	}
	r(k, at, x)
}

var (
	border          = optional(integer(0, 1))
	leaves          = required(listOf(0, noLimit, richTextLeaf))
	richTextSection = objectOf(shape{"type": required(oneOf("rich_text_section")), "elements": leaves})
	richTextParts   = map[string]rule{
		"rich_text_section": richTextSection,
		"rich_text_list": objectOf(shape{
			"type": typeKey, "style": required(oneOf("bullet", "ordered")), "elements": required(listOf(1, noLimit, richTextSection)),
			"indent": optional(integer(0, 8)), "offset": optional(integer(0, math.MaxInt32)), "border": border,
		}),
		"rich_text_quote": objectOf(shape{"type": typeKey, "elements": leaves, "border": border}),
		"rich_text_preformatted": objectOf(shape{
			"type": typeKey, "elements": leaves, "border": border, "language": optional(stringOf(1, 100)),
		}),
	}
)

var (
	leafStyle = optional(objectOf(shape{
		"bold": optional(boolean), "italic": optional(boolean), "strike": optional(boolean), "code": optional(boolean),
		"underline": optional(boolean), "highlight": optional(boolean), "client_highlight": optional(boolean),
		"unlink": optional(boolean),
	}))
	nonEmpty       = required(stringOf(1, noLimit))
	richTextLeaves = map[string]rule{
		"text": objectOf(shape{"type": typeKey, "text": nonEmpty, "style": leafStyle}),
		"link": objectOf(shape{
			"type": typeKey, "url": nonEmpty, "text": optional(stringOf(0, noLimit)), "unsafe": optional(boolean), "style": leafStyle,
		}),
		"emoji": objectOf(shape{
			"type": typeKey, "name": nonEmpty, "unicode": optional(stringOf(0, 100)), "skin_tone": optional(integer(1, 6)),
			"style": leafStyle,
		}),
		"user":      objectOf(shape{"type": typeKey, "user_id": nonEmpty, "style": leafStyle}),
		"usergroup": objectOf(shape{"type": typeKey, "usergroup_id": nonEmpty, "style": leafStyle}),
		"channel":   objectOf(shape{"type": typeKey, "channel_id": nonEmpty, "style": leafStyle}),
		"broadcast": objectOf(shape{"type": typeKey, "range": required(oneOf("here", "channel", "everyone")), "style": leafStyle}),
		"color":     objectOf(shape{"type": typeKey, "value": nonEmpty, "style": leafStyle}),
		"date": objectOf(shape{
			"type": typeKey, "timestamp": required(integer(0, math.MaxInt64)), "format": nonEmpty, "url": optional(stringOf(1, 3000)),
			"fallback": optional(stringOf(1, noLimit)), "style": leafStyle,
		}),
	}
)
