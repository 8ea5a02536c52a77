package send

import (
	"errors"
	"io"
	"iter"
	"strings"
	"testing"

	"github.com/coupontools/couponbot/commands/internal/commandstest"
	"github.com/coupontools/couponbot/sends"
	"github.com/coupontools/couponbot/sends/recipients"
)

func TestReportOf(t *testing.T) {
	t.Parallel()
	o := func(to string, s sends.Status, code, text string) sends.Outcome {
		return sends.Outcome{Recipient: recipients.Recipient{To: to}, Status: s, Code: code, Text: text}
	}
	first := o("a@example.com", sends.Accepted, "", "")
	first.At, first.Action = commandstest.Began, "email_sent"
	var file strings.Builder
	err := reportOf(ended(), outcomesOf(first,
		o("+32470123456", sends.Failed, "604", "=cmd()"),
		o("c@example.com", sends.Skipped, string(recipients.RuleSuppressed), ""),
		o("d@example.com", sends.Skipped, "", sends.WhyNotApproved),
		o("e@example.com", sends.Unknown, "", "no verdict"),
		o("f@example.com", sends.Pending, "", ""),
		o("g@example.com", sends.Claimed, "", ""))).Write(&file)
	want := "\ufeffrecipient,outcome,code,text,time,action\r\n" +
		"a@example.com,accepted,,,2026-11-20T12:00:00Z,email_sent\r\n" +
		"'+32470123456,failed,604,'=cmd(),,\r\n" +
		"c@example.com,skipped,suppressed,It is on the do-not-contact list.,,\r\n" +
		"d@example.com,skipped,,\"Nobody approved it within 24 hours, so couponbot cancelled it.\",,\r\n" +
		"e@example.com,unknown,,no verdict,,\r\n" +
		"f@example.com,waiting,,,,\r\n" +
		"g@example.com,being called,,,,\r\n"
	if err != nil || file.String() != want {
		t.Errorf("the report is\n%s%v, want\n%s", file.String(), err, want)
	}
	away := func(yield func(sends.Outcome, error) bool) { yield(sends.Outcome{}, sends.ErrUnavailable) }
	err = reportOf(ended(), away).Write(io.Discard)
	if !errors.Is(err, sends.ErrUnavailable) {
		t.Errorf("without Redis: %v", err)
	}
}

func outcomesOf(all ...sends.Outcome) iter.Seq2[sends.Outcome, error] {
	return func(yield func(sends.Outcome, error) bool) {
		for _, o := range all {
			if !yield(o, nil) {
				return
			}
		}
	}
}
