package format

import (
	"fmt"
	"strings"
	"time"

	"github.com/slack-go/slack"

	"github.com/coupontools/couponbot/bot"
	"github.com/coupontools/couponbot/bot/blocks"
	"github.com/coupontools/couponbot/coupontools"
	"github.com/coupontools/couponbot/coupontools/cache"
)

// Texts from outside are cut, each kind to its own length, since Slack refuses a message with more than some 13,200 characters
// in its blocks.

// Price says what a directory costs: "4.50 EUR a year", "free".
func Price(p *coupontools.Payment) string {
	if p == nil {
		return "free"
	}
	amount := Short(p.Amount + " " + p.Currency)
	switch p.Type {
	case "", "basic":
		return amount + " once"
	case "recurring_daily":
		return amount + " a day"
	case "recurring_weekly":
		return amount + " a week"
	case "recurring_monthly":
		return amount + " a month"
	case "recurring_yearly":
		return amount + " a year"
	}
	return fmt.Sprintf("%s (%s)", amount, Short(p.Type))
}

// DirectoryRow is one directory in a list.
func DirectoryRow(d coupontools.Directory) *slack.SectionBlock {
	facts := []string{Short(d.ID)}
	if d.Code != "" {
		facts = append(facts, "code "+Short(d.Code))
	}
	return blocks.Text(Sentence(d.Name) + "\n" + strings.Join(append(facts, Price(d.Payment)), " · "))
}

// Titled names an item in a sentence: “City deals” (dir_5501).
func Titled(item cache.Item) string {
	id, name := item.Ident()
	return fmt.Sprintf("“%s” (%s)", Short(name), id)
}

// NameAndID shows a name and an id, as far as both are known: City deals (dir_5501).
func NameAndID(name, id string) string {
	switch name = OneLine(name); {
	case name == "" || name == id:
		return id
	case id == "":
		return name
	}
	return name + " (" + id + ")"
}

// Span formats a duration in whole units.
func Span(d time.Duration) string {
	switch {
	case d < time.Minute:
		return "less than a minute"
	case d < 2*time.Hour:
		return Count(int(d/time.Minute), "minute", "minutes")
	default:
		return Count(int(d/time.Hour), "hour", "hours")
	}
}

// Zoned formats a time in a person's time zone, with the zone's name.
func Zoned(p bot.Person, t time.Time) string {
	zone, name := p.Clock()
	return blocks.Zoned(t, zone, name)
}

// Count says "1 user", "1,204 users".
func Count(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return Thousands(n) + " " + many
}

// Thousands formats a number with commas.
func Thousands(n int) string {
	s := fmt.Sprint(n)
	for i := len(s) - 3; i > 0 && s[i-1] != '-'; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}

// OneLine replaces the line breaks of a name.
func OneLine(s string) string { return strings.Join(strings.Fields(s), " ") }

// Short cuts a name or a typed word to fit into a sentence.
func Short(s string) string {
	const runes = 80
	return blocks.Cut(OneLine(s), runes)
}

// Sentence cuts a text from outside to fit into a message.
func Sentence(s string) string {
	const runes = 300
	return blocks.Cut(OneLine(s), runes)
}

// Joined joins the texts that are not empty.
func Joined(separator string, texts ...string) string {
	var kept []string
	for _, t := range texts {
		if t != "" {
			kept = append(kept, t)
		}
	}
	return strings.Join(kept, separator)
}
