package page

import (
	"cmp"
	"html"
	"html/template"
	"strings"
	"unicode"
	"unicode/utf8"
)

// text renders a text object, with its markup if it is mrkdwn.
func (r *renderer) text(t *textJSON) template.HTML {
	switch {
	case t == nil:
		return ""
	case t.Type == "mrkdwn":
		return r.mrkdwn(t.Text)
	default:
		return r.plain(t.Text)
	}
}

// plain renders text without markup, apart from line breaks and emoji names.
func (r *renderer) plain(text string) template.HTML {
	return template.HTML(lineBreaks(html.EscapeString(withEmoji(cut(text))))) // escaped here
}

// mrkdwn renders Slack's own markup: *bold*, _italic_, ~strike~, `code`, fenced code, > quotes, and links, mentions and dates in
// angle brackets.
func (r *renderer) mrkdwn(text string) template.HTML {
	var b strings.Builder
	parts := strings.Split(cut(text), "```")
	for i, part := range parts {
		switch {
		case i%2 == 0:
			r.lines(&b, part)
		case i == len(parts)-1: // a fence that isn't closed
			r.lines(&b, "```"+part)
		default:
			b.WriteString("<pre>" + textHTML(withoutBrackets(strings.Trim(part, "\n"))) + "</pre>")
		}
	}
	return template.HTML(b.String()) // every text in it is escaped by textHTML
}

// lines renders text outside fences. Successive quoted lines are one quote.
func (r *renderer) lines(b *strings.Builder, text string) {
	quoting := false
	for i, line := range strings.Split(text, "\n") {
		rest, quoted := cutQuote(line)
		switch {
		case quoted && !quoting:
			b.WriteString("<blockquote>")
		case !quoted && quoting:
			b.WriteString("</blockquote>")
		case i > 0:
			b.WriteString("<br>")
		}
		quoting = quoted
		r.inline(b, rest, "")
	}
	if quoting {
		b.WriteString("</blockquote>")
	}
}

// cutQuote removes the marker of a quoted line, escaped or not.
func cutQuote(line string) (rest string, quoted bool) {
	for _, marker := range []string{"&gt;", ">"} {
		if after, ok := strings.CutPrefix(line, marker); ok {
			return strings.TrimPrefix(after, " "), true
		}
	}
	return line, false
}

// markerTags are the HTML tags of the markers of mrkdwn.
var markerTags = map[byte]string{'*': "strong", '_': "em", '~': "s"}

// inline renders one line. The markers in open are open already; they can't be nested in themselves, which bounds the depth.
func (r *renderer) inline(b *strings.Builder, line, open string) {
	start := 0
	flush := func(end int) { b.WriteString(linkURLs(line[start:end])) }
	for i := 0; i < len(line); {
		n := r.span(b, line, i, open, flush)
		if n == 0 {
			i++
			continue
		}
		i += n
		start = i
	}
	flush(len(line))
}

// span renders the markup that starts at i and returns its length; 0 if there is none. Before it writes, it calls flush to write
// the plain text up to i.
func (r *renderer) span(b *strings.Builder, line string, i int, open string, flush func(int)) int {
	switch c := line[i]; c {
	case '<':
		end := strings.IndexByte(line[i:], '>')
		if end < 0 {
			return 0
		}
		flush(i)
		b.WriteString(r.angleBrackets(line[i+1 : i+end]))
		return end + 1
	case '`':
		end := strings.IndexByte(line[i+1:], '`')
		if end <= 0 {
			return 0
		}
		flush(i)
		b.WriteString("<code>" + textHTML(withoutBrackets(line[i+1:i+1+end])) + "</code>")
		return end + 2
	case '*', '_', '~':
		end := closingMarker(line, i, open)
		if end < 0 {
			return 0
		}
		flush(i)
		tag := markerTags[c]
		b.WriteString("<" + tag + ">")
		r.inline(b, line[i+1:end], open+string(c))
		b.WriteString("</" + tag + ">")
		return end - i + 1
	}
	return 0
}

// delimiters enclose what markers don't apply to: code and angle brackets.
var delimiters = [256]byte{'`': '`', '<': '>'}

// maxMarkerDistance is how far the closing marker may be from the opening one. It bounds the time that hostile text costs.
const maxMarkerDistance = 3000

// closingMarker returns the position of the marker that closes the one at i, or -1. As in Slack, markers are at the edges of
// words.
func closingMarker(line string, i int, open string) int {
	marker := line[i]
	if strings.IndexByte(open, marker) >= 0 || i+1 >= len(line) || line[i+1] == ' ' || line[i+1] == marker || wordBefore(line, i) {
		return -1
	}
	line = line[:min(len(line), i+maxMarkerDistance)]
	unclosed := map[byte]bool{} // delimiters that aren't in the rest of the line
	for j := i + 2; j < len(line); j++ {
		delimiter := delimiters[line[j]]
		switch {
		case delimiter != 0 && !unclosed[delimiter]:
			end := strings.IndexByte(line[j+1:], delimiter)
			unclosed[delimiter] = end < 0
			j += end + 1
		case line[j] == marker && line[j-1] != ' ' && !wordAfter(line, j+1):
			return j
		}
	}
	return -1
}

// wordBefore reports whether a letter or digit ends at i.
func wordBefore(s string, i int) bool {
	r, _ := utf8.DecodeLastRuneInString(s[:i])
	return i > 0 && (unicode.IsLetter(r) || unicode.IsDigit(r))
}

// wordAfter reports whether a letter or digit begins at i.
func wordAfter(s string, i int) bool {
	r, _ := utf8.DecodeRuneInString(s[i:])
	return i < len(s) && (unicode.IsLetter(r) || unicode.IsDigit(r))
}

// angleBrackets renders a link, a mention or a date, given what is between the brackets.
func (r *renderer) angleBrackets(inside string) string {
	target, label, _ := strings.Cut(inside, "|")
	switch {
	case target == "":
		return textHTML("<" + inside + ">")
	case target[0] == '@':
		return r.mention(target[1:], label)
	case target[0] == '#':
		return chip("channel", "#"+cmp.Or(r.name(target[1:]), label, target[1:]))
	case target[0] == '!':
		return r.specialMention(target[1:], label)
	}
	u, ok := safeURL(unescape(target))
	if !ok {
		return textHTML("<" + inside + ">")
	}
	if label == "" {
		label = strings.TrimPrefix(target, "mailto:")
	}
	return anchor(u, textHTML(label))
}

// mention renders a mention of a user, with the current name if the id is known.
func (r *renderer) mention(id, label string) string {
	return chip("person", "@"+cmp.Or(r.name(id), label, id))
}

// specialMention renders <!…>: a date, a user group, or a mention of everyone.
func (r *renderer) specialMention(inside, label string) string {
	kind, id, _ := strings.Cut(inside, "^")
	switch kind {
	case "here", "channel", "everyone":
		return broadcastHTML(kind)
	case "date":
		return r.dateToken(id, label)
	case "subteam":
		return chip("person", "@"+strings.TrimPrefix(cmp.Or(r.name(id), label, id), "@"))
	default:
		return textHTML(cmp.Or(label, "<!"+inside+">"))
	}
}

// broadcastHTML renders a mention of everyone. It is conspicuous, so that one by mistake is noticed.
func broadcastHTML(name string) string {
	return `<strong class="ping" title="This pings everyone">@` + html.EscapeString(name) +
		`<span class="hidden"> (pings everyone)</span></strong>`
}

// chip renders a mention as a small label.
func chip(class, text string) string {
	return `<span class="chip ` + class + `">` + textHTML(text) + `</span>`
}

// withoutBrackets replaces what is in angle brackets, in code, by its label or target.
func withoutBrackets(text string) string {
	var b strings.Builder
	for {
		before, rest, found := strings.Cut(text, "<")
		b.WriteString(before)
		if !found {
			return b.String()
		}
		inside, after, closed := strings.Cut(rest, ">")
		if !closed {
			return b.String() + "<" + rest
		}
		target, label, _ := strings.Cut(inside, "|")
		b.WriteString(cmp.Or(label, target))
		text = after
	}
}
