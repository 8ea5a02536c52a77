package recipients

import (
	"errors"
	"regexp"
	"strconv"

	"github.com/nyaruka/phonenumbers"
)

// withCode parses digits that begin with a country code.
func withCode(digits string) (*phonenumbers.PhoneNumber, error) {
	number, ok := international(digits)
	if !ok {
		var err error
		if number, err = phonenumbers.Parse("+"+digits, ""); err != nil {
			return nil, parseRefusal(err)
		}
	}
	return undated(number), nil
}

// parseRefusal words the library's error.
func parseRefusal(err error) error {
	switch {
	case errors.Is(err, phonenumbers.ErrInvalidCountryCode):
		return errCountryCode
	case errors.Is(err, phonenumbers.ErrNumTooLong):
		return errTooManyDigits
	}
	return errTooFewDigits
}

// international builds a number from digits with a country code, as phonenumbers.Parse does, in a tenth of the time: Parse
// mostly looks for extensions, which are refused earlier. ok is false if more than the country code matters: zeros after it,
// or a possible national prefix.
func international(digits string) (number *phonenumbers.PhoneNumber, ok bool) {
	for n := 1; n <= 3 && n < len(digits); n++ {
		code, err := strconv.Atoi(digits[:n])
		if err != nil || digits[0] == '0' {
			return nil, false
		}
		region := phonenumbers.GetRegionCodeForCountryCode(code)
		if region == phonenumbers.UNKNOWN_REGION {
			continue
		}
		p, known := numberings().plans[region]
		rest := digits[n:]
		switch {
		case !known || rest[0] == '0' || len(rest) < minNational || len(rest) > maxNational,
			p.trunk != nil && p.trunk.MatchString(rest):
			return nil, false
		}
		national, err := strconv.ParseUint(rest, 10, 64)
		code32 := int32(code)
		return &phonenumbers.PhoneNumber{CountryCode: &code32, NationalNumber: &national}, err == nil
	}
	return nil, false
}

// The lengths after a country code that phonenumbers.Parse accepts. The minimum is larger than the library's, so that its
// errors come from the library.
const minNational, maxNational = 4, 17

const mexico = 52

// oldMexican matches a Mexican number with a prefix for mobiles or long distance. Mexico dropped them in August 2019;
// WhatsApp and old lists still have the 1.
var oldMexican = regexp.MustCompile(`^(?:0?1|04[45])(\d{10})$`)

// undated returns a number as dialled today. The library doesn't accept old Mexican prefixes.
func undated(number *phonenumbers.PhoneNumber) *phonenumbers.PhoneNumber {
	if number.GetCountryCode() != mexico {
		return number
	}
	parts := oldMexican.FindStringSubmatch(phonenumbers.GetNationalSignificantNumber(number))
	if parts == nil {
		return number
	}
	if now, ok := international(strconv.Itoa(mexico) + parts[1]); ok {
		return now
	}
	return number
}
