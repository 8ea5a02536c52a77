package page

import (
	"fmt"
	"html"
	"strconv"
	"strings"
	"time"
)

// dateToken renders <!date^seconds^format^link|fallback> in the viewer's time zone, given what follows "date^".
func (r *renderer) dateToken(rest, fallback string) string {
	seconds, format, _ := strings.Cut(rest, "^")
	format, link, _ := strings.Cut(format, "^")
	at, err := strconv.ParseInt(seconds, 10, 64)
	if err != nil || format == "" {
		return textHTML(fallback)
	}
	return r.timeHTML(at, unescape(format), unescape(link))
}

// timeHTML renders a Unix time in a format of Slack, as a link if there is one.
func (r *renderer) timeHTML(at int64, format, link string) string {
	t := time.Unix(at, 0).In(r.zone)
	element := `<time datetime="` + t.UTC().Format(time.RFC3339) + `">` + html.EscapeString(r.formatDate(t, format)) + `</time>`
	if u, ok := safeURL(link); ok {
		return anchor(u, element)
	}
	return element
}

// formatDate replaces the placeholders of a date format. Source: https://docs.slack.dev/messaging/formatting-message-text.
func (r *renderer) formatDate(t time.Time, format string) string {
	ordinal := strconv.Itoa(t.Day()) + ordinalSuffix(t.Day())
	long := t.Format("January ") + ordinal + t.Format(", 2006")
	return strings.NewReplacer(
		"{date_num}", t.Format("2006-01-02"),
		"{date_slash}", t.Format("01/02/2006"),
		"{date_pretty}", r.relativeDay(t, long),
		"{date_short_pretty}", r.relativeDay(t, t.Format("Jan 2, 2006")),
		"{date_long_pretty}", r.relativeDay(t, t.Format("Monday, ")+long),
		"{date_long_full}", t.Format("Monday, ")+long,
		"{date_short}", t.Format("Jan 2, 2006"),
		"{date_long}", t.Format("Monday, ")+long,
		"{date}", long,
		"{day_divider_pretty}", r.relativeDay(t, t.Format("Monday, ")+long),
		"{time_secs}", t.Format("3:04:05 PM"),
		"{time}", t.Format("3:04 PM"),
		"{ago}", r.relativeTime(t),
	).Replace(format)
}

// relativeDay returns today, yesterday or tomorrow, or another text for other days.
func (r *renderer) relativeDay(t time.Time, otherwise string) string {
	switch t.Format(time.DateOnly) {
	case r.now.In(r.zone).Format(time.DateOnly):
		return "today"
	case r.now.In(r.zone).AddDate(0, 0, -1).Format(time.DateOnly):
		return "yesterday"
	case r.now.In(r.zone).AddDate(0, 0, 1).Format(time.DateOnly):
		return "tomorrow"
	default:
		return otherwise
	}
}

// relativeTime returns how long ago or ahead a time is, in its largest unit.
func (r *renderer) relativeTime(t time.Time) string {
	d := r.now.Sub(t)
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

// plural returns a number with a noun.
func plural(n int, word string) string {
	if n == 1 {
		return "1 " + word
	}
	return strconv.Itoa(n) + " " + word + "s"
}

// ordinalSuffix returns what follows a day in English: 1st, 2nd, 3rd, 4th.
func ordinalSuffix(day int) string {
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
