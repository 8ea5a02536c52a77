package page

import (
	"fmt"
	"html"
	"strconv"
	"strings"
	"time"
)

// dateToken draws <!date^seconds^format^link|fallback> in the reader's time zone.
func (p *painter) dateToken(rest, fallback string) string {
	seconds, format, _ := strings.Cut(rest, "^")
	format, link, _ := strings.Cut(format, "^")
	at, err := strconv.ParseInt(seconds, 10, 64)
	if err != nil || format == "" {
		return escaped(fallback)
	}
	return p.dated(at, unescaped(format), unescaped(link))
}

func (p *painter) dated(at int64, format, link string) string {
	t := time.Unix(at, 0).In(p.zone)
	words := `<time datetime="` + t.UTC().Format(time.RFC3339) + `">` + html.EscapeString(p.dateWords(t, format)) + `</time>`
	if u, ok := safeURL(link); ok {
		return anchor(u, words)
	}
	return words
}

// dateWords fills in Slack's placeholders.
func (p *painter) dateWords(t time.Time, format string) string {
	ordinal := strconv.Itoa(t.Day()) + ordinalEnd(t.Day())
	long := t.Format("January ") + ordinal + t.Format(", 2006")
	return strings.NewReplacer(
		"{date_num}", t.Format("2006-01-02"),
		"{date_slash}", t.Format("01/02/2006"),
		"{date_pretty}", p.near(t, long),
		"{date_short_pretty}", p.near(t, t.Format("Jan 2, 2006")),
		"{date_long_pretty}", p.near(t, t.Format("Monday, ")+long),
		"{date_long_full}", t.Format("Monday, ")+long,
		"{date_short}", t.Format("Jan 2, 2006"),
		"{date_long}", t.Format("Monday, ")+long,
		"{date}", long,
		"{day_divider_pretty}", p.near(t, t.Format("Monday, ")+long),
		"{time_secs}", t.Format("3:04:05 PM"),
		"{time}", t.Format("3:04 PM"),
		"{ago}", p.ago(t),
	).Replace(format)
}

// near says today, yesterday or tomorrow, or else the date.
func (p *painter) near(t time.Time, otherwise string) string {
	switch t.Format(time.DateOnly) {
	case p.now.In(p.zone).Format(time.DateOnly):
		return "today"
	case p.now.In(p.zone).AddDate(0, 0, -1).Format(time.DateOnly):
		return "yesterday"
	case p.now.In(p.zone).AddDate(0, 0, 1).Format(time.DateOnly):
		return "tomorrow"
	default:
		return otherwise
	}
}

func (p *painter) ago(t time.Time) string {
	d := p.now.Sub(t)
	pattern := "%s ago"
	if d < 0 {
		d, pattern = -d, "in %s"
	}
	switch {
	case d < time.Minute:
		return "just now"
	case d < time.Hour:
		return fmt.Sprintf(pattern, plural(int(d.Minutes()), "minute"))
	case d < 48*time.Hour:
		return fmt.Sprintf(pattern, plural(int(d.Hours()), "hour"))
	default:
		return fmt.Sprintf(pattern, plural(int(d.Hours())/24, "day"))
	}
}

func plural(n int, word string) string {
	if n == 1 {
		return "1 " + word
	}
	return strconv.Itoa(n) + " " + word + "s"
}

func ordinalEnd(day int) string {
	if day/10 == 1 {
		return "th"
	}
	switch day % 10 {
	case 1:
		return "st"
	case 2:
		return "nd"
	case 3:
		return "rd"
	default:
		return "th"
	}
}
