package recipients

import (
	"regexp"
	"sync"

	"github.com/nyaruka/phonenumbers"
)

// numberPlan is the phone library's metadata about the numbers of a country.
type numberPlan struct {
	// trunk matches the national prefix; it may be nil.
	trunk *regexp.Regexp
	// exit matches the international prefix; it may be nil.
	exit *regexp.Regexp
}

// digitCounts is a set of numbers of digits, one bit each.
type digitCounts uint32

func (l digitCounts) has(n int) bool { return n > 0 && n < 32 && l&(1<<n) != 0 }

// digitCountsOf returns the lengths of the numbers that desc describes.
func digitCountsOf(desc *phonenumbers.PhoneNumberDesc) digitCounts {
	var l digitCounts
	for _, n := range desc.GetPossibleLength() {
		if 0 < n && n < 32 {
			l |= 1 << n
		}
	}
	return l
}

// numbering is the metadata of all countries.
type numbering struct {
	plans map[string]numberPlan
	// national and mobile are the possible lengths of numbers after a country code. Countries with the same code share them.
	national, mobile map[int32]digitCounts
}

// numberings loads the library's metadata once. Without metadata it is empty, and the library reads every number.
var numberings = sync.OnceValue(func() numbering {
	n := numbering{plans: map[string]numberPlan{}, national: map[int32]digitCounts{}, mobile: map[int32]digitCounts{}}
	all, err := phonenumbers.MetadataCollection()
	if err != nil {
		return n
	}
	for _, region := range all.GetMetadata() {
		code := region.GetCountryCode()
		mobile := digitCountsOf(region.GetMobile())
		if mobile == 0 { // as long as all others
			mobile = digitCountsOf(region.GetGeneralDesc())
		}
		n.national[code] |= digitCountsOf(region.GetGeneralDesc())
		n.mobile[code] |= mobile
		if region.GetId() == phonenumbers.REGION_CODE_FOR_NON_GEO_ENTITY {
			continue
		}
		trunk, err1 := prefixPattern(region.GetNationalPrefixForParsing())
		exit, err2 := prefixPattern(region.GetInternationalPrefix())
		if err1 == nil && err2 == nil {
			n.plans[region.GetId()] = numberPlan{trunk: trunk, exit: exit}
		}
	}
	return n
})

// prefixPattern compiles a metadata pattern for the beginning of a number.
func prefixPattern(pattern string) (*regexp.Regexp, error) {
	if pattern == "" {
		return nil, nil //nolint:nilnil // no prefix, no pattern
	}
	return regexp.Compile("^(?:" + pattern + ")")
}

// cutExit removes the region's international prefix, as phonenumbers.Parse does: a country code doesn't begin with 0.
func cutExit(digits, region string) (abroad string, ok bool) {
	exit := numberings().plans[region].exit
	if exit == nil {
		return digits, false
	}
	at := exit.FindStringIndex(digits)
	if at == nil || at[1] >= len(digits) || digits[at[1]] == '0' {
		return digits, false
	}
	return digits[at[1]:], true
}
