package campaign

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/slack-go/slack"

	"github.com/coupontools/couponbot/bot"
	"github.com/coupontools/couponbot/bot/blocks"
	"github.com/coupontools/couponbot/commands/internal/format"
	"github.com/coupontools/couponbot/commands/internal/ui"
	"github.com/coupontools/couponbot/sends"
)

// maxSessionsAtOnce is how many sessions are changed at once: the value of a button holds their codes.
const maxSessionsAtOnce = 50

// sessionCodes returns the distinct codes if the words are nothing but codes, and at least two; else nil.
func sessionCodes(words []bot.Word) []string {
	var codes []string
	for typed := range strings.FieldsSeq(bot.Join(words)) { // a word may hold several
		code := strings.Trim(typed, ",;")
		if !sessionCode.MatchString(code) {
			return nil
		}
		if !slices.Contains(codes, code) {
			codes = append(codes, code)
		}
	}
	if len(codes) < 2 {
		return nil
	}
	return codes
}

// manyReply offers the actions for several sessions.
func manyReply(codes []string) (bot.Reply, error) {
	if len(codes) > maxSessionsAtOnce {
		return bot.Reply{}, &bot.Mistake{
			Text: fmt.Sprintf("These are %d sessions, and at most %d are changed in one go.", len(codes), maxSessionsAtOnce),
			Hint: "Give fewer at a time.",
		}
	}
	these := format.Count(len(codes), "session", "sessions")
	var row []slack.BlockElement
	for _, d := range sessionActions {
		row = append(row, blocks.Button(d.manyID(), d.label, strings.Join(codes, " "), blocks.Label(d.label+" these "+these),
			blocks.Ask(d.label+" these "+these+"?", "Each of them is "+d.participle+" then. You can't undo this here.",
				d.label, "Cancel")))
	}
	text := these + ". What is to be done to them?"
	return bot.Reply{Text: text, Blocks: []slack.Block{
		blocks.Text(text), blocks.Pre(strings.Join(codes, "\n")), blocks.Actions("", row...),
	}}, nil
}

func (d sessionAction) manyID() string { return d.action + "_many" }

// manyHandler returns the handler of a button for several sessions. Coupontools checks the state of each.
func (s sessionHandlers) manyHandler(d sessionAction) bot.Handler {
	return func(_ context.Context, req bot.Request) (bot.Reply, error) {
		codes := strings.Fields(req.Value)
		return bot.Reply{Text: ui.ChangingSession, Later: func(ctx context.Context) (bot.Reply, error) {
			said, err := ui.Idempotent{Store: s.store}.Click(ctx, req, func(ctx context.Context) (string, error) {
				return s.changeMany(ctx, req, d, codes)
			})
			if err != nil {
				return bot.Reply{}, err
			}
			head := "What Coupontools says of each to be " + d.participle + ":"
			return bot.Reply{Replace: true, Text: head, Blocks: []slack.Block{blocks.Text(head), blocks.Pre(said)}}, nil
		}}, nil
	}
}

// changeMany changes several sessions and returns a line for each.
func (s sessionHandlers) changeMany(ctx context.Context, req bot.Request, d sessionAction, codes []string) (string, error) {
	results, err := s.api.UpdateSessions(ctx, codes, d.change)
	var lines, note []string
	for _, r := range results {
		result := cmp.Or(format.Sentence(strings.ReplaceAll(r.Result, "_", " ")), "ok")
		lines, note = append(lines, r.Code+"  "+result), append(note, ui.ShortCode(r.Code)+" "+result)
	}
	if err != nil {
		note = []string{format.Count(len(codes), "session", "sessions")}
	}
	entry := sends.Entry{What: auditSession, Note: "to be " + d.participle + ": " + strings.Join(note, ", ")}
	notice := ui.Record(ctx, s.audit, req, entry, err)
	if err != nil {
		return "", ui.Unchanged(fmt.Errorf("%s sessions: %w", d.label, err))
	}
	return format.Joined("\n", append(lines, notice)...), nil
}
