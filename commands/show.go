package commands

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

// How directories, times and numbers look, wherever they are shown. Texts from outside are cut by what they are, since
// Slack refuses a message whose blocks together are too long: some 13,200 characters.

// price says what a directory costs: "4.50 EUR a year", "free".
func price(p *coupontools.Payment) string {
	if p == nil {
		return "free"
	}
	amount := short(p.Amount + " " + p.Currency)
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
	return fmt.Sprintf("%s (%s)", amount, short(p.Type))
}

// directoryRow is one directory in a list.
func directoryRow(d coupontools.Directory) *slack.SectionBlock {
	facts := []string{short(d.ID)}
	if d.Code != "" {
		facts = append(facts, "code "+short(d.Code))
	}
	return blocks.Text(sentence(d.Name) + "\n" + strings.Join(append(facts, price(d.Payment)), " · "))
}

// titled names a directory or the like in a sentence: “City deals” (dir_5501).
func titled(item cache.Item) string {
	id, name := item.Ident()
	return fmt.Sprintf("“%s” (%s)", short(name), id)
}

// nameAndID names something in a field, as far as both are known: City deals (dir_5501).
func nameAndID(name, id string) string {
	switch name = oneLine(name); {
	case name == "" || name == id:
		return id
	case id == "":
		return name
	}
	return name + " (" + id + ")"
}

// span says how long something takes or took, in whole words.
func span(d time.Duration) string {
	switch {
	case d < time.Minute:
		return "less than a minute"
	case d < 2*time.Hour:
		return count(int(d/time.Minute), "minute", "minutes")
	default:
		return count(int(d/time.Hour), "hour", "hours")
	}
}

// zoned writes a time in a person's time zone, and names the zone.
func zoned(p bot.Person, t time.Time) string {
	zone, name := p.Clock()
	return blocks.Zoned(t, zone, name)
}

// count says "1 user", "1,204 users".
func count(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return thousands(n) + " " + many
}

// thousands writes a number with commas.
func thousands(n int) string {
	s := fmt.Sprint(n)
	for i := len(s) - 3; i > 0 && s[i-1] != '-'; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}

// oneLine takes the line breaks out of a name.
func oneLine(s string) string { return strings.Join(strings.Fields(s), " ") }

// short makes a name or a typed word fit into a sentence.
func short(s string) string {
	const runes = 80
	return blocks.Cut(oneLine(s), runes)
}

// sentence makes a reason from outside fit into a message.
func sentence(s string) string {
	const runes = 300
	return blocks.Cut(oneLine(s), runes)
}

// joined joins the texts that are not empty.
func joined(separator string, texts ...string) string {
	var kept []string
	for _, t := range texts {
		if t != "" {
			kept = append(kept, t)
		}
	}
	return strings.Join(kept, separator)
}
