package recipientlist

import (
	"strings"
	"testing"

	"github.com/coupontools/couponbot/commands/internal/commandstest"
	"github.com/coupontools/couponbot/sends"
	"github.com/coupontools/couponbot/sends/recipients"
)

// Valid contacts are masked; malformed entries are shown, so that they can be found.
func TestLeftOut_masks(t *testing.T) {
	t.Parallel()
	list := recipients.List{LeftOut: []recipients.LeftOut{
		{Line: 7, FromFile: true, Text: "+32470123456", Rule: recipients.RuleSuppressed, Reason: sends.RuleWords(recipients.RuleSuppressed)},
		{Line: 3, Text: "abc", Rule: recipients.RuleInvalid, Reason: "It has letters."},
	}}
	got := strings.Join(commandstest.Draw(LeftOut(list)), "\n")
	commandstest.WantIn(t, got, "2 entries are skipped:", "On the do-not-contact list: 1", "Row 7 of the file, +32 470 •• •• 56:", "Line 3, “abc”: It has letters.")
	commandstest.WantNotIn(t, got, "123456")
}

// Every rule has its own title.
func TestRuleTitle(t *testing.T) {
	t.Parallel()
	seen := map[string]recipients.Rule{}
	for _, r := range []recipients.Rule{
		recipients.RuleEmpty, recipients.RuleInvalid, recipients.RuleLength, recipients.RuleSpreadsheet, recipients.RuleNoCountry,
		recipients.RuleForeign, recipients.RuleUnclear,
		recipients.RuleCountry, recipients.RulePremium, recipients.RuleDuplicate, recipients.RuleMax, recipients.RuleSuppressed,
		recipients.RuleUnsubscribed, recipients.RuleAnswered, recipients.RuleExpired, recipients.RuleFrequencyCap, recipients.RuleDailyCapPerson, recipients.RuleDailyCap, "new",
	} {
		title := RuleTitle(r)
		if other, again := seen[title]; again {
			t.Errorf("%s and %s are both called %q", r, other, title)
		}
		seen[title] = r
	}
}
