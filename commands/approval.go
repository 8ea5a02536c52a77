package commands

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/slack-go/slack"

	"github.com/coupontools/couponbot/bot"
	"github.com/coupontools/couponbot/bot/blocks"
	"github.com/coupontools/couponbot/sends"
)

// Whoever may approve a send is asked in a direct message of their own, and that message says in the end what came of it.

const (
	// maxAsked is how many people are asked in a direct message.
	maxAsked = 20
	// askPrefix and a user id stand in told for the message that asks somebody: its channel and its timestamp.
	askPrefix = "ask:"
)

func isAsk(place string) bool { return strings.HasPrefix(place, askPrefix) }

// asks asks those who may approve a send, or tells those who were asked what came of it.
func (a *Announcer) asks(ctx context.Context, s sends.Send, told map[string]string) error {
	if s.State == sends.StateAwaiting {
		return a.ask(ctx, s, told)
	}
	var failed error
	for place, at := range told {
		if isAsk(place) {
			failed = errors.Join(failed, a.decided(ctx, s, place, at, told))
		}
	}
	return failed
}

// ask asks everybody once who may approve and was not asked yet.
func (a *Announcer) ask(ctx context.Context, s sends.Send, told map[string]string) error {
	if a.Holders == nil {
		return nil
	}
	ids, everyone, err := a.Holders(ctx, bot.Send)
	if everyone {
		return nil
	}
	failed, asked := err, 0
	for _, id := range ids {
		if id == s.User || asked == maxAsked {
			continue
		}
		asked++
		if told[askPrefix+id] == "" {
			failed = errors.Join(failed, a.askPerson(ctx, s, id, told))
		}
	}
	if failed != nil {
		return fmt.Errorf("ask for approval: %w", failed)
	}
	return nil
}

// askPerson asks one person. Who takes no direct messages is left alone.
func (a *Announcer) askPerson(ctx context.Context, s sends.Send, id string, told map[string]string) error {
	channel, err := a.Poster.Direct(ctx, id)
	ts := ""
	if err == nil {
		m := withButtons(announcement(s), []slack.BlockElement{approveButton(s), rejectButton(s)})
		ts, err = a.Poster.Post(ctx, channel, m)
	}
	switch {
	case refusalWords(err) != "":
		told[askPrefix+id] = closedPlace
	case err != nil:
		return err
	default:
		told[askPrefix+id] = channel + " " + ts
	}
	return nil
}

// decided tells somebody who was asked what came of it, and then forgets that they were.
func (a *Announcer) decided(ctx context.Context, s sends.Send, place, at string, told map[string]string) error {
	channel, ts, ok := strings.Cut(at, " ")
	if ok {
		err := a.Poster.Update(ctx, channel, ts, decision(s))
		if err != nil && bot.SlackCode(err) != "message_not_found" && refusalWords(err) == "" {
			return fmt.Errorf("tell the outcome of an approval: %w", err)
		}
	}
	delete(told, place)
	return nil
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
				blocks.User(s.User), blocks.Plain(" asked to send "), blocks.Bold(short(s.OfferName)),
				blocks.Plain(fmt.Sprintf(" by %s to %s.", channelName(s.Kind), persons(s.Counts.Total))),
			},
			end),
		blocks.Context(blocks.Small("Send " + s.ID)),
	}}
}
