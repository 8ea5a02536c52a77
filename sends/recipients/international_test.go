package recipients

import (
	"strings"
	"testing"

	"github.com/nyaruka/phonenumbers"
)

// checkInternational compares the short path with the library's.
func checkInternational(tb testing.TB, digits string) (short bool) {
	tb.Helper()
	got, ok := international(digits)
	if !ok {
		return false
	}
	want, err := phonenumbers.Parse("+"+digits, "")
	same := err == nil && got.GetCountryCode() == want.GetCountryCode() && got.GetNationalNumber() == want.GetNationalNumber() &&
		got.GetItalianLeadingZero() == want.GetItalianLeadingZero() && want.GetExtension() == ""
	if !same {
		tb.Errorf("international(%q) = %v, want %v, %v", digits, got, want, err)
	}
	return true
}

func TestInternational_as_the_library(t *testing.T) {
	t.Parallel()
	kinds := []phonenumbers.PhoneNumberType{phonenumbers.MOBILE, phonenumbers.FIXED_LINE, phonenumbers.PREMIUM_RATE, phonenumbers.TOLL_FREE}
	mobiles, short := 0, 0
	for _, c := range Countries() {
		for _, kind := range kinds {
			sample := phonenumbers.GetExampleNumberForType(c.Code, kind)
			if sample == nil {
				continue
			}
			digits := strings.TrimPrefix(phonenumbers.Format(sample, phonenumbers.E164), "+")
			ok := checkInternational(t, digits)
			for _, first := range "0123456789" { // also unassigned numbers, and those with a prefix
				checkInternational(t, digits+string(first))
				code := len(digits) - len(phonenumbers.GetNationalSignificantNumber(sample))
				checkInternational(t, digits[:code]+string(first)+digits[code:])
				checkInternational(t, digits[:code]+string(first)+digits[code+1:])
			}
			if kind == phonenumbers.MOBILE {
				mobiles++
				if ok {
					short++
				}
			}
		}
	}
	if short < mobiles*8/10 {
		t.Errorf("%d of %d mobile numbers go the short way, want nearly all", short, mobiles)
	}
}

func FuzzInternational(f *testing.F) {
	f.Add("32470123456")
	f.Add("5491123456789")
	f.Add("390612345678")
	f.Fuzz(func(t *testing.T, digits string) {
		if strings.Trim(digits, "0123456789") == "" {
			checkInternational(t, digits)
		}
	})
}
