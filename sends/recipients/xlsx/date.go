package xlsx

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"

	"github.com/xuri/nfp"
)

// dateParts are the parts that a date format shows. Their order and spelling don't matter, since dates are written in ISO
// 8601.
type dateParts struct {
	year, month, day, hour, second bool
	elapsed                        bool // hours may exceed 24
	auto                           bool // a date, a time or both, depending on the value
}

// parseDate returns nil unless the format shows dates or times.
func parseDate(tokens []nfp.Token) *dateParts {
	var p dateParts
	previous, minutes := byte(0), false
	for _, t := range tokens {
		if t.TType != nfp.TokenTypeDateTimes && t.TType != nfp.TokenTypeElapsedDateTimes || t.TValue == "" {
			continue
		}
		p.elapsed = p.elapsed || t.TType == nfp.TokenTypeElapsedDateTimes
		letter := strings.ToLower(t.TValue)[0]
		switch letter {
		case 'y', 'e', 'b':
			p.year = true
		case 'd':
			p.day = true
		case 'h':
			p.hour = true
		case 'm': // minutes between hours and seconds, otherwise a month
			if minutes = previous == 'h' || p.elapsed; !minutes {
				p.month = true
			}
			p.hour = p.hour || minutes
		case 's':
			p.second, p.hour = true, true
			p.month = p.month && (previous != 'm' || minutes)
		}
		previous = letter
	}
	if p == (dateParts{}) {
		return nil
	}
	return &p
}

const (
	daySeconds = 24 * 60 * 60
	// lastDay is 9999-12-31.
	lastDay = 2_958_465
	// offset1904 is the serial number of 1904-01-01 in the 1900 system.
	offset1904 = 1462
)

// show formats a serial number, which counts days, as a date, a time or both. It omits midnight after a date: most programs
// that export dates from a database give all of them a time. It returns false for numbers beyond all dates.
func (p dateParts) show(d decimal, date1904 bool) (string, bool) {
	serial, err := strconv.ParseFloat(d.String(), 64)
	if err != nil || serial < 0 || serial > lastDay+1 {
		return "", false
	}
	seconds := int(math.Round(serial * daySeconds)) // Fractions of a second are float noise.
	if p.elapsed {
		return p.clock(seconds), true
	}
	days, clock := seconds/daySeconds, seconds%daySeconds
	if p.auto {
		p.day, p.hour = days > 0, true
	}
	date, ok := "", true
	if p.year || p.month || p.day {
		date, ok = p.date(days, date1904)
	}
	switch {
	case !p.hour, clock == 0 && date != "":
		return date, ok
	case date == "": // A time in a format with a date is a time on day 0.
		return p.clock(clock), true
	default:
		return date + " " + p.clock(clock), true
	}
}

// date formats the day with that serial number. A format without days shows only the month or the year.
func (p dateParts) date(days int, date1904 bool) (string, bool) {
	if date1904 {
		days += offset1904
	}
	if days < 1 || days > lastDay {
		return "", false
	}
	const leapDay = 60 // Excel has a 29 February 1900, as Lotus 1-2-3 had.
	epoch := time.Date(1899, 12, 30, 0, 0, 0, 0, time.UTC)
	date := "1900-02-29"
	switch {
	case days < leapDay:
		date = epoch.AddDate(0, 0, days+1).Format(time.DateOnly)
	case days > leapDay:
		date = epoch.AddDate(0, 0, days).Format(time.DateOnly)
	}
	switch {
	case p.day || p.auto || !p.year:
		return date, true
	case p.month:
		return date[:len("2006-01")], true
	default:
		return date[:len("2006")], true
	}
}

// clock formats a time of day or a duration, with its seconds if there are any and the format shows them.
func (p dateParts) clock(seconds int) string {
	text := fmt.Sprintf("%02d:%02d", seconds/3600, seconds/60%60)
	if p.second && seconds%60 != 0 {
		text += fmt.Sprintf(":%02d", seconds%60)
	}
	return text
}

// isoDate formats a date stored as text, such as 1990-05-17T00:00:00, in the same way. Newer files may have them.
func isoDate(text string) string {
	text = strings.TrimSuffix(text, "Z")
	date, clock, _ := strings.Cut(text, "T")
	clock, _, _ = strings.Cut(clock, ".")
	if clock == "00:00:00" && date != "" {
		clock = ""
	}
	return strings.TrimSpace(date + " " + strings.TrimSuffix(clock, ":00"))
}
