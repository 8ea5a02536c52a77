package commands

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/slack-go/slack"

	"github.com/coupontools/couponbot/bot"
	"github.com/coupontools/couponbot/bot/blocks"
	"github.com/coupontools/couponbot/sends"
)

// Announcer tells the marketing channels, the sender and the channel of the command how a send goes: one message each,
// edited as it goes on, with the outcome in the end. No recipient is named in any of them. Those who can approve a send are
// asked for it. It is a [sends.Teller].
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

// directPlace is where told holds the channel of the direct message, so that it is asked for once.
const directPlace = "direct"

// Tell implements [sends.Teller]: places are channel ids. A channel that refuses the bot is left alone until the end. Of a
// test only its sender is told.
func (a *Announcer) Tell(ctx context.Context, s sends.Send, told map[string]string) (map[string]string, error) {
	told = maps.Clone(told)
	if told == nil {
		told = map[string]string{}
	}
	if s.Test {
		return told, a.direct(ctx, s, testAnnouncement(s), told)
	}
	var failed error
	m := withButtons(announcement(s), sendButtons(s, false))
	var refused []string
	for _, c := range a.Channels {
		why, err := a.post(ctx, c, m, s.Ended(), told)
		if why != "" {
			refused = append(refused, c)
		}
		failed = errors.Join(failed, err)
	}
	own := announcement(s)
	if len(refused) > 0 {
		own.Blocks = append(own.Blocks, notTold(refused))
	}
	own = withButtons(own, sendButtons(s, true))
	return told, errors.Join(failed, a.direct(ctx, s, own, told), a.origin(ctx, s, m, told), a.asks(ctx, s, told))
}

// Edits implements [sends.Teller].
func (a *Announcer) Edits(s sends.Send, told map[string]string) int {
	n := 0
	for place, ts := range told {
		switch {
		case place == directPlace, ts == closedPlace: // nothing is there
		case isAsk(place) && s.State == sends.StateAwaiting: // it stays as it is
		default:
			n++
		}
	}
	return n
}

// direct tells the sender.
func (a *Announcer) direct(ctx context.Context, s sends.Send, m bot.Message, told map[string]string) error {
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
