package cache

import (
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"
)

// Fold returns the form in which names are compared: lower case, without accents, and with letters such as ø and ł replaced
// by their plain counterparts. Marks that make another letter, as in Japanese or Hindi, are kept.
func Fold(s string) string {
	if isASCII(s) {
		return strings.ToLower(s)
	}
	s = strings.Map(dropAccent, norm.NFKD.String(s))
	// Upper case first: some small letters, such as ς and ı, share a capital with another one.
	s = strings.ToLower(strings.ToUpper(s))
	return norm.NFC.String(plain.Replace(s))
}

// normal returns a name or query as it is in an index: folded, with single spaces.
func normal(s string) string { return strings.Join(strings.Fields(Fold(s)), " ") }

func isASCII(s string) bool {
	for i := range len(s) {
		if s[i] >= 0x80 {
			return false
		}
	}
	return true
}

// dropAccent removes the marks common to all scripts and the Hebrew points, but not the two that make another letter of a
// Japanese one.
func dropAccent(r rune) rune {
	accent := unicode.Is(unicode.Mn, r) && unicode.In(r, unicode.Inherited, unicode.Hebrew)
	if accent && r != '\u3099' && r != '\u309A' {
		return -1
	}
	return r
}

// plain maps lower-case letters that Unicode doesn't decompose.
var plain = strings.NewReplacer(
	"ß", "ss", "æ", "ae", "œ", "oe", "ø", "o", "ł", "l", "đ", "d", "ð", "d", "þ", "th", "ħ", "h", "ŧ", "t", "ŀ", "l",
	"’", "'", "‘", "'",
)
