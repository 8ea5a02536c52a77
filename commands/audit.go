package commands

import (
	"cmp"
	"context"
	"fmt"
	"iter"
	"maps"
	"slices"

	"github.com/slack-go/slack"

	"github.com/coupontools/couponbot/bot"
	"github.com/coupontools/couponbot/bot/blocks"
	"github.com/coupontools/couponbot/commands/internal/format"
	"github.com/coupontools/couponbot/commands/internal/ui"
	"github.com/coupontools/couponbot/commands/send"
	"github.com/coupontools/couponbot/sends"
)

const (
	actionAuditOlder  = "audit_older"
	actionAuditExport = "audit_export"
)

var auditExport = ui.Audited("export", "exported the audit trail")

// auditReader is the part of [sends.Service] that the audit log needs.
type auditReader interface {
	Record(ctx context.Context, e sends.Entry) error
	Trail(ctx context.Context, before string) iter.Seq2[sends.Entry, error]
	Send(ctx context.Context, id string) (sends.Send, error)
}

// permalinker is the part of [bot.Poster] that returns a message's permalink.
type permalinker interface {
	Permalink(ctx context.Context, channel, ts string) (string, error)
}

// auditHandlers show the audit log to administrators.
type auditHandlers struct {
	sends  auditReader
	poster permalinker
	files  ui.Deliverer
}

// auditCommand answers "/coupontools audit" privately.
func auditCommand(t auditHandlers) bot.Command {
	return bot.Command{
		Topic: "audit", Group: ui.GroupCouponbot, Summary: "Show who did what, the newest first", Right: bot.Admin,
		Examples: []bot.Example{{Line: "/coupontools audit", Does: "shows the last ten entries of the audit trail"}},
		Run: func(_ context.Context, _ bot.Request) (bot.Reply, error) {
			return bot.Reply{Text: ui.LookingAtAudit, Later: func(ctx context.Context) (bot.Reply, error) { return t.show(ctx, "") }}, nil
		},
		Actions: map[string]bot.Action{
			actionAuditOlder: {Run: func(_ context.Context, req bot.Request) (bot.Reply, error) {
				return bot.Reply{Text: ui.LookingAtAudit, Later: func(ctx context.Context) (bot.Reply, error) {
					reply, err := t.show(ctx, req.Value)
					reply.Replace = err == nil
					return reply, err
				}}, nil
			}},
			actionAuditExport: {Run: t.export},
		},
	}
}

// show shows the ten entries before the one with this id.
func (t auditHandlers) show(ctx context.Context, before string) (bot.Reply, error) {
	var page []sends.Entry
	for e, err := range t.sends.Trail(ctx, before) {
		if err != nil {
			return bot.Reply{}, ui.Unreadable(err)
		}
		if page = append(page, e); len(page) > ui.PerPage {
			break
		}
	}
	more := len(page) > ui.PerPage
	page = page[:min(len(page), ui.PerPage)]
	set := []slack.Block{blocks.Header("Audit trail")}
	if len(page) == 0 {
		set = append(set, blocks.Text("There are no entries."))
	}
	for _, e := range page {
		set = append(set, entryRow(e, t.link(ctx, e))...)
	}
	var row []slack.BlockElement
	if more {
		row = append(row, blocks.Button(actionAuditOlder, "Older", page[ui.PerPage-1].ID, blocks.Label("Older entries")))
	}
	row = append(row, blocks.Button(actionAuditExport, "Export all", "all", blocks.Label("Export the audit trail as a file")))
	return bot.Reply{
		Text:   "The audit trail: " + format.Count(len(page), "entry", "entries") + " on this page.",
		Blocks: append(set, blocks.Actions("", row...)),
	}, nil
}

// entryRow shows one entry: who did what, the state before and after, and when.
func entryRow(e sends.Entry, link string) []slack.Block {
	line := blocks.Line{blocks.Bold("couponbot")}
	if e.User != "" {
		line = blocks.Line{blocks.User(e.User)}
	}
	line = append(line, blocks.Plain(" "+auditWords(e.What)))
	if text := entryDetail(e); text != "" {
		line = append(line, blocks.Plain(": "+text))
	}
	if link != "" {
		line = append(line, blocks.Plain(" · "), blocks.Link("Message", link))
	}
	small := []slack.MixedElement{blocks.When("On", e.At)}
	if e.Send != "" {
		small = append(small, blocks.Small("Send "+e.Send))
	}
	return []slack.Block{blocks.Rich(line), blocks.Context(small...)}
}

// entryDetail shows the note and the state before and after: "running → paused".
func entryDetail(e sends.Entry) string {
	return format.Sentence(format.Joined("; ", e.Note, format.Joined(" → ", e.Before, e.After)))
}

// sendsActions are the words for the actions that package sends audits itself.
var sendsActions = map[string]string{
	"send":            "confirmed a send",
	"test":            "sent a test",
	"start":           "began a scheduled send",
	"approve":         "approved a send",
	"reject":          "rejected a send",
	"pause":           "paused a send",
	"resume":          "resumed a send",
	"cancel":          "cancelled a send",
	"stop":            "stopped a send",
	"suppress":        "put on the do-not-contact list",
	"unsuppress":      "took off the do-not-contact list",
	"suppress-export": "exported the do-not-contact list",
	"suppress-import": "imported a backup of the do-not-contact list",
	"suppress-new":    "continued with what was left of the do-not-contact list",
}

// auditWords returns the words for an action's key, or the key if no table has it.
func auditWords(key string) string { return cmp.Or(ui.AuditWords(key), sendsActions[key], key) }

// link is the permalink of the entry's message, or else of its send's announcement; "" if others can't see either.
func (t auditHandlers) link(ctx context.Context, e sends.Entry) string {
	if link := t.linkTo(ctx, e.Channel, e.Message); link != "" || e.Send == "" {
		return link
	}
	channel, ts := t.announced(ctx, e.Send)
	return t.linkTo(ctx, channel, ts)
}

// linkTo is the permalink of a message in a channel; "" for direct and ephemeral messages.
func (t auditHandlers) linkTo(ctx context.Context, channel, ts string) string {
	if ts == "" || !send.IsChannel(channel) {
		return ""
	}
	link, err := t.poster.Permalink(ctx, channel, ts)
	if err != nil {
		return ""
	}
	return link
}

// announced returns a channel message that announces a send.
func (t auditHandlers) announced(ctx context.Context, id string) (channel, ts string) {
	s, err := t.sends.Send(ctx, id)
	if err != nil {
		return "", ""
	}
	for _, place := range slices.Sorted(maps.Keys(s.Posted)) {
		if at := s.Posted[place]; send.IsChannel(place) && at != send.ClosedPlace {
			return place, at
		}
	}
	return "", ""
}

// export sends the whole audit log to the user as a file.
func (t auditHandlers) export(_ context.Context, req bot.Request) (bot.Reply, error) {
	return bot.Reply{Text: ui.MakingExport, Later: func(ctx context.Context) (bot.Reply, error) {
		if err := t.sends.Record(ctx, sends.Entry{What: auditExport, Actor: ui.ActorOf(req)}); err != nil {
			return bot.Reply{}, ui.Unrecorded(err)
		}
		return t.files.Send(ctx, req.Person, ui.CSVFile{
			Name: "audit-trail.csv", Label: "audit trail", Comment: "The audit trail, the newest entry first.",
			Alt:    "A table of who did what in couponbot",
			Header: []string{"time", "team", "user", "what", "send", "before", "after", "note", "channel", "message"},
			Rows: func(write func([]string) error) error {
				for e, err := range t.sends.Trail(ctx, "") {
					if err != nil {
						return ui.Unreadable(fmt.Errorf("export the audit trail: %w", err))
					}
					err = write([]string{format.Stamp(e.At), e.Team, e.User, e.What, e.Send, e.Before, e.After, e.Note, e.Channel, e.Message})
					if err != nil {
						return err
					}
				}
				return nil
			},
		})
	}}, nil
}
