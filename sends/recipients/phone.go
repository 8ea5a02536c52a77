package recipients

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"unicode"

	"github.com/nyaruka/phonenumbers"
	"golang.org/x/text/width"
)

// The number of digits of an international number: the minimum of the shortest numbering plans, and E.164's maximum.
const minDigits, maxDigits = 7, 15

var (
	errPhoneIsAddress = refusal{RuleInvalid, "This is an e-mail address, but the send goes out by SMS."}
	errExtension      = refusal{RuleInvalid, "It has an extension, which can't get a text message. Leave the extension out."}
	errLetters        = refusal{RuleInvalid, "It has letters. Write the number with digits only."}
	errDigits         = refusal{RuleInvalid, "Write the number with the digits 0 to 9."}
	errPlus           = refusal{RuleInvalid, "A + can only stand at the beginning. Write one number on each line."}
	errUnclear        = refusal{RuleUnclear, "This looks like two numbers, or one with an extension. Write one number on each line."}
	errTwoReadings    = refusal{RuleUnclear, "This can be read as two different numbers. Write it with + and the country code."}
	errSpoiled        = refusal{RuleSpreadsheet, "A spreadsheet changed this number. Format its column as text and enter it again."}
	errNoCountry      = refusal{RuleNoCountry, "Write it with + and the country code."}
	errTooFewDigits   = refusal{RuleLength, "It has too few digits for a phone number."}
	errTooManyDigits  = refusal{RuleLength, "It has too many digits for a phone number."}
	errCountryCode    = refusal{RuleInvalid, "No country has the code at the beginning of this number."}
	errPremium        = refusal{RulePremium, "It's a premium-rate number, and those aren't allowed."}
	errSharedCost     = refusal{RulePremium, "It's a number with extra cost, and those aren't allowed."}
	errNowhere        = refusal{RuleCountry, "It belongs to a satellite or another worldwide service, and those aren't allowed."}
)

const fixedLine = "It looks like a fixed line. Most of those can't get text messages."

// Phone reads one phone number in any usual spelling: with + or an international prefix and the country code, or, with
// Rules.Region set, as dialled there; words such as "tel:" may precede it. The error is a sentence for the person. Other
// letters, extensions and a second number are refused, not dropped. So are premium-rate numbers, numbers of no country, and
// numbers of a country outside Rules.Allowed.
func Phone(text string, r Rules) (Recipient, error) {
	text = withoutLabel(bare(text))
	if err := fitting(text); err != nil {
		return Recipient{}, err
	}
	if spoiled(text) {
		return Recipient{}, errSpoiled
	}
	dialled, err := dial(text)
	if err != nil {
		return Recipient{}, err
	}
	number, found, err := recognize(dialled, r)
	if holdsMore(dialled, number, r) {
		return Recipient{}, errUnclear
	}
	return found, err
}

// recognize parses and judges a number. The number is nil if there is none.
func recognize(dialled string, r Rules) (*phonenumbers.PhoneNumber, Recipient, error) {
	if err := wellFormed(dialled); err != nil {
		return nil, Recipient{}, err
	}
	number, err := readNumber(digitsOnly(dialled), r)
	if err != nil {
		return nil, Recipient{}, err
	}
	found, err := accept(number, r.Allowed)
	if !isNumber(err) {
		number = nil
	}
	return number, found, err
}

// isNumber reports whether an entry was a phone number, even if the send can't go to it.
func isNumber(err error) bool {
	return err == nil || slices.Contains([]Rule{RuleForeign, RuleCountry, RulePremium}, ruleOf(err))
}

// phoneLabels are the words that people and programs write before a number.
var phoneLabels = wordSet(`tel telephone telefoon telefon telefono teléfono téléphone telefone tél tlf phone ph fon fono
	mobile mobiel mobil móvil movil mob cell cellphone cel cellulare celular telemóvel gsm handy portable
	whatsapp wa sms smsto callto t m p`)

func wordSet(words string) map[string]bool {
	set := map[string]bool{}
	for w := range strings.FieldsSeq(words) {
		set[w] = true
	}
	return set
}

// withoutLabel removes the labels before a number: "tel:", "Mobile: ", "Tel/GSM ". A short label needs a sign or a space
// after it, since codes such as "M0470123456" have letters too.
func withoutLabel(text string) string {
	for {
		end := strings.IndexFunc(text, func(r rune) bool { return !unicode.IsLetter(r) })
		if end <= 0 || !phoneLabels[strings.ToLower(text[:end])] {
			return text
		}
		rest := strings.TrimLeftFunc(text[end:], func(r rune) bool { return padding(r) || strings.ContainsRune(".:/-", r) })
		if end <= 2 && rest == text[end:] {
			return text
		}
		text = rest
	}
}

// spoiled reports whether a spreadsheet has damaged a number that wasn't stored as text: scientific notation, which has lost
// digits, or a fraction. Dialled numbers may have dots too, but not seven digits before a single dot. More digits after it
// are another number.
func spoiled(text string) bool {
	return strings.ContainsAny(text, ".,eE") && spreadsheetNumber.MatchString(text)
}

var spreadsheetNumber = regexp.MustCompile(`^[+-]?(\d+([.,]\d+)?[eE][+-]?\d+|\d{7,}[.,]\d{1,6})$`)

// dial rewrites a number with the characters 0-9, + and a few signs between them. It refuses everything else, since the
// library would read letters as digits of a keypad and drop an extension.
func dial(text string) (string, error) {
	if strings.Contains(text, "@") {
		return "", errPhoneIsAddress
	}
	var b strings.Builder
	b.Grow(len(text))
	text = width.Fold.String(text)
	for i, r := range text {
		c := plain(r)
		if c == 0 {
			return "", unfit(text, i, r)
		}
		b.WriteRune(c)
	}
	return b.String(), nil
}

// digitsOnly removes the signs between the digits.
func digitsOnly(dialled string) string {
	return strings.Map(func(r rune) rune {
		if isDigit(r) || r == '+' {
			return r
		}
		return -1
	}, dialled)
}

// plain returns the ASCII form of a character that a number may have, or 0.
func plain(r rune) rune {
	switch {
	case isDigit(r), strings.ContainsRune("+()-./ ", r):
		return r
	case '٠' <= r && r <= '٩':
		return r - '٠' + '0'
	case '۰' <= r && r <= '۹':
		return r - '۰' + '0'
	case r == '\t', unicode.Is(unicode.Zs, r):
		return ' '
	case unicode.Is(unicode.Pd, r), r == '−':
		return '-'
	}
	return 0
}

// unfit returns what is wrong with the character r at text[at:].
func unfit(text string, at int, r rune) error {
	rest := strings.ToLower(text[at:])
	hasDigits := strings.ContainsFunc(text[:at], isDigit)
	switch {
	case hasDigits && (r == '#' || r == ';' || strings.HasPrefix(rest, "ext") || startsExtension(rest)):
		return errExtension
	case unicode.IsLetter(r):
		return errLetters
	case unicode.IsDigit(r):
		return errDigits
	}
	return refusal{RuleInvalid, fmt.Sprintf("It has the character “%c”, which can't be part of a phone number.", r)}
}

// startsExtension reports whether an x is followed by digits only.
func startsExtension(rest string) bool {
	after, ok := strings.CutPrefix(rest, "x")
	after = strings.TrimLeft(after, " .:")
	return ok && after != "" && strings.Trim(after, "0123456789") == ""
}

func wellFormed(dialled string) error {
	digits := 0
	for _, r := range dialled {
		if isDigit(r) {
			digits++
		}
		if r == '+' && digits > 0 {
			return errPlus
		}
	}
	switch {
	case strings.Count(dialled, "+") > 1:
		return errPlus
	case digits < 3:
		return errTooFewDigits
	}
	return nil
}

// accept judges a parsed number.
func accept(number *phonenumbers.PhoneNumber, allowed []string) (Recipient, error) {
	country := phonenumbers.GetRegionCodeForNumber(number)
	if codeRegion(number) == phonenumbers.REGION_CODE_FOR_NON_GEO_ENTITY {
		return Recipient{}, errNowhere
	}
	kind := phonenumbers.GetNumberType(number)
	if country == "" || kind == phonenumbers.UNKNOWN {
		return Recipient{}, invalid(number)
	}
	switch {
	case kind == phonenumbers.PREMIUM_RATE:
		return Recipient{}, errPremium
	case kind == phonenumbers.SHARED_COST:
		return Recipient{}, errSharedCost
	case !mayGoTo(number, country, allowed):
		return Recipient{}, refusal{
			RuleCountry,
			fmt.Sprintf("Text messages can't go to its country (%s).", CountryName(country)),
		}
	}
	found := Recipient{To: phonenumbers.Format(number, phonenumbers.E164), Country: country, TollFree: kind == phonenumbers.TOLL_FREE}
	if kind == phonenumbers.FIXED_LINE {
		found.Warning = fixedLine
	}
	return found, e164(found.To)
}

// mayGoTo reports whether a number belongs to an allowed country. Some countries share all their numbers (Finland and Åland,
// Norway and Svalbard): such a number belongs to each of them.
func mayGoTo(number *phonenumbers.PhoneNumber, country string, allowed []string) bool {
	return len(allowed) == 0 || slices.ContainsFunc(allowed, func(a string) bool {
		a = strings.ToUpper(a)
		return a == country || phonenumbers.IsValidNumberForRegion(number, a)
	})
}

// invalid returns why no such number exists.
func invalid(number *phonenumbers.PhoneNumber) error {
	country := CountryName(codeRegion(number))
	rule, words := RuleInvalid, "No number like this exists with the code +%d (%s). Check the digits."
	switch phonenumbers.IsPossibleNumberWithReason(number) {
	case phonenumbers.TOO_SHORT, phonenumbers.IS_POSSIBLE_LOCAL_ONLY:
		rule, words = RuleLength, "It has too few digits for a number with the code +%d (%s)."
	case phonenumbers.TOO_LONG:
		rule, words = RuleLength, "It has too many digits for a number with the code +%d (%s)."
	}
	return refusal{rule, fmt.Sprintf(words, number.GetCountryCode(), country)}
}

// e164 enforces the package's guarantee, whatever the library's data say.
func e164(to string) error {
	digits, ok := strings.CutPrefix(to, "+")
	switch {
	case !ok || strings.Trim(digits, "0123456789") != "" || strings.HasPrefix(digits, "0") || len(digits) < minDigits:
		return errTooFewDigits
	case len(digits) > maxDigits:
		return errTooManyDigits
	}
	return nil
}
