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

// Replacements for private text in logs.
const (
	maskedSecret = "[secret]"
	maskedPhone  = "[phone]"
	maskedEmail  = "[e-mail]"
)

// masker masks secrets, phone numbers and e-mail addresses in log text. In doubt it masks, but it keeps ids, dates,
// durations and network addresses, which operators need.
type masker struct{ secrets *strings.Replacer }

// minSecretLength is the least length in bytes of a masked secret. A shorter one would match everywhere.
const minSecretLength = 4

// newMasker returns a masker that also masks the secrets, as they are and URL-escaped.
func newMasker(secrets ...string) masker {
	// Longest first: a secret may be the prefix of another one.
	slices.SortFunc(secrets, func(a, b string) int { return len(b) - len(a) })
	var pairs []string
	for _, s := range secrets {
		if len(s) < minSecretLength {
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
	// Slack tokens, the ticket in a Socket Mode URL, and webhook and response URLs, to which anyone can post.
	slackSecretPattern = regexp.MustCompile(`\b(?:xox[a-z]|xapp)(?:\.xox[a-z])?-[\w-]+|\bticket=[^&\s"]+|` +
		`(/(?:commands|actions|services|workflows|app)/[TE][A-Z0-9]+/)[^\s"]+`)
	// In URLs, @ and + are written as %40 and %2B.
	emailPattern       = regexp.MustCompile(`[^\s<>()\[\]{},;:"'|=/\\@]+(?:@|%40)[^\s<>()\[\]{},;:"'|=/\\@&]+`)
	quotedEmailPattern = regexp.MustCompile(`"(?:[^"\\]|\\.)+"(?:@|%40)[^\s<>()\[\]{},;:"'|=/\\@&]+`)
	encodedPlusPattern = regexp.MustCompile(`(?i)%2B(\d)`)
)

// maskSecrets masks secrets only.
func (m masker) maskSecrets(text string) string {
	return slackSecretPattern.ReplaceAllString(m.secrets.Replace(text), "${1}"+maskedSecret)
}

// mask masks secrets, e-mail addresses and phone numbers.
func (m masker) mask(text string) string {
	text = m.maskSecrets(text)
	text = quotedEmailPattern.ReplaceAllString(text, maskedEmail)
	text = emailPattern.ReplaceAllString(text, maskedEmail)
	return maskPhones(encodedPlusPattern.ReplaceAllString(text, "+$1"))
}

// replaceAttr masks an attribute. It is the ReplaceAttr function of the log handler.
func (m masker) replaceAttr(_ []string, a slog.Attr) slog.Attr {
	switch a.Value.Kind() {
	case slog.KindString:
		a.Value = slog.StringValue(m.mask(a.Value.String()))
	case slog.KindAny:
		if _, ok := a.Value.Any().(slog.Level); ok {
			return a
		}
		a.Value = slog.StringValue(m.mask(formatAny(a.Value.Any())))
	}
	return a
}

// formatAny returns a value as text.
func formatAny(v any) string {
	if raw, ok := v.([]byte); ok {
		return string(raw)
	}
	return fmt.Sprintf("%+v", v)
}

// ITU E.164 allows 15 digits, plus 00 instead of +. The shortest national numbers in use have seven digits.
const (
	minPhoneDigits = 7
	maxPhoneDigits = 17
)

// maskPhones masks phone numbers: runs of digits and the separators that people write between them.
func maskPhones(text string) string {
	var out strings.Builder
	runes := []rune(text)
	for i := 0; i < len(runes); {
		if !isPhoneRune(runes[i]) {
			out.WriteRune(runes[i])
			i++
			continue
		}
		end := i
		for end < len(runes) && isPhoneRune(runes[end]) {
			end++
		}
		glued := i > 0 && isWordRune(runes[i-1]) && !strings.ContainsRune("(/", runes[i]) && !isPhoneSpace(runes[i])
		cut := end < len(runes) && isWordRune(runes[end]) && !isPhoneSpace(runes[end-1])
		out.WriteString(maskRun(string(runes[i:end]), glued, cut))
		i = end
	}
	return out.String()
}

// isPhoneRune reports whether a phone number may contain a character: a digit, + or a separator.
func isPhoneRune(r rune) bool {
	return unicode.IsDigit(r) || strings.ContainsRune("+()./", r) || unicode.Is(unicode.Pd, r) || isPhoneSpace(r)
}

// isPhoneSpace reports whether a character is a space within a line, including Unicode spaces.
func isPhoneSpace(r rune) bool {
	return r == ' ' || r == '\t' || r > unicode.MaxLatin1 && unicode.IsSpace(r) || r == '\u00a0'
}

// isWordRune reports whether a character before or after digits makes them part of an id.
func isWordRune(r rune) bool { return r == '_' || unicode.IsLetter(r) }

// maskRun masks the phone numbers in a run of phone characters. glued and cut report that a letter is directly before or
// after the run: its first or last piece then belongs to an id or a unit (reg_1234567, 1234567ns) and is kept, unless a
// plus marks it as a phone number.
func maskRun(run string, glued, cut bool) string {
	pieces := splitAfterSpaces(run)
	var out, pending strings.Builder
	flush := func() {
		out.WriteString(maskDigits(pending.String()))
		pending.Reset()
	}
	for i, p := range pieces {
		partOfWord := glued && i == 0 || cut && i == len(pieces)-1
		if isNotPhone(strings.TrimSpace(p)) || partOfWord && !strings.Contains(pending.String()+p, "+") {
			flush()
			out.WriteString(p)
			continue
		}
		pending.WriteString(p)
	}
	flush()
	return out.String()
}

// splitAfterSpaces splits a run after each group of spaces. Leading spaces are a piece of their own.
func splitAfterSpaces(run string) []string {
	var pieces []string
	start, inSpace := 0, false
	for i, r := range run {
		if inSpace && !isPhoneSpace(r) {
			pieces = append(pieces, run[start:i])
			start = i
		}
		inSpace = isPhoneSpace(r)
	}
	return append(pieces, run[start:])
}

var (
	isoDatePattern = regexp.MustCompile(`^\(?\d{4}(?:-\d\d-\d\d|/\d\d/\d\d)[).]?$`)
	// Message timestamps and the beginning of trigger ids.
	slackTimestampPattern = regexp.MustCompile(`^\(?\d{10}\.\d{6}[).]?$`)
)

// isNotPhone reports whether a piece is a date, a Slack timestamp or an IP address.
func isNotPhone(piece string) bool {
	piece = strings.Trim(piece, "()")
	if isoDatePattern.MatchString(piece) || slackTimestampPattern.MatchString(piece) {
		return true
	}
	_, err := netip.ParseAddr(strings.Trim(piece, "/."))
	return err == nil
}

// maskDigits masks text if it has as many digits as a phone number. It keeps spaces and separators around the number.
func maskDigits(text string) string {
	digits := 0
	for _, r := range text {
		if unicode.IsDigit(r) {
			digits++
		}
	}
	core := strings.TrimFunc(text, func(r rune) bool { return isPhoneSpace(r) || strings.ContainsRune("./-", r) })
	oneNumber := !strings.ContainsFunc(core, func(r rune) bool { return !unicode.IsDigit(r) })
	if digits < minPhoneDigits || oneNumber && digits > maxPhoneDigits {
		return text
	}
	before, after, _ := strings.Cut(text, core)
	return before + maskedPhone + after
}
