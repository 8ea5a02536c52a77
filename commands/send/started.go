package send

import (
	"fmt"

	"github.com/slack-go/slack"

	"github.com/coupontools/couponbot/bot"
	"github.com/coupontools/couponbot/bot/blocks"
	"github.com/coupontools/couponbot/commands/internal/format"
	"github.com/coupontools/couponbot/sends"
)

// viewStarted replaces the preview. Closing it also closes the form under it.
const viewStarted = "send_started"

// startedView shows the state of a confirmed send, and where its outcome will be posted.
func (s formHandlers) startedView(p bot.Person, send sends.Send) *slack.ModalViewRequest {
	title, what := statusWords(p, send)
	set := []slack.Block{blocks.Text(what)}
	switch {
	case send.State == sends.StateAwaiting:
		set = append(set, blocks.Rich(s.channelsLine("They are asked by direct message", ", and in ")))
	case send.Ended():
		set = append(set, blocks.Rich(s.channelsLine("You were told by direct message", ", and so were ")))
	default:
		set = append(set, blocks.Rich(s.channelsLine("The outcome comes to you as a direct message", ", and is told in ")))
	}
	small := "The id of this send is " + send.ID + "."
	if send.State == sends.StateRunning {
		small = "You can close this. Sending continues in the background. " + small
	}
	v := blocks.Modal(viewStarted, title, "", "Close", append(set, blocks.Context(blocks.Small(small)))...)
	v.ClearOnClose = true
	return v
}

// channelsLine names the marketing channels after a direct message.
func (s formHandlers) channelsLine(direct, and string) blocks.Line {
	line := blocks.Line{blocks.Plain(direct)}
	for i, c := range s.Channels {
		if i > 0 {
			and = ", "
		}
		line = append(line, blocks.Plain(and), blocks.Channel(c))
	}
	return append(line, blocks.Plain("."))
}

// statusWords returns the state of a confirmed send as a title and a sentence.
func statusWords(p bot.Person, send sends.Send) (title, what string) {
	who := fmt.Sprintf("by %s to %s", channelName(send.Kind), format.Persons(send.Counts.Total))
	name := "“" + format.Short(send.OfferName) + "”"
	switch send.State {
	case sends.StateAwaiting:
		return "Waiting for approval", fmt.Sprintf("%s goes out %s %s, once another sender has approved it. If nobody does "+
			"until %s, it is cancelled. Nothing has been sent yet.", name, who, startWords(p, send), format.Zoned(p, send.Expires()))
	case sends.StateScheduled:
		return "Scheduled", fmt.Sprintf("%s goes out %s %s. Nothing has been sent yet.", name, who, startWords(p, send))
	case sends.StatePaused:
		return "Paused", fmt.Sprintf("%s was going out %s and is paused: %s.%s", name, who, countsWords(send.Counts), reasonWords(send))
	case sends.StateCompleted:
		return "Sent", fmt.Sprintf("%s has gone out %s: %s.", name, who, countsWords(send.Counts))
	case sends.StateCancelled:
		return "Cancelled", fmt.Sprintf("%s was to go out %s and was cancelled: %s.%s", name, who,
			countsWords(send.Counts), reasonWords(send))
	case sends.StateStopped:
		return "Stopped", fmt.Sprintf("%s was going out %s and was stopped: %s.%s", name, who, countsWords(send.Counts), reasonWords(send))
	}
	return "Sending", fmt.Sprintf("%s is going out %s now.", name, who)
}

// startWords says when a send starts.
func startWords(p bot.Person, send sends.Send) string {
	if send.ScheduledAt.IsZero() {
		return "at once"
	}
	return "on " + format.Zoned(p, send.ScheduledAt)
}

// reasonWords says why a send stopped, if its state doesn't say so.
func reasonWords(send sends.Send) string {
	switch send.Why {
	case "", sends.WhyCancelled:
		return ""
	case sends.WhyRejected:
		return " The person asked to approve it said no."
	case sends.WhyNotApproved:
		return " Nobody approved it in time."
	case sends.WhyNotResumed:
		return " Nobody resumed it in time."
	}
	return " Why: " + format.Sentence(send.Why)
}
