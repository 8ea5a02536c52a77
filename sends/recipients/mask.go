package recipients

import (
	"strings"
	"unicode/utf8"

	"github.com/nyaruka/phonenumbers"
)

const (
	bullet = "•"
	hidden = bullet + bullet + bullet
)

// Mask returns a recipient's number or address with enough of it hidden to be shown to people who need not know it:
// "+32 470 •• •• 01", "m•••@example.com". What is neither is hidden whole.
func Mask(to string) string {
	if local, domain, ok := strings.Cut(to, "@"); ok {
		return maskAddress(local, domain)
	}
	if number, err := phonenumbers.Parse(to, ""); err == nil {
		return maskPhone(number)
	}
	return hidden
}

func maskAddress(local, domain string) string {
	if utf8.RuneCountInString(local) < 2 {
		return hidden + "@" + domain
	}
	first, _ := utf8.DecodeRuneInString(local)
	return string(first) + hidden + "@" + domain
}

// maskPhone leaves the country code, up to three digits after it and the last two. At least four digits are hidden,
// or all but the last two in a very short number.
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
