package page

import (
	"html"
	"net/url"
	"strings"
	"unicode"
)

// anchor returns a link to a URL from safeURL. It opens in a tab of its own and doesn't tell the site about the page.
func anchor(safe, labelHTML string) string {
	return `<a href="` + html.EscapeString(safe) + `" target="_blank" rel="noopener noreferrer nofollow">` + labelHTML + `</a>`
}

// safeURL returns a URL in a normal form. It reports false for one that a link may not lead to.
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

// linkURLs returns text as HTML, with links for the web addresses in it, as Slack does.
func linkURLs(text string) string {
	var b strings.Builder
	for {
		i := indexURL(text)
		if i < 0 {
			break
		}
		end := i + strings.IndexFunc(text[i:]+" ", unicode.IsSpace)
		end -= len(text[i:end]) - len(strings.TrimRight(text[i:end], ".,;:!?)\"'"))
		b.WriteString(textHTML(text[:i]))
		if u, ok := safeURL(unescape(text[i:end])); ok {
			b.WriteString(anchor(u, textHTML(text[i:end])))
		} else {
			b.WriteString(textHTML(text[i:end]))
		}
		text = text[end:]
	}
	b.WriteString(textHTML(text))
	return b.String()
}

// indexURL returns where the first web address begins, -1 without one.
func indexURL(text string) int {
	plain, secure := strings.Index(text, "http://"), strings.Index(text, "https://")
	if plain < 0 || (secure >= 0 && secure < plain) {
		return secure
	}
	return plain
}

// textHTML returns text as HTML. In mrkdwn the characters &, < and > are escaped by the app, so they are unescaped first.
func textHTML(text string) string { return lineBreaks(html.EscapeString(withEmoji(unescape(text)))) }

var unescaper = strings.NewReplacer("&lt;", "<", "&gt;", ">", "&amp;", "&")

// unescape replaces the three entities of mrkdwn by their characters.
func unescape(text string) string { return unescaper.Replace(text) }

// lineBreaks replaces line breaks by HTML ones, in text that is escaped already.
func lineBreaks(s string) string { return strings.ReplaceAll(s, "\n", "<br>") }
