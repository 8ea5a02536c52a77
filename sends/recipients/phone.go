package recipients

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"unicode"

	"github.com/nyaruka/phonenumbers"
	"golang.org/x/text/width"
)

// The number of digits an international number can have: at least what the shortest plans give out, at most what E.164
// allows.
const minDigits, maxDigits = 7, 15

var (
	errPhoneIsAddress = refusal{RuleInvalid, "This is an e-mail address, but the send goes out by SMS."}
	errExtension      = refusal{RuleInvalid, "It has an extension, which cannot get a text message. Leave the extension away."}
	errLetters        = refusal{RuleInvalid, "It has letters. Write the number with digits alone."}
	errDigits         = refusal{RuleInvalid, "Write the number with the digits 0 to 9."}
	errNoCountry      = refusal{RuleNoCountry, "Write it with + and the country code, or choose a country in the form."}
	errTooFewDigits   = refusal{RuleLength, "It has too few digits for a phone number."}
	errTooManyDigits  = refusal{RuleLength, "It has too many digits for a phone number."}
	errCountryCode    = refusal{RuleInvalid, "There is no country with the code at the beginning of this number."}
	errPremium        = refusal{RulePremium, "It is a premium-rate number, and those are not allowed."}
	errSharedCost     = refusal{RulePremium, "It is a number with extra cost, and those are not allowed."}
)

var (
	errPlus = refusal{
		RuleInvalid,
		"A + can only stand at the very beginning of a number; two numbers need a comma or a new line between.",
	}
	errSpoiled = refusal{
		RuleSpreadsheet,
		"A spreadsheet made a decimal of it, or a form like 3.2E+10. Format the column as text there and enter it again.",
	}
	errNowhere = refusal{
		RuleCountry,
		"It belongs to no country, but to a satellite or another worldwide service, and is not allowed.",
	}
)

const fixedLine = "It looks like a fixed line, which mostly cannot get text messages."

// Phone reads one phone number in any usual spelling: with + or 00 and the country code, or, with Rules.Region set, as it
// is dialled there. The error is a sentence for the person. Letters and extensions are refused, not read away; so are
// premium-rate numbers, numbers of no country, and numbers of a country that is not in Rules.Allowed.
func Phone(text string, r Rules) (Recipient, error) {
	text = strings.TrimFunc(bare(text, "tel:"), padding)
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
	number, err := parsePhone(dialled, strings.ToUpper(r.Region))
	if err != nil {
		return Recipient{}, err
	}
	return accept(number, r.Allowed)
}

// padding is what programs put around a number: marks of its direction, and the quotes that make it text in a table.
func padding(r rune) bool {
	return unicode.IsSpace(r) || unicode.Is(unicode.Cf, r) || strings.ContainsRune(`"'`, r)
}

// spoiled reports what spreadsheets make of a number that is not kept as text: scientific notation, which has lost
// digits, or a fraction. A number that is dialled may have dots too, but no seven digits before its only one.
func spoiled(text string) bool {
	return strings.ContainsAny(text, ".,eE") && spreadsheetNumber.MatchString(text)
}

var spreadsheetNumber = regexp.MustCompile(`^[+-]?(\d+([.,]\d+)?[eE][+-]?\d+|\d{7,}[.,]\d+)$`)

// dial rewrites a number with the characters 0-9, + and a few signs between them. Everything else is refused here, since
// the library would read letters as the digits of a keypad and drop an extension.
func dial(text string) (string, error) {
	if strings.Contains(text, "@") {
		return "", errPhoneIsAddress
	}
	var b strings.Builder
	text = width.Fold.String(text)
	for i, r := range text {
		c := plain(r)
		if c == 0 {
			return "", unfit(text, i, r)
		}
		b.WriteRune(c)
	}
	dialled := b.String()
	if rest, ok := strings.CutPrefix(strings.TrimSpace(dialled), "00"); ok {
		dialled = "+" + rest
	}
	return digitsOnly(dialled), wellFormed(dialled)
}

// digitsOnly leaves the signs between the digits away, which the library would, too, but later.
func digitsOnly(dialled string) string {
	return strings.Map(func(r rune) rune {
		if isDigit(r) || r == '+' {
			return r
		}
		return -1
	}, dialled)
}

// plain returns the ASCII form of a character that may stand in a number, or 0.
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

// unfit says what is wrong with the character r at text[at:].
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
	return refusal{RuleInvalid, fmt.Sprintf("It has the character “%c”, which no phone number has.", r)}
}

// startsExtension reports an x before nothing but digits.
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

// parsePhone reads the region only into a number that does not bring its country code.
func parsePhone(dialled, region string) (*phonenumbers.PhoneNumber, error) {
	if strings.Contains(dialled, "+") {
		region = ""
	} else if region == "" {
		return nil, errNoCountry
	}
	if digits, ok := strings.CutPrefix(dialled, "+"); ok {
		if number, ok := international(digits); ok {
			return number, nil
		}
	}
	number, err := phonenumbers.Parse(dialled, region)
	switch {
	case err == nil:
		return number, nil
	case errors.Is(err, phonenumbers.ErrInvalidCountryCode):
		return nil, errCountryCode
	case errors.Is(err, phonenumbers.ErrNumTooLong):
		return nil, errTooManyDigits
	}
	return nil, errTooFewDigits
}

// accept judges a number that could be read.
func accept(number *phonenumbers.PhoneNumber, allowed []string) (Recipient, error) {
	country := phonenumbers.GetRegionCodeForNumber(number)
	if phonenumbers.GetRegionCodeForCountryCode(int(number.GetCountryCode())) == phonenumbers.REGION_CODE_FOR_NON_GEO_ENTITY {
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
	case len(allowed) > 0 && !belongs(number, country, allowed):
		return Recipient{}, refusal{
			RuleCountry,
			fmt.Sprintf("Its country (%s) is not one that text messages may go to.", countryName(country)),
		}
	}
	found := Recipient{To: phonenumbers.Format(number, phonenumbers.E164), Country: country}
	if kind == phonenumbers.FIXED_LINE {
		found.Warning = fixedLine
	}
	return found, e164(found.To)
}

// belongs reports whether a number is of one of the countries. Some share all their numbers (Finland and Åland, Norway and
// Svalbard): such a number belongs to each of them.
func belongs(number *phonenumbers.PhoneNumber, country string, allowed []string) bool {
	return slices.ContainsFunc(allowed, func(a string) bool {
		a = strings.ToUpper(a)
		return a == country || phonenumbers.IsValidNumberForRegion(number, a)
	})
}

// invalid says why no such number is given out.
func invalid(number *phonenumbers.PhoneNumber) error {
	country := countryName(phonenumbers.GetRegionCodeForCountryCode(int(number.GetCountryCode())))
	rule, words := RuleInvalid, "No number like this is given out with the code +%d (%s). Check the digits."
	switch phonenumbers.IsPossibleNumberWithReason(number) {
	case phonenumbers.TOO_SHORT, phonenumbers.IS_POSSIBLE_LOCAL_ONLY:
		rule, words = RuleLength, "It has too few digits for a number with the code +%d (%s)."
	case phonenumbers.TOO_LONG:
		rule, words = RuleLength, "It has too many digits for a number with the code +%d (%s)."
	}
	return refusal{rule, fmt.Sprintf(words, number.GetCountryCode(), country)}
}

// e164 holds the package's promise whatever the library's data say.
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
