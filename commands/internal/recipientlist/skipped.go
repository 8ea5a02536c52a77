package recipientlist

import (
	"fmt"

	"github.com/slack-go/slack"

	"github.com/coupontools/couponbot/bot/blocks"
	"github.com/coupontools/couponbot/commands/internal/format"
	"github.com/coupontools/couponbot/sends/recipients"
)

// LeftOut shows who was left out of a list, with a few examples for each rule.
func LeftOut(list recipients.List) []slack.Block {
	n := list.Skipped()
	if n == 0 {
		return nil
	}
	set := []slack.Block{blocks.Divider(), blocks.Text(format.Count(n, "entry is", "entries are") + " skipped:")}
	for _, g := range list.Groups(leftOutExamples) {
		lines := []string{fmt.Sprintf("%s: %s", format.Capitalised(RuleTitle(g.Rule)), format.Thousands(g.Count))}
		for _, o := range g.Examples {
			lines = append(lines, leftOutLine(o))
		}
		set = append(set, blocks.Text(format.AndMore(lines, g.Count, leftOutExamples)))
	}
	return set
}

// leftOutExamples is how many entries the preview shows for each rule.
const leftOutExamples = 5

// leftOutLine shows an entry as it was written, so that it can be found. A valid contact that may not be written to is masked.
func leftOutLine(o recipients.LeftOut) string {
	switch o.Rule {
	case recipients.RuleHidden, recipients.RuleConsent, recipients.RuleSuppressed,
		recipients.RuleUnsubscribed, recipients.RuleAnswered, recipients.RuleExpired, recipients.RuleFrequencyCap,
		recipients.RuleDailyCapPerson, recipients.RuleDailyCap:
		return fmt.Sprintf("%s, %s: %s", format.Capitalised(o.Place()), recipients.Mask(o.Text), o.Reason)
	}
	if o.Text == "" {
		return format.Capitalised(o.Place()) + ": " + o.Reason
	}
	return fmt.Sprintf("%s, “%s”: %s", format.Capitalised(o.Place()), format.Short(o.Text), o.Reason)
}

// RuleTitle says in a few words why a rule skips entries.
func RuleTitle(r recipients.Rule) string {
	switch r {
	case recipients.RuleEmpty:
		return "nothing in the column"
	case recipients.RuleInvalid:
		return "cannot be read"
	case recipients.RuleLength:
		return "too short or too long"
	case recipients.RuleSpreadsheet:
		return "spoiled by a spreadsheet"
	case recipients.RuleNoCountry:
		return "without a country code"
	case recipients.RuleForeign:
		return "look like foreign numbers without their +"
	case recipients.RuleUnclear:
		return "more than one reading"
	case recipients.RuleCountry:
		return "in a country that is not allowed"
	case recipients.RulePremium:
		return "premium-rate numbers"
	case recipients.RuleHidden:
		return "hidden in the spreadsheet"
	case recipients.RuleConsent:
		return "said no to messages"
	case recipients.RuleDuplicate:
		return "repeated"
	case recipients.RuleMax:
		return "over the limit of one send"
	case recipients.RuleSuppressed:
		return "on the do-not-contact list"
	case recipients.RuleUnsubscribed:
		return "unsubscribed in Coupontools"
	case recipients.RuleAnswered:
		return "answered meanwhile"
	case recipients.RuleExpired:
		return "not known from the first send any more"
	case recipients.RuleFrequencyCap:
		return "sent something not long ago"
	case recipients.RuleDailyCapPerson:
		return "over your limit for today"
	case recipients.RuleDailyCap:
		return "over the limit of all for today"
	}
	return "other reasons"
}
