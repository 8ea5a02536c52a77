package recipients

import (
	"strings"
	"testing"
)

// regionCase describes how numbers are written in a region.
type regionCase struct {
	region string
	// national is a mobile number as dialled at home, grouped with the usual signs.
	national, signs string
	e164            string
	// exit is the international prefix.
	exit string
}

var regionCases = []regionCase{
	{"AR", "011 15-2345-6789", "(011) 15 2345 6789", "+5491123456789", "00"},
	{"AT", "0664 1234567", "0664/123 45 67", "+436641234567", "00"},
	{"AU", "0412 345 678", "0412-345-678", "+61412345678", "0011"},
	{"BE", "0470 12 34 56", "0470/12.34.56", "+32470123456", "00"},
	{"BJ", "01 95 12 34 56", "01-95-12-34-56", "+2290195123456", "00"},
	{"BR", "(11) 96123-4567", "011 96123.4567", "+5511961234567", "0021"},
	{"CA", "(506) 234-5678", "506.234.5678", "+15062345678", "011"},
	{"CH", "079 123 45 67", "079/123.45.67", "+41791234567", "00"},
	{"CI", "01 23 45 67 89", "01.23.45.67.89", "+2250123456789", "00"},
	{"CN", "131 2345 6789", "131-2345-6789", "+8613123456789", "00"},
	{"CZ", "601 123 456", "601-123-456", "+420601123456", "00"},
	{"DE", "0151 23456789", "0151 / 234 567 89", "+4915123456789", "00"},
	{"DK", "32 12 34 56", "32.12.34.56", "+4532123456", "00"},
	{"EE", "5123 4567", "51-234-567", "+37251234567", "00"},
	{"ES", "612 34 56 78", "612-345-678", "+34612345678", "00"},
	{"FI", "041 2345678", "041-234 5678", "+358412345678", "00"},
	{"FR", "06 12 34 56 78", "06.12.34.56.78", "+33612345678", "00"},
	{"GB", "07400 123456", "(07400) 123-456", "+447400123456", "00"},
	{"GR", "691 234 5678", "691-2345678", "+306912345678", "00"},
	{"HK", "5123 4567", "5123-4567", "+85251234567", "001"},
	{"HR", "092 123 4567", "092/123-4567", "+385921234567", "00"},
	{"HU", "06 20 123 4567", "06-20/123-4567", "+36201234567", "00"},
	{"ID", "0812 3456 7890", "0812-3456-7890", "+6281234567890", "008"},
	{"IE", "085 012 3456", "085-0123456", "+353850123456", "00"},
	{"IN", "081234 56789", "81234-56789", "+918123456789", "00"},
	{"IT", "347 123 4567", "347/1234567", "+393471234567", "00"},
	{"JP", "090-1234-5678", "090(1234)5678", "+819012345678", "010"},
	{"KE", "0712 123456", "0712-123-456", "+254712123456", "000"},
	{"KR", "010-2000-0000", "010.2000.0000", "+821020000000", "00700"},
	{"KZ", "8 (771) 000 9998", "8-771-000-99-98", "+77710009998", "810"},
	{"LU", "621 123 456", "621-123-456", "+352621123456", "00"},
	{"MX", "222 123 4567", "222-123-4567", "+522221234567", "00"},
	{"NL", "06 12345678", "06-12345678", "+31612345678", "00"},
	{"NO", "406 12 345", "40-61-23-45", "+4740612345", "00"},
	{"NZ", "021 123 4567", "021-123-4567", "+64211234567", "00"},
	{"PL", "512 345 678", "512-345-678", "+48512345678", "00"},
	{"PT", "912 345 678", "912.345.678", "+351912345678", "00"},
	{"RU", "8 (912) 345-67-89", "8 912 345-67-89", "+79123456789", "810"},
	{"SE", "070-123 45 67", "070/123 45 67", "+46701234567", "00"},
	{"SG", "8123 4567", "8123-4567", "+6581234567", "001"},
	{"TH", "081 234 5678", "081-234-5678", "+66812345678", "001"},
	{"TR", "0501 234 56 78", "(0501) 234-56-78", "+905012345678", "00"},
	{"US", "(201) 555-0123", "201.555.0123", "+12015550123", "011"},
	{"ZA", "071 123 4567", "071-123-4567", "+27711234567", "00"},
}

// Each rule about numbers holds in every region.
func TestPhone_by_region(t *testing.T) {
	t.Parallel()
	for _, tt := range regionCases {
		t.Run(tt.region, func(t *testing.T) {
			t.Parallel()
			abroad, abroadName, other := "31612345678", "Netherlands", "+31687654321"
			if tt.region == "NL" {
				abroad, abroadName, other = "32470123456", "Belgium", "+32470654321"
			}
			code := strings.TrimPrefix(tt.e164, "+")
			plusExit := "+" + tt.exit
			if tt.exit == "810" { // +81 is Japan
				plusExit = "+00"
			}
			for name, c := range map[string]struct {
				cell string
				want string // the result of split and Phone, with a space between entries
			}{
				"national":                           {tt.national, tt.e164},
				"with other signs":                   {tt.signs, tt.e164},
				"with +":                             {tt.e164, tt.e164},
				"with + and a zero in brackets":      {"+31 (0)6 12345678", "+31612345678"},
				"with its code, without +":           {code, tt.e164},
				"with the region's prefix":           {tt.exit + " " + abroad, "+" + abroad},
				"with + and the region's prefix":     {plusExit + " " + abroad, "+" + abroad},
				"with 00":                            {"00 " + abroad, "+" + abroad},
				"Singapore with the region's prefix": {tt.exit + " 65 9234 5678", "+6592345678"},
				"foreign without +":                  {abroad, "(" + abroadName},
				"with a label":                       {"Tel.: " + tt.national, tt.e164},
				"two with a slash":                   {tt.national + " / " + tt.national, tt.e164 + " " + tt.e164},
				"two with a word":                    {tt.signs + " or " + other, tt.e164 + " " + other},
				"two with a blank":                   {tt.e164 + " " + other, tt.e164 + " " + other},
				"two with a line end":                {tt.national + "\n" + tt.signs, tt.e164 + " " + tt.e164},
				"two with the end of the second":     {tt.national + "/68", "two numbers"},
				"two with a blank and a slash":       {tt.national + " / 68", "two numbers"},
				"with an extension":                  {tt.e164 + "-123", "two numbers"},
				"with an extension in brackets":      {tt.national + " (12)", "two numbers"},
				"with an extension in words":         {tt.national + " ext. 12", "extension"},
			} {
				if got := readCell(c.cell, Rules{Kind: SMS, Region: tt.region}); !strings.Contains(got, c.want) {
					t.Errorf("%s: %q gives %q, want %q", name, c.cell, got, c.want)
				}
			}
		})
	}
	if len(regionCases) < 25 {
		t.Errorf("%d regions, want at least 25", len(regionCases))
	}
}

// readCell returns the numbers or reasons for a cell.
func readCell(cell string, r Rules) string {
	var all []string
	for _, entry := range split(cell, r) {
		found, err := judge(entry, r)
		if err != nil {
			found.To = err.Error()
		}
		all = append(all, found.To)
	}
	return strings.Join(all, " ")
}
