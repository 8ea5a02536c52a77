package bot_test

import (
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"github.com/coupontools/couponbot/bot"
)

func TestSplit(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name, text string
		want       []bot.Word
	}{
		{"nothing", "  ", nil},
		{"plain words", "city deals", words("city", "deals")},
		{"straight quotes", `"City deals" mia`, []bot.Word{{"City deals", true}, {"mia", false}}},
		{"curly quotes", "“City deals” mia", []bot.Word{{"City deals", true}, {"mia", false}}},
		{"German quotes", "„Stadt Angebote“ x", []bot.Word{{"Stadt Angebote", true}, {"x", false}}},
		{"French quotes", "«Bons plans» x", []bot.Word{{"Bons plans", true}, {"x", false}}},
		{"single curly quotes", "‘City deals’", []bot.Word{{"City deals", true}}},
		{"an apostrophe inside a word", "L'été d’or", words("L'été", "d’or")},
		{"a quote that is never closed", `"City deals`, words(`"City`, "deals")},
		{"a word that begins with an apostrophe", "’t Zilte", words("’t", "Zilte")},
		{"an escaped address", "email <mailto:mia@example.com|mia@example.com>", words("email", "mia@example.com")},
		{"an escaped number", "<tel:+32470123456|+32 470 12 34 56> deals", words("+32470123456", "deals")},
		{"a link", "<https://example.com|example.com>", words("example.com")},
		{"a person", "<@U123|mia>", words("@mia")},
		{"a channel-wide mention", "<!channel>", words("@channel")},
		{"entities", "Food &amp; drinks &lt;b&gt;", words("Food", "&", "drinks", "<b>")},
		{"an entity is undone once", "&amp;lt;", words("&lt;")},
		{"a number with spaces", "sms +32 470 12 34 56 city", words("sms", "+32 470 12 34 56", "city")},
		{"a number with signs", "(0470) 12-34.56", words("(0470) 12-34.56")},
		{"two international numbers", "+32470123456 +32470123457", words("+32470123456", "+32470123457")},
		{"an emoji", ":tada: Zomerdeals", words("🎉", "Zomerdeals")},
		{"emoji in quotes", `send "Deals :heart:" mia`, []bot.Word{{"send", false}, {"Deals ❤️", true}, {"mia", false}}},
		{"emoji between words", "Zomer:wave::skin-tone-3:deals", words("Zomer👋🏼deals")},
		{"an emoji of digits is no number", "470 :one: 12", words("470", "1️⃣", "12")},
		{"a time and a link", "at 10:30:45 <https://a.be/:x:/>", words("at", "10:30:45", "https://a.be/:x:/")},
		{"an id stays alone", "dir_12 470", words("dir_12", "470")},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			if diff := cmp.Diff(tt.want, bot.Split(tt.text)); diff != "" {
				t.Errorf("Split(%q) (-want +got):\n%s", tt.text, diff)
			}
		})
	}
}

func words(texts ...string) []bot.Word {
	list := make([]bot.Word, len(texts))
	for i, text := range texts {
		list[i] = bot.Word{Text: text}
	}
	return list
}

func FuzzSplit(f *testing.F) {
	f.Add(`"City deals" <mailto:a@b.c|a@b.c> +32 470`)
	f.Add("„“”<|>&amp;")
	f.Fuzz(func(t *testing.T, text string) {
		for _, w := range bot.Split(text) {
			if w.Text == "" {
				t.Errorf("Split(%q) gives an empty word", text)
			}
			if utf8.ValidString(text) && !utf8.ValidString(w.Text) {
				t.Errorf("Split(%q) breaks UTF-8: %q", text, w.Text)
			}
			if !w.Quoted && strings.ContainsAny(strings.Trim(w.Text, "0123456789+()-./ "), "\n\t") {
				t.Errorf("Split(%q) leaves white space in the word %q", text, w.Text)
			}
		}
	})
}
