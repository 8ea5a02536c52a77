package blocks

import (
	"fmt"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/slack-go/slack"
)

// Text returns a section of plain text.
func Text(s string) *slack.SectionBlock {
	return slack.NewSectionBlock(plain(s, maxText), nil, nil)
}

// Header returns a headline.
func Header(s string) *slack.HeaderBlock {
	return slack.NewHeaderBlock(plain(strings.ReplaceAll(s, "\n", " "), maxHeader))
}

// Divider returns a thin line.
func Divider() *slack.DividerBlock { return slack.NewDividerBlock() }

// Context returns small grey text in up to ten pieces, each made by [Small] or [When].
func Context(pieces ...slack.MixedElement) *slack.ContextBlock {
	return slack.NewContextBlock("", pieces[:min(len(pieces), maxContext)]...)
}

// Small returns a piece of a [Context] in plain text.
func Small(s string) slack.MixedElement { return plain(s, maxText) }

// When returns a piece of a [Context] that tells a time in each reader's own time zone, after the words before.
func When(before string, t time.Time) slack.MixedElement {
	return slack.NewTextBlockObject(slack.MarkdownType, clean(escape.Replace(before)+" "+Date(t), maxText), false, false)
}

// Date returns Slack's mrkdwn token for a time, shown in each reader's own time zone. Clients that can't do that show it in
// UTC.
//
// Source: https://docs.slack.dev/messaging/formatting-message-text#date-formatting.
func Date(t time.Time) string {
	return fmt.Sprintf("<!date^%d^{date_short_pretty} at {time}|%s>", t.Unix(), t.UTC().Format("2 Jan 2006, 15:04 UTC"))
}

// dateToken finds what [Date] writes.
var dateToken = regexp.MustCompile(`<!date\^(\d+)\^[^|>]*\|[^>]*>`)

// InZone returns blocks in which the times of [When] are written out in a time zone of that name, as modals show them.
func InZone(set []slack.Block, zone *time.Location, name string) []slack.Block {
	set = slices.Clone(set)
	for i, b := range set {
		small, ok := b.(*slack.ContextBlock)
		if !ok {
			continue
		}
		pieces := slices.Clone(small.ContextElements.Elements)
		for j, piece := range pieces {
			if text, ok := piece.(*slack.TextBlockObject); ok && text.Type == slack.MarkdownType {
				pieces[j] = slack.NewTextBlockObject(text.Type, dateToken.ReplaceAllStringFunc(text.Text, func(token string) string {
					seconds, _ := strconv.ParseInt(dateToken.FindStringSubmatch(token)[1], 10, 64) // digits
					return Zoned(time.Unix(seconds, 0), zone, name)
				}), false, false)
			}
		}
		set[i] = slack.NewContextBlock(small.BlockID, pieces...)
	}
	return set
}

// Zoned writes a time in a time zone, and names that.
func Zoned(t time.Time, zone *time.Location, name string) string {
	return t.In(zone).Format("2 January 2006, 15:04") + " (" + name + ")"
}

// escape takes away the three characters that mean something in mrkdwn.
var escape = strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;", "*", "", "_", "", "~", "", "`", "")

// Line is one line of a [Rich] text.
type Line []slack.RichTextSectionElement

// Rich returns text with bold and other parts, one line under the other.
func Rich(lines ...Line) *slack.RichTextBlock {
	var parts Line
	for i, line := range lines {
		if i > 0 {
			parts = append(parts, Plain("\n"))
		}
		parts = append(parts, line...)
	}
	if len(parts) == 0 {
		parts = Line{Plain(Empty)}
	}
	return slack.NewRichTextBlock("", slack.NewRichTextSection(parts...))
}

// Pre returns preformatted text, so that columns line up.
func Pre(s string) *slack.RichTextBlock {
	return slack.NewRichTextBlock("", &slack.RichTextPreformatted{
		Type: slack.RTEPreformatted, Elements: Line{slack.NewRichTextSectionTextElement(clean(s, maxText), nil)},
	})
}

// Field returns a line with a bold name and its value.
func Field(name, value string) Line { return Line{Bold(name + ": "), Plain(clean(value, maxText))} }

// Plain returns a part of a [Line] without a style.
func Plain(s string) slack.RichTextSectionElement { return part(s, nil) }

// Bold returns a bold part of a [Line].
func Bold(s string) slack.RichTextSectionElement {
	return part(s, &slack.RichTextSectionTextStyle{Bold: true})
}

// Code returns a part of a [Line] in the style of code: something to type or copy exactly.
func Code(s string) slack.RichTextSectionElement {
	return part(s, &slack.RichTextSectionTextStyle{Code: true})
}

// Link returns a link to a web page as a part of a [Line]; its text alone if Slack would not take the address.
func Link(text, address string) slack.RichTextSectionElement {
	if !isAddress(address) {
		return Plain(text)
	}
	return slack.NewRichTextSectionLinkElement(address, clean(text, maxText), nil)
}

// isAddress reports whether address is one of a web page that fits into a button.
func isAddress(address string) bool {
	u, err := url.Parse(address)
	return err == nil && (u.Scheme == "https" || u.Scheme == "http") && u.Host != "" && len(address) <= maxButtonURL
}

// User returns the mention of a member by Slack id, as a part of a [Line].
func User(id string) slack.RichTextSectionElement {
	return slack.NewRichTextSectionUserElement(id, nil)
}

// Channel returns the name of a channel by Slack id, as a part of a [Line].
func Channel(id string) slack.RichTextSectionElement {
	return slack.NewRichTextSectionChannelElement(id, nil)
}

func part(s string, style *slack.RichTextSectionTextStyle) slack.RichTextSectionElement {
	if s != "\n" {
		s = clean(s, maxText)
	}
	return slack.NewRichTextSectionTextElement(s, style)
}

// Progress returns a bar of width characters with its percentage. It is full only when done is total.
func Progress(done, total, width int) string {
	if total <= 0 {
		return ""
	}
	done = max(0, min(done, total))
	full := done * width / total
	return strings.Repeat("▓", full) + strings.Repeat("░", width-full) + fmt.Sprintf(" %d %%", done*100/total)
}

// plain returns a plain_text object. Emoji codes stay as typed, so that a name like ":x:" is shown as it is.
func plain(s string, limit int) *slack.TextBlockObject {
	return slack.NewTextBlockObject(slack.PlainTextType, clean(s, limit), false, false)
}
