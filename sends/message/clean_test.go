package message_test

import (
	"strings"
	"testing"
	"unicode/utf8"

	"pgregory.net/rapid"

	"github.com/coupontools/couponbot/sends/message"
)

func TestClean(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		text, want string
		removed    int
	}{
		"nothing":                        {"", "", 0},
		"plain":                          {"Été: 50 % off\nuntil Sunday!", "Été: 50 % off\nuntil Sunday!", 0},
		"emoji names":                    {":tada: Deals :foo: 10:30", "🎉 Deals :foo: 10:30", 0},
		"decomposed letters":             {"E\u0301te\u0301, \u212B", "Été, Å", 0},
		"line ends and tabs":             {"a\r\nb\rc\vd\u2028e\u2029f\tg", "a\nb\nc\nd\ne\nf g", 0},
		"zero-width":                     {"\ufeffDeals\u200b of\u2060 to\u00adday\u200d!", "Deals of today!", 5},
		"direction marks":                {"\u202a+32 470\u202c \u2068Mia\u2069\u200e", "+32 470 Mia", 5},
		"a direction that hides":         {"\u202e50%", "50%", 1},
		"invisible letters":              {"a\u3164b\u2800c\ufffcd", "abcd", 3},
		"a selector that costs segments": {"Deals 1\ufe0f, now\ufe0f", "Deals 1, now", 2},
		"a needless selector":            {"🎉\ufe0f ⭐\ufe0f", "🎉 ⭐", 2},
		"a needed selector":              {"❤️ ©️ 1️⃣ ☎︎", "❤️ ©️ 1️⃣ ☎︎", 0},
		"joined emoji":                   {"👨‍👩‍👧 🏃🏻‍♀️ 👁️‍🗨️ 🏳️‍🌈", "👨‍👩‍👧 🏃🏻‍♀️ 👁️‍🗨️ 🏳️‍🌈", 0},
		"a joiner that joins nothing":    {"🎉\u200d Deals \u200d🎉", "🎉 Deals 🎉", 2},
		"a flag of tags":                 {"🏴󠁧󠁢󠁳󠁣󠁴󠁿 Deals", "🏴󠁧󠁢󠁳󠁣󠁴󠁿 Deals", 0},
		"tags that hide a text":          {"Deals\U000E0041\U000E0042 🏴\U000E0041\U000E0042", "Deals 🏴", 4},
		"Persian":                        {"می\u200cخواهم", "می\u200cخواهم", 0},
		"Hindi":                          {"क्\u200dष", "क्\u200dष", 0},
		"Hebrew with its marks":          {"שלום\u200f \u2066a\u2069 \u202eb", "שלום\u200f \u2066a\u2069 b", 1},
		"Japanese names":                 {"葛\U000E0100飾 a\U000E0100", "葛\U000E0100飾 a", 1},
	} {
		got, removed, err := message.Clean(tt.text)
		if got != tt.want || removed != tt.removed || err != nil {
			t.Errorf("%s: Clean(%q) = %q, %d, %v; want %q, %d", name, tt.text, got, removed, err, tt.want, tt.removed)
		}
	}
}

func TestClean_refuses(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"It\u0092s free":      "There's a broken character (U+0092) after “It”. Delete it, or type that part again.",
		"Only today\n\x00":    "There's a broken character (U+0000) after “today”. Delete it, or type that part again.",
		"\uf8ff Deals":        "There's a broken character (U+F8FF) at the start. Delete it, or type that part again.",
		"caf\ufffd":           "There's a broken character (U+FFFD) after “caf”. Delete it, or type that part again.",
		"caf\xe9":             "There's a broken character (U+FFFD) after “caf”. Delete it, or type that part again.",
		"\u200b\U0010FFFF ok": "There's a broken character (U+10FFFF) at the start. Delete it, or type that part again.",
	} {
		if got, _, err := message.Clean(text); err == nil || err.Error() != want {
			t.Errorf("Clean(%q) = %q, %v; want %s", text, got, err, want)
		}
	}
}

// No invisible character makes a GSM-7 text more expensive, wherever it is.
func TestClean_keepsGSM7(t *testing.T) {
	t.Parallel()
	const invisible = "\u00ad\u034f\u061c\u115f\u180e\u200b\u200c\u200d\u200e\u200f\u202a\u202e\u2060\u2066\ufe00\ufe0e\ufe0f\ufeff\U000E0041\U000E0100"
	rapid.Check(t, func(t *rapid.T) {
		plain := rapid.StringMatching(`[a-zA-Z0-9 #*!?.,éèàÉñ€-]{0,40}`).Draw(t, "plain")
		var dirty strings.Builder
		n := 0
		for _, r := range plain {
			noise := rapid.StringOfN(rapid.RuneFrom([]rune(invisible)), 0, 2, -1).Draw(t, "noise")
			n += utf8.RuneCountInString(noise)
			dirty.WriteString(string(r) + noise)
		}
		got, removed, err := message.Clean(dirty.String())
		if got != plain || removed != n || err != nil {
			t.Errorf("Clean(%q) = %q, %d, %v; want %q, %d", dirty.String(), got, removed, err, plain, n)
		}
	})
}

func FuzzClean(f *testing.F) {
	f.Add("Deals :tada: 👨‍👩‍👧 \u202e\ufeff🏴\U000E0067\U000E007F")
	f.Add("1️⃣ ❤️\u200d🔥 می\u200cخ")
	f.Fuzz(func(t *testing.T, text string) {
		clean, removed, err := message.Clean(text)
		if err != nil {
			return
		}
		if !utf8.ValidString(clean) || removed < 0 {
			t.Errorf("Clean(%q) = %q, %d", text, clean, removed)
		}
		if message.CountSegments(clean, 0).Segments > message.CountSegments(text, 0).Segments && !strings.Contains(text, ":") {
			t.Errorf("Clean makes %q dearer: %q", text, clean)
		}
	})
}
