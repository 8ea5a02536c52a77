package recipients

import (
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/nyaruka/phonenumbers"
	"pgregory.net/rapid"
)

func TestSplit_numbers(t *testing.T) {
	t.Parallel()
	const unclear = "This looks like two numbers"
	for _, tt := range []struct{ region, cell, want string }{
		{"BE", "", ""},
		{"BE", " \u00a0\n", ""},
		{"BE", "0470 00 00 01", "+32470000001"},
		{"BE", "+32470000001\n+32470000002", "+32470000001 +32470000002"},
		{"BE", "+32470000001\r\n+32470000002", "+32470000001 +32470000002"},
		{"BE", "+32470000001 ::: +32470000002", "+32470000001 +32470000002"},
		{"BE", "+32470000001; +32470000002", "+32470000001 +32470000002"},
		{"BE", "0470000001,0470000002", "+32470000001 +32470000002"},
		{"BE", "0470000001|0470000002", "+32470000001 +32470000002"},
		{"BE", "+32470000001 / +32470000002", "+32470000001 +32470000002"},
		{"BE", "0470000001 0470000002", "+32470000001 +32470000002"},
		{"BE", "0470 00 00 01 - 0470 00 00 02", "+32470000001 +32470000002"},
		{"BE", "0470/00.00.01 0470/00.00.02", "+32470000001 +32470000002"},
		{"BE", "0470/00.00.01/0470/00.00.02", "+32470000001 +32470000002"},
		{"BE", "0470000001.0470000002", "+32470000001 +32470000002"},
		{"BE", "0470000001/0470000002/0470000003", "+32470000001 +32470000002 +32470000003"},
		{"BE", "470000001 / 470000002", "+32470000001 +32470000002"},
		{"BE", "+32470000001+32470000002", "+32470000001 +32470000002"},
		{"BE", "(+32) 470000001 (+32) 470000002", "+32470000001 +32470000002"},
		{"BE", "0470000001 of 0470000002", "+32470000001 +32470000002"},
		{"BE", "0470000001 OU 0470000002", "+32470000001 +32470000002"},
		{"BE", "0470000001 & 0470000002", "+32470000001 +32470000002"},
		{"BE", "T: 02 555 01 00 M: 0470 00 00 01", "+3225550100 +32470000001"},
		{"BE", "<tel:+32470000001|0470 00 00 01>", "+32470000001"},
		{"BE", "<tel:+32470000001|0470 00 00 01> <tel:+32470000002|x>", "+32470000001 +32470000002"},
		{"BE", "<tel:+32470000001|a,b>", "+32470000001"},
		{"BE", "0470000001 of later", "It has letters"},
		{"BE", "0470 00 00 14 (Mia)", "It has letters"},
		{"BE", "O470 00 00 13", "It has letters"},
		{"BE", "0470000001 / 12", unclear},
		{"BE", "+32470000001 +3247000000", unclear},
		{"BE", "+3225550100;ext=5", "It has an extension"},
		{"BE", "32470000001,0", "A spreadsheet changed this number"},
		{"BE", "3.2470000001E10", "A spreadsheet changed this number"},
		{"BE", "call me, please", "It has letters"},
		{"", "+32470000001 / +32470000002", "+32470000001 +32470000002"},
		{"", "0470000001 / 0470000002", "Write it with + and the country code."},

		{"AT", "0664/1234567/68", unclear},
		{"AT", "0664 1234567-12", unclear},
		{"AT", "0664 1234567 (12)", unclear},
		{"AT", "0664 123456-12", unclear},
		{"AT", "0664 12345-12", unclear},
		{"AT", "0664-123-4567-12", unclear},
		{"AT", "01 2345678 / 01 7654321", "+4312345678 +4317654321"},
		{"AT", "01 2345678/7654321", unclear},
		{"AT", "01 23456 01 65432", unclear},
		{"AT", "0664 1234567 0664 7654321", "+436641234567 +436647654321"},
		{"AT", "0664 123 4567", "+436641234567"},
		{"AT", "+43 664 123-4567", "+436641234567"},
		{"AT", "0664-123-45-67", "+436641234567"},
		{"AT", "0664.123.45.67", "+436641234567"},
		{"AT", "0664-1234-567", "+436641234567"},
		{"DE", "089 1234-567/568", unclear},
		{"DE", "030/123456-78", unclear},
		{"DE", "0171 1234567 / 68", unclear},
		{"DE", "+49 (0)89 123456-0", unclear},
		{"DE", "02233 1234/5678", unclear},
		{"DE", "0171 / 1234567", "+491711234567"},
		{"DE", "0171-123-4567", "+491711234567"},
		{"FI", "040-1234-567", "+358401234567"},
		{"FI", "040-1234567-12", unclear},
		{"HR", "098 123 456/7", unclear},
		{"HR", "098 123 456-7", unclear},
		{"HR", "091/123-4567", "+385911234567"},
		{"ZA", "083 123-4567", "+27831234567"},
		{"SG", "9123 4567/68", unclear},
		{"SG", "9123 4567/9876 5432", "+6591234567 +6598765432"},
		{"US", "650-253-0000/0001", unclear},
		{"CN", "131 2345 6780+131 2345 6781", unclear}, // +1 is the USA
		{"CN", "131 2345 6780 +44 7400 123456", "+8613123456780 +447400123456"},
		{"IT", "347 1234567/348 7654321", "+393471234567 +393487654321"},
		{"WF", "82 12 34 82 12 30", "+681821234 +681821230"}, // +82 is Korea
	} {
		if got := readCell(tt.cell, Rules{Kind: SMS, Region: tt.region}); !strings.HasPrefix(got, tt.want) || tt.want == "" && got != "" {
			t.Errorf("%q in %q gives %q, want %q", tt.cell, tt.region, got, tt.want)
		}
		if got := readCell(tt.cell, Rules{Kind: SMS, Region: tt.region, Foreign: true}); tt.want != unclear && !strings.HasPrefix(got, tt.want) {
			t.Errorf("%q in %q gives %q if foreign numbers may lack their +, want %q", tt.cell, tt.region, got, tt.want)
		}
	}
}

func TestSplit_addresses(t *testing.T) {
	t.Parallel()
	for cell, want := range map[string]string{
		"":                                 "",
		"mia@example.com":                  "mia@example.com",
		"a@example.com, b@example.com":     "a@example.com b@example.com",
		"a@example.com;b@example.com;":     "a@example.com b@example.com",
		"a@example.com\nb@example.com":     "a@example.com b@example.com",
		"a@example.com b@example.com":      "a@example.com b@example.com",
		"a@example.com / b@example.com":    "a@example.com b@example.com",
		"a@example.com/b@example.com":      "a@example.com b@example.com",
		"a@example.com | b@example.com":    "a@example.com b@example.com",
		"a@example.com or b@example.com":   "a@example.com b@example.com",
		"a@example.com ::: b@example.com":  "a@example.com b@example.com",
		"a/b@example.com":                  "a/b@example.com",
		"o'brien@example.com":              "o'brien@example.com",
		"'a@example.com'; 'b@example.com'": "a@example.com b@example.com",
		`"a@example.com, b@example.com"`:   "a@example.com b@example.com",
		`"Mia" <a@example.com>`:            "a@example.com",
		`"Peeters, Mia" <a@example.com>, "Jansen; Jan" <b@example.com>`:    "a@example.com b@example.com",
		`\"Peeters, Mia\" <a@example.com>`:                                 "a@example.com",
		`Peeters, Mia <a@example.com>; Jansen, Jan <b@example.com>`:        "a@example.com b@example.com",
		`'Peeters, Mia' <a@example.com>`:                                   "a@example.com",
		"Mia <a@example.com> Jan <b@example.com>":                          "a@example.com b@example.com",
		"a@example.com <a@example.com>":                                    "a@example.com",
		"<mailto:a@example.com|a@example.com> <mailto:b@example.com|b, c>": "a@example.com b@example.com",
		"mailto:a@example.com,b@example.com":                               "a@example.com b@example.com",
		"Mia; a@example.com":                                               "An e-mail address needs an @. a@example.com",
		"Mia, a@example.com":                                               "An e-mail address needs an @. a@example.com",
		"a@example.com <b@example.com>":                                    "Write only the address, without anything else.",
		"a@example.com (home)":                                             "Write only the address, without anything else.",
		"Mia a@example.com":                                                "Write only the address, without anything else.",
		"Hello, all; there":                                                "An e-mail address needs an @.",
		`Tom "T, a@example.com`:                                            "An e-mail address needs an @. a@example.com",
	} {
		if got := readCell(cell, Rules{Kind: Email}); got != want {
			t.Errorf("%q gives %q, want %q", cell, got, want)
		}
	}
}

// drawMobile draws an existing mobile number of the region, of any length that mobile numbers have there. Not every region
// has one.
func drawMobile(rt *rapid.T, region string) *phonenumbers.PhoneNumber {
	example := phonenumbers.GetExampleNumberForType(region, phonenumbers.MOBILE)
	if example == nil {
		return nil
	}
	digits := phonenumbers.GetNationalSignificantNumber(example)
	counts := []int{len(digits)}
	for n := range maxDigits {
		if numberings().mobile[example.GetCountryCode()].has(n) {
			counts = append(counts, n)
		}
	}
	length := rapid.SampledFrom(counts).Draw(rt, "digits")
	kept := rapid.IntRange(1, min(len(digits), length)).Draw(rt, "digits of the example")
	drawn := digits[:kept] + rapid.StringOfN(rapid.RuneFrom([]rune("0123456789")), length-kept, length-kept, -1).Draw(rt, "others")
	number, err := phonenumbers.Parse("+"+strconv.Itoa(int(example.GetCountryCode()))+drawn, "")
	if err != nil || phonenumbers.GetRegionCodeForNumber(number) != region || !isMobile(number) {
		return example
	}
	return number
}

func drawSpelling(rt *rapid.T, number *phonenumbers.PhoneNumber) string {
	return phonenumbers.Format(number, rapid.SampledFrom([]phonenumbers.PhoneNumberFormat{
		phonenumbers.NATIONAL, phonenumbers.INTERNATIONAL, phonenumbers.E164, phonenumbers.RFC3966,
	}).Draw(rt, "format"))
}

var joints = []string{
	" ", "  ", "\t", "/", " / ", "-", " - ", " – ", ".", ". ", ",", ", ", ";", "; ", "\n", ":::", " ::: ", "|", "&", " & ", " of ", " or ",
	" (", ")(", "+", " + ",
}

// However two mobile numbers are written and joined, nobody else gets a message: the result is those two, or fewer.
func TestSplit_reads_no_third_number(t *testing.T) {
	t.Parallel()
	regions := Countries()
	one, two, all := 0, 0, 0
	rapid.Check(t, func(rt *rapid.T) {
		region := rapid.SampledFrom(regions).Draw(rt, "region").Code
		first, second := drawMobile(rt, region), drawMobile(rt, region)
		if first == nil {
			return
		}
		rules := Rules{Kind: SMS, Region: region, Foreign: rapid.Bool().Draw(rt, "foreign")}
		want := []string{phonenumbers.Format(first, phonenumbers.E164), phonenumbers.Format(second, phonenumbers.E164)}
		all++

		text := drawSpelling(rt, first)
		single := readNumbers(text, rules)
		if len(single) > 0 && !slices.Equal(single, want[:1]) {
			rt.Fatalf("%q in %s gives %v, want %s", text, region, single, want[0])
		}
		one += len(single)

		text += rapid.SampledFrom(joints).Draw(rt, "joint") + drawSpelling(rt, second)
		pair := readNumbers(text, rules)
		if slices.ContainsFunc(pair, func(to string) bool { return !slices.Contains(want, to) }) {
			rt.Fatalf("%q in %s gives %v, want %v", text, region, pair, want)
		}
		if len(pair) == 2 {
			two++
		}
	})
	// The library can't parse all of its output, and the shortest numbers stay joined.
	if one < all*9/10 || two < all*8/10 {
		t.Errorf("of %d numbers %d are read, of as many pairs %d, want nearly all", all, one, two)
	}
}

// readNumbers returns the sendable numbers of a cell.
func readNumbers(cell string, r Rules) []string {
	var to []string
	for _, entry := range split(cell, r) {
		if found, err := judge(entry, r); err == nil {
			to = append(to, found.To)
		}
	}
	return to
}

// No sign joins the digits of an extension to a mobile number of the usual length.
func TestPhone_glues_no_extension(t *testing.T) {
	t.Parallel()
	signs := []string{"/", " / ", "-", " - ", ".", " ("}
	rapid.Check(t, func(rt *rapid.T) {
		region := rapid.SampledFrom(Countries()).Draw(rt, "region").Code
		number := phonenumbers.GetExampleNumberForType(region, phonenumbers.MOBILE)
		if number == nil {
			return
		}
		text := drawSpelling(rt, number) + rapid.SampledFrom(signs).Draw(rt, "sign") + rapid.StringMatching(`\d{1,4}`).Draw(rt, "extension")
		if got := readNumbers(text, Rules{Kind: SMS, Region: region}); len(got) > 0 {
			rt.Fatalf("%q in %s gives %v, want a refusal", text, region, got)
		}
	})
}

func FuzzSplit(f *testing.F) {
	f.Add("0664/1234567/68", "AT", true)
	f.Add("+32470000001 of tel:+32470000002;ext=5", "BE", false)
	f.Add("<tel:+1650253|x> (+1) 001 65 9234 5678", "TH", true)
	f.Add(`"Peeters, Mia" <a@example.com>, b@example.com/c@example.com`, "", false)
	e164 := regexp.MustCompile(`^\+[1-9]\d{6,14}$`)
	f.Fuzz(func(t *testing.T, cell, region string, foreign bool) {
		for _, kind := range []Kind{SMS, Email} {
			rules := Rules{Kind: kind, Region: region, Foreign: foreign}
			for _, entry := range split(cell, rules) {
				found, err := judge(entry, rules)
				if strings.TrimSpace(entry) == "" || err == nil && kind == SMS && !e164.MatchString(found.To) {
					t.Errorf("%q has the entry %q, %+v", cell, entry, found)
				}
			}
		}
	})
}

// A plain cell, which isn't searched for several numbers, never has several.
func FuzzSplit_plain(f *testing.F) {
	f.Add("+32 470 12.34.56", "BE", true)
	f.Add("+681 821234 821235", "WF", true)
	f.Add("211234/221234", "FO", false)
	f.Add("47400 40120", "AC", true)
	f.Fuzz(func(t *testing.T, cell, region string, foreign bool) {
		cell = strings.TrimSpace(cell)
		rules := Rules{Kind: SMS, Region: region, Foreign: foreign}
		if !isPlain(cell, foreign) || spoiled(cell) {
			return
		}
		numbers, ok := splitNumbers(cell, rules)
		if found, err := Phone(cell, rules); err == nil && ok && len(numbers) > 1 {
			t.Errorf("%q is plain and read as %s, but has the numbers %q", cell, found.To, numbers)
		}
	})
}
