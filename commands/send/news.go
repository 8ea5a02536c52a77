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
	// newsPrefix, what happened, a colon and a place make the place of a new message.
	newsPrefix = "news:"
	// shortSend is how long after its confirmation a send may end without a new message about that.
	shortSend = time.Minute
)

// newsApproved is the approval of a send.
const newsApproved = "approved"

// newsOf names what happened to a send that people must be told in new messages. A send can be paused several times: that is
// news again if people were reached in between.
func newsOf(s sends.Send) (news []string) {
	if s.Test {
		return nil
	}
	if s.Approver != "" {
		news = append(news, newsApproved)
	}
	switch {
	case s.State == sends.StateGone:
		return append(news, "lost")
	case s.State == sends.StatePaused && s.Why != "":
		return append(news, fmt.Sprintf("paused-%d", s.Counts.Total-s.Counts.Pending()))
	case s.State == sends.StateStopped:
		return append(news, "stopped")
	case s.State == sends.StateCancelled && s.Why == sends.WhyRejected:
		return append(news, "rejected")
	case s.State == sends.StateCancelled && s.Why != sends.WhyCancelled:
		return append(news, "expired")
	case s.Ended() && s.EndedAt.Sub(s.ConfirmedAt) > shortSend:
		return append(news, "ended")
	}
	return news
}

// newsPlaces returns the places where the news about a send haven't been posted yet. Only a place with a message about the send
// gets news.
func newsPlaces(s sends.Send, cards []string, told map[string]string) []string {
	var places []string
	for _, what := range newsOf(s) {
		for _, card := range cards {
			place := newsPrefix + what + ":" + card
			if told[card] != "" && told[card] != ClosedPlace && told[place] == "" {
				places = append(places, place)
			}
		}
	}
	return places
}

func isNews(place string) bool { return strings.HasPrefix(place, newsPrefix) }

// postNews posts the news for a place, and returns the value to keep for it.
func (a *Announcer) postNews(ctx context.Context, s sends.Send, place string, told map[string]string) (string, error) {
	what, card, _ := strings.Cut(strings.TrimPrefix(place, newsPrefix), ":")
	channel, ts := messageAt(card, told[card])
	m := newsMessage(s, what, card == directPlace)
	if card != directPlace {
		m.Thread = ts
		m.Broadcast = what != newsApproved && (s.State == sends.StateStopped || s.State == sends.StatePaused)
	}
	return a.Poster.Post(ctx, channel, m)
}

// newsMessage says what happened to a send. In a channel it mentions the sender.
func newsMessage(s sends.Send, what string, direct bool) bot.Message {
	headline, line := newsWords(s, what)
	lead := blocks.Line{blocks.Bold(headline + " ")}
	if !direct {
		lead = blocks.Line{blocks.User(s.User), blocks.Bold(" " + headline + " ")}
	}
	set := []slack.Block{blocks.Rich(slices.Concat(lead, line))}
	if what != newsApproved && (s.State == sends.StatePaused || s.State == sends.StateStopped) {
		set = append(set, reasonBlocks(s)...)
	}
	return bot.Message{Text: headline + " " + titleOf(s) + ".", Blocks: set}
}

// newsWords returns a headline with what happened, and the sentences after it.
func newsWords(s sends.Send, what string) (headline string, line blocks.Line) {
	name := blocks.Bold(format.Short(s.OfferName))
	yours := func(before, after string) blocks.Line {
		return blocks.Line{blocks.Plain(before), name, blocks.Plain(after)}
	}
	headline, _ = stateWords(s)
	switch {
	case what == newsApproved:
		return "✅ Approved:", slices.Concat(blocks.Line{blocks.User(s.Approver)}, yours(" approved the send of ", "."))
	case s.State == sends.StateGone:
		return goneHeadline + ":", yours("", ". "+goneWords(s))
	case s.State == sends.StatePaused:
		return headline + ":", yours("couponbot has paused the send of ",
			", "+countsWords(s.Counts)+". Resume it when the trouble is over.")
	case s.State == sends.StateStopped:
		return headline + ":", yours("couponbot has stopped the send of ", ".")
	case s.State == sends.StateCancelled && s.Why == sends.WhyRejected:
		return "❌ Rejected:", slices.Concat(blocks.Line{blocks.User(s.By)}, yours(" rejected the send of ", ". Nothing was sent."))
	case s.State == sends.StateCancelled:
		return headline + ":", yours("", ". "+format.CancelWords(s.Why))
	}
	return headline + ":", yours("", ", "+countsWords(s.Counts)+".")
}
