package send

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/slack-go/slack"

	"github.com/coupontools/couponbot/bot"
	"github.com/coupontools/couponbot/bot/blocks"
	"github.com/coupontools/couponbot/commands/internal/format"
	"github.com/coupontools/couponbot/sends"
)

// Whoever may approve a send is asked in a direct message of their own, and that message says in the end what came of it.

const (
	// maxAsked is how many people are asked in a direct message.
	maxAsked = 20
	// askPrefix and a user id are the place of the message that asks somebody.
	askPrefix = "ask:"
)

func isAsk(place string) bool { return strings.HasPrefix(place, askPrefix) }

// unasked are the places of those who may approve a send and were not asked yet.
func (a *Announcer) unasked(ctx context.Context, s sends.Send, told map[string]string) ([]string, error) {
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

// asked are the places of those who were asked and do not know yet what came of it.
func asked(told map[string]string) []string {
	places := slices.Sorted(maps.Keys(told))
	return slices.DeleteFunc(places, func(place string) bool { return !isAsk(place) || told[place] == ClosedPlace })
}

// decision says what came of a send that was to be approved.
func decision(s sends.Send) bot.Message {
	headline, end := "Approved", blocks.Line{blocks.Plain("Approved by "), blocks.User(s.Approver), blocks.Plain(".")}
	if s.Approver == "" {
		headline, end = "Not approved", heldBy(s)
	}
	return bot.Message{Text: headline + ": " + what(s) + ".", Blocks: []slack.Block{
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
