package recipients_test

import (
	"testing"

	"github.com/coupontools/couponbot/sends/recipients"
)

func TestMask(t *testing.T) {
	t.Parallel()
	for to, want := range map[string]string{
		"+32470123456":    "+32 470 •• •• 56",
		"+16502530000":    "+1 650-•••-••00",
		"+6581234567":     "+65 81•• ••67",
		"+2902158":        "+290 ••58",
		"mia@example.com": "m•••@example.com",
		"m@example.com":   "•••@example.com",
		"@example.com":    "•••@example.com",
		"élodie@example":  "é•••@example",
		"0470123456":      "•••",
		"something else":  "•••",
		"":                "•••",
	} {
		if got := recipients.Mask(to); got != want {
			t.Errorf("Mask(%q) = %q, want %q", to, got, want)
		}
	}
}
