package recipients

import (
	"cmp"
	"slices"
)

// Rule identifies why an entry was left out. The sentence for people is [LeftOut.Reason].
type Rule string

// The rules of reading a list.
const (
	// RuleEmpty: the row has nothing in the column.
	RuleEmpty Rule = "empty"
	// RuleInvalid: it isn't a phone number, or not an e-mail address.
	RuleInvalid Rule = "invalid"
	// RuleLength: the entry is too short or too long.
	RuleLength Rule = "length"
	// RuleSpreadsheet: a spreadsheet has damaged the number: it has a fraction or scientific notation.
	RuleSpreadsheet Rule = "spreadsheet"
	// RuleNoCountry: the number has no country code, and no country is set for such numbers.
	RuleNoCountry Rule = "no_country"
	// RuleForeign: the number looks foreign without its +; see [Rules.Foreign].
	RuleForeign Rule = "foreign_without_plus"
	// RuleUnclear: the entry has more than one meaning: two numbers, perhaps, or one with an extension.
	RuleUnclear Rule = "unclear"
	// RuleCountry: text messages may not go to the number's country, or it has none.
	RuleCountry Rule = "country"
	// RulePremium: the number is premium-rate.
	RulePremium Rule = "premium"
	// RuleDuplicate: the recipient is already in the list.
	RuleDuplicate Rule = "duplicate"
	// RuleHidden: the spreadsheet hides the row, by a filter for example.
	RuleHidden Rule = "hidden"
	// RuleConsent: a consent column says no.
	RuleConsent Rule = "no_consent"
	// RuleMax: the list has more recipients than [Rules.Max].
	RuleMax Rule = "max_recipients"
)

// The rules about who may be written to, although the number or address is valid, in the order in which package sends checks
// them: when a draft is saved, and for each recipient again when it is claimed.
const (
	// RuleSuppressed: the person is on the do-not-contact list.
	RuleSuppressed Rule = "suppressed"
	// RuleUnsubscribed: an SMS group at Coupontools lists the person as unsubscribed.
	RuleUnsubscribed Rule = "unsubscribed"
	// RuleAnswered: the outcome of the recipient in the send that this one repeats is known by now.
	RuleAnswered Rule = "answered"
	// RuleExpired: the records of the send that this one repeats have expired, so the recipient's outcome is lost.
	RuleExpired Rule = "expired"
	// RuleFrequencyCap: the person got another send recently.
	RuleFrequencyCap Rule = "frequency_cap"
	// RuleDailyCapPerson: the sender's daily limit, by UTC, is used up.
	RuleDailyCapPerson Rule = "daily_cap_person"
	// RuleDailyCap: the daily limit of all senders, by UTC, is used up.
	RuleDailyCap Rule = "daily_cap"
)

// Group is the entries of a list left out by one rule.
type Group struct {
	Rule Rule
	// Count is how many entries there are, Examples the first of them.
	Count    int
	Examples []LeftOut
}

// Groups counts what was left out by rule, most frequent first, with at most that many examples of each.
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
