package bot

import (
	"regexp"
	"strings"

	"github.com/coupontools/couponbot/internal/emoji"
)

var escaper = strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;")

// Escape makes text safe in Slack's mrkdwn: it writes the three characters that begin a mention, a link or an entity as
// entities.
func Escape(text string) string { return escaper.Replace(text) }

var entities = strings.NewReplacer("&lt;", "<", "&gt;", ">", "&amp;", "&")

var slackEscape = regexp.MustCompile(`<([^<>|]*)(?:\|([^<>]*))?>`)

// Unescape returns what a person typed, from the form in which Slack sends it with should_escape on, with emoji names turned
// into emoji.
func Unescape(text string) string {
	text = slackEscape.ReplaceAllStringFunc(text, func(m string) string {
		parts := slackEscape.FindStringSubmatch(m)
		target, label := parts[1], parts[2]
		switch {
		case strings.HasPrefix(target, "mailto:"):
			return strings.TrimPrefix(target, "mailto:")
		case strings.HasPrefix(target, "tel:"):
			return strings.TrimPrefix(target, "tel:")
		case strings.HasPrefix(target, "@"), strings.HasPrefix(target, "#"):
			if label != "" {
				return target[:1] + label
			}
			return target
		case strings.HasPrefix(target, "!"):
			if label != "" {
				return label
			}
			return "@" + target[1:]
		case label != "":
			return label
		default:
			return target
		}
	})
	text, _ = emoji.Replace(entities.Replace(text))
	return text
}
