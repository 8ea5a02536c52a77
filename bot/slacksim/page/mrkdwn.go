package page

import (
	"html"
	"html/template"
	"net/url"
	"strings"
	"unicode"
	"unicode/utf8"
)

// plain draws text without markup: line breaks and emoji names count, nothing else.
func (p *painter) plain(text string) template.HTML {
	return template.HTML(breaks(html.EscapeString(emojied(clipped(text))))) // Escaped just here.
}

// mrkdwn draws Slack's own markup: *bold*, _italic_, ~strike~, `code`, fenced code, > quotes, and everything in angle
// brackets. Text in it has the three characters &, < and > escaped.
func (p *painter) mrkdwn(text string) template.HTML {
	var b strings.Builder
	parts := strings.Split(clipped(text), "```")
	for i, part := range parts {
		switch {
		case i%2 == 0:
			p.lines(&b, part)
		case i == len(parts)-1: // a fence without an end
			p.lines(&b, "```"+part)
		default:
			b.WriteString("<pre>" + escaped(unbracketed(strings.Trim(part, "\n"))) + "</pre>")
		}
	}
	return template.HTML(b.String()) // Every text in it went through escaped.
}

// lines draws text outside fences, with runs of quoted lines gathered into one quote.
func (p *painter) lines(b *strings.Builder, text string) {
	quoting := false
	for i, line := range strings.Split(text, "\n") {
		words, quoted := quotedLine(line)
		switch {
		case quoted && !quoting:
			b.WriteString("<blockquote>")
		case !quoted && quoting:
			b.WriteString("</blockquote>")
		case i > 0:
			b.WriteString("<br>")
		}
		quoting = quoted
		p.inline(b, words, "")
	}
	if quoting {
		b.WriteString("</blockquote>")
	}
}

func quotedLine(line string) (string, bool) {
	if words, ok := strings.CutPrefix(line, "&gt;"); ok {
		return strings.TrimPrefix(words, " "), true
	}
	if words, ok := strings.CutPrefix(line, ">"); ok {
		return strings.TrimPrefix(words, " "), true
	}
	return line, false
}

// styles are the markers of mrkdwn and what they stand for.
var styles = map[byte]string{'*': "strong", '_': "em", '~': "s"}

// inline draws one line. Markers in open are in force already and are not opened again, which bounds the nesting.
func (p *painter) inline(b *strings.Builder, line, open string) {
	start := 0
	flush := func(end int) { b.WriteString(linked(line[start:end])) }
	for i := 0; i < len(line); {
		n := p.token(b, line, i, open, flush)
		if n == 0 {
			i++
			continue
		}
		i += n
		start = i
	}
	flush(len(line))
}

// token draws what starts at i if it is more than plain text, and returns its length. Before it writes, it flushes.
func (p *painter) token(b *strings.Builder, line string, i int, open string, flush func(int)) int {
	switch c := line[i]; c {
	case '<':
		end := strings.IndexByte(line[i:], '>')
		if end < 0 {
			return 0
		}
		flush(i)
		b.WriteString(p.bracket(line[i+1 : i+end]))
		return end + 1
	case '`':
		end := strings.IndexByte(line[i+1:], '`')
		if end <= 0 {
			return 0
		}
		flush(i)
		b.WriteString("<code>" + escaped(unbracketed(line[i+1:i+1+end])) + "</code>")
		return end + 2
	case '*', '_', '~':
		end := closing(line, i, open)
		if end < 0 {
			return 0
		}
		flush(i)
		tag := styles[c]
		b.WriteString("<" + tag + ">")
		p.inline(b, line[i+1:end], open+string(c))
		b.WriteString("</" + tag + ">")
		return end - i + 1
	}
	return 0
}

// pairs are what styled runs do not reach into: code and angle brackets.
var pairs = [256]byte{'`': '`', '<': '>'}

// maxStyled bounds how far the end of a styled run is looked for, so that hostile text cannot cost much.
const maxStyled = 3000

// closing finds the marker that ends the one at i, or -1. As in Slack a marker stands at the edge of a word.
func closing(line string, i int, open string) int {
	marker := line[i]
	if strings.IndexByte(open, marker) >= 0 || i+1 >= len(line) || line[i+1] == ' ' || line[i+1] == marker || wordBefore(line, i) {
		return -1
	}
	line = line[:min(len(line), i+maxStyled)]
	endless := map[byte]bool{} // pairs without an end in the rest of the line
	for j := i + 2; j < len(line); j++ {
		pair := pairs[line[j]]
		switch {
		case pair != 0 && !endless[pair]:
			end := strings.IndexByte(line[j+1:], pair)
			endless[pair] = end < 0
			j += end + 1
		case line[j] == marker && line[j-1] != ' ' && !wordAfter(line, j+1):
			return j
		}
	}
	return -1
}

func wordBefore(s string, i int) bool {
	r, _ := utf8.DecodeLastRuneInString(s[:i])
	return i > 0 && (unicode.IsLetter(r) || unicode.IsDigit(r))
}

func wordAfter(s string, i int) bool {
	r, _ := utf8.DecodeRuneInString(s[i:])
	return i < len(s) && (unicode.IsLetter(r) || unicode.IsDigit(r))
}

// bracket draws what stands between angle brackets.
func (p *painter) bracket(inside string) string {
	target, label, _ := strings.Cut(inside, "|")
	switch {
	case target == "":
		return escaped("<" + inside + ">")
	case target[0] == '@':
		return p.mention(target[1:], label)
	case target[0] == '#':
		return chip("channel", "#"+firstOf(p.name(target[1:]), label, target[1:]))
	case target[0] == '!':
		return p.special(target[1:], label)
	}
	u, ok := safeURL(unescaped(target))
	if !ok {
		return escaped("<" + inside + ">")
	}
	if label == "" {
		label = strings.TrimPrefix(target, "mailto:")
	}
	return anchor(u, escaped(label))
}

func (p *painter) mention(id, label string) string {
	return chip("person", "@"+firstOf(p.name(id), label, id))
}

// special draws <!…>: pings of many people stand out, so that one sent by mistake is seen.
func (p *painter) special(what, label string) string {
	kind, id, _ := strings.Cut(what, "^")
	switch kind {
	case "here", "channel", "everyone":
		return loudPing(kind)
	case "date":
		return p.dateToken(id, label)
	case "subteam":
		return chip("person", "@"+strings.TrimPrefix(firstOf(p.name(id), label, id), "@"))
	default:
		return escaped(firstOf(label, "<!"+what+">"))
	}
}

func loudPing(name string) string {
	return `<strong class="ping" title="This pings everyone">@` + html.EscapeString(name) +
		`<span class="hidden"> (pings everyone)</span></strong>`
}

func chip(class, text string) string {
	return `<span class="chip ` + class + `">` + escaped(text) + `</span>`
}

// anchor links to a URL that safeURL has let through, opened apart from the page and without telling where from.
func anchor(u, label string) string {
	return `<a href="` + html.EscapeString(u) + `" target="_blank" rel="noopener noreferrer nofollow">` + label + `</a>`
}

// safeURL lets through what a link may lead to.
func safeURL(raw string) (string, bool) {
	u, err := url.Parse(raw)
	if err != nil || len(raw) > 3000 {
		return "", false
	}
	switch strings.ToLower(u.Scheme) {
	case "http", "https":
		return u.String(), u.Host != ""
	case "mailto", "tel":
		return u.String(), u.Opaque != ""
	default:
		return "", false
	}
}

// linked escapes text and makes links of the bare web addresses in it, as Slack does.
func linked(text string) string {
	var b strings.Builder
	for {
		i := webAddress(text)
		if i < 0 {
			break
		}
		end := i + strings.IndexFunc(text[i:]+" ", unicode.IsSpace)
		end -= len(text[i:end]) - len(strings.TrimRight(text[i:end], ".,;:!?)\"'"))
		b.WriteString(escaped(text[:i]))
		if u, ok := safeURL(unescaped(text[i:end])); ok {
			b.WriteString(anchor(u, escaped(text[i:end])))
		} else {
			b.WriteString(escaped(text[i:end]))
		}
		text = text[end:]
	}
	b.WriteString(escaped(text))
	return b.String()
}

func webAddress(text string) int {
	a, b := strings.Index(text, "http://"), strings.Index(text, "https://")
	if a < 0 || (b >= 0 && b < a) {
		return b
	}
	return a
}

// escaped turns text with Slack's three escapes into HTML, emoji names into emoji.
func escaped(text string) string { return breaks(html.EscapeString(emojied(unescaped(text)))) }

var slackUnescaper = strings.NewReplacer("&lt;", "<", "&gt;", ">", "&amp;", "&")

func unescaped(text string) string { return slackUnescaper.Replace(text) }

func breaks(s string) string { return strings.ReplaceAll(s, "\n", "<br>") }

// unbracketed shows links in code as their address.
func unbracketed(text string) string {
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
		b.WriteString(firstOf(label, target))
		text = after
	}
}
