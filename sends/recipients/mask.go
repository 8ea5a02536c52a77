package recipients

import (
	"strings"
	"unicode/utf8"

	"github.com/nyaruka/phonenumbers"
)

const (
	bullet = "•"
	masked = bullet + bullet + bullet
)

// Mask hides part of a phone number or e-mail address, for people who needn't know it: "+32 470 •• •• 01",
// "m•••@example.com". Other text is hidden completely.
func Mask(to string) string {
	if local, domain, ok := strings.Cut(to, "@"); ok {
		return maskAddress(local, domain)
	}
	if number, err := phonenumbers.Parse(to, ""); err == nil {
		return maskPhone(number)
	}
	return masked
}

func maskAddress(local, domain string) string {
	if utf8.RuneCountInString(local) < 2 {
		return masked + "@" + domain
	}
	first, _ := utf8.DecodeRuneInString(local)
	return string(first) + masked + "@" + domain
}

// maskPhone shows the country code, up to three digits after it and the last two. It hides at least four digits, or all but
// the last two of a very short number.
func maskPhone(number *phonenumbers.PhoneNumber) string {
	const last, least = 2, 4
	code, national, _ := strings.Cut(phonenumbers.Format(number, phonenumbers.INTERNATIONAL), " ")
	digits := 0
	for _, r := range national {
		if isDigit(r) {
			digits++
		}
	}
	first := max(0, min(3, digits-last-least))
	var b strings.Builder
	b.WriteString(code + " ")
	seen := 0
	for _, r := range national {
		if isDigit(r) {
			seen++
			if seen > first && seen <= digits-last {
				r = '•'
			}
		}
		b.WriteRune(r)
	}
	return b.String()
}

func isDigit(r rune) bool { return '0' <= r && r <= '9' }
