package xlsx

import "strings"

// number formats a number for display.
func (f *format) number(d decimal, date1904 bool) string {
	if f == nil {
		return d.general()
	}
	s, minus := f.pick(d)
	switch {
	case s == nil, s.plain:
		return d.general()
	case s.date != nil:
		if text, ok := s.date.show(d, date1904); ok {
			return text
		}
		return d.general()
	}
	return s.render(d, minus)
}

// integer returns all digits of an integer. If the format shows more before them, such as a leading zero or the plus of a
// phone number, it returns the displayed text, with its spaces and signs; and nothing if the format hides numbers. Formats
// that move or round digits, such as money and dates, aren't meant for identifiers and are ignored.
func (f *format) integer(d decimal) string {
	digits := d.String()
	if f == nil {
		return digits
	}
	s, minus := f.pick(d)
	if s == nil || s.plain || s.date != nil || s.places > 0 || s.shift != 0 {
		return digits
	}
	if len(s.items) == 0 {
		return ""
	}
	shown := s.render(d, minus)
	if kept := digitsAndPlus(shown); kept != digits && strings.HasSuffix(kept, digits) {
		return shown
	}
	return digits
}

func digitsAndPlus(text string) string {
	return strings.Map(func(r rune) rune {
		if r >= '0' && r <= '9' || r == '+' {
			return r
		}
		return -1
	}, text)
}

// string formats a text for display: some formats add a plus, or hide it. Nothing is added to long texts, so that a shared
// string isn't copied for each cell.
func (f *format) string(text string) string {
	const long = 255
	switch {
	case f == nil || f.text == nil:
		return text
	case len(f.text.items) == 0:
		return ""
	case len(text) > long:
		return text
	}
	var b strings.Builder
	for _, i := range f.text.items {
		if i.kind == value {
			b.WriteString(text)
		}
		b.WriteString(i.text)
	}
	return b.String()
}

// render writes a number into the placeholders of the section.
func (s *section) render(d decimal, minus bool) string {
	if d.digits != "" {
		d.point += s.shift
	}
	general := decimal{digits: d.digits, point: d.point}.general()
	if s.wholes+s.places > 0 {
		d = d.round(s.places)
	}
	whole, fraction := d.split()
	whole = strings.Repeat("0", max(0, s.minWholes-len(whole))) + whole
	fraction += strings.Repeat("0", max(0, s.minPlaces-len(fraction)))
	var b strings.Builder
	if minus && d.digits != "" {
		b.WriteByte('-')
	}
	left := s.wholes // placeholders before the decimal point
	for _, i := range s.items {
		switch {
		case i.kind == value:
			b.WriteString(general)
		case i.kind == digit && left > 0:
			left--
			if n := len(whole) - left; n > 0 { // The first placeholder takes all surplus digits.
				b.WriteString(whole[:n])
				whole = whole[n:]
			}
		case i.kind == digit && fraction != "":
			b.WriteByte(fraction[0])
			fraction = fraction[1:]
		case i.kind == point:
			b.WriteString(whole)
			if whole = ""; fraction != "" {
				b.WriteByte('.')
			}
		case i.kind == literal:
			b.WriteString(i.text)
		}
	}
	return strings.TrimSpace(b.String())
}
