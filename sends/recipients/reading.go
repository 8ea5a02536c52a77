package recipients

import (
	"fmt"
	"strings"

	"github.com/nyaruka/phonenumbers"
)

// The minimum digits of a foreign number without its +. With a region set, all but those of some islands have ten. Without
// one, ten-digit numbers aren't considered: North American ones are mostly written without their code.
const minForeign, minForeignNoRegion = 10, 11

// readNumber parses digits as the phone library does: after a + or the region's international prefix as any country's
// number, otherwise as the region's. A leading 00 that has no meaning in the region is read as +, since Europeans write it
// so. The error is a [realError].
func readNumber(digits string, r Rules) (*phonenumbers.PhoneNumber, error) {
	region := strings.ToUpper(r.Region)
	if strings.HasPrefix(digits, "+0") {
		return readPlusZero(digits[1:], region)
	}
	if abroad, ok := strings.CutPrefix(digits, "+"); ok {
		return withCode(abroad)
	}
	if abroad, ok := cutExit(digits, region); ok {
		return readAbroad(digits, abroad)
	}
	if abroad, ok := strings.CutPrefix(digits, "00"); ok {
		if home, err := parseHome(digits, region); err == nil && phonenumbers.IsValidNumber(home) {
			return home, nil
		}
		return withCode(abroad)
	}
	if region == "" {
		return readWithoutRegion(digits, r)
	}
	return readWithoutCode(digits, region, r)
}

// readPlusZero reads "+0032" and "+011 32": people write a + before an international prefix.
func readPlusZero(digits, region string) (*phonenumbers.PhoneNumber, error) {
	if abroad, ok := cutExit(digits, region); ok {
		return readAbroad(digits, abroad)
	}
	abroad, ok := strings.CutPrefix(digits, "00")
	if !ok {
		return nil, errCountryCode
	}
	return withCode(abroad)
}

// readAbroad reads a number that begins with the region's international prefix; abroad is the rest. If the prefix is longer
// than 00 and no such number exists, 00 is read as + if that gives a number.
func readAbroad(digits, abroad string) (*phonenumbers.PhoneNumber, error) {
	number, err := withCode(abroad)
	zeros, ok := strings.CutPrefix(digits, "00")
	if !ok || zeros == abroad || err == nil && phonenumbers.IsValidNumber(number) {
		return number, err
	}
	if other, otherErr := withCode(zeros); otherErr == nil && phonenumbers.IsValidNumber(other) {
		return other, nil
	}
	return number, err
}

// parseHome parses a number as dialled within the region. The number tells how its country code was found.
func parseHome(digits, region string) (*phonenumbers.PhoneNumber, error) {
	number, err := phonenumbers.ParseAndKeepRawInput(digits, region)
	if err != nil {
		return nil, parseRefusal(err)
	}
	return undated(number), nil
}

// readWithoutRegion has no home country, so digits must begin with a country code.
func readWithoutRegion(digits string, r Rules) (*phonenumbers.PhoneNumber, error) {
	if foreign := plusLost(digits, minForeignNoRegion); foreign != nil && isMobile(foreign) {
		return asForeign(foreign, r)
	}
	return nil, errNoCountry
}

// readWithoutCode reads a number without + and international prefix. It is the region's, or a foreign one that lost its +,
// as spreadsheets drop it. If both are plausible it is a doubt.
func readWithoutCode(digits, region string, r Rules) (*phonenumbers.PhoneNumber, error) {
	home, err := parseHome(digits, region)
	other := plusLost(digits, minForeign)
	switch {
	case other == nil:
		return home, err
	case int(other.GetCountryCode()) != phonenumbers.GetCountryCodeForRegion(region):
		if foreignMeant(home, other, len(digits), r) {
			return asForeign(other, r)
		}
		return home, err
	case isMobile(other) && !isUsualMobile(home):
		return other, nil // "4915112345678" in Germany, which the library reads as a landline in Leer
	case home != nil && phonenumbers.IsValidNumber(home) && phonenumbers.IsValidNumber(other) && !sameNumber(home, other):
		return nil, errTwoReadings
	}
	return home, err
}

// plusLost parses digits as if they had a + before them. It returns nil if they are too few, or no country's.
func plusLost(digits string, least int) *phonenumbers.PhoneNumber {
	if len(digits) < least || len(digits) > maxDigits || digits[0] == '0' {
		return nil
	}
	number, err := withCode(digits)
	if err != nil || codeRegion(number) == phonenumbers.REGION_CODE_FOR_NON_GEO_ENTITY {
		return nil
	}
	return number
}

// foreignMeant reports whether digits that give the number home in the region may also mean the other country's number. A
// mobile number in the region's usual spelling is beyond doubt. One without its 0, which spreadsheets drop, often looks like
// a North American number: that counts only if the send may go there.
func foreignMeant(home, other *phonenumbers.PhoneNumber, digits int, r Rules) bool {
	switch {
	case home == nil || !phonenumbers.IsValidNumber(home):
		return isMobile(other) || digits >= minForeignNoRegion && mobileLength(other)
	case isUsualMobile(home):
		return false
	case isMobile(home):
		return phonenumbers.GetNumberType(other) == phonenumbers.MOBILE || isMobile(other) && mayGoTo(other, countryOf(other), r.Allowed)
	case phonenumbers.IsNationalPrefixPresentIfRequired(home):
		return isMobile(other)
	}
	return mobileLength(other)
}

// isUsualMobile reports whether a mobile number is written with its national prefix.
func isUsualMobile(home *phonenumbers.PhoneNumber) bool {
	return home != nil && isMobile(home) && phonenumbers.IsNationalPrefixPresentIfRequired(home)
}

// isMobile reports whether a number may receive text messages. In North America and some other countries, mobiles and
// landlines look alike.
func isMobile(number *phonenumbers.PhoneNumber) bool {
	kind := phonenumbers.GetNumberType(number)
	return kind == phonenumbers.MOBILE || kind == phonenumbers.FIXED_LINE_OR_MOBILE
}

// mobileLength reports whether a number is as long as its country's mobile numbers, even if it doesn't exist. Numbers newer
// than the library's data, or reserved for films, have that length too.
func mobileLength(number *phonenumbers.PhoneNumber) bool {
	return numberings().mobile[number.GetCountryCode()].has(len(phonenumbers.GetNationalSignificantNumber(number)))
}

func sameNumber(a, b *phonenumbers.PhoneNumber) bool {
	return phonenumbers.Format(a, phonenumbers.E164) == phonenumbers.Format(b, phonenumbers.E164)
}

// codeRegion returns the main country of a country code: the United States for +1.
func codeRegion(number *phonenumbers.PhoneNumber) string {
	return phonenumbers.GetRegionCodeForCountryCode(int(number.GetCountryCode()))
}

// countryOf returns the country of a number, or of its country code if no such number exists.
func countryOf(number *phonenumbers.PhoneNumber) string {
	if country := phonenumbers.GetRegionCodeForNumber(number); country != "" {
		return country
	}
	return codeRegion(number)
}

// asForeign accepts a number that lost its + if Rules.Foreign says so. Otherwise it is a doubt, which the caller can ask
// about.
func asForeign(number *phonenumbers.PhoneNumber, r Rules) (*phonenumbers.PhoneNumber, error) {
	country := countryOf(number)
	name, code := CountryName(country), number.GetCountryCode()
	switch {
	case !mayGoTo(number, country, r.Allowed):
		words := "It looks like a foreign number without its + (%s, +%d), and texts can't go there. If it isn't, add the country code."
		return nil, refusal{RuleCountry, fmt.Sprintf(words, name, code)}
	case r.Foreign:
		return number, nil
	}
	words := "It looks like a foreign number without its + (%s, +%d). Write it with + and the country code."
	return nil, refusal{RuleForeign, fmt.Sprintf(words, name, code)}
}
