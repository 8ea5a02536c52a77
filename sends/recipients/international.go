package recipients

import (
	"regexp"
	"strconv"
	"sync"

	"github.com/nyaruka/phonenumbers"
)

// international makes a number of its digits with the country code, as phonenumbers.Parse does, in a tenth of the time: Parse
// spends most of its own on looking for extensions, which have been refused before. It is not ok where there is more to
// know than the code of a country: zeros after it, or what may be the prefix of calls within the country.
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
		prefix, known := trunkPrefixes()[region]
		rest := digits[n:]
		if !known || rest[0] == '0' || len(rest) < minNational || len(rest) > maxNational || prefix != nil && prefix.MatchString(rest) {
			return nil, false
		}
		national, err := strconv.ParseUint(rest, 10, 64)
		code32 := int32(code)
		return &phonenumbers.PhoneNumber{CountryCode: &code32, NationalNumber: &national}, err == nil
	}
	return nil, false
}

// The lengths of what comes after a country's code that phonenumbers.Parse reads. The least is longer than its own, so that
// its errors are left to itself.
const minNational, maxNational = 4, 17

// trunkPrefixes returns for each country what may stand before its numbers when they are dialled within it; nil for
// nothing.
var trunkPrefixes = sync.OnceValue(func() map[string]*regexp.Regexp {
	prefixes := map[string]*regexp.Regexp{}
	all, err := phonenumbers.MetadataCollection()
	if err != nil {
		return nil // Then Parse reads them all.
	}
	for _, region := range all.GetMetadata() {
		pattern := region.GetNationalPrefixForParsing()
		if pattern == "" {
			prefixes[region.GetId()] = nil
		} else if prefix, err := regexp.Compile("^(?:" + pattern + ")"); err == nil {
			prefixes[region.GetId()] = prefix
		}
	}
	delete(prefixes, phonenumbers.REGION_CODE_FOR_NON_GEO_ENTITY)
	return prefixes
})
