package recipients

import (
	"errors"
	"fmt"
	"iter"
)

// entry is a candidate and its position.
type entry struct {
	line     int
	fromFile bool
	text     string
	// skip is the reason to skip the entry without judging it; nil if it is judged.
	skip error
}

// verdict is the result for an entry.
type verdict struct {
	found     Recipient
	err       error
	invisible int // how many invisible characters were removed from its ends
}

// judged checks an entry against the rules.
func judged(e entry, r Rules) verdict {
	if e.skip != nil {
		return verdict{err: e.skip}
	}
	text, removed := trimInvisible(e.text)
	found, err := judge(text, r)
	return verdict{found, err, removed}
}

// judge parses one recipient.
func judge(text string, r Rules) (Recipient, error) {
	if r.Kind == SMS {
		return Phone(text, r)
	}
	to, err := Address(text)
	return Recipient{To: to}, err
}

// collect judges all entries and lists them in order.
func collect(all iter.Seq[entry], r Rules) collected {
	c := collector{
		rules: r, first: map[string]int{}, reasons: map[string]string{}, skipped: map[Rule]int{},
		full: fmt.Sprintf("One send can have %d recipients at most.", r.Max),
	}
	judgeAll(all, r, c.add)
	return collected{c.list, c.invisible}
}

// collected is a list, and the number of invisible characters removed from its entries.
type collected struct {
	List
	invisible int
}

// collector builds the list.
type collector struct {
	rules     Rules
	list      List
	first     map[string]int // the index of each To among the recipients
	full      string         // the reason for recipients over Max
	reasons   map[string]string
	skipped   map[Rule]int
	invisible int
}

// maxLeftOut is how many skipped entries a list keeps, whatever their rules, and leastOfRule how many of each rule it keeps
// in any case.
const maxLeftOut, leastOfRule = 10_000, 100

func (c *collector) add(e entry, v verdict) {
	i, again := c.first[v.found.To]
	c.invisible += v.invisible
	switch {
	case v.err != nil:
		c.leaveOut(e, ruleOf(v.err), v.err.Error)
	case again:
		c.leaveOut(e, RuleDuplicate, func() string { return c.repeated(e, c.list.Recipients[i]) })
	case c.rules.Max > 0 && len(c.list.Recipients) >= c.rules.Max:
		c.leaveOut(e, RuleMax, func() string { return c.full })
	default:
		v.found.Line, v.found.FromFile = e.line, e.fromFile
		c.first[v.found.To] = len(c.list.Recipients)
		c.list.Recipients = append(c.list.Recipients, v.found)
	}
}

// leaveOut adds a skipped entry. Entries with the same reason share one string. An entry beyond what a list keeps is only
// counted: a file can have a million of them.
func (c *collector) leaveOut(e entry, rule Rule, why func() string) {
	if c.skipped[rule]++; c.skipped[rule] > leastOfRule && len(c.list.LeftOut) >= maxLeftOut {
		if c.list.More == nil {
			c.list.More = map[Rule]int{}
		}
		c.list.More[rule]++
		return
	}
	reason := why()
	if known, ok := c.reasons[reason]; ok {
		reason = known
	} else {
		c.reasons[reason] = reason
	}
	c.list.LeftOut = append(c.list.LeftOut,
		LeftOut{Line: e.line, FromFile: e.fromFile, Text: shown(e.text), Rule: rule, Reason: reason})
}

func (c *collector) repeated(e entry, first Recipient) string {
	what := "address"
	if c.rules.Kind == SMS {
		what = "number"
	}
	switch {
	case first.Line != e.line || first.FromFile != e.fromFile:
		return fmt.Sprintf("It is the same %s as in %s.", what, first.Place())
	case e.fromFile:
		return fmt.Sprintf("It is the same %s as one before it in this row.", what)
	}
	return fmt.Sprintf("It is the same %s as one before it in this line.", what)
}

// ruleOf returns the rule that a refusal violates.
func ruleOf(err error) Rule {
	if r, ok := errors.AsType[refusal](err); ok {
		return r.rule
	}
	return RuleInvalid
}
