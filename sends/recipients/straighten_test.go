package recipients_test

import (
	"testing"

	"github.com/coupontools/couponbot/sends/recipients"
)

func TestStraighten(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"":                           "",
		"plain 'text' - \"here\"...": "plain 'text' - \"here\"...",
		"“Only” today — it’s ‘now’…":     `"Only" today - it's 'now'...`,
		"«\u00a0Été\u202f» 10–20\u2009%": `" Été " 10-20 %`,
		"🎉 ça":                           "🎉 ça",
	} {
		if got := recipients.Straighten(text); got != want {
			t.Errorf("Straighten(%q) = %q, want %q", text, got, want)
		}
	}
}

// Whatever is straightened is in the GSM alphabet afterwards.
func TestStraighten_needsNoUCS2(t *testing.T) {
	t.Parallel()
	const marks = "‘’‚‛‹›′`´“”„‟«»″‐‑‒–—―−…\u00a0\u2009\u202f\u2007"
	if s := recipients.CountSegments(recipients.Straighten(marks)); s.Encoding != "GSM-7" {
		t.Errorf("%q still needs %s for %q", marks, s.Encoding, s.Culprits)
	}
}
