package send

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/slack-go/slack"

	"github.com/coupontools/couponbot/bot"
	"github.com/coupontools/couponbot/bot/blocks"
	"github.com/coupontools/couponbot/commands/internal/format"
	"github.com/coupontools/couponbot/sends"
)

// Slack notifies nobody of an edited message. So what needs a person, or ends a long send, is also a new message: to the sender
// by direct message, and in the channels in the thread of the message about the send.

const (
	// newsPrefix, the key of the news, a colon and the place of a card make the place of a new message.
	newsPrefix = "news:"
	// shortSend is how long after its confirmation a send may end without a new message about that.
	shortSend = time.Minute
)

// news is something about a send that people must be told in a new message.
type news struct {
	key, headline string
	by            string // the user who did it; "" for nobody
	before, after string // the words around the name of the offer
	alarm         bool   // the channel sees it too, not only the thread, and it has the reasons
}

// newsOf returns the news about a send, the oldest first.
func newsOf(s sends.Send) (all []news) {
	if s.Test {
		return nil
	}
	if s.Approver != "" {
		all = append(all, news{key: "approved", headline: "✅ Approved", by: s.Approver, before: " approved the send of ", after: "."})
	}
	headline, _ := stateWords(s)
	switch {
	case s.State == sends.StateGone:
		return append(all, news{key: "lost", headline: goneHeadline, after: ". " + goneWords(s)})
	case s.State == sends.StatePaused && s.Why != "":
		return append(all, news{
			key: fmt.Sprintf("paused-%d", s.PausedAt.UnixMilli()), headline: headline, before: "couponbot has paused the send of ",
			after: ", " + countsWords(s.Counts) + ". Resume it when the trouble is over.", alarm: true,
		})
	case s.State == sends.StateStopped && s.Ended(): // calls in flight are counted by then
		return append(all, news{
			key: "stopped", headline: headline, before: "couponbot has stopped the send of ", after: ", " + countsWords(s.Counts) + ".",
			alarm: true,
		})
	case s.State == sends.StateCancelled && s.Why == sends.WhyRejected:
		return append(all, news{
			key: "rejected", headline: "❌ Rejected", by: s.By, before: " rejected the send of ", after: ". Nothing was sent.",
		})
	case s.State == sends.StateCancelled && s.Why != sends.WhyCancelled:
		return append(all, news{key: "expired", headline: headline, after: ". " + format.CancelWords(s.Why)})
	case s.State != sends.StateStopped && s.Ended() && s.EndedAt.Sub(s.ConfirmedAt) > shortSend:
		return append(all, news{key: "ended", headline: headline, after: ", " + countsWords(s.Counts) + "."})
	}
	return all
}

func isNews(place string) bool { return strings.HasPrefix(place, newsPrefix) }

// splitNews returns the key of the news at a place, and the place of the card that they belong to.
func splitNews(place string) (key, card string) {
	key, card, _ = strings.Cut(strings.TrimPrefix(place, newsPrefix), ":")
	return key, card
}

// newsPlaces returns the places where the news about a send haven't been posted yet.
func newsPlaces(s sends.Send, cards []string, told map[string]string) []string {
	var places []string
	for _, n := range newsOf(s) {
		for _, card := range cards {
			if place := newsPrefix + n.key + ":" + card; told[card] != ClosedPlace && told[place] == "" {
				places = append(places, place)
			}
		}
	}
	return places
}

// postNews posts the news for a place, and returns the value to keep for it. While there is no card yet, it posts nothing: the
// card will be a new message with the same news.
func (a *Announcer) postNews(ctx context.Context, s sends.Send, place string, told map[string]string) (string, error) {
	key, card := splitNews(place)
	all := newsOf(s)
	i := slices.IndexFunc(all, func(n news) bool { return n.key == key })
	if i < 0 || told[card] == "" {
		return ClosedPlace, nil
	}
	channel, ts := messageAt(card, told[card])
	m := newsMessage(s, all[i], card == directPlace)
	if card != directPlace {
		m.Thread, m.Broadcast = ts, all[i].alarm
	}
	id, err := a.Poster.Post(ctx, channel, m)
	if m.Thread != "" && slices.Contains(threadRefusals, bot.SlackCode(err)) {
		m.Thread, m.Broadcast = "", false
		id, err = a.Poster.Post(ctx, channel, m)
	}
	return id, err
}

// threadRefusals are the errors of Slack that are about the thread and not its channel, such as after the card was deleted.
var threadRefusals = []string{
	"message_not_found", "thread_not_found", "cannot_reply_to_message", "restricted_action_thread_locked",
}

// newsMessage shows news about a send. In a channel it mentions the sender.
func newsMessage(s sends.Send, n news, direct bool) bot.Message {
	var line blocks.Line
	if !direct {
		line = blocks.Line{blocks.User(s.User), blocks.Plain(", ")}
	}
	line = append(line, blocks.Bold(n.headline+": "))
	if n.by != "" {
		line = append(line, blocks.User(n.by))
	}
	line = append(line, blocks.Plain(n.before), blocks.Bold(format.Short(s.OfferName)), blocks.Plain(n.after))
	set := []slack.Block{blocks.Rich(line)}
	if n.alarm {
		set = append(set, reasonBlocks(s)...)
	}
	return bot.Message{Text: n.headline + ": " + titleOf(s) + n.after, Blocks: set}
}
