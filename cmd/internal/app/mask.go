package app

import (
	"fmt"
	"log/slog"
	"net/netip"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"unicode"
)

// What stands in a log in place of something private.
const (
	maskedSecret  = "[secret]"
	maskedPhone   = "[phone]"
	maskedAddress = "[e-mail]"
)

// masker takes private things out of text that is going to be logged: secrets, phone numbers and e-mail addresses. It
// rather takes out too much than too little, but leaves ids, dates, durations and network addresses alone, since a log
// without them is no use.
type masker struct{ secrets *strings.Replacer }

// minSecret is the length, in bytes, from which a secret is looked for; a shorter one would be found everywhere.
const minSecret = 4

func newMasker(secrets ...string) masker {
	// The longest first, in case that one secret begins another.
	slices.SortFunc(secrets, func(a, b string) int { return len(b) - len(a) })
	var pairs []string
	for _, s := range secrets {
		if len(s) < minSecret {
			continue
		}
		pairs = append(pairs, s, maskedSecret)
		if escaped := url.QueryEscape(s); escaped != s {
			pairs = append(pairs, escaped, maskedSecret)
		}
	}
	return masker{strings.NewReplacer(pairs...)}
}

var (
	// Slack's tokens, the ticket in a socket's URL, and URLs that anyone who has them can post to.
	slackSecret = regexp.MustCompile(`\b(?:xox[a-z]|xapp)(?:\.xox[a-z])?-[\w-]+|\bticket=[^&\s"]+|` +
		`(/(?:commands|actions|services|workflows|app)/[TE][A-Z0-9]+/)[^\s"]+`)
	// %40 and %2B are @ and + in a URL.
	address = regexp.MustCompile(`[^\s<>()\[\]{},;:"'|=/\\@]+(?:@|%40)[^\s<>()\[\]{},;:"'|=/\\@&]+`)
	quoted  = regexp.MustCompile(`"(?:[^"\\]|\\.)+"(?:@|%40)[^\s<>()\[\]{},;:"'|=/\\@&]+`)
	plus    = regexp.MustCompile(`(?i)%2B(\d)`)
)

// hide returns text without secrets.
func (m masker) hide(text string) string {
	return slackSecret.ReplaceAllString(m.secrets.Replace(text), "${1}"+maskedSecret)
}

// text returns text without what is private in it.
func (m masker) text(text string) string {
	text = m.hide(text)
	text = quoted.ReplaceAllString(text, maskedAddress)
	text = address.ReplaceAllString(text, maskedAddress)
	return maskPhones(plus.ReplaceAllString(text, "+$1"))
}

// attr is the ReplaceAttr of the log's handler.
func (m masker) attr(_ []string, a slog.Attr) slog.Attr {
	switch a.Value.Kind() {
	case slog.KindString:
		a.Value = slog.StringValue(m.text(a.Value.String()))
	case slog.KindAny:
		if _, ok := a.Value.Any().(slog.Level); ok {
			return a
		}
		a.Value = slog.StringValue(m.text(anyText(a.Value.Any())))
	}
	return a
}

func anyText(v any) string {
	if raw, ok := v.([]byte); ok {
		return string(raw)
	}
	return fmt.Sprintf("%+v", v)
}

// ITU E.164 allows 15 digits; 00 may stand for +. The shortest national numbers in use have seven.
const (
	minPhoneDigits = 7
	maxPhoneDigits = 17
)

// maskPhones replaces what may be a phone number: digits with what people put between them.
func maskPhones(text string) string {
	var out strings.Builder
	runes := []rune(text)
	for i := 0; i < len(runes); {
		if !phoneRune(runes[i]) {
			out.WriteRune(runes[i])
			i++
			continue
		}
		end := i
		for end < len(runes) && phoneRune(runes[end]) {
			end++
		}
		glued := i > 0 && wordRune(runes[i-1]) && !strings.ContainsRune("(/", runes[i]) && !phoneSpace(runes[i])
		cut := end < len(runes) && wordRune(runes[end]) && !phoneSpace(runes[end-1])
		out.WriteString(maskRun(string(runes[i:end]), glued, cut))
		i = end
	}
	return out.String()
}

func phoneRune(r rune) bool {
	return unicode.IsDigit(r) || strings.ContainsRune("+()./", r) || unicode.Is(unicode.Pd, r) || phoneSpace(r)
}

func phoneSpace(r rune) bool {
	return r == ' ' || r == '\t' || r > unicode.MaxLatin1 && unicode.IsSpace(r) || r == '\u00a0'
}

func wordRune(r rune) bool { return r == '_' || unicode.IsLetter(r) }

// maskRun masks one run of phone runes. A run glued to a letter in front, or cut off by one behind, begins or ends in a
// piece that belongs to an id or a unit (reg_1234567, 1234567ns), unless a plus says that it is a number.
func maskRun(run string, glued, cut bool) string {
	pieces := splitPieces(run)
	var out, pending strings.Builder
	flush := func() {
		out.WriteString(maskDigits(pending.String()))
		pending.Reset()
	}
	for i, p := range pieces {
		partOfWord := glued && i == 0 || cut && i == len(pieces)-1
		if isPlain(strings.TrimSpace(p)) || partOfWord && !strings.Contains(pending.String()+p, "+") {
			flush()
			out.WriteString(p)
			continue
		}
		pending.WriteString(p)
	}
	flush()
	return out.String()
}

// splitPieces splits behind each stretch of spaces; a leading stretch is a piece of its own.
func splitPieces(run string) []string {
	var pieces []string
	start, inSpace := 0, false
	for i, r := range run {
		if inSpace && !phoneSpace(r) {
			pieces = append(pieces, run[start:i])
			start = i
		}
		inSpace = phoneSpace(r)
	}
	return append(pieces, run[start:])
}

var (
	isoDate = regexp.MustCompile(`^\(?\d{4}(?:-\d\d-\d\d|/\d\d/\d\d)[).]?$`)
	// A message's timestamp and the beginning of a trigger_id.
	slackStamp = regexp.MustCompile(`^\(?\d{10}\.\d{6}[).]?$`)
)

// isPlain knows digits that are no phone number.
func isPlain(piece string) bool {
	piece = strings.Trim(piece, "()")
	if isoDate.MatchString(piece) || slackStamp.MatchString(piece) {
		return true
	}
	_, err := netip.ParseAddr(strings.Trim(piece, "/."))
	return err == nil
}

// maskDigits replaces text if it has enough digits, keeping what stands around them.
func maskDigits(text string) string {
	digits := 0
	for _, r := range text {
		if unicode.IsDigit(r) {
			digits++
		}
	}
	core := strings.TrimFunc(text, func(r rune) bool { return phoneSpace(r) || strings.ContainsRune("./-", r) })
	oneNumber := !strings.ContainsFunc(core, func(r rune) bool { return !unicode.IsDigit(r) })
	if digits < minPhoneDigits || oneNumber && digits > maxPhoneDigits {
		return text
	}
	before, after, _ := strings.Cut(text, core)
	return before + maskedPhone + after
}
