package commands

import (
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

// auditReader is the part of [sends.Service] that the audit trail needs.
type auditReader interface {
	ui.Recorder
	Trail(ctx context.Context, before string) iter.Seq2[sends.Entry, error]
	Send(ctx context.Context, id string) (sends.Send, error)
}

// permalinker is the part of [bot.Poster] that finds the address of a message.
type permalinker interface {
	Permalink(ctx context.Context, channel, ts string) (string, error)
}

// auditHandlers shows the audit trail to administrators.
type auditHandlers struct {
	sends  auditReader
	poster permalinker
	files  ui.Deliverer
}

// auditCommand answers "/coupontools audit", only to the person who asked.
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

// show shows the ten entries before the one with that id.
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

// entryRow is one entry: who did what, how things stood before and after, and when.
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

// entryDetail says how things stood before and after, and what else is known: "running → paused".
func entryDetail(e sends.Entry) string {
	return format.Sentence(format.Joined("; ", e.Note, format.Joined(" → ", e.Before, e.After)))
}

// auditWords says what somebody did.
func auditWords(what string) string {
	switch what {
	case "send":
		return "confirmed a send"
	case "test":
		return "sent a test"
	case "start":
		return "began a scheduled send"
	case "approve":
		return "approved a send"
	case "reject":
		return "rejected a send"
	case "pause":
		return "paused a send"
	case "resume":
		return "resumed a send"
	case "cancel":
		return "cancelled a send"
	case "stop":
		return "stopped a send"
	case "report":
		return "took the report of a send"
	case "suppress":
		return "put on the do-not-contact list"
	case "unsuppress":
		return "took off the do-not-contact list"
	case "suppress-export":
		return "exported the do-not-contact list"
	case "suppress-import":
		return "imported a backup of the do-not-contact list"
	case "suppress-new":
		return "continued with what was left of the do-not-contact list"
	case ui.AuditPayment:
		return "changed a payment status"
	case ui.AuditPeople:
		return "took a file of people"
	case ui.AuditConsent:
		return "chose to send to people who said no"
	case ui.AuditExport:
		return "exported the audit trail"
	case ui.AuditPush:
		return "pushed a message"
	case ui.AuditSingleUse:
		return "made single-use addresses"
	case ui.AuditSession:
		return "changed a session"
	case ui.AuditSessionRemove:
		return "removed a session"
	case ui.AuditPoints:
		return "changed points or stamps"
	case ui.AuditLoyaltyCreate:
		return "gave a loyalty card to somebody new"
	case ui.AuditLoyaltyImport:
		return "gave a loyalty card to the people in a file"
	case ui.AuditLoyaltyLink:
		return "gave a loyalty card to a user"
	case ui.AuditLoyaltyCopy:
		return "copied a loyalty card"
	case ui.AuditLoyaltyVoid:
		return "voided or restored a loyalty card"
	case ui.AuditUserBlock:
		return "blocked or unblocked a user"
	case ui.AuditUserAccess:
		return "gave a user access"
	case ui.AuditUserRevoke:
		return "took the access from a user"
	case ui.AuditUserCreate:
		return "registered a user"
	case ui.AuditSMSGroup:
		return "made an SMS group"
	case ui.AuditSMSContact:
		return "added a contact to an SMS group"
	case ui.AuditSubaccount:
		return "changed a subaccount"
	case ui.AuditSubaccountCreate:
		return "made a subaccount"
	case ui.AuditSubaccountReset:
		return "took a link to reset a password"
	case ui.AuditSubaccountKeys:
		return "looked at the keys of a subaccount"
	case ui.AuditSignOn:
		return "took a link to sign on"
	}
	return what
}

// link is the address of the message where an entry comes from, or else of the one that tells of its send; "" if there is
// none that others may see.
func (t auditHandlers) link(ctx context.Context, e sends.Entry) string {
	if link := t.linkTo(ctx, e.Channel, e.Message); link != "" || e.Send == "" {
		return link
	}
	channel, ts := t.announced(ctx, e.Send)
	return t.linkTo(ctx, channel, ts)
}

// linkTo is the address of a message in a channel; "" if it is in direct messages, or seen by one person alone.
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

// announced is where a send is told of in a channel.
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

// export sends the whole audit trail as a file to the person who asks.
func (t auditHandlers) export(_ context.Context, req bot.Request) (bot.Reply, error) {
	return bot.Reply{Text: ui.MakingExport, Later: func(ctx context.Context) (bot.Reply, error) {
		if err := t.sends.Record(ctx, sends.Entry{What: ui.AuditExport, Actor: ui.ActorOf(req)}); err != nil {
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
