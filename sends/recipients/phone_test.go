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
		"no country":                      {"0470 12 34 56", "", "Write it with + and the country code, or choose a country in the form."},
		"country of the form unknown":     {"0470 12 34 56", "XX", "no country with the code"},
		"an address":                      {"mia@example.com", "BE", "e-mail address"},
		"letters of a keypad":             {"+1 800 FLOWERS", "", "letters"},
		"letters before":                  {"mobile 0470123456", "BE", "letters"},
		"extension, ext":                  {"+32 2 555 01 00 ext 5", "", "extension"},
		"extension, Ext.":                 {"+32 2 555 01 00 Ext. 5", "", "extension"},
		"extension, x":                    {"+3225550100x5", "", "extension"},
		"extension, #":                    {"+3225550100 #5", "", "extension"},
		"extension, RFC 3966":             {"tel:+3225550100;ext=5", "", "extension"},
		"full-width extension":            {"+3225550100ｘ５", "", "extension"},
		"digits of another script":        {"+३२४७०१२३४५६", "", "digits 0 to 9"},
		"a sign that is none of a number": {"+32 470 * 123456", "", "“*”"},
		"two numbers":                     {"+32470123456 +32470123457", "", "A + can only stand"},
		"two pluses":                      {"++32470123456", "", "A + can only stand"},
		"plus at the end":                 {"32470123456+", "BE", "A + can only stand"},
		"code of no country":              {"+999 470 123 456", "", "no country with the code"},
		"code that begins with zero":      {"+0470123456", "BE", "no country with the code"},
		"too short":                       {"+32 470", "", "too few digits"},
		"two digits":                      {"12", "BE", "too few digits"},
		"a digit too many":                {"+32 470 12 34 567", "", "too many digits for a number with the code +32 (Belgium)"},
		"far too many digits":             {"+32" + strings.Repeat("4", 30), "", "too many digits"},
		"not given out":                   {"+1 555 123 4567", "", "No number like this is given out"},
		"premium rate":                    {"+32 906 12 345", "", "premium-rate"},
		"premium rate, US":                {"+1 900 234 5678", "", "premium-rate"},
		"satellite":                       {"+881 612 345 678", "", "belongs to no country"},
		"international freephone":         {"+800 1234 5678", "", "belongs to no country"},
		"zero-width inside":               {"+32470\u200b123456", "", "cannot be seen"},
		"control character":               {"+32470123456\x07", "", "cannot be seen"},
		"invalid UTF-8":                   {"+32470\xff123456", "", "cannot be seen"},
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
		"not in the list":                                   {"+1 876 555 0123", []string{"BE"}, "Its country (Jamaica) is not one that text messages may go to."},
		"countries that share their numbers":                {text: "+358 41 2345678", allowed: []string{"AX"}},
		"same code, other country":                          {"+1 876 555 0123", []string{"US"}, "Jamaica"},
		"Ascension":                                         {"+247 40123", []string{"BE"}, "Ascension Island"},
		"worldwide service is no country whatever the list": {"+881612345678", []string{"001"}, "belongs to no country"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()

			_, err := recipients.Phone(tt.text, recipients.Rules{Kind: recipients.SMS, Allowed: tt.allowed})

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

// A mobile number of each country comes through as dialled there, also where two countries share their numbers.
func TestPhone_every_country(t *testing.T) {
	t.Parallel()
	for _, c := range recipients.Countries() {
		sample := phonenumbers.GetExampleNumberForType(c.Code, phonenumbers.MOBILE)
		text := phonenumbers.Format(sample, phonenumbers.NATIONAL)
		if n, err := phonenumbers.Parse(text, c.Code); err != nil || !phonenumbers.IsValidNumber(n) {
			continue // The library does not read what it wrote itself; as of now that is so for Argentina.
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
