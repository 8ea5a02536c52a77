package message

import (
	"strings"
	"unicode/utf16"
)

// The encodings of an SMS (3GPP TS 23.038).
const (
	gsm7 = "GSM-7"
	ucs2 = "UCS-2"
)

// How many units a single segment holds, and each of several, which spend 6 octets on their position (3GPP TS 23.040).
const (
	gsm7Alone, gsm7Part = 160, 153
	ucs2Alone, ucs2Part = 70, 67
)

// The default alphabet of 3GPP TS 23.038 without its escape, and the characters that take the escape and another septet. Of
// the letters with a cedilla only the capital is in the alphabet.
const (
	gsmAlphabet = "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡" +
		"ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
	gsmExtension = "\f^{}\\[~]|€"
)

// Segments is the size of a text as an SMS. Each segment is charged as one message.
type Segments struct {
	// Encoding is "GSM-7", or "UCS-2" if any character is outside the GSM alphabet.
	Encoding string
	// Units is the length: in GSM-7 septets, where ^{}\[~]| and € count two; in UCS-2 UTF-16 units, where emoji count two.
	Units int
	// Segments is their number; 0 for an empty text.
	Segments int
	// PerSegment is how many units fit into each: 160 or 70 if there is one, 153 or 67 if there are several.
	PerSegment int
	// Culprits are the characters that force UCS-2, each once, in order.
	Culprits []rune
}

// CountSegments returns the size of a text to which Coupontools appends a space and a link of that length; 0 for no link. A
// character is never split between two segments, so a text can take one more segment than its units require.
func CountSegments(text string, link int) Segments {
	culprits := outsideGSM(text)
	if link > 0 {
		text += " " + strings.Repeat("x", link) // all characters of a link are in the alphabet
	}
	if len(culprits) == 0 {
		return countInto(Segments{Encoding: gsm7}, text, gsmUnits, gsm7Alone, gsm7Part)
	}
	return countInto(Segments{Encoding: ucs2, Culprits: culprits}, text, ucsUnits, ucs2Alone, ucs2Part)
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

func countInto(s Segments, text string, units func(rune) int, alone, part int) Segments {
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

// gsmUnits returns the size of a character in septets, 0 outside the alphabet.
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
