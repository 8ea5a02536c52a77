package recipients_test

import (
	"regexp"
	"strings"
	"testing"

	"github.com/nyaruka/phonenumbers"

	"github.com/coupontools/couponbot/sends/recipients"
)

func TestPhone(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct{ text, region, want string }{
		"with plus":                             {"+32470123456", "", "+32470123456"},
		"with double zero":                      {"0032 470 12 34 56", "", "+32470123456"},
		"double zero even where 011 is dialled": {"0032470123456", "US", "+32470123456"},
		"double zero of China in Hong Kong":     {"0086 138 0013 8000", "HK", "+8613800138000"},
		"001 in Thailand":                       {"001 47 923 45 678", "TH", "+4792345678"},
		"a + before 00":                         {"+00 32 470 12 34 56", "BE", "+32470123456"},
		"a + before 011":                        {"+011 32 470 12 34 56", "US", "+32470123456"},
		"a blank after the +":                   {"+ 32 470 12 34 56", "", "+32470123456"},
		"the home code and the zero":            {"32 (0)470 12 34 56", "BE", "+32470123456"},
		"the zero in brackets at home":          {"(0)470 12 34 56", "BE", "+32470123456"},
		"00, the code and the zero":             {"0032(0)470 12 34 56", "BE", "+32470123456"},
		"00 in brackets":                        {"(0032) 470 12 34 56", "BE", "+32470123456"},
		"a German mobile with 49":               {"4915112345678", "DE", "+4915112345678"},
		"an Austrian mobile with 43":            {"436641234567", "AT", "+436641234567"},
		"without its zero":                      {"470123456", "BE", "+32470123456"},
		"without its zero, like no US number":   {"15112345678", "DE", "+4915112345678"},
		"old Mexican mobile":                    {"+52 1 55 1234 5678", "", "+525512345678"},
		"old Mexican mobile at home":            {"044 55 1234 5678", "MX", "+525512345678"},
		"old Mexican mobile without +":          {"5215512345678", "MX", "+525512345678"},
		"Argentinian mobile":                    {"+54 9 11 2345-6789", "", "+5491123456789"},
		"Argentinian mobile without the 9":      {"+54 11 2345-6789", "", "+541123456789"},
		"Hong Kong, new range":                  {"+852 4743 1471", "", "+85247431471"},
		"Benin, ten digits":                     {"+229 01 97 00 00 01", "", "+2290197000001"},
		"Ivory Coast, ten digits":               {"+225 07 12 34 56 78", "", "+2250712345678"},
		"Kazakhstan with 8":                     {"8 701 234 56 78", "KZ", "+77012345678"},
		"a label":                               {"Mobile: 0470 12 34 56", "BE", "+32470123456"},
		"two labels":                            {"Tel./GSM 0470 12 34 56", "BE", "+32470123456"},
		"Meta's label":                          {"p:+32470123456", "", "+32470123456"},
		"WhatsApp's link":                       {"whatsapp:+32470123456", "", "+32470123456"},
		"a label with an accent":                {"Tél. 0470 12 34 56", "BE", "+32470123456"},
		"011 where that is dialled":             {"011 32 470 12 34 56", "US", "+32470123456"},
		"as at home":                            {"0470 12 34 56", "BE", "+32470123456"},
		"at home with the country code":         {"32470123456", "BE", "+32470123456"},
		"plus wins over the region":             {"+31 6 12345678", "BE", "+31612345678"},
		"the zero in brackets":                  {"+32 (0)470 12 34 56", "", "+32470123456"},
		"the code in brackets":                  {"(+32) 470 12 34 56", "", "+32470123456"},
		"Italian zero stays":                    {"+39 06 1234 5678", "", "+390612345678"},
		"a tel link":                            {"tel:+32-470-12-34-56", "", "+32470123456"},
		"a tel link in capitals":                {"TEL:+32470123456", "", "+32470123456"},
		"a Slack link":                          {"<tel:+32470123456|+32 470 12 34 56>", "", "+32470123456"},
		"full-width characters":                 {"＋３２　４７０　１２３４５６", "", "+32470123456"},
		"Arabic digits":                         {"+٣٢٤٧٠١٢٣٤٥٦", "", "+32470123456"},
		"Persian digits":                        {"+۳۲۴۷۰۱۲۳۴۵۶", "", "+32470123456"},
		"no-break blanks and long dashes":       {"+32\u00a0470\u202f12–34—56", "", "+32470123456"},
		"direction marks around it":             {"\u202a+32 470 12 34 56\u202c", "", "+32470123456"},
		"an apostrophe from a table":            {"'+32470123456", "", "+32470123456"},
		"in quotes":                             {`"+32 470 12 34 56"`, "", "+32470123456"},
		"tab inside":                            {"+32\t470123456", "", "+32470123456"},
		"US number with the area in brackets":   {"(650) 253-0000", "US", "+16502530000"},
		"the longest":                           {"+49 1516 0000000", "", "+4915160000000"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()

			got, err := recipients.Phone(tt.text, recipients.Rules{Kind: recipients.SMS, Region: tt.region})

			if err != nil || got.To != tt.want {
				t.Errorf("Phone(%q) = %q, %v, want %q", tt.text, got.To, err, tt.want)
			}
		})
	}
}

func TestPhone_refused(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct{ text, region, want string }{
		"nothing":                         {"  ", "BE", "nothing here"},
		"no country":                      {"0470 12 34 56", "", "Write it with + and the country code."},
		"country of the form unknown":     {"0470 12 34 56", "XX", "No country has the code"},
		"an address":                      {"mia@example.com", "BE", "e-mail address"},
		"letters of a keypad":             {"+1 800 FLOWERS", "", "letters"},
		"a name before":                   {"Mia 0470123456", "BE", "letters"},
		"a code like a number":            {"M0470123456", "BE", "letters"},
		"the letter O":                    {"O470123456", "BE", "letters"},
		"extension, ext":                  {"+32 2 555 01 00 ext 5", "", "extension"},
		"extension, Ext.":                 {"+32 2 555 01 00 Ext. 5", "", "extension"},
		"extension, x":                    {"+3225550100x5", "", "extension"},
		"extension, #":                    {"+3225550100 #5", "", "extension"},
		"extension, RFC 3966":             {"tel:+3225550100;ext=5", "", "extension"},
		"full-width extension":            {"+3225550100ｘ５", "", "extension"},
		"digits of another script":        {"+३२४७०१२३४५६", "", "digits 0 to 9"},
		"a sign that is none of a number": {"+32 470 * 123456", "", "“*”"},
		"two numbers":                     {"+32470123456 +32470123457", "", "looks like two numbers"},
		"two pluses":                      {"++32470123456", "", "A + can only stand"},
		"plus at the end":                 {"32470123456+", "BE", "A + can only stand"},
		"code of no country":              {"+999 470 123 456", "", "No country has the code"},
		"code that begins with zero":      {"+0470123456", "BE", "No country has the code"},
		"too short":                       {"+32 470", "", "too few digits"},
		"two digits":                      {"12", "BE", "too few digits"},
		"a digit too many":                {"+32 470 12 34 567", "", "too many digits for a number with the code +32 (Belgium)"},
		"far too many digits":             {"+32" + strings.Repeat("4", 30), "", "too many digits"},
		"Benin, old":                      {"+229 97 00 00 01", "", "No number like this exists with the code +229"},
		"Ivory Coast, old":                {"+225 07 12 34 56", "", "too few digits for a number with the code +225"},
		"Brazil, without the 9":           {"+55 11 8123-4567", "", "No number like this exists"},
		"not given out":                   {"+1 555 123 4567", "", "No number like this exists"},
		"premium rate":                    {"+32 906 12 345", "", "premium-rate"},
		"premium rate, US":                {"+1 900 234 5678", "", "premium-rate"},
		"satellite":                       {"+881 612 345 678", "", "worldwide service"},
		"international freephone":         {"+800 1234 5678", "", "worldwide service"},
		"zero-width inside":               {"+32470\u200b123456", "", "can't be seen"},
		"control character":               {"+32470123456\x07", "", "can't be seen"},
		"invalid UTF-8":                   {"+32470\xff123456", "", "can't be seen"},
		"hostile length":                  {strings.Repeat("+3", 1<<16), "", "too long"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()

			got, err := recipients.Phone(tt.text, recipients.Rules{Kind: recipients.SMS, Region: tt.region})

			if err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("Phone(%.40q) = %q, %v, want a refusal with %q", tt.text, got.To, err, tt.want)
			}
		})
	}
}

func TestPhone_allowed_countries(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		text    string
		allowed []string
		want    string
	}{
		"empty list allows all":                             {text: "+1 876 555 0123"},
		"in the list, in small letters":                     {text: "+32470123456", allowed: []string{"nl", "be"}},
		"not in the list":                                   {"+1 876 555 0123", []string{"BE"}, "Text messages can't go to its country (Jamaica)."},
		"countries that share their numbers":                {text: "+358 41 2345678", allowed: []string{"AX"}},
		"a mobile without its 0, perhaps of the US":         {text: "15123456789", allowed: []string{"DE"}},
		"same code, other country":                          {"+1 876 555 0123", []string{"US"}, "Jamaica"},
		"Ascension":                                         {"+247 40123", []string{"BE"}, "Ascension Island"},
		"worldwide service is no country whatever the list": {"+881612345678", []string{"001"}, "worldwide service"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()

			_, err := recipients.Phone(tt.text, recipients.Rules{Kind: recipients.SMS, Region: "DE", Allowed: tt.allowed})

			if (err == nil) != (tt.want == "") || err != nil && !strings.Contains(err.Error(), tt.want) {
				t.Errorf("Phone(%q) with %v allowed: %v, want %q", tt.text, tt.allowed, err, tt.want)
			}
		})
	}
}

func TestPhone_warns_of_fixed_lines_only(t *testing.T) {
	t.Parallel()
	for text, warned := range map[string]bool{"+3225550100": true, "+32470123456": false, "+16502530000": false} {
		got, err := recipients.Phone(text, recipients.Rules{Kind: recipients.SMS})
		if err != nil || (got.Warning != "") != warned {
			t.Errorf("Phone(%q) warns %q, %v, want a warning: %v", text, got.Warning, err, warned)
		}
	}
}

// A mobile number of each country is accepted as dialled there, also where two countries share their numbers.
func TestPhone_every_country(t *testing.T) {
	t.Parallel()
	for _, c := range recipients.Countries() {
		sample := phonenumbers.GetExampleNumberForType(c.Code, phonenumbers.MOBILE)
		text := phonenumbers.Format(sample, phonenumbers.NATIONAL)
		if n, err := phonenumbers.Parse(text, c.Code); err != nil || !phonenumbers.IsValidNumber(n) {
			continue // The library can't parse its own output; currently that is so for Argentina.
		}

		got, err := recipients.Phone(text, recipients.Rules{Kind: recipients.SMS, Region: c.Code, Allowed: []string{c.Code}})

		if want := phonenumbers.Format(sample, phonenumbers.E164); err != nil || got.To != want {
			t.Errorf("Phone(%q) in %s = %+v, %v, want %s", text, c.Name, got, err, want)
		}
	}
}

var e164 = regexp.MustCompile(`^\+[1-9]\d{6,14}$`)

func FuzzPhone(f *testing.F) {
	f.Add("+32 470 12 34 56", "")
	f.Add("0470/12.34.56", "BE")
	f.Add("<tel:+1650253|x>", "US")
	f.Add("+٣٢٤٧٠١٢٣٤٥٦;ext=5", "EG")
	f.Fuzz(func(t *testing.T, text, region string) {
		got, err := recipients.Phone(text, recipients.Rules{Kind: recipients.SMS, Region: region})
		if err != nil {
			checkReason(t, err.Error())
			return
		}
		if !e164.MatchString(got.To) || len(got.Country) != 2 {
			t.Errorf("Phone(%q) = %+v, want E.164 and a country", text, got)
		}
		again, err := recipients.Phone(got.To, recipients.Rules{Kind: recipients.SMS})
		if err != nil || again != got {
			t.Errorf("Phone(%q) = %+v, %v, want itself again", got.To, again, err)
		}
		if strings.ContainsAny(text, "abcdfghijkmnopqrsuvwyz") && !strings.ContainsAny(text, ":|") {
			t.Errorf("Phone(%q) = %q in spite of letters", text, got.To)
		}
	})
}

// A number without + that may be foreign is a doubt, which Rules.Foreign resolves.
func TestPhone_foreign_without_plus(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct{ text, region, home, foreign string }{
		"too long for home":                 {"31612345678", "BE", "", "+31612345678"},
		"a fixed line at home":              {"31612345678", "AT", "", "+31612345678"},
		"a fixed line at home, grouped":     {"41 79 123 45 67", "DE", "", "+41791234567"},
		"with the zero in brackets":         {"31 (0)6 12345678", "BE", "", "+31612345678"},
		"a mobile at home without its zero": {"6768712345", "AT", "", "+6768712345"},
		"a mobile at home as it is dialled": {"06768712345", "AT", "+436768712345", "+436768712345"},
		"no trunk prefix at home":           {"8171234567", "IN", "+918171234567", "+918171234567"},
		"the region's own code":             {"32470123456", "BE", "+32470123456", "+32470123456"},
		"ten digits":                        {"4520123456", "BE", "", "+4520123456"},
		"no region":                         {"31612345678", "", "", "+31612345678"},
		"no region, a US number":            {"16502530000", "", "", "+16502530000"},
		"as long as a British mobile":       {"447700900123", "DE", "", ""},
		"no region, ten digits of the US":   {"6502530000", "", "", ""},
		"no region, as dialled somewhere":   {"0470123456", "", "", ""},
		"of no country":                     {"99912345678", "BE", "", ""},
		"of a satellite":                    {"881612345678", "BE", "", ""},
		"a foreign fixed line, too long":    {"31201234567", "BE", "", "+31201234567"},
		"premium rate of another country":   {"3290612345678", "NL", "", ""},
		"a mobile at home or a US number":   {"15123456789", "DE", "", "+15123456789"},
	} {
		for _, foreign := range []bool{false, true} {
			want := tt.home
			if foreign {
				want = tt.foreign
			}
			got, err := recipients.Phone(tt.text, recipients.Rules{Kind: recipients.SMS, Region: tt.region, Foreign: foreign})
			if got.To != want || (err == nil) != (want != "") {
				t.Errorf("%s: Phone(%q) = %q, %v, want %q if foreign numbers may lack their +: %v", name, tt.text, got.To, err, want, foreign)
			}
		}
	}
}

func TestPhone_rule_of_a_doubt(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		text  string
		rules recipients.Rules
		rule  recipients.Rule
		words string
	}{
		{"31612345678", recipients.Rules{Region: "BE"}, recipients.RuleForeign, "It looks like a foreign number without its + (Netherlands, +31)."},
		{"31612345678", recipients.Rules{}, recipients.RuleForeign, "(Netherlands, +31)"},
		{"31612345678", recipients.Rules{Region: "BE", Allowed: []string{"be"}}, recipients.RuleCountry, "texts can't go there"},
		{"31612345678", recipients.Rules{Region: "BE", Allowed: []string{"BE"}, Foreign: true}, recipients.RuleCountry, "Netherlands"},
		{"31612345678", recipients.Rules{Region: "BE", Allowed: []string{"BE", "nl"}}, recipients.RuleForeign, "Netherlands"},
		{"15123456789", recipients.Rules{Region: "DE"}, recipients.RuleForeign, "(United States, +1)"},
		{"15123456789", recipients.Rules{Region: "DE", Allowed: []string{"DE", "US"}}, recipients.RuleForeign, "(United States, +1)"},
		{"6768712345", recipients.Rules{Region: "AT", Allowed: []string{"AT"}}, recipients.RuleCountry, "(Tonga, +676)"},
		{"447700900123", recipients.Rules{Region: "DE", Foreign: true}, recipients.RuleInvalid, "+44 (United Kingdom)"},
		{"0664/1234567/68", recipients.Rules{Region: "AT"}, recipients.RuleUnclear, "two numbers, or one with an extension"},
		{"0470123456", recipients.Rules{}, recipients.RuleNoCountry, "Write it with + and the country code."},
	} {
		tt.rules.Kind = recipients.SMS
		list := recipients.Parse(tt.text, tt.rules)
		if len(list.LeftOut) != 1 || list.LeftOut[0].Rule != tt.rule || !strings.Contains(list.LeftOut[0].Reason, tt.words) {
			t.Errorf("%q with %+v gives %+v, want it left out as %s, %q", tt.text, tt.rules, list, tt.rule, tt.words)
			continue
		}
		checkReason(t, list.LeftOut[0].Reason)
	}
}

// No mobile number that lost its + is read as another mobile number, and each refusal is a short sentence.
func TestPhone_every_country_without_plus(t *testing.T) {
	t.Parallel()
	for _, c := range recipients.Countries() {
		to := phonenumbers.Format(phonenumbers.GetExampleNumberForType(c.Code, phonenumbers.MOBILE), phonenumbers.E164)
		for _, region := range []string{"", "AT", "BE", "DE", "FI", "GB", "HR", "ID", "NL"} {
			got, err := recipients.Phone(to[1:], recipients.Rules{Kind: recipients.SMS, Region: region})
			if err != nil {
				checkReason(t, err.Error())
			} else if got.To != to && len(to) > len("+123456789") && got.Warning == "" {
				t.Errorf("%s of %s is read as %s in %q", to, c.Name, got.To, region)
			}
			if _, err = recipients.Phone(to[1:], recipients.Rules{Kind: recipients.SMS, Region: region, Allowed: []string{"BE"}}); err != nil {
				checkReason(t, err.Error())
			}
		}
	}
}

// Every toll-free number with +1 costs the US rate, whatever its country.
func TestRecipient_RateCountry(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"+18002345678": "US", "+12125550123": "US", "+12423002345": "US", "+12423592345": "BS", "+14165550123": "CA",
		"+3280012345": "BE", "+32470123456": "BE",
	} {
		got, err := recipients.Phone(text, recipients.Rules{Kind: recipients.SMS})
		if err != nil || got.RateCountry() != want {
			t.Errorf("Phone(%q) = %+v, %v, its rate is that of %q, want %q", text, got, err, got.RateCountry(), want)
		}
	}
	if got := (recipients.Recipient{To: "mia@example.com"}).RateCountry(); got != "" {
		t.Errorf("the rate of an address is that of %q, want none", got)
	}
}
