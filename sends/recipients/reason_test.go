package recipients_test

import (
	"regexp"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"github.com/coupontools/couponbot/sends/recipients"
)

// longDigits would be a person's number.
var longDigits = regexp.MustCompile(`\d{6,}`)

// checkReason checks what every reason guarantees: a short sentence without a number or an address.
func checkReason(tb testing.TB, reason string) {
	tb.Helper()
	first, _ := utf8.DecodeRuneInString(reason)
	if !unicode.IsUpper(first) || !strings.HasSuffix(reason, ".") || utf8.RuneCountInString(reason) > 160 {
		tb.Errorf("reason %q is no short sentence", reason)
	}
	if longDigits.MatchString(reason) {
		tb.Errorf("reason %q repeats a number", reason)
	}
}

// checkLeftOut checks what the displayed text guarantees.
func checkLeftOut(tb testing.TB, l recipients.LeftOut, lines int) {
	tb.Helper()
	checkReason(tb, l.Reason)
	if l.Line < 1 || l.Line > lines {
		tb.Errorf("left out on line %d of %d", l.Line, lines)
	}
	unseen := func(r rune) bool { return !unicode.IsGraphic(r) }
	if l.Text == "" && l.Rule != recipients.RuleEmpty || utf8.RuneCountInString(l.Text) > 61 || !utf8.ValidString(l.Text) || strings.ContainsFunc(l.Text, unseen) {
		tb.Errorf("left out text %q is not fit for showing", l.Text)
	}
}
