package recipients

import (
	"cmp"
	"slices"
)

// Rule names, for programs, what an entry that was left out goes against. The sentence for people is [LeftOut.Reason].
type Rule string

// The rules that a list is read by.
const (
	// RuleEmpty is a row of a file with nothing in the column.
	RuleEmpty Rule = "empty"
	// RuleInvalid is what is no phone number, or no e-mail address.
	RuleInvalid Rule = "invalid"
	// RuleLength is an entry that is too short or too long to be one.
	RuleLength Rule = "length"
	// RuleSpreadsheet is a number that a spreadsheet has spoiled: one with a fraction or in scientific notation.
	RuleSpreadsheet Rule = "spreadsheet"
	// RuleNoCountry is a number without its country's code, where no country is set for such numbers.
	RuleNoCountry Rule = "no_country"
	// RuleForeign is a number that looks like a foreign one without its +; see [Rules.Foreign].
	RuleForeign Rule = "foreign_without_plus"
	// RuleUnclear is an entry with more than one reading: perhaps two numbers, or one with an extension.
	RuleUnclear Rule = "unclear"
	// RuleCountry is a number of a country that text messages may not go to, or of none.
	RuleCountry Rule = "country"
	// RulePremium is a number that costs more than others.
	RulePremium Rule = "premium"
	// RuleDuplicate is a recipient who stands further up.
	RuleDuplicate Rule = "duplicate"
	// RuleHidden is a row that the spreadsheet hides, by a filter for example.
	RuleHidden Rule = "hidden"
	// RuleConsent is a row whose consent column says no.
	RuleConsent Rule = "no_consent"
	// RuleMax is a recipient over [Rules.Max].
	RuleMax Rule = "max_recipients"
)

// The rules on who may be written to, though their number or address is good, in the order in which package sends looks at
// them: when a draft is saved, and for each recipient once more as it is claimed.
const (
	// RuleSuppressed: the person is on the do-not-contact list.
	RuleSuppressed Rule = "suppressed"
	// RuleUnsubscribed: an SMS group at Coupontools lists the person as unsubscribed.
	RuleUnsubscribed Rule = "unsubscribed"
	// RuleAnswered: the send that this one repeats has learned by now what became of the recipient.
	RuleAnswered Rule = "answered"
	// RuleFrequencyCap: the person got another send not long ago.
	RuleFrequencyCap Rule = "frequency_cap"
	// RuleDailyCapPerson: the sender has no recipients left today, by UTC.
	RuleDailyCapPerson Rule = "daily_cap_person"
	// RuleDailyCap: nobody has recipients left today, by UTC.
	RuleDailyCap Rule = "daily_cap"
)

// Group is what one rule left out of a list.
type Group struct {
	Rule Rule
	// Count is how many entries there are, Examples the first of them.
	Count    int
	Examples []LeftOut
}

// Groups counts what was left out by rule, the most frequent first, with so many examples of each at most.
func (l List) Groups(examples int) []Group {
	var groups []Group
	at := map[Rule]int{}
	for _, out := range l.LeftOut {
		i, ok := at[out.Rule]
		if !ok {
			i = len(groups)
			at[out.Rule] = i
			groups = append(groups, Group{Rule: out.Rule})
		}
		groups[i].Count++
		if len(groups[i].Examples) < examples {
			groups[i].Examples = append(groups[i].Examples, out)
		}
	}
	for i, g := range groups {
		groups[i].Count += l.More[g.Rule]
	}
	slices.SortStableFunc(groups, func(a, b Group) int { return cmp.Compare(b.Count, a.Count) })
	return groups
}
