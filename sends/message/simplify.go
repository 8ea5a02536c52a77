package message

import (
	"strings"
	"sync"

	"github.com/coupontools/couponbot/internal/emoji"
)

// plainForms maps plain forms to equivalent characters outside the GSM alphabet that word processors and phones write.
// Digits such as ½ and ² have none: next to another digit they would be another number.
var plainForms = [...]struct{ plain, typographic string }{
	{"'", "‘’‚‛‹›′`´ʼ"},
	{`"`, "“”„‟«»″"},
	{"-", "‐‑‒–—―−•◦‣⁃∙·●○▪■◆►▸➤➢"},
	{"...", "…"},
	{" ", "\u00a0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u202f\u205f\u3000"},
	{"->", "→➔➜➡"},
	{"<-", "←⬅"},
	{"=>", "⇒"},
	{"+", "✓✔☑"},
	{"x", "×✕✖✗✘"},
	{"*", "★✱✶"},
	{"(C)", "©"},
	{"(R)", "®"},
	{"(TM)", "™"},
	{"No", "№"},
	{"~", "≈"},
	{"<=", "≤"},
	{">=", "≥"},
}

var simplifier = sync.OnceValue(func() *strings.Replacer {
	pairs := []string{"l·l", "l.l", "L·L", "L.L"} // one letter of Catalan
	for _, form := range plainForms {
		for _, r := range form.typographic {
			pairs = append(pairs, string(r)+string(emoji.Selector), form.plain, string(r), form.plain)
		}
	}
	return strings.NewReplacer(pairs...)
})

// Simplify replaces typographic characters by plain ones: quotation marks, dashes, bullets, arrows, ticks, spaces of other
// widths and the like. A text that needs UCS-2 only because of them then takes fewer segments.
func Simplify(text string) string { return simplifier().Replace(text) }
