package commands

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/slack-go/slack"

	"github.com/coupontools/couponbot/bot"
	"github.com/coupontools/couponbot/bot/blocks"
	"github.com/coupontools/couponbot/sends"
)

// Announcer tells the marketing channels, the sender and the channel of the command how a send goes: one message each,
// edited as it goes on, with the outcome in the end. No recipient is named in any of them. It is a [sends.Teller].
type Announcer struct {
	// Poster posts and edits; *[bot.Poster].
	Poster poster
	// Store remembers which channels cannot be posted to, for the status; *[bot.Store].
	Store store
	// Channels are the Slack ids of the marketing channels.
	Channels []string
	// Private reports whether a channel is, or may be, shared with another company: the command's channel is then not
	// told. Nil means that none is.
	Private func(ctx context.Context, channel string) bool
}

var _ sends.Teller = (*Announcer)(nil)

// poster is the part of [bot.Poster] that announcing needs.
type poster interface {
	Post(ctx context.Context, channel string, m bot.Message) (ts string, err error)
	Update(ctx context.Context, channel, ts string, m bot.Message) error
	Direct(ctx context.Context, user string) (channel string, err error)
}

// directPlace is where told holds the channel of the direct message, so that it is asked for once.
const directPlace = "direct"

// Tell implements [sends.Teller]: places are channel ids. A channel that refuses the bot is left alone until the end.
func (a *Announcer) Tell(ctx context.Context, s sends.Send, told map[string]string) (map[string]string, error) {
	told = maps.Clone(told)
	if told == nil {
		told = map[string]string{}
	}
	var failed error
	m := announcement(s)
	var refused []string
	for _, c := range a.Channels {
		why, err := a.post(ctx, c, m, s.Ended(), told)
		if why != "" {
			refused = append(refused, c)
		}
		failed = errors.Join(failed, err)
	}
	return told, errors.Join(failed, a.direct(ctx, s, m, refused, told), a.origin(ctx, s, m, told))
}

// direct tells the sender, and names the marketing channels that could not be told.
func (a *Announcer) direct(ctx context.Context, s sends.Send, m bot.Message, refused []string, told map[string]string) error {
	if told[directPlace] == "" {
		channel, err := a.Poster.Direct(ctx, s.User)
		if why := refusalWords(err); why != "" {
			return nil
		}
		if err != nil {
			return fmt.Errorf("open direct message: %w", err)
		}
		told[directPlace] = channel
	}
	if len(refused) > 0 {
		m.Blocks = append(slices.Clone(m.Blocks), notTold(refused))
	}
	_, err := a.post(ctx, told[directPlace], m, s.Ended(), told)
	return err
}

// notTold names channels that the message could not go to.
func notTold(channels []string) slack.Block {
	line := blocks.Line{blocks.Plain("couponbot could not post to ")}
	for i, c := range channels {
		if i > 0 {
			line = append(line, blocks.Plain(", "))
		}
		line = append(line, blocks.Channel(c))
	}
	return blocks.Rich(append(line, blocks.Plain(". Invite it there with "), blocks.Code(invite), blocks.Plain(".")))
}

// origin tells the channel of the command, unless it was told already or is shared with another company.
func (a *Announcer) origin(ctx context.Context, s sends.Send, m bot.Message, told map[string]string) error {
	switch {
	case s.Origin == "", s.Origin == told[directPlace], slices.Contains(a.Channels, s.Origin):
		return nil
	case strings.HasPrefix(s.Origin, "D"):
		// A direct message between two people, or the one with the bot under an id not known here.
		return nil
	case a.Private != nil && a.Private(ctx, s.Origin):
		return nil
	}
	_, err := a.post(ctx, s.Origin, m, s.Ended(), told)
	return err
}

// closedPlace stands in told for a channel that refused the bot.
const closedPlace = "closed"

// post posts or edits the message in a channel. It returns in words why Slack refused it for good; an error may pass.
func (a *Announcer) post(ctx context.Context, channel string, m bot.Message, last bool, told map[string]string) (string, error) {
	ts := told[channel]
	if ts == closedPlace {
		if !last {
			return cmp.Or(unpostable(ctx, a.Store, channel), "it refused couponbot"), nil
		}
		ts = ""
	}
	var err error
	if ts != "" {
		err = a.Poster.Update(ctx, channel, ts, m)
	}
	if ts == "" || bot.SlackCode(err) == "message_not_found" {
		ts, err = a.Poster.Post(ctx, channel, m)
	}
	if why := refusalWords(err); why != "" {
		told[channel] = closedPlace
		a.Store.Put(ctx, unpostableKey(channel), []byte(why), unpostableLife)
		return why, nil
	}
	if err != nil {
		return "", fmt.Errorf("tell channel %s: %w", channel, err)
	}
	if told[channel] != ts && unpostable(ctx, a.Store, channel) != "" {
		a.Store.Put(ctx, unpostableKey(channel), nil, time.Minute)
	}
	told[channel] = ts
	return "", nil
}

// unpostableLife is how long a channel's refusal is shown in the status: sends are seldom days apart.
const unpostableLife = 7 * 24 * time.Hour

func unpostableKey(channel string) string { return "unpostable:" + channel }

// unpostable returns in words why a channel could not be posted to the last time; "" if it could.
func unpostable(ctx context.Context, s store, channel string) string {
	why, _ := s.Get(ctx, unpostableKey(channel))
	return string(why)
}

const invite = "/invite @couponbot"

// refusalWords says what Slack's refusal of a channel means and how to mend it; "" for anything that may pass by itself.
func refusalWords(err error) string {
	switch code := bot.SlackCode(err); code {
	case "", "ratelimited", "rate_limited", "fatal_error", "internal_error", "service_unavailable", "request_timeout",
		"update_failed", "external_channel_migrating", "message_not_found":
		return ""
	case "not_in_channel", "channel_not_found":
		return "couponbot is not in it; invite it with " + invite
	case "is_archived":
		return "it is archived"
	case "restricted_action", "restricted_action_read_only_channel":
		return "couponbot is not allowed to post there"
	default:
		return "Slack refused it (" + code + ")"
	}
}

// announcement says how a send goes.
func announcement(s sends.Send) bot.Message {
	headline, does := stateWords(s)
	set := []slack.Block{
		blocks.Rich(
			blocks.Line{blocks.Bold(headline)},
			blocks.Line{
				blocks.User(s.User),
				blocks.Plain(" " + does + " "), blocks.Bold(short(s.DirectoryName)),
				blocks.Plain(fmt.Sprintf(" (%s) by %s to %s.", s.DirectoryID, channelName(s.Kind), persons(s.Counts.Total))),
			}),
		blocks.Text(bar(s.Counts) + "\n" + inWords(s.Counts)),
	}
	if s.Holdup != "" {
		set = append(set, blocks.Text(s.Holdup))
	}
	set = append(set, reasons(s)...)
	set = append(set, times(s))
	text := fmt.Sprintf("%s: “%s” by %s to %s. %s", headline, short(s.DirectoryName), channelName(s.Kind),
		persons(s.Counts.Total), joined(". ", inWords(s.Counts), s.Holdup))
	return bot.Message{Text: text, Blocks: set}
}

// stateWords says in a headline how a send stands, and what its sender does or did.
func stateWords(s sends.Send) (headline, does string) {
	switch {
	case s.State == sends.StateStopped:
		return "Send stopped", "was sending"
	case s.Ended() && s.Counts.Accepted == s.Counts.Total:
		return "Send completed", "sent"
	case s.Ended():
		return "Send completed, but not for everyone", "sent"
	default:
		return "Sending", "is sending"
	}
}

func bar(c sends.Counts) string {
	const width = 20
	return blocks.Progress(c.Total-c.Pending(), c.Total, width)
}

// inWords says what became of the recipients: "120 accepted, 2 failed, 0 skipped, 1 unknown, 77 waiting".
func inWords(c sends.Counts) string {
	said := fmt.Sprintf("%s accepted, %s failed, %s skipped, %s unknown",
		thousands(c.Accepted), thousands(c.Failed), thousands(c.Skipped), thousands(c.Unknown))
	if c.Pending() > 0 {
		said += ", " + thousands(c.Pending()) + " waiting"
	}
	return said
}

// reasons says why a send stopped, why recipients failed, and what to do.
func reasons(s sends.Send) []slack.Block {
	var lines []string
	if s.Why != "" {
		lines = append(lines, joined(" ", "Why: "+sentence(s.Why), advice(codesIn(bracketed.FindString(s.Why))...)))
	}
	for _, f := range s.Failures[:min(len(s.Failures), listed)] {
		lines = append(lines, failureLine(f))
	}
	if s.Ended() && s.Counts.Unknown > 0 {
		lines = append(lines, count(s.Counts.Unknown, "recipient is", "recipients are")+" unknown: Coupontools gave no clear "+
			"answer, so it may or may not have been sent. couponbot does not repeat it by itself; look in Coupontools first.")
	}
	if len(lines) == 0 {
		return nil
	}
	return []slack.Block{blocks.Text(strings.Join(lines, "\n"))}
}

// bracketed finds the codes of the API in the reason of a stop: "(103: No SMS service)".
var bracketed = regexp.MustCompile(`\([0-9, ]+[:)]`)

// failureLine is one reason with its count, and what to do about it.
func failureLine(f sends.Failure) string {
	line := thousands(f.Count) + " failed"
	if text := strings.TrimRight(sentence(f.Text), "."); text != "" {
		line += ": " + text
	}
	if f.Code != "" {
		line += " (" + codeWords(f.Code) + ")"
	}
	todo := advice(codesIn(f.Code)...)
	if todo == "" {
		todo = "Look in Coupontools whether the directory is still there and what it says of these recipients."
	}
	return joined(" ", line+".", todo)
}

// codesIn returns the codes of the API in a text that holds no other numbers.
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
		return short(code)
	}
	return "code " + short(code)
}

func times(s sends.Send) slack.Block {
	pieces := []slack.MixedElement{blocks.When("Confirmed", s.ConfirmedAt)}
	if !s.EndedAt.IsZero() {
		pieces = append(pieces, blocks.When("Ended", s.EndedAt))
	}
	return blocks.Context(append(pieces, blocks.Small("Send "+s.ID))...)
}
