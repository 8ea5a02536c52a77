package message_test

import (
	"testing"

	"github.com/coupontools/couponbot/sends/message"
)

func TestSimplify(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"":                           "",
		"plain 'text' - \"here\"...": "plain 'text' - \"here\"...",
		"“Only” today — it’s ‘now’…":     `"Only" today - it's 'now'...`,
		"«\u00a0Été\u202f» 10–20\u2009%": `" Été " 10-20 %`,
		"🎉 ça":                           "🎉 ça",
		"• Gratis\n→ Nu ✓ ✔️":            "- Gratis\n-> Nu + +",
		"★ 3×2 ≥ 5 ©️ Merk™ №1":          "* 3x2 >= 5 (C) Merk(TM) No1",
		"Col·lecció · nova\u3000ara":     "Col.lecció - nova ara",
		"2½ m², 10¹, ★★★☆, ✅ ➡️":         "2½ m², 10¹, ***☆, ✅ ->",
	} {
		if got := message.Simplify(text); got != want {
			t.Errorf("Simplify(%q) = %q, want %q", text, got, want)
		}
	}
}

// Every simplified character is in the GSM alphabet.
func TestSimplify_needsNoUCS2(t *testing.T) {
	t.Parallel()
	const marks = "‘’‚‛‹›′`´ʼ“”„‟«»″‐‑‒–—―−…•◦‣·●■→⇒✓☑✔️×✗★©®™№≈≤≥\u00a0\u2009\u202f\u2007\u3000"
	if s := message.CountSegments(message.Simplify(marks), 0); s.Encoding != "GSM-7" {
		t.Errorf("%q still needs %s for %q", marks, s.Encoding, s.Culprits)
	}
}
