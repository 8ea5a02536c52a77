package recipients

import (
	"strings"
	"unicode/utf16"
)

// The two ways a text message is written (3GPP TS 23.038).
const (
	gsm7 = "GSM-7"
	ucs2 = "UCS-2"
)

// How many units one message holds, alone and as a part of a longer one, whose parts each give up 6 octets to say where
// they belong (3GPP TS 23.040).
const (
	gsm7Alone, gsm7Part = 160, 153
	ucs2Alone, ucs2Part = 70, 67
)

// The default alphabet of 3GPP TS 23.038 less its escape, and the table behind the escape. Of the letters with a
// cedilla only the capital is in it.
const (
	gsmAlphabet = "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡" +
		"ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
	gsmExtension = "\f^{}\\[~]|€"
)

// Segments says how many text messages a text takes.
type Segments struct {
	// Encoding is "GSM-7", or "UCS-2" as soon as one character is outside the GSM alphabet.
	Encoding string
	// Units is the length: in GSM-7 septets, where ^{}\[~]| and € count two; in UCS-2 UTF-16 units, where emoji count two.
	Units int
	// Segments is the number of messages; 0 for an empty text.
	Segments int
	// PerSegment is how many units fit into each of them: 160 or 70 for a single message, 153 or 67 for several.
	PerSegment int
	// Culprits are the characters that force UCS-2, each once, in the order of the text.
	Culprits []rune
}

// CountSegments counts the text messages that text takes. A character is never split between two of them, so a text may
// take one more than its units alone would.
func CountSegments(text string) Segments {
	culprits := outsideGSM(text)
	if len(culprits) == 0 {
		return fill(Segments{Encoding: gsm7}, text, gsmUnits, gsm7Alone, gsm7Part)
	}
	return fill(Segments{Encoding: ucs2, Culprits: culprits}, text, ucsUnits, ucs2Alone, ucs2Part)
}

func outsideGSM(text string) []rune {
	var out []rune
	seen := map[rune]bool{}
	for _, r := range text {
		if gsmUnits(r) == 0 && !seen[r] {
			seen[r] = true
			out = append(out, r)
		}
	}
	return out
}

func fill(s Segments, text string, units func(rune) int, alone, part int) Segments {
	for _, r := range text {
		s.Units += units(r)
	}
	if s.Units <= alone {
		s.PerSegment, s.Segments = alone, min(1, s.Units)
		return s
	}
	s.PerSegment, s.Segments = part, 1
	used := 0
	for _, r := range text {
		n := units(r)
		if used+n > part {
			s.Segments++
			used = 0
		}
		used += n
	}
	return s
}

// gsmUnits is 0 for a character outside the alphabet.
func gsmUnits(r rune) int {
	switch {
	case strings.ContainsRune(gsmAlphabet, r):
		return 1
	case strings.ContainsRune(gsmExtension, r):
		return 2
	}
	return 0
}

func ucsUnits(r rune) int { return utf16.RuneLen(r) }
