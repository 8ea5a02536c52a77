package emoji_test

import (
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"github.com/coupontools/couponbot/internal/emoji"
)

func TestReplace(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"":                                 "",
		"no names":                         "no names",
		":tada: Zomerdeals":                "🎉 Zomerdeals",
		"Zomer:tada:deals:fire:":           "Zomer🎉deals🔥",
		"-50%:fire::fire:":                 "-50%🔥🔥",
		":+1: :-1: :thumbsup:":             "👍 👎 👍",
		":wave::skin-tone-3:":              "👋🏼",
		":point_up::skin-tone-6:!":         "☝🏿!",
		":woman-running::skin-tone-2:":     "🏃🏻‍♀️",
		":man-heart-man::skin-tone-4:":     "👨🏽‍❤️‍👨🏽",
		":handshake::skin-tone-2:":         "🤝🏻",
		":handshake::skin-tone-2-6:":       "🫱🏻‍🫲🏿",
		":handshake::skin-tone-2-2:":       "🤝🏻",
		":tada::skin-tone-2:":              "🎉🏻", // a tone alone is an emoji too
		":heart: :one: :us: :flag-be: :x:": "❤️ 1️⃣ 🇺🇸 🇧🇪 ❌",
		"Only today:x:, deals:100:":        "Only today❌, deals💯",
		":shaking_face: :fingerprint:":     "🫨 🫆", // of Unicode 15 and 16
		"Open 9:00:tada:":                  "Open 9:00🎉",
		":smile:https://example.com/a:b":   "😄https://example.com/a:b",
	} {
		if got, unknown := emoji.Replace(text); got != want || len(unknown) > 0 {
			t.Errorf("Replace(%q) = %q, %q; want %q", text, got, unknown, want)
		}
	}
}

// Texts that aren't emoji names stay unchanged and aren't reported.
func TestReplace_leaves(t *testing.T) {
	t.Parallel()
	for _, text := range []string{
		"10:30:45", "Open 9:00-12:00, 13:00-18:00", "ma:9u-12u:di", "a:b:c", "x:a:y", "us:de:fr", "10:100:1000", "1:1234:5",
		"https://example.com:tada:/x", "http://a.be/:heart: ", "C::vector::x", "::", ":::", ": tada :", ":-)", ":-:", ":p:",
		":TADA:", "Maat :XL:", ":50:", "Note: this: that", "Let op:nu:koop", "mailto:a@b.c:x",
	} {
		if got, unknown := emoji.Replace(text); got != text || len(unknown) > 0 {
			t.Errorf("Replace(%q) = %q, %q; want it as it is", text, got, unknown)
		}
	}
}

func TestReplace_unknown(t *testing.T) {
	t.Parallel()
	for text, want := range map[string][]string{
		":acme-logo: Deals :acme-logo:": {":acme-logo:"},
		"Deals :acme: (:アクメ:)":          {":acme:", ":アクメ:"},
		":foo::bar:Zomer":               {":foo:", ":bar:"},
		":tada::acme:":                  {":acme:"},
	} {
		got, unknown := emoji.Replace(text)
		if diff := cmp.Diff(want, unknown); diff != "" || !strings.Contains(got, want[0]) {
			t.Errorf("Replace(%q) = %q; unknown (-want +got):\n%s", text, got, diff)
		}
	}
}

func TestPicture(t *testing.T) {
	t.Parallel()
	for r, want := range map[rune][2]bool{
		'🎉': {true, false}, '❤': {true, true}, '©': {true, true}, '⭐': {true, false}, '♀': {true, true}, '🇧': {true, false},
		'\U0001FAFF': {true, false}, // reserved
		'1':          {}, 'é': {}, '€': {}, '★': {}, emoji.Selector: {}, emoji.Joiner: {}, emoji.Keycap: {},
	} {
		if ok, needs := emoji.Picture(r); [2]bool{ok, needs} != want {
			t.Errorf("Picture(%q) = %v, %v; want %v", r, ok, needs, want)
		}
	}
}

func FuzzReplace(f *testing.F) {
	f.Add(":tada::wave::skin-tone-3: 10:30:45 https://a:b :foo:")
	f.Add("::::skin-tone-2-3::handshake::")
	f.Fuzz(func(t *testing.T, text string) {
		got, unknown := emoji.Replace(text)
		if utf8.ValidString(text) && !utf8.ValidString(got) {
			t.Errorf("Replace(%q) breaks UTF-8: %q", text, got)
		}
		if len(got) > 4*len(text) {
			t.Errorf("Replace(%q) has %d bytes of %d", text, len(got), len(text))
		}
		for _, name := range unknown {
			if !strings.Contains(text, name) {
				t.Errorf("Replace(%q) names %q", text, name)
			}
		}
	})
}
