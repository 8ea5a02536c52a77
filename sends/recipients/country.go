package recipients

import (
	"slices"
	"strings"
	"sync"
	"unicode"

	"github.com/nyaruka/phonenumbers"
	"golang.org/x/text/language"
	"golang.org/x/text/language/display"
	"golang.org/x/text/unicode/norm"
)

// Country is a country with phone numbers.
type Country struct {
	// Code is ISO 3166 alpha-2, in capitals.
	Code string
	// Name is in English.
	Name string
}

// Countries returns every country with its own phone numbers, sorted by name.
func Countries() []Country { return slices.Clone(countries()) }

var countries = sync.OnceValue(func() []Country {
	var all []Country
	for code := range phonenumbers.GetSupportedRegions() {
		all = append(all, Country{Code: code, Name: CountryName(code)})
	}
	slices.SortFunc(all, func(a, b Country) int { return strings.Compare(sortKey(a.Name), sortKey(b.Name)) })
	return all
})

// sortKey sorts Åland next to Albania, not after Zimbabwe.
func sortKey(name string) string {
	return strings.Map(func(r rune) rune {
		if unicode.Is(unicode.Mn, r) {
			return -1
		}
		return unicode.ToLower(r)
	}, norm.NFD.String(name))
}

// CountryName returns the English name of a country (ISO 3166 alpha-2), or the code if there is none.
func CountryName(code string) string {
	region, err := language.ParseRegion(code)
	if err != nil {
		return code
	}
	if name := regionNames().Name(region); name != "" {
		return name
	}
	return code
}

var regionNames = sync.OnceValue(func() display.Namer { return display.English.Regions() })
