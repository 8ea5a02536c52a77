package suppress

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/slack-go/slack"

	"github.com/coupontools/couponbot/bot"
	"github.com/coupontools/couponbot/bot/blocks"
	"github.com/coupontools/couponbot/commands/internal/format"
	"github.com/coupontools/couponbot/commands/internal/recipientlist"
	"github.com/coupontools/couponbot/commands/internal/ui"
	"github.com/coupontools/couponbot/internal/rediserr"
	"github.com/coupontools/couponbot/sends"
	"github.com/coupontools/couponbot/sends/recipients"
)

// entryHandlers change the do-not-contact list. They never show its people in a channel or a log.
type entryHandlers struct {
	people  *sends.Service
	uploads ui.Uploads
	store   ui.OnceStore
	audit   *sends.Service

	region    string
	countries []string
}

// contact is a typed phone number or e-mail address.
type contact struct {
	kind recipients.Kind
	to   string
}

func (s contact) String() string { return recipients.Mask(s.to) }

// parseContacts parses the numbers and addresses of a command. A number of any country can be on the list, also of one that
// sends may not go to.
func (s entryHandlers) parseContacts(words []bot.Word) ([]contact, error) {
	var all []contact
	for _, w := range bot.Split(separators.Replace(bot.Join(words))) {
		if strings.Trim(w.Text, ",;") == "" {
			continue
		}
		who, err := s.read(w.Text)
		if err != nil {
			return nil, &bot.Mistake{
				Text: fmt.Sprintf("“%s” cannot be read. %s", format.Short(w.Text), err), Hint: "Write a phone number or an e-mail address.",
			}
		}
		all = append(all, who)
	}
	return all, nil
}

// separators puts spaces around commas and semicolons, so that neighbouring numbers aren't joined.
var separators = strings.NewReplacer(",", " , ", ";", " ; ")

func (s entryHandlers) read(text string) (contact, error) {
	kind := recipientlist.KindOf(text)
	to, err := readOne(text, recipients.Rules{Kind: kind, Region: s.region})
	return contact{kind, to}, err
}

func readOne(text string, r recipients.Rules) (string, error) {
	if r.Kind == recipients.Email {
		return recipients.Address(text)
	}
	found, err := recipients.Phone(text, r)
	return found.To, err
}

// addCommand answers "/coupontools suppress" with the result, or without words with a form.
func addCommand(s entryHandlers) bot.Command {
	return bot.Command{
		Topic: "suppress", Group: ui.GroupSends, Usage: "[numbers or addresses]", Right: bot.Send,
		Summary: "Put people on the do-not-contact list: nothing is sent to them any more",
		Examples: []bot.Example{
			{Line: "/coupontools suppress +32470123456", Does: "suppresses a phone number"},
			{Line: "/coupontools suppress anna@example.com", Does: "suppresses an e-mail address"},
			{Line: "/coupontools suppress", Does: "opens a form for many, or for a file"},
		},
		Run: func(_ context.Context, req bot.Request) (bot.Reply, error) {
			if len(req.Words) == 0 {
				return bot.Reply{View: addView()}, nil
			}
			all, err := s.parseContacts(req.Words)
			if err != nil {
				return bot.Reply{}, err
			}
			return bot.Reply{Later: func(ctx context.Context) (bot.Reply, error) {
				return s.add(ctx, all, ui.ActorOf(req))
			}}, nil
		},
		Actions: map[string]bot.Action{actionColumn: {Run: s.otherColumn}, actionRefused: {Run: s.switchRefused}},
		Submissions: map[string]bot.Submission{
			viewAdd: {Run: s.submitted}, viewColumn: {Run: s.columnChosen}, viewPreview: {Run: s.addChange().Confirmed},
		},
	}
}

func (s entryHandlers) add(ctx context.Context, all []contact, by sends.Actor) (bot.Reply, error) {
	var lines []string
	for _, who := range all {
		added, err := s.people.Suppress(ctx, who.kind, []string{who.to}, by, noteByHand)
		if err != nil {
			return bot.Reply{}, changeMistake(lines, err)
		}
		line := "Added " + who.String() + " to the do-not-contact list."
		if added == 0 {
			line = who.String() + " was already on the do-not-contact list."
		}
		lines = append(lines, line)
	}
	return bot.Reply{Text: strings.Join(lines, "\n")}, nil
}

// removeCommand answers "/coupontools unsuppress".
func removeCommand(s entryHandlers) bot.Command {
	return bot.Command{
		Topic: "unsuppress", Group: ui.GroupSends, Usage: "[number or address]", Right: bot.Admin,
		Summary: "Take somebody off the do-not-contact list",
		Examples: []bot.Example{
			{Line: "/coupontools unsuppress anna@example.com", Does: "lets couponbot send to this address again"},
		},
		Run: func(_ context.Context, req bot.Request) (bot.Reply, error) {
			all, err := s.parseContacts(req.Words)
			if err != nil || len(all) == 0 {
				return bot.Reply{}, missingContact("unsuppress", err)
			}
			return bot.Reply{Later: func(ctx context.Context) (bot.Reply, error) {
				return s.remove(ctx, all, ui.ActorOf(req))
			}}, nil
		},
	}
}

func (s entryHandlers) remove(ctx context.Context, all []contact, by sends.Actor) (bot.Reply, error) {
	var lines []string
	for _, who := range all {
		was, err := s.people.Unsuppress(ctx, who.kind, who.to, by)
		if err != nil {
			return bot.Reply{}, changeMistake(lines, err)
		}
		line := "Removed " + who.String() + " from the do-not-contact list."
		if !was {
			line = who.String() + " wasn't on the do-not-contact list."
		}
		lines = append(lines, line)
	}
	return bot.Reply{Text: strings.Join(lines, "\n")}, nil
}

// whyCommand answers "/coupontools why" with every rule that applies to a contact.
func whyCommand(s entryHandlers) bot.Command {
	return bot.Command{
		Topic: "why", Group: ui.GroupSends, Usage: "[number or address]", Right: bot.Send,
		Summary: "Say why somebody gets nothing, and until when",
		Examples: []bot.Example{
			{Line: "/coupontools why +32470123456", Does: "names every rule that bars this number"},
		},
		Run: func(_ context.Context, req bot.Request) (bot.Reply, error) {
			if len(req.Words) != 1 {
				return bot.Reply{}, missingContact("why", nil)
			}
			return bot.Reply{Later: func(ctx context.Context) (bot.Reply, error) {
				return s.explain(ctx, req.Words[0].Text, req.Person.ID)
			}}, nil
		},
	}
}

func (s entryHandlers) explain(ctx context.Context, text, user string) (bot.Reply, error) {
	who, err := s.read(text)
	if err != nil {
		return bot.Reply{Text: "Nothing can be sent to this. " + err.Error()}, nil
	}
	barriers, err := s.people.Why(ctx, who.kind, who.to, user)
	if err != nil {
		return bot.Reply{}, fmt.Errorf("why: %w", ui.Unreadable(err))
	}
	checked, err := s.people.ListStatus(ctx)
	if err != nil {
		return bot.Reply{}, fmt.Errorf("why: %w", ui.Unreadable(err))
	}
	doubts := recipientlist.ConcernBlocks(checked)
	var set []slack.Block
	if _, err := readOne(who.to, recipients.Rules{Kind: who.kind, Region: s.region, Allowed: s.countries}); err != nil {
		set = append(set, blocks.Text(err.Error()))
	}
	for _, b := range barriers {
		set = append(set, barrierRow(b)...)
	}
	text = "Nothing can be sent to " + who.String() + " now:"
	if len(set) == 0 {
		text = "Nothing bars " + who.String() + ": it can be sent to."
	}
	return bot.Reply{Text: text, Blocks: slices.Concat([]slack.Block{blocks.Text(text)}, set, doubts)}, nil
}

// barrierRow shows one rule that bars a contact, with its period.
func barrierRow(b sends.Barrier) []slack.Block {
	line := blocks.Line{blocks.Plain(sends.RuleWords(b.Rule))}
	if b.By != "" {
		line = append(line, blocks.Plain(" Put there by "), blocks.User(b.By), blocks.Plain(" "+b.Note+"."))
	}
	set := []slack.Block{blocks.Rich(line)}
	var when []slack.MixedElement
	if !b.Since.IsZero() {
		when = append(when, blocks.When("Since", b.Since))
	}
	if !b.Until.IsZero() {
		when = append(when, blocks.When("Until", b.Until))
	}
	if len(when) > 0 {
		set = append(set, blocks.Context(when...))
	}
	return set
}

// missingContact asks for a number or an address, unless err says that one could not be read.
func missingContact(topic string, err error) error {
	if err != nil {
		return err
	}
	return &bot.Mistake{
		Text: "Which phone number or e-mail address?", Hint: "Try " + ui.Root + " " + topic + " +32470123456",
	}
}

// changeMistake explains why the do-not-contact list could not be changed, and what was changed before.
func changeMistake(before []string, err error) error {
	m := ui.Explain(err)
	if m == nil {
		return err
	}
	if errors.Is(err, sends.ErrUnavailable) {
		m.Text = rediserr.Problem(err) + ", and the do-not-contact list is kept there."
		m.Done = "The list may or may not have been changed."
		m.Hint = ui.RedisHint(err, "Try again in a few minutes; doing it twice does no harm.")
	}
	if len(before) > 0 {
		m.Done = format.Joined(" ", strings.Join(before, " "), "couponbot isn't sure about the others.")
	}
	return m
}
