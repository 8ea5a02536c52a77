package send

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/slack-go/slack"

	"github.com/coupontools/couponbot/bot"
	"github.com/coupontools/couponbot/bot/blocks"
	"github.com/coupontools/couponbot/commands/internal/format"
	"github.com/coupontools/couponbot/commands/internal/ui"
	"github.com/coupontools/couponbot/sends"
	"github.com/coupontools/couponbot/sends/recipients"
)

// This file builds the messages about a send. They never name a recipient.

// announcement shows the state of a send, in a channel or in a direct message.
func announcement(s sends.Send, direct bool) bot.Message {
	headline, does := stateWords(s)
	set := []slack.Block{blocks.Rich(
		blocks.Line{blocks.Bold(headline)},
		blocks.Line{
			blocks.User(s.User),
			blocks.Plain(" " + does + " "), blocks.Bold(format.Short(s.OfferName)),
			blocks.Plain(fmt.Sprintf(" by %s to %s.", channelName(s.Kind), format.Persons(s.Counts.Total))),
		})}
	said := ""
	if direct || s.Counts.Total >= leastShown {
		set = append(set, blocks.Rich(contentLine(s)))
	}
	switch {
	case notStarted(s):
	case s.State == sends.StateRunning:
		said = countsWords(s.Counts)
		set = append(set, blocks.Text(progressBar(s.Counts)+"\n"+said))
	default:
		said = countsWords(s.Counts)
		set = append(set, blocks.Text(said))
	}
	if lines := peopleLines(s); len(lines) > 0 {
		set = append(set, blocks.Rich(lines...))
	}
	if s.BackoffReason != "" {
		set = append(set, blocks.Text(s.BackoffReason))
	}
	set = append(append(set, reasonBlocks(s)...), timesBlock(s))
	return bot.Message{Text: format.Joined(" ", headline+": "+titleOf(s)+".", format.Joined(". ", said, s.BackoffReason)), Blocks: set}
}

// goneAnnouncement says that the records of a send are gone. It has no buttons, since nothing can be done with the send.
func goneAnnouncement(s sends.Send) bot.Message {
	does := "was sending"
	if s.Was == sends.StateAwaiting || s.Was == sends.StateScheduled {
		does = "wanted to send"
	}
	said := goneWords(s)
	return bot.Message{Text: goneHeadline + ": " + titleOf(s) + ". " + said, Blocks: []slack.Block{
		blocks.Rich(
			blocks.Line{blocks.Bold(goneHeadline)},
			blocks.Line{
				blocks.User(s.User), blocks.Plain(" " + does + " "), blocks.Bold(format.Short(s.OfferName)),
				blocks.Plain(fmt.Sprintf(" by %s to %s.", channelName(s.Kind), format.Persons(s.Counts.Total))),
			}),
		blocks.Text(said),
		blocks.Context(blocks.When("Confirmed", s.ConfirmedAt), blocks.When("Last read", s.ReadAt), idsText(s)),
	}}
}

// goneWords says how many people a send may have reached before its records were lost, and what to do.
func goneWords(s sends.Send) string {
	reached := "Nobody was reached."
	switch {
	case s.Reached > 0:
		reached = format.Persons(s.Reached) + " may have been reached."
	case s.Was == sends.StateRunning:
		reached = "People may have been reached after couponbot last looked."
	}
	return goneRecords + " " + reached + " Nothing more of it goes out. Coupontools shows who got it."
}

// goneHeadline is the headline of a send after the loss of its records.
const goneHeadline = "⚠️ Send lost"

// goneRecords explains why the state of a send is unknown.
const goneRecords = "Its records are gone from Redis."

// testAnnouncement is the announcement of a test, which only its sender sees.
func testAnnouncement(s sends.Send) bot.Message {
	text := fmt.Sprintf("The test of “%s” by %s is under way.", format.Short(s.OfferName), channelName(s.Kind))
	if s.Ended() {
		text = fmt.Sprintf("The test of “%s” by %s has ended: %s.", format.Short(s.OfferName), channelName(s.Kind), countsWords(s.Counts))
	}
	set := []slack.Block{blocks.Text(format.Joined(" ", text, s.BackoffReason))}
	return bot.Message{Text: text, Blocks: append(set, reasonBlocks(s)...)}
}

// leastShown is how many recipients a send has at least for a channel to see its content: for fewer it may be personal.
const leastShown = 5

// contentLine shows the part of the content that the sender wrote.
func contentLine(s sends.Send) blocks.Line {
	if s.Kind == recipients.Email {
		return blocks.Field("Subject", s.Subject)
	}
	return blocks.Field("Text", s.Message)
}

func notStarted(s sends.Send) bool {
	return s.State == sends.StateAwaiting || s.State == sends.StateScheduled
}

// stateWords returns a headline with the state of a send, and a verb for what its sender does or did.
func stateWords(s sends.Send) (headline, does string) {
	switch {
	case s.State == sends.StateAwaiting:
		return "⏳ Waiting for approval", "wants to send"
	case s.State == sends.StateScheduled:
		return "🗓 Scheduled", "will send"
	case s.State == sends.StatePaused:
		return "⏸ Paused", "is sending"
	case s.State == sends.StateRunning:
		return "▶️ Sending", "is sending"
	case s.State == sends.StateCancelled && s.Why == sends.WhyRejected:
		return "❌ Rejected, nothing sent", "wanted to send"
	case s.State == sends.StateCancelled && s.StartedAt.IsZero():
		return "🛑 Cancelled, nothing sent", "wanted to send"
	case s.State == sends.StateCancelled:
		return "🛑 Cancelled after " + sentOf(s.Counts), "was sending"
	case s.State == sends.StateStopped:
		return "🛑 Stopped after " + sentOf(s.Counts), "was sending"
	case s.Counts.Accepted == s.Counts.Total:
		return "✅ Sent to " + format.Persons(s.Counts.Total), "sent"
	case s.Counts.Accepted > 0:
		return "⚠️ Sent to " + sentOf(s.Counts), "sent"
	case s.Counts.Unknown > 0:
		return fmt.Sprintf("⚠️ %s of %s unconfirmed", format.Thousands(s.Counts.Unknown), format.Thousands(s.Counts.Total)), "sent"
	default:
		return "❌ Sent to nobody", "tried to send"
	}
}

// sentOf says how many of all recipients were sent to: "26 of 80".
func sentOf(c sends.Counts) string {
	return format.Thousands(c.Accepted) + " of " + format.Thousands(c.Total)
}

// peopleLines says what people did with a send, and what they have to do.
func peopleLines(s sends.Send) []blocks.Line {
	var lines []blocks.Line
	if s.State == sends.StateAwaiting {
		lines = append(lines, blocks.Line{blocks.Plain("Needs approval from another sender.")})
	}
	if s.Parent != "" {
		lines = append(lines, blocks.Line{blocks.Plain("It goes to the people who were unconfirmed in an earlier send.")})
	}
	if s.Approver != "" {
		lines = append(lines, blocks.Line{blocks.Plain("Approved by "), blocks.User(s.Approver), blocks.Plain(".")})
	}
	if line := decidedByLine(s); line != nil {
		lines = append(lines, line)
	}
	return lines
}

// decidedByLine says who paused or cancelled a send, or why couponbot did; nil in other states.
func decidedByLine(s sends.Send) blocks.Line {
	by := func(verb string) blocks.Line {
		return blocks.Line{blocks.Plain(verb + " by "), blocks.User(s.By), blocks.Plain(".")}
	}
	switch {
	case s.State == sends.StatePaused && s.Why == "":
		return by("Paused")
	case s.State == sends.StatePaused:
		return blocks.Line{blocks.Plain("couponbot has paused it.")}
	case s.State != sends.StateCancelled:
		return nil
	case s.Why == sends.WhyCancelled:
		return by("Cancelled")
	case s.Why == sends.WhyRejected:
		return by("Rejected")
	}
	return blocks.Line{blocks.Plain(format.CancelWords(s.Why))}
}

func progressBar(c sends.Counts) string {
	const width = 20
	return blocks.Progress(c.Total-c.Pending(), c.Total, width)
}

// countsWords counts the outcomes, without zeros: "120 sent · 2 failed · 1 unconfirmed · 77 waiting".
func countsWords(c sends.Counts) string {
	parts := []string{format.Thousands(c.Accepted) + " sent"}
	for _, part := range []struct {
		n    int
		name string
	}{{c.Failed, "failed"}, {c.Skipped, "skipped"}, {c.Unknown, "unconfirmed"}, {c.Pending(), "waiting"}} {
		if part.n > 0 {
			parts = append(parts, format.Thousands(part.n)+" "+part.name)
		}
	}
	return strings.Join(parts, " · ")
}

// reasonBlocks says why couponbot stopped or paused a send, why recipients failed or were skipped, and what to do. The reasons
// of Coupontools may fill a block, so couponbot's own are in a second one.
func reasonBlocks(s sends.Send) []slack.Block {
	var lines []string
	if s.Why != "" && s.State != sends.StateCancelled {
		lines = append(lines, format.Joined(" ", "Why: "+format.Sentence(s.Why), ui.Advice(codesIn(bracketedCodes.FindString(s.Why))...)))
	}
	for _, f := range s.Failures[:min(len(s.Failures), format.Listed)] {
		lines = append(lines, failureLine(f))
	}
	set := paragraph(lines)
	lines = nil
	for _, skip := range s.Skips {
		lines = append(lines, format.Thousands(skip.Count)+" skipped: "+sends.RuleWords(skip.Rule))
	}
	if s.Ended() && s.Counts.Unknown > 0 {
		lines = append(lines, "⚠️ "+format.Thousands(s.Counts.Unknown)+" unconfirmed. Coupontools didn't say whether they got it. "+
			"Check there before you resend.")
	}
	return append(set, paragraph(lines)...)
}

// paragraph puts lines into one block, or into none if there are no lines.
func paragraph(lines []string) []slack.Block {
	if len(lines) == 0 {
		return nil
	}
	return []slack.Block{blocks.Text(strings.Join(lines, "\n"))}
}

// bracketedCodes finds the API's codes in the reason of a stop: "(103: No SMS service)".
var bracketedCodes = regexp.MustCompile(`\([0-9, ]+[:)]`)

// failureLine shows one reason with its count, and what to do about it.
func failureLine(f sends.Failure) string {
	line := format.Thousands(f.Count) + " failed"
	if text := strings.TrimRight(format.Sentence(f.Text), "."); text != "" {
		line += ": " + text
	}
	if f.Code != "" {
		line += " (" + codeWords(f.Code) + ")"
	}
	todo := ui.Advice(codesIn(f.Code)...)
	if todo == "" {
		todo = "Look in Coupontools whether the directory is still there and what it says of these recipients."
	}
	return format.Joined(" ", line+".", todo)
}

// codesIn returns the API's codes in a text that holds no other numbers.
func codesIn(text string) []int {
	var codes []int
	for _, f := range strings.FieldsFunc(text, func(r rune) bool { return r < '0' || r > '9' }) {
		if code, err := strconv.Atoi(f); err == nil {
			codes = append(codes, code)
		}
	}
	return codes
}

// codeWords shows a failure's code: "code 104", "HTTP 422".
func codeWords(code string) string {
	if strings.HasPrefix(code, "HTTP") {
		return format.Short(code)
	}
	return "code " + format.Short(code)
}

func timesBlock(s sends.Send) slack.Block {
	pieces := []slack.MixedElement{blocks.When("Confirmed", s.ConfirmedAt)}
	if notStarted(s) && !s.ScheduledAt.IsZero() {
		pieces = append(pieces, blocks.When("Begins", s.ScheduledAt))
	}
	if s.State == sends.StateAwaiting {
		pieces = append(pieces, blocks.When("Cancelled if not approved by", s.Expires()))
	}
	if !s.EndedAt.IsZero() {
		pieces = append(pieces, blocks.When("Ended", s.EndedAt))
	}
	return blocks.Context(append(pieces, idsText(s))...)
}

// idsText shows the ids of a send and of what it sends.
func idsText(s sends.Send) slack.MixedElement {
	parent := ""
	if s.Parent != "" {
		parent = "after send " + s.Parent
	}
	return blocks.Small(format.Joined(" · ", "Send "+s.ID, s.OfferID, parent))
}

// withButtons adds a row of buttons to a message, or nothing if the row is empty.
func withButtons(m bot.Message, row []slack.BlockElement) bot.Message {
	if len(row) > 0 {
		m.Blocks = append(slices.Clone(m.Blocks), blocks.Actions("", row...))
	}
	return m
}

func channelName(k recipients.Kind) string {
	if k == recipients.Email {
		return "e-mail"
	}
	return "SMS"
}

// titleOf names a send in a sentence: “City deals” by SMS to 1,200 people.
func titleOf(s sends.Send) string {
	return fmt.Sprintf("“%s” by %s to %s", format.Short(s.OfferName), channelName(s.Kind), format.Persons(s.Counts.Total))
}
