package xlsx

import (
	"cmp"
	"slices"
	"strconv"
	"strings"

	"github.com/xuri/nfp"
)

// format is a parsed number format.
type format struct {
	sections []section // for numbers: positive, negative and zero, or with their own conditions
	text     *section  // for text; nil shows it unchanged
}

// section is the format of the numbers of one sign, or of text.
type section struct {
	operator string // of its condition, such as values above the operand; empty without one
	operand  float64
	items    []item
	date     *dateParts
	plain    bool // has a fraction or an exponent, which would hide digits; shown as General
	shift    int  // how many digits the decimal point moves: 2 for each %, -3 for each comma at the end

	wholes, minWholes int // digit placeholders before the decimal point, and the minimum number of digits
	places, minPlaces int // the same after it
}

// item is a part of a section: a literal text or a part of the value.
type item struct {
	kind itemKind
	text string
}

type itemKind int

const (
	literal itemKind = iota
	digit
	point
	value // the whole number as General, or the text
)

// parseFormat parses a format code. It returns nil for General and for invalid codes.
func parseFormat(code string) (f *format) {
	if code == "" || strings.EqualFold(code, "General") {
		return nil
	}
	defer func() { // The parser may panic on codes that no program writes.
		if recover() != nil {
			f = nil
		}
	}()
	parser := nfp.NumberFormatParser()
	f = &format{}
	// Quotes end a literal: without them the parser drops the plus of +General.
	for _, parsed := range parser.Parse(strings.ReplaceAll(code, "General", `""General`)) {
		s := parseSection(parsed.Items)
		if parsed.Type == nfp.TokenSectionText {
			f.text = &s
		} else {
			f.sections = append(f.sections, s)
		}
	}
	return f
}

// parseSection collects the items of a section. A comma behind the last placeholder divides by 1,000; between placeholders
// it asks for thousands separators, which are omitted.
func parseSection(tokens []nfp.Token) section {
	s := section{date: parseDate(tokens)}
	commas, firstZero, fraction := 0, -1, false
	placeholder := func(c rune) {
		switch {
		case c == '.' && !fraction:
			s.shift, commas, fraction = s.shift-3*commas, 0, true
			s.items = append(s.items, item{kind: point})
			return
		case c != '0' && c != '#' && c != '?':
			s.items = append(s.items, item{text: string(c)})
			return
		case fraction:
			if s.places++; c == '0' {
				s.minPlaces = s.places
			}
		default:
			if c == '0' && firstZero < 0 {
				firstZero = s.wholes
			}
			s.wholes++
			commas = 0
		}
		s.items = append(s.items, item{kind: digit})
	}
	for _, t := range tokens {
		switch t.TType {
		case nfp.TokenTypeZeroPlaceHolder, nfp.TokenTypeHashPlaceHolder, nfp.TokenTypeDigitalPlaceHolder, nfp.TokenTypeDecimalPoint:
			for _, c := range t.TValue {
				placeholder(c)
			}
		case nfp.TokenTypeThousandsSeparator:
			commas++
		case nfp.TokenTypeLiteral:
			// The parser treats the second of two commas as text, and the fraction #/# too.
			if t.TValue == "," && commas > 0 {
				commas++
				continue
			}
			s.plain = s.plain || strings.Contains(t.TValue, "#/")
			s.items = append(s.items, item{text: t.TValue})
		case nfp.TokenTypePercent:
			s.shift += 2
			s.items = append(s.items, item{text: "%"})
		case nfp.TokenTypeCurrencyLanguage:
			for _, p := range t.Parts {
				if p.Token.TType == nfp.TokenSubTypeCurrencyString {
					s.items = append(s.items, item{text: p.Token.TValue})
				}
			}
		case nfp.TokenTypeGeneral, nfp.TokenTypeTextPlaceHolder:
			if !slices.Contains(s.items, item{kind: value}) { // A long text, repeated often, would fill the memory.
				s.items = append(s.items, item{kind: value})
			}
		case nfp.TokenTypeExponential, nfp.TokenTypeFraction, nfp.TokenTypeDenominator:
			s.plain = true
		case nfp.TokenTypeCondition:
			s.operator = t.Parts[0].Token.TValue
			s.operand, _ = strconv.ParseFloat(t.Parts[1].Token.TValue, 64)
		}
	}
	s.shift -= 3 * commas
	if firstZero >= 0 {
		s.minWholes = s.wholes - firstZero
	}
	return s
}

// pick returns the section for a number, and whether the number needs a minus sign there: the second of several sections is
// for negative numbers and has its own sign, if any.
func (f *format) pick(d decimal) (s *section, minus bool) {
	last := len(f.sections) - 1
	for i := range f.sections {
		s := &f.sections[i]
		var match bool
		switch {
		case s.operator != "":
			match = s.meets(d)
		case i == last:
			match = true
		case i == 0:
			match = !d.negative && (d.digits != "" || last == 1)
		default:
			match = d.negative
		}
		if match {
			return s, d.negative && (i == 0 || f.sections[0].operator != "")
		}
	}
	return nil, false
}

// meets reports whether a number meets the section's condition.
func (s *section) meets(d decimal) bool {
	number, _ := strconv.ParseFloat(d.String(), 64) // A number that is too large becomes infinite, which compares correctly.
	relation := "<=>"[cmp.Compare(number, s.operand)+1]
	return strings.IndexByte(s.operator, relation) >= 0 // The operator names all relations that it allows.
}
