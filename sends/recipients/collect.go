package recipients

import (
	"errors"
	"fmt"
	"iter"
)

// entry is one candidate and where it stood. Whatever is read, a typed text or a file, comes down to a row of these.
type entry struct {
	line     int
	fromFile bool
	text     string
}

// verdict is what the rules say of an entry by itself.
type verdict struct {
	found Recipient
	err   error
}

func judge(text string, r Rules) (Recipient, error) {
	if r.Kind == SMS {
		return Phone(text, r)
	}
	to, err := Address(text)
	return Recipient{To: to}, err
}

// collect judges all entries and lists them in their order.
func collect(all iter.Seq[entry], r Rules) List {
	c := collector{rules: r, first: map[string]int{}, full: fmt.Sprintf("One send can have %d recipients at most.", r.Max)}
	judgeAll(all, r, c.add)
	return c.list
}

// collector makes the list.
type collector struct {
	rules Rules
	list  List
	first map[string]int // the index of each To among the recipients
	full  string         // the reason for those over Max: one string for all of them
}

func (c *collector) add(e entry, v verdict) {
	i, again := c.first[v.found.To]
	switch {
	case v.err != nil:
		c.leaveOut(e, ruleOf(v.err), v.err.Error())
	case again:
		c.leaveOut(e, RuleDuplicate, c.repeated(e, c.list.Recipients[i]))
	case c.rules.Max > 0 && len(c.list.Recipients) >= c.rules.Max:
		c.leaveOut(e, RuleMax, c.full)
	default:
		v.found.Line, v.found.FromFile = e.line, e.fromFile
		c.first[v.found.To] = len(c.list.Recipients)
		c.list.Recipients = append(c.list.Recipients, v.found)
	}
}

func (c *collector) leaveOut(e entry, rule Rule, reason string) {
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

// ruleOf returns the rule that a refusal goes against.
func ruleOf(err error) Rule {
	if r, ok := errors.AsType[refusal](err); ok {
		return r.rule
	}
	return RuleInvalid
}
