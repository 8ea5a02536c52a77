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

// Announcer posts the state of a send to the marketing channels, to the sender and to the channel of the command: one message
// each, edited until the send has ended. No message names a recipient. It also asks the people who can approve a send. It is a
// [sends.Notifier].
type Announcer struct {
	// Poster posts and edits; *[bot.Poster].
	Poster poster
	// Store keeps the channels that refuse the bot, for the status; *[bot.Store].
	Store ui.Store
	// Channels are the Slack ids of the marketing channels.
	Channels []string
	// Private reports whether a channel is, or may be, shared with another company. Such a channel gets no message when a
	// command runs in it. Nil means that no channel is.
	Private func(ctx context.Context, channel string) bool
	// Holders returns the users with a right, or says that everybody has it. They are asked for approval. Nil asks nobody.
	Holders func(ctx context.Context, right bot.Right) (ids []string, everyone bool, err error)
}

var _ sends.Notifier = (*Announcer)(nil)

// poster is the part of [bot.Poster] that Announcer needs.
type poster interface {
	Post(ctx context.Context, channel string, m bot.Message) (ts string, err error)
	Update(ctx context.Context, channel, ts string, m bot.Message) error
	Direct(ctx context.Context, user string) (channel string, err error)
}

const (
	// directPlace is the place of the sender's direct message. The value kept for a direct message is "channel timestamp"; for
	// a channel it is the timestamp, since the place is the channel's id.
	directPlace = "direct"
	// ClosedPlace is the value kept for a place that refused the bot, or that needs no further message.
	ClosedPlace = "closed"
)

// Places implements [sends.Notifier]. A place that refuses the bot gets no message until the end. A test is shown only to its
// sender.
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
	posts = append(newsPlaces(s, places, told), posts...)
	if s.State == sends.StateAwaiting {
		asks, err := a.placesToAsk(ctx, s, told)
		return append(posts, asks...), edits, err
	}
	return posts, append(edits, askedPlaces(told)...), nil
}

// includesOrigin reports whether the channel of the command gets a message too: not if it is a marketing channel or is shared
// with another company.
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

// Notify implements [sends.Notifier].
func (a *Announcer) Notify(ctx context.Context, s sends.Send, place string, told map[string]string) (string, error) {
	var id string
	var err error
	if isNews(place) {
		id, err = a.postNews(ctx, s, place, told)
	} else {
		id, err = a.deliver(ctx, s, place, told[place], a.message(s, place, told))
	}
	why := refusalWords(err)
	channel := place
	if isNews(place) {
		_, channel = splitNews(place)
	}
	if IsChannel(channel) {
		a.recordRefusal(ctx, channel, why, err == nil && id != told[place] && id != ClosedPlace)
	}
	switch {
	case why != "":
		return ClosedPlace, nil
	case err != nil:
		return "", fmt.Errorf("tell %s: %w", place, err)
	}
	return id, nil
}

// message returns the message for a place.
func (a *Announcer) message(s sends.Send, place string, told map[string]string) bot.Message {
	switch {
	case s.State == sends.StateGone:
		return goneAnnouncement(s)
	case s.Test:
		return testAnnouncement(s)
	case isAsk(place) && s.State == sends.StateAwaiting:
		return withButtons(announcement(s, true), []slack.BlockElement{approveButton(s), rejectButton(s)})
	case isAsk(place):
		return decisionMessage(s)
	}
	m := announcement(s, place == directPlace)
	if place == directPlace {
		refused := slices.DeleteFunc(slices.Clone(a.Channels), func(c string) bool { return told[c] != ClosedPlace })
		if len(refused) > 0 {
			m.Blocks = append(m.Blocks, refusedChannels(refused))
		}
	}
	return withButtons(m, buttonsFor(s, place == directPlace))
}

// deliver posts a message or edits the one in the place, and returns the value to keep for the place.
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

// messageAt splits the value kept for a place into channel and timestamp; the timestamp is empty if there is no message.
func messageAt(place, id string) (channel, ts string) {
	if channel, ts, ok := strings.Cut(id, " "); ok {
		return channel, ts
	}
	if id == ClosedPlace {
		return place, ""
	}
	return place, id
}

// refusedChannels lists the channels that the message could not be posted to.
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

// recordRefusal stores why a channel refused the bot, and removes that once a message was posted there.
func (a *Announcer) recordRefusal(ctx context.Context, channel, why string, posted bool) {
	switch {
	case why != "":
		a.Store.Put(ctx, unpostableKey(channel), []byte(why), unpostableLife)
	case posted && Unpostable(ctx, a.Store, channel) != "":
		a.Store.Put(ctx, unpostableKey(channel), nil, time.Minute)
	}
}

// unpostableLife is how long the status shows a channel's refusal: sends are seldom days apart.
const unpostableLife = 7 * 24 * time.Hour

func unpostableKey(channel string) string { return "unpostable:" + channel }

// Unpostable returns in words why the last post to a channel failed, or "" if it succeeded.
func Unpostable(ctx context.Context, s ui.Store, channel string) string {
	why, _ := s.Get(ctx, unpostableKey(channel))
	return string(why)
}

const inviteCommand = "/invite @couponbot"

// refusalWords explains Slack's refusal of a channel and what to do, or returns "" for an error that may be temporary.
func refusalWords(err error) string {
	switch code := bot.SlackCode(err); code {
	case "", "ratelimited", "rate_limited", "fatal_error", "internal_error", "service_unavailable", "request_timeout",
		"update_failed", "external_channel_migrating", "message_not_found",
		"invalid_auth", "not_authed", "token_revoked", "token_expired", "account_inactive", "missing_scope": // not about the channel
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

// IsChannel reports whether an id is a channel's, not a direct message's.
func IsChannel(id string) bool { return strings.HasPrefix(id, "C") || strings.HasPrefix(id, "G") }

// Every person who may approve a send gets a direct message that asks for it. That message shows the decision later.

const (
	// maxAsked is how many people are asked.
	maxAsked = 20
	// askPrefix and a user id make the place of the message that asks the user.
	askPrefix = "ask:"
)

func isAsk(place string) bool { return strings.HasPrefix(place, askPrefix) }

// placesToAsk returns the places of the people who may approve a send and haven't been asked yet.
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

// askedPlaces returns the places of the people who were asked and haven't been shown the decision yet.
func askedPlaces(told map[string]string) []string {
	places := slices.Sorted(maps.Keys(told))
	return slices.DeleteFunc(places, func(place string) bool { return !isAsk(place) || told[place] == ClosedPlace })
}

// decisionMessage shows the decision about a send that needed approval.
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
