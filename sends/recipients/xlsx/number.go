package xlsx

import (
	"strconv"
	"strings"
)

// exactDigits is how many significant digits of a number a spreadsheet program stores and shows.
const exactDigits = 15

// decimal is a decimal number as stored in a cell, so that a float neither loses nor invents digits.
type decimal struct {
	negative bool
	digits   string // without zeros at either end; empty for zero
	// point is the position of the decimal point in digits. Beyond the digits there are zeros; if negative, there are that
	// many zeros between the point and the digits.
	point int
}

// parseDecimal parses a number such as 12, -0.5 or 3.2470000001E10.
func parseDecimal(text string) (d decimal, ok bool) {
	const maxExponent = 400 // that of a float64 is 324
	mantissa, exponent := text, 0
	if i := strings.IndexAny(text, "eE"); i >= 0 {
		n, err := strconv.Atoi(text[i+1:])
		if err != nil || n > maxExponent || n < -maxExponent {
			return decimal{}, false
		}
		mantissa, exponent = text[:i], n
	}
	mantissa, d.negative = strings.CutPrefix(mantissa, "-")
	mantissa = strings.TrimPrefix(mantissa, "+")
	whole, fraction, _ := strings.Cut(mantissa, ".")
	digits := whole + fraction
	if digits == "" || strings.Trim(digits, "0123456789") != "" {
		return decimal{}, false
	}
	d.digits = strings.TrimLeft(digits, "0")
	d.point = len(whole) + exponent - (len(digits) - len(d.digits))
	d.digits = strings.TrimRight(d.digits, "0")
	if d.digits == "" {
		return decimal{}, true
	}
	return d, true
}

// integer reports whether a number has no fraction and all its digits.
func (d decimal) integer() bool {
	return d.point >= len(d.digits) && len(d.digits) <= exactDigits
}

// round rounds to that many digits after the decimal point, halves away from zero.
func (d decimal) round(places int) decimal {
	keep := d.point + places
	switch {
	case keep >= len(d.digits):
		return d
	case keep < 0:
		return decimal{}
	}
	kept := []byte(d.digits[:keep])
	if d.digits[keep] >= '5' {
		for len(kept) > 0 && kept[len(kept)-1] == '9' {
			kept = kept[:len(kept)-1]
		}
		if len(kept) == 0 {
			return decimal{d.negative, "1", d.point + 1}
		}
		kept[len(kept)-1]++
	}
	if d.digits = strings.TrimRight(string(kept), "0"); d.digits == "" {
		return decimal{}
	}
	return d
}

// split returns the digits before and after the decimal point; for 0.5 there are none before it.
func (d decimal) split() (whole, fraction string) {
	switch n := len(d.digits); {
	case d.point >= n:
		return d.digits + strings.Repeat("0", d.point-n), ""
	case d.point > 0:
		return d.digits[:d.point], d.digits[d.point:]
	default:
		return "", strings.Repeat("0", -d.point) + d.digits
	}
}

// String returns all digits, without an exponent.
func (d decimal) String() string {
	whole, fraction := d.split()
	if whole == "" {
		whole = "0"
	}
	if fraction != "" {
		whole += "." + fraction
	}
	if d.negative {
		whole = "-" + whole
	}
	return whole
}

// general returns the number without the noise of binary fractions, as in 0.30000000000000004.
func (d decimal) general() string { return d.round(exactDigits - d.point).String() }
