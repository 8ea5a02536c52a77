package recipients

import "strings"

// Straighten puts plain characters in the place of those that word processors and telephones write by themselves:
// quotation marks, apostrophes, dashes, the ellipsis, and spaces that do not break. All of the plain ones are in the GSM
// alphabet, so that a text which needed UCS-2 for their sake alone takes fewer messages; see [CountSegments].
func Straighten(text string) string { return straight.Replace(text) }

var straight = strings.NewReplacer(
	"‘", "'", "’", "'", "‚", "'", "‛", "'", "‹", "'", "›", "'", "′", "'", "`", "'", "´", "'",
	"“", `"`, "”", `"`, "„", `"`, "‟", `"`, "«", `"`, "»", `"`, "″", `"`,
	"‐", "-", "‑", "-", "‒", "-", "–", "-", "—", "-", "―", "-", "−", "-",
	"…", "...",
	"\u00a0", " ", "\u2009", " ", "\u202f", " ", "\u2007", " ",
)
