package commands

import (
	"bytes"
	"context"
	"fmt"
	"slices"

	"github.com/slack-go/slack"

	"github.com/coupontools/couponbot/bot"
	"github.com/coupontools/couponbot/bot/blocks"
	"github.com/coupontools/couponbot/sends"
	"github.com/coupontools/couponbot/sends/recipients"
)

const (
	actionLeftOut = "send_left_out"

	// leftOutExamples is how many entries left out the preview shows of each rule.
	leftOutExamples = 5
)

// leftOut shows who was left out of a list, by the rules, with a few of each.
func leftOut(list recipients.List) []slack.Block {
	n := list.Skipped()
	if n == 0 {
		return nil
	}
	set := []slack.Block{blocks.Divider(), blocks.Text(count(n, "entry is", "entries are") + " skipped:")}
	for _, g := range list.Groups(leftOutExamples) {
		lines := []string{fmt.Sprintf("%s: %s", capitalised(ruleTitle(g.Rule)), thousands(g.Count))}
		for _, o := range g.Examples {
			lines = append(lines, leftOutLine(o))
		}
		set = append(set, blocks.Text(andMore(lines, g.Count, leftOutExamples)))
	}
	return set
}

// leftOutLine shows one entry as it was written, so that it can be found; one that is right but may not be written to is
// masked.
func leftOutLine(o recipients.LeftOut) string {
	switch o.Rule {
	case recipients.RuleHidden, recipients.RuleConsent, recipients.RuleSuppressed,
		recipients.RuleUnsubscribed, recipients.RuleAnswered, recipients.RuleExpired, recipients.RuleFrequencyCap,
		recipients.RuleDailyCapPerson, recipients.RuleDailyCap:
		return fmt.Sprintf("%s, %s: %s", capitalised(o.Place()), recipients.Mask(o.Text), o.Reason)
	}
	if o.Text == "" {
		return capitalised(o.Place()) + ": " + o.Reason
	}
	return fmt.Sprintf("%s, “%s”: %s", capitalised(o.Place()), short(o.Text), o.Reason)
}

// ruleTitle names in a few words what the entries have in common that a rule left out.
func ruleTitle(r recipients.Rule) string {
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

// sendLeftOut gives a person the list of everybody left out, as a file that only they see.
func (s sending) sendLeftOut(_ context.Context, req bot.Request) (bot.Reply, error) {
	return s.onDraft(req, func(ctx context.Context, d sends.Draft) (bot.Reply, error) {
		channel, err := s.poster.Direct(ctx, req.Person.ID)
		if err != nil {
			return bot.Reply{}, fmt.Errorf("open direct message: %w", err)
		}
		n := count(d.List.Skipped(), "entry", "entries")
		err = s.poster.Upload(ctx, channel, bot.Upload{
			Name: "left-out.csv", Title: "Left out", AltText: "A list of " + n + " that were left out",
			Comment: fmt.Sprintf("%s left out of the draft of “%s”. Nothing has been sent.", n, short(d.OfferName)),
			Content: leftOutFile(d.List),
		})
		if err != nil {
			return bot.Reply{}, fmt.Errorf("upload who is left out: %w", err)
		}
		return s.preview(ctx, req.Person, d, "The list of "+n+" left out is in your direct messages with couponbot.")
	})
}

// leftOutColumns are those of the file.
var leftOutColumns = []column[recipients.LeftOut]{
	{"Place", func(o recipients.LeftOut) string {
		if o.Line == 0 {
			return "" // a row that counts those not listed
		}
		return o.Place()
	}},
	{"Entry", func(o recipients.LeftOut) string { return o.Text }},
	{"Reason", func(o recipients.LeftOut) string { return o.Reason }},
}

// leftOutFile lists the skipped entries. Of a very long list it has the first; its last rows say how many more there are.
func leftOutFile(list recipients.List) []byte {
	rows := slices.Clone(list.LeftOut)
	for _, g := range list.Groups(0) {
		if more := list.More[g.Rule]; more > 0 {
			rows = append(rows, recipients.LeftOut{Rule: g.Rule, Reason: fmt.Sprintf(
				"%s more, not listed here: %s.", capitalised(thousands(more)), ruleTitle(g.Rule))})
		}
	}
	var file bytes.Buffer
	_ = table("entries", "all entries", leftOutColumns, rows).write(&file) // a buffer takes everything
	return file.Bytes()
}
