package send

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/slack-go/slack"

	"github.com/coupontools/couponbot/bot"
	"github.com/coupontools/couponbot/bot/blocks"
	"github.com/coupontools/couponbot/commands/internal/format"
	"github.com/coupontools/couponbot/commands/internal/ui"
	"github.com/coupontools/couponbot/sends"
)

// Announcer tells the marketing channels, the sender and the channel of the command how a send goes: one message each,
// edited as it goes on, with the outcome in the end. No recipient is named in any of them. Those who can approve a send are
// asked for it. It is a [sends.Teller].
type Announcer struct {
	// Poster posts and edits; *[bot.Poster].
	Poster poster
	// Store remembers which channels cannot be posted to, for the status; *[bot.Store].
	Store ui.Store
	// Channels are the Slack ids of the marketing channels.
	Channels []string
	// Private reports whether a channel is, or may be, shared with another company: the command's channel is then not
	// told. Nil means that none is.
	Private func(ctx context.Context, channel string) bool
	// Holders names those who may do something, or says that everybody may: they are asked for approval. Nil asks nobody.
	Holders func(ctx context.Context, right bot.Right) (ids []string, everyone bool, err error)
}

var _ sends.Teller = (*Announcer)(nil)

// poster is the part of [bot.Poster] that announcing needs.
type poster interface {
	Post(ctx context.Context, channel string, m bot.Message) (ts string, err error)
	Update(ctx context.Context, channel, ts string, m bot.Message) error
	Direct(ctx context.Context, user string) (channel string, err error)
}

const (
	// directPlace is the sender's direct message. Of a message to a person told holds "channel timestamp", of one in a
	// channel, whose id names the place, the timestamp.
	directPlace = "direct"
	// ClosedPlace stands in told for a place that refused the bot, or where there is nothing more to say.
	ClosedPlace = "closed"
)

// Places implements [sends.Teller]. A place that refuses the bot is left alone until the end. Of a test only its sender is
// told.
func (a *Announcer) Places(ctx context.Context, s sends.Send, told map[string]string) (posts, edits []string, err error) {
	places := []string{directPlace}
	if !s.Test {
		places = append(slices.Clone(a.Channels), directPlace)
		if a.includesOrigin(ctx, s, told) {
			places = append(places, s.Origin)
		}
	}
	for _, place := range places {
		switch told[place] {
		case "":
			posts = append(posts, place)
		case ClosedPlace:
			if s.Ended() {
				posts = append(posts, place)
			}
		default:
			edits = append(edits, place)
		}
	}
	if s.State == sends.StateAwaiting {
		asks, err := a.placesToAsk(ctx, s, told)
		return append(posts, asks...), edits, err
	}
	return posts, append(edits, askedPlaces(told)...), nil
}

// toldInOrigin says whether the channel of the command is told besides: not if it is told already or is shared with another
// company.
func (a *Announcer) includesOrigin(ctx context.Context, s sends.Send, told map[string]string) bool {
	switch {
	case s.Origin == "", slices.Contains(a.Channels, s.Origin):
		return false
	case strings.HasPrefix(s.Origin, "D"): // a direct message between two people, or the sender's own
		return false
	case told[s.Origin] != "":
		return true
	}
	return a.Private == nil || !a.Private(ctx, s.Origin)
}

// Tell implements [sends.Teller].
func (a *Announcer) Tell(ctx context.Context, s sends.Send, place string, told map[string]string) (string, error) {
	id, err := a.deliver(ctx, s, place, told[place], a.message(s, place, told))
	why := refusalWords(err)
	if IsChannel(place) {
		a.recordRefusal(ctx, place, why, err == nil && id != told[place])
	}
	switch {
	case why != "":
		return ClosedPlace, nil
	case err != nil:
		return "", fmt.Errorf("tell %s: %w", place, err)
	}
	return id, nil
}

// message is what a place is told.
func (a *Announcer) message(s sends.Send, place string, told map[string]string) bot.Message {
	switch {
	case s.State == sends.StateGone:
		return goneAnnouncement(s)
	case s.Test:
		return testAnnouncement(s)
	case isAsk(place) && s.State == sends.StateAwaiting:
		return withButtons(announcement(s), []slack.BlockElement{approveButton(s), rejectButton(s)})
	case isAsk(place):
		return decisionMessage(s)
	}
	m := announcement(s)
	if place == directPlace {
		refused := slices.DeleteFunc(slices.Clone(a.Channels), func(c string) bool { return told[c] != ClosedPlace })
		if len(refused) > 0 {
			m.Blocks = append(m.Blocks, refusedChannels(refused))
		}
	}
	return withButtons(m, buttonsFor(s, place == directPlace))
}

// put posts a message, or puts it in place of the one that is there, and returns what is to be remembered of it.
func (a *Announcer) deliver(ctx context.Context, s sends.Send, place, id string, m bot.Message) (string, error) {
	decided := isAsk(place) && s.State != sends.StateAwaiting
	if channel, ts := messageAt(place, id); ts != "" {
		err := a.Poster.Update(ctx, channel, ts, m)
		gone := bot.SlackCode(err) == "message_not_found"
		switch {
		case decided && (gone || err == nil):
			return ClosedPlace, nil
		case !gone:
			return id, err
		}
	}
	if IsChannel(place) {
		return a.Poster.Post(ctx, place, m)
	}
	person := s.User
	if isAsk(place) {
		person = strings.TrimPrefix(place, askPrefix)
	}
	channel, err := a.Poster.Direct(ctx, person)
	if err != nil {
		return "", err
	}
	ts, err := a.Poster.Post(ctx, channel, m)
	return channel + " " + ts, err
}

// messageAt is where the message is that is remembered of a place; without a timestamp if there is none.
func messageAt(place, id string) (channel, ts string) {
	if channel, ts, ok := strings.Cut(id, " "); ok {
		return channel, ts
	}
	if id == ClosedPlace {
		return place, ""
	}
	return place, id
}

// refusedChannels names channels that the message could not go to.
func refusedChannels(channels []string) slack.Block {
	line := blocks.Line{blocks.Plain("couponbot could not post to ")}
	for i, c := range channels {
		if i > 0 {
			line = append(line, blocks.Plain(", "))
		}
		line = append(line, blocks.Channel(c))
	}
	return blocks.Rich(append(line, blocks.Plain(". Invite it there with "), blocks.Code(inviteCommand), blocks.Plain(".")))
}

// remember notes why a channel could not be posted to; or, once there is a new message in it, that it can.
func (a *Announcer) recordRefusal(ctx context.Context, channel, why string, posted bool) {
	switch {
	case why != "":
		a.Store.Put(ctx, unpostableKey(channel), []byte(why), unpostableLife)
	case posted && Unpostable(ctx, a.Store, channel) != "":
		a.Store.Put(ctx, unpostableKey(channel), nil, time.Minute)
	}
}

// unpostableLife is how long a channel's refusal is shown in the status: sends are seldom days apart.
const unpostableLife = 7 * 24 * time.Hour

func unpostableKey(channel string) string { return "unpostable:" + channel }

// Unpostable returns in words why a channel could not be posted to the last time; "" if it could.
func Unpostable(ctx context.Context, s ui.Store, channel string) string {
	why, _ := s.Get(ctx, unpostableKey(channel))
	return string(why)
}

const inviteCommand = "/invite @couponbot"

// refusalWords says what Slack's refusal of a channel means and how to mend it; "" for anything that may pass by itself.
func refusalWords(err error) string {
	switch code := bot.SlackCode(err); code {
	case "", "ratelimited", "rate_limited", "fatal_error", "internal_error", "service_unavailable", "request_timeout",
		"update_failed", "external_channel_migrating", "message_not_found":
		return ""
	case "not_in_channel", "channel_not_found":
		return "couponbot is not in it; invite it with " + inviteCommand
	case "is_archived":
		return "it is archived"
	case "restricted_action", "restricted_action_read_only_channel":
		return "couponbot is not allowed to post there"
	default:
		return "Slack refused it (" + code + ")"
	}
}

// IsChannel reports whether an id is that of a channel and not of direct messages.
func IsChannel(id string) bool { return strings.HasPrefix(id, "C") || strings.HasPrefix(id, "G") }

// Whoever may approve a send is asked in a direct message of their own, and that message says in the end what came of it.

const (
	// maxAsked is how many people are asked in a direct message.
	maxAsked = 20
	// askPrefix and a user id are the place of the message that asks somebody.
	askPrefix = "ask:"
)

func isAsk(place string) bool { return strings.HasPrefix(place, askPrefix) }

// unasked are the places of those who may approve a send and were not asked yet.
func (a *Announcer) placesToAsk(ctx context.Context, s sends.Send, told map[string]string) ([]string, error) {
	if a.Holders == nil {
		return nil, nil
	}
	ids, everyone, err := a.Holders(ctx, bot.Send)
	if everyone {
		return nil, nil
	}
	if err != nil {
		err = fmt.Errorf("ask for approval: %w", err)
	}
	ids = slices.DeleteFunc(slices.Clone(ids), func(id string) bool { return id == s.User })
	var places []string
	for _, id := range ids[:min(len(ids), maxAsked)] {
		if place := askPrefix + id; told[place] == "" {
			places = append(places, place)
		}
	}
	return places, err
}

// askedPlaces are the places of those who were asked and do not know yet what came of it.
func askedPlaces(told map[string]string) []string {
	places := slices.Sorted(maps.Keys(told))
	return slices.DeleteFunc(places, func(place string) bool { return !isAsk(place) || told[place] == ClosedPlace })
}

// decisionMessage says what came of a send that was to be approved.
func decisionMessage(s sends.Send) bot.Message {
	headline, end := "Approved", blocks.Line{blocks.Plain("Approved by "), blocks.User(s.Approver), blocks.Plain(".")}
	if s.Approver == "" {
		headline, end = "Not approved", decidedByLine(s)
	}
	return bot.Message{Text: headline + ": " + titleOf(s) + ".", Blocks: []slack.Block{
		blocks.Rich(
			blocks.Line{blocks.Bold(headline)},
			blocks.Line{
				blocks.User(s.User), blocks.Plain(" asked to send "), blocks.Bold(format.Short(s.OfferName)),
				blocks.Plain(fmt.Sprintf(" by %s to %s.", channelName(s.Kind), format.Persons(s.Counts.Total))),
			},
			end),
		blocks.Context(blocks.Small("Send " + s.ID)),
	}}
}
