package send

import (
	"context"
	"fmt"
	"iter"

	"github.com/coupontools/couponbot/bot"
	"github.com/coupontools/couponbot/commands/internal/format"
	"github.com/coupontools/couponbot/commands/internal/ui"
	"github.com/coupontools/couponbot/sends"
	"github.com/coupontools/couponbot/sends/recipients"
)

var auditReport = ui.Audited("report", "took the report of a send")

// report sends the user a file with the outcome of each recipient. It writes the audit log first.
func (l listHandlers) report(_ context.Context, req bot.Request) (bot.Reply, error) {
	return bot.Reply{Text: ui.MakingReport, Later: func(ctx context.Context) (bot.Reply, error) {
		s, err := l.sends.Send(ctx, req.Value)
		if err != nil {
			return bot.Reply{}, ui.Unreadable(err)
		}
		if err := l.sends.Record(ctx, sends.Entry{What: auditReport, Actor: ui.ActorOf(req), Send: s.ID}); err != nil {
			return bot.Reply{}, ui.Unrecorded(err)
		}
		return l.files.Send(ctx, req.Person, reportOf(s, l.sends.Recipients(ctx, s.ID)))
	}}, nil
}

// reportOf builds the report of a send.
func reportOf(s sends.Send, all iter.Seq2[sends.Outcome, error]) ui.CSVFile {
	return ui.CSVFile{
		Name: "report-" + s.ID + ".csv", Label: "report", Comment: "The report of " + titleOf(s) + ": " + countsWords(s.Counts) + ".",
		Alt:    "A table of the recipients of a send, each with its outcome",
		Header: []string{"recipient", "outcome", "code", "text", "time", "action"},
		Rows: func(write func([]string) error) error {
			for o, err := range all {
				if err != nil {
					return ui.Unreadable(fmt.Errorf("report on send %s: %w", s.ID, err))
				}
				if err := write(reportLine(o)); err != nil {
					return err
				}
			}
			return nil
		},
	}
}

func reportLine(o sends.Outcome) []string {
	text := o.Text
	switch {
	case o.Status == sends.Skipped && o.Code != "":
		text = sends.RuleWords(recipients.Rule(o.Code))
	case o.Status == sends.Skipped:
		text = format.CancelWords(text)
	}
	return []string{o.To, outcomeWord(o.Status), o.Code, text, format.Stamp(o.At), o.Action}
}

func outcomeWord(s sends.Status) string {
	switch s {
	case sends.Pending:
		return "waiting"
	case sends.Claimed:
		return "being called"
	}
	return string(s)
}
