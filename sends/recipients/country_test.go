package recipients_test

import (
	"slices"
	"testing"

	"github.com/coupontools/couponbot/sends/recipients"
)

func TestCountries(t *testing.T) {
	t.Parallel()

	all := recipients.Countries()

	if len(all) < 240 {
		t.Errorf("%d countries, want some 245", len(all))
	}
	for _, want := range []recipients.Country{{"BE", "Belgium"}, {"AX", "Åland Islands"}, {"AC", "Ascension Island"}, {"XK", "Kosovo"}} {
		if !slices.Contains(all, want) {
			t.Errorf("%v is missing", want)
		}
	}
	at := func(code string) int {
		return slices.IndexFunc(all, func(c recipients.Country) bool { return c.Code == code })
	}
	if at("AF") > at("AX") || at("AX") > at("AL") {
		t.Errorf("Åland Islands come %d., want them between Afghanistan (%d.) and Albania (%d.)", at("AX"), at("AF"), at("AL"))
	}
	all[0] = recipients.Country{}
	if recipients.Countries()[0] == all[0] {
		t.Error("a caller can change the list of the next")
	}
}
