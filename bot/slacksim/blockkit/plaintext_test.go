package blockkit_test

import (
	"testing"

	"github.com/coupontools/couponbot/bot/slacksim/blockkit"
)

func TestPlainText(t *testing.T) {
	t.Parallel()
	blocks := []any{
		object{"type": "header", "text": plain("Directories")},
		object{"type": "divider"},
		object{"type": "section", "text": object{"type": "mrkdwn", "text": "<https://x.example|Here> &amp; <@U1>"}, "accessory": button("a", "Send", "")},
		object{"type": "rich_text", "elements": []any{
			object{"type": "rich_text_section", "elements": []any{object{"type": "text", "text": "Hi "}, object{"type": "emoji", "name": "wave"}}},
			object{"type": "rich_text_list", "style": "bullet", "elements": []any{
				object{"type": "rich_text_section", "elements": []any{object{"type": "link", "url": "https://y.example"}}},
			}},
		}},
		object{"type": "context", "elements": []any{object{"type": "mrkdwn", "text": "<!date^1^{date}|yesterday>"}}},
		actions(button("b", "Back", ""), object{"type": "static_select", "placeholder": plain("Pick"), "options": options(1)}),
	}
	want := "Directories\nHere & <@U1> [Send]\nHi :wave:\n• https://y.example\nyesterday\n[Back] [Pick]"
	if got := blockkit.PlainText(encode(t, blocks)); got != want {
		t.Errorf("PlainText =\n%s\nwant\n%s", got, want)
	}
}
