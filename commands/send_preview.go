package commands

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/slack-go/slack"

	"github.com/coupontools/couponbot/bot"
	"github.com/coupontools/couponbot/bot/blocks"
	"github.com/coupontools/couponbot/sends"
	"github.com/coupontools/couponbot/sends/recipients"
)

const (
	viewSendPreview = "send_preview"
	// viewSendStarted is what send_preview turns into. Closing it closes the form under it too.
	viewSendStarted = "send_started"

	// sampled is how many recipients the preview shows, listed how many entries left out or warned about.
	sampled = 5
	listed  = 10
)

// previewView shows what will happen, and asks for the go-ahead. Numbers and addresses are masked: screens are shared.
func previewView(d sends.Draft) *slack.ModalViewRequest {
	n := len(d.List.Recipients)
	set := []slack.Block{
		blocks.Rich(
			blocks.Field("Directory", nameAndID(d.DirectoryName, d.DirectoryID)),
			blocks.Field("By", channelName(d.Kind)),
			blocks.Field("To", persons(n)+": "+sample(d.List.Recipients)),
		),
	}
	if d.Kind == recipients.SMS {
		set = append(set, blocks.Text("Countries: "+byCountry(d.List.Recipients)))
	}
	set = append(set, blocks.Divider())
	set = append(set, content(d)...)
	set = append(set, doubts(d.List)...)
	set = append(set, blocks.Divider(), blocks.Text("Nothing has been sent yet."))
	v := blocks.Modal(viewSendPreview, "Preview", "Send to "+persons(n), "Back", set...)
	return blocks.WithMetadata(v, d.ID)
}

// persons says "1 person", "3 people".
func persons(n int) string { return count(n, "person", "people") }

func channelName(k recipients.Kind) string {
	if k == recipients.Email {
		return "e-mail"
	}
	return "SMS"
}

func sample(list []recipients.Recipient) string {
	var shown []string
	for _, r := range list[:min(len(list), sampled)] {
		shown = append(shown, recipients.Mask(r.To))
	}
	text := strings.Join(shown, ", ")
	if more := len(list) - len(shown); more > 0 {
		text += " and " + thousands(more) + " more"
	}
	return text
}

// byCountry says how many go where: "Belgium 12, France 3".
func byCountry(list []recipients.Recipient) string {
	names := map[string]string{}
	for _, c := range recipients.Countries() {
		names[c.Code] = c.Name
	}
	counts := map[string]int{}
	for _, r := range list {
		counts[r.Country]++
	}
	codes := slices.SortedFunc(maps.Keys(counts), func(a, b string) int {
		if counts[a] != counts[b] {
			return counts[b] - counts[a]
		}
		return strings.Compare(a, b)
	})
	var said []string
	for _, code := range codes {
		name := names[code]
		if name == "" {
			name = "elsewhere"
		}
		said = append(said, name+" "+thousands(counts[code]))
	}
	return strings.Join(said, ", ")
}

// content shows what people will get.
func content(d sends.Draft) []slack.Block {
	if d.Kind == recipients.Email {
		return []slack.Block{
			blocks.Rich(blocks.Field("Subject", d.Subject)),
			blocks.Context(blocks.Small("Coupontools writes the e-mail itself, with the link to the directory.")),
		}
	}
	return []slack.Block{
		blocks.Rich(blocks.Line{blocks.Bold("Text:")}, blocks.Line{blocks.Plain(d.Message + " [link]")}),
		blocks.Context(blocks.Small(length(recipients.CountSegments(d.Message)))),
	}
}

// length says how many text messages a text takes, and why.
func length(s recipients.Segments) string {
	said := fmt.Sprintf("This text takes %s: %d of %d characters", count(s.Segments, "message", "messages"),
		s.Units, s.Segments*s.PerSegment)
	if len(s.Culprits) > 0 {
		verb := "make"
		if len(s.Culprits) == 1 {
			verb = "makes"
		}
		said += fmt.Sprintf("; %s, which the SMS alphabet does not have, %s it %d to a message",
			quotedRunes(s.Culprits), verb, s.PerSegment)
	}
	return said + ". Coupontools puts the link after it, so it may take one more."
}

func quotedRunes(runes []rune) string {
	const few = 5
	var shown []string
	for _, r := range runes[:min(len(runes), few)] {
		shown = append(shown, "“"+string(r)+"”")
	}
	text := strings.Join(shown, ", ")
	if more := len(runes) - len(shown); more > 0 {
		text += " and " + count(more, "other character", "other characters")
	}
	return text
}

// doubts lists what was left out, and what may go wrong with those that were not.
func doubts(list recipients.List) []slack.Block {
	var set []slack.Block
	if n := len(list.LeftOut); n > 0 {
		lines := []string{count(n, "entry is", "entries are") + " left out:"}
		for _, o := range list.LeftOut[:min(n, listed)] {
			lines = append(lines, fmt.Sprintf("Line %d, “%s”: %s", o.Line, short(o.Text), o.Reason))
		}
		set = append(set, blocks.Divider(), blocks.Text(andMore(lines, n)))
	}
	if lines := warnings(list.Recipients); len(lines) > 0 {
		n := len(lines)
		head := []string{"Please check:"}
		set = append(set, blocks.Text(andMore(append(head, lines[:min(n, listed)]...), n)))
	}
	return set
}

func warnings(list []recipients.Recipient) []string {
	var lines []string
	for _, r := range list {
		if r.Warning != "" {
			lines = append(lines, fmt.Sprintf("Line %d, %s: %s", r.Line, recipients.Mask(r.To), r.Warning))
		}
	}
	return lines
}

func andMore(lines []string, n int) string {
	if n > listed {
		lines = append(lines, "and "+thousands(n-listed)+" more")
	}
	return strings.Join(lines, "\n")
}

// confirmed makes the draft of the preview a send. A repeat answers with the same send.
func (s sending) confirmed(ctx context.Context, req bot.Request) (bot.Reply, error) {
	send, err := s.drafts.Confirm(ctx, req.View.Metadata, req.Person.Team, req.Person.ID)
	if err != nil {
		return bot.Reply{}, fmt.Errorf("confirm send: %w", err)
	}
	return bot.Reply{View: s.startedView(send)}, nil
}

// startedView says what happens now, and where the outcome will be told.
func (s sending) startedView(send sends.Send) *slack.ModalViewRequest {
	title, goesOn := "Sending", "You can close this; the sending goes on. "
	what := fmt.Sprintf("“%s” is going out by %s to %s now.", short(send.DirectoryName), channelName(send.Kind),
		persons(send.Counts.Total))
	if send.Ended() {
		title, goesOn = "Sent", ""
		what = fmt.Sprintf("“%s” has gone out by %s: %s.", short(send.DirectoryName), channelName(send.Kind), inWords(send.Counts))
	}
	where := blocks.Line{blocks.Plain("The outcome comes to you as a direct message")}
	for i, c := range s.channels {
		if i == 0 {
			where = append(where, blocks.Plain(", and is told in "))
		} else {
			where = append(where, blocks.Plain(", "))
		}
		where = append(where, blocks.Channel(c))
	}
	v := blocks.Modal(viewSendStarted, title, "", "Close",
		blocks.Text(what),
		blocks.Rich(append(where, blocks.Plain("."))),
		blocks.Context(blocks.Small(goesOn+"The id of this send is "+send.ID+".")))
	v.ClearOnClose = true
	return v
}
