package message_test

import (
	"strings"
	"testing"
	"unicode/utf16"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"github.com/coupontools/couponbot/sends/message"
)

func TestCountSegments(t *testing.T) {
	t.Parallel()
	a := func(n int) string { return strings.Repeat("a", n) }
	for name, tt := range map[string]struct {
		text string
		link int
		want message.Segments
	}{
		"nothing":                          {"", 0, message.Segments{Encoding: "GSM-7", PerSegment: 160}},
		"one full message":                 {a(160), 0, message.Segments{Encoding: "GSM-7", Units: 160, Segments: 1, PerSegment: 160}},
		"one character more":               {a(161), 0, message.Segments{Encoding: "GSM-7", Units: 161, Segments: 2, PerSegment: 153}},
		"two full messages":                {a(306), 0, message.Segments{Encoding: "GSM-7", Units: 306, Segments: 2, PerSegment: 153}},
		"three messages":                   {a(307), 0, message.Segments{Encoding: "GSM-7", Units: 307, Segments: 3, PerSegment: 153}},
		"accents of the alphabet":          {"Ça coûte 5", 0, message.Segments{Encoding: "UCS-2", Units: 10, Segments: 1, PerSegment: 70, Culprits: []rune{'û'}}},
		"accents within the alphabet":      {"Één è à ñ ß Ω", 0, message.Segments{Encoding: "GSM-7", Units: 13, Segments: 1, PerSegment: 160}},
		"the euro counts two":              {"€5", 0, message.Segments{Encoding: "GSM-7", Units: 3, Segments: 1, PerSegment: 160}},
		"80 euros fill a message":          {strings.Repeat("€", 80), 0, message.Segments{Encoding: "GSM-7", Units: 160, Segments: 1, PerSegment: 160}},
		"the euro is not split":            {a(152) + "€" + a(152), 0, message.Segments{Encoding: "GSM-7", Units: 306, Segments: 3, PerSegment: 153}},
		"the euro before the border":       {a(151) + "€" + a(153), 0, message.Segments{Encoding: "GSM-7", Units: 306, Segments: 2, PerSegment: 153}},
		"small c with cedilla":             {"ça", 0, message.Segments{Encoding: "UCS-2", Units: 2, Segments: 1, PerSegment: 70, Culprits: []rune{'ç'}}},
		"curly quotes and dash, each once": {"“a” – “b”", 0, message.Segments{Encoding: "UCS-2", Units: 9, Segments: 1, PerSegment: 70, Culprits: []rune{'“', '”', '–'}}},
		"70 of UCS-2":                      {strings.Repeat("ж", 70), 0, message.Segments{Encoding: "UCS-2", Units: 70, Segments: 1, PerSegment: 70, Culprits: []rune{'ж'}}},
		"71 of UCS-2":                      {strings.Repeat("ж", 71), 0, message.Segments{Encoding: "UCS-2", Units: 71, Segments: 2, PerSegment: 67, Culprits: []rune{'ж'}}},
		"emoji count two":                  {strings.Repeat("🎉", 35), 0, message.Segments{Encoding: "UCS-2", Units: 70, Segments: 1, PerSegment: 70, Culprits: []rune{'🎉'}}},
		"an emoji is not split":            {strings.Repeat("🎉", 67), 0, message.Segments{Encoding: "UCS-2", Units: 134, Segments: 3, PerSegment: 67, Culprits: []rune{'🎉'}}},
		"line ends are in the alphabet":    {"a\r\nb\f", 0, message.Segments{Encoding: "GSM-7", Units: 6, Segments: 1, PerSegment: 160}},
		"a tab is not":                     {"\t", 0, message.Segments{Encoding: "UCS-2", Units: 1, Segments: 1, PerSegment: 70, Culprits: []rune{'\t'}}},
		"a link":                           {a(109), 50, message.Segments{Encoding: "GSM-7", Units: 160, Segments: 1, PerSegment: 160}},
		"a link too long for one":          {a(110), 50, message.Segments{Encoding: "GSM-7", Units: 161, Segments: 2, PerSegment: 153}},
		"a link in UCS-2":                  {strings.Repeat("ж", 19), 50, message.Segments{Encoding: "UCS-2", Units: 70, Segments: 1, PerSegment: 70, Culprits: []rune{'ж'}}},
		"a link in UCS-2, too long":        {strings.Repeat("ж", 20), 50, message.Segments{Encoding: "UCS-2", Units: 71, Segments: 2, PerSegment: 67, Culprits: []rune{'ж'}}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()

			if diff := cmp.Diff(tt.want, message.CountSegments(tt.text, tt.link)); diff != "" {
				t.Errorf("CountSegments (-want +got):\n%s", diff)
			}
		})
	}
}

func FuzzCountSegments(f *testing.F) {
	f.Add("Hello €5 [today] 🎉 " + strings.Repeat("x", 150))
	f.Add(strings.Repeat("{", 200))
	f.Fuzz(func(t *testing.T, text string) {
		got := message.CountSegments(text, 0)

		runes := utf8.RuneCountInString(text)
		if (got.Encoding == "GSM-7") != (len(got.Culprits) == 0) {
			t.Errorf("%s with culprits %q", got.Encoding, got.Culprits)
		}
		if got.Encoding == "UCS-2" && got.Units != len(utf16.Encode([]rune(text))) {
			t.Errorf("%d units, want %d", got.Units, len(utf16.Encode([]rune(text))))
		}
		if got.Units < runes || got.Units > 2*runes {
			t.Errorf("%d units of %d characters", got.Units, runes)
		}
		// A message wastes at most one unit, before a character that counts two.
		least := (got.Units + got.PerSegment - 1) / got.PerSegment
		most := (got.Units + got.PerSegment - 2) / (got.PerSegment - 1)
		if got.Segments < least || got.Segments > most {
			t.Errorf("%d messages of %d for %d units, want %d to %d", got.Segments, got.PerSegment, got.Units, least, most)
		}
		for _, r := range got.Culprits {
			if message.CountSegments(string(r), 0).Encoding != "UCS-2" {
				t.Errorf("culprit %q is in the GSM alphabet", r)
			}
		}
		if more := message.CountSegments(text+"a", 0); more.Segments < got.Segments {
			t.Errorf("a longer text takes %d messages, less than %d", more.Segments, got.Segments)
		}
	})
}
