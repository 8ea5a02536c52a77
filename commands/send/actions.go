package send

import (
	"context"
	"errors"
	"fmt"

	"github.com/slack-go/slack"

	"github.com/coupontools/couponbot/bot"
	"github.com/coupontools/couponbot/bot/blocks"
	"github.com/coupontools/couponbot/commands/internal/format"
	"github.com/coupontools/couponbot/commands/internal/ui"
	"github.com/coupontools/couponbot/internal/rediserr"
	"github.com/coupontools/couponbot/sends"
)

// The buttons of a send. Their value is the send's id.
const (
	actionApprove = "send_approve"
	actionReject  = "send_reject"
	actionPause   = "send_pause"
	actionResume  = "send_resume"
	actionCancel  = "send_cancel"
	actionReport  = "send_report"
	actionResend  = "send_resend_unknown"
)

// actor is the part of [sends.Service] that the buttons of a send need.
type actor interface {
	Act(ctx context.Context, id string, a sends.Action, by sends.Actor) (sends.Send, error)
}

// actionHandler answers a button that acts on a send. The reply says what happened; [Announcer] edits the messages about the
// send later.
func actionHandler(to actor, a sends.Action) bot.Handler {
	return func(_ context.Context, req bot.Request) (bot.Reply, error) {
		return bot.Reply{Later: func(ctx context.Context) (bot.Reply, error) {
			send, err := to.Act(ctx, req.Value, a, ui.ActorOf(req))
			if wrong, ok := errors.AsType[*sends.StateError](err); ok {
				return tooLateReply(wrong), nil
			}
			if err != nil {
				return bot.Reply{}, actionMistake(a, err)
			}
			return doneReply(a, send), nil
		}}, nil
	}
}

// actionMistake explains a failed action. If Redis failed during the call, the action may have happened.
func actionMistake(a sends.Action, err error) error {
	if errors.Is(err, sends.ErrNoSend) { // the records of a send that hasn't ended don't expire
		return &bot.Mistake{
			Text: fmt.Sprintf("couponbot can't %s this send. %s", a, goneRecords), Done: "Nothing more of it goes out.",
			Hint: "Coupontools shows who got it. To send to the others, start a new send with /send-directory.", Cause: err,
		}
	}
	if !errors.Is(err, sends.ErrUnavailable) {
		return err
	}
	return &bot.Mistake{
		Text: rediserr.Problem(err) + ".",
		Done: fmt.Sprintf("couponbot can't say whether it could still %s the send; without Redis nobody is called.", a),
		Hint: ui.RedisHint(err, "Please press the button again in a few minutes; pressing it twice does no harm."), Cause: err,
	}
}

// doneReply says what the action did.
func doneReply(a sends.Action, s sends.Send) bot.Reply {
	var said string
	var when []slack.Block
	switch a {
	case sends.Pause:
		said = "Paused. " + pendingWords(s)
	case sends.Resume:
		said = "▶️ Resumed. " + format.Thousands(s.Counts.Pending()-s.Out) + " to go."
	case sends.Cancel:
		said = format.Joined(" ", "Cancelled.", cancelledWords(s))
	case sends.Reject:
		said = "Rejected. Nothing was sent. We've told the sender."
	case sends.Approve:
		said = "Approved. It goes out now."
		if s.State == sends.StateScheduled {
			said = "Approved. It goes out at its time."
			when = []slack.Block{blocks.Context(blocks.When("Begins", s.ScheduledAt))}
		}
	}
	reply := bot.Reply{Text: said}
	if when != nil {
		reply.Blocks = append([]slack.Block{blocks.Text(said)}, when...)
	}
	return reply
}

// pendingWords counts the recipients without an outcome: those waiting and those being called.
func pendingWords(s sends.Send) string {
	return format.Joined("; ", waitingWords(s.Counts.Pending()-s.Out), outWords(s)) + "."
}

func waitingWords(n int) string { return format.Count(n, "person is waiting", "people are waiting") }

func outWords(s sends.Send) string {
	if s.Out == 0 {
		return ""
	}
	return format.Count(s.Out, "call that was out already will still be answered",
		"calls that were out already will still be answered")
}

func cancelledWords(s sends.Send) string {
	if s.StartedAt.IsZero() {
		return "Nothing was sent."
	}
	return format.Joined("; ", format.Count(s.Counts.Skipped, "person was skipped in all", "people were skipped in all"),
		outWords(s)) + "."
}

// tooLateReply says that the send's state no longer allows the action, and who changed the state.
func tooLateReply(e *sends.StateError) bot.Reply {
	line := blocks.Line{blocks.Plain(ui.StateWords(e.Send))}
	text := ui.StateWords(e.Send)
	if verb := lastAction(e.Send); verb != "" {
		line = blocks.Line{blocks.User(e.Send.By), blocks.Plain(" has " + verb + " the send already.")}
		text = "Somebody has " + verb + " the send already."
	}
	const none = " You have changed nothing."
	return bot.Reply{Text: text + none, Blocks: []slack.Block{blocks.Rich(append(line, blocks.Plain(none)))}}
}

// lastAction is the action that put the send into its state, as a participle, or "" if no person acted.
func lastAction(s sends.Send) string {
	switch {
	case s.State == sends.StatePaused && s.Why == "":
		return "paused"
	case s.State == sends.StateCancelled && s.Why == sends.WhyCancelled:
		return "cancelled"
	case s.State == sends.StateCancelled && s.Why == sends.WhyRejected:
		return "rejected"
	case s.State == sends.StateRunning && s.Action == sends.Resume:
		return "resumed"
	case (s.State == sends.StateRunning || s.State == sends.StateScheduled) && s.Action == sends.Approve:
		return "approved"
	}
	return ""
}

// buttonsFor returns the buttons that fit a send's state. own says that only its sender sees them, who can't approve it.
func buttonsFor(s sends.Send, own bool) []slack.BlockElement {
	switch {
	case s.Test:
		return nil
	case s.Ended():
		return endedButtons(s)
	}
	switch s.State {
	case sends.StateAwaiting:
		if own {
			return []slack.BlockElement{cancelButton(s)}
		}
		return []slack.BlockElement{approveButton(s), rejectButton(s), cancelButton(s)}
	case sends.StateScheduled:
		return []slack.BlockElement{cancelButton(s)}
	case sends.StateRunning:
		return []slack.BlockElement{blocks.Button(actionPause, "Pause", s.ID, labelOf("Pause", s)), cancelButton(s)}
	case sends.StatePaused:
		return []slack.BlockElement{
			blocks.Button(actionResume, "Resume", s.ID, blocks.Primary, labelOf("Resume", s)), cancelButton(s), reportButton(s),
		}
	}
	return nil // cancelled; waiting for calls in flight
}

func endedButtons(s sends.Send) []slack.BlockElement {
	row := []slack.BlockElement{reportButton(s)}
	if s.Counts.Unknown > 0 && s.Resent == "" {
		row = append(row, blocks.Button(actionResend, "Resend to "+format.Thousands(s.Counts.Unknown)+" unconfirmed", s.ID,
			labelOf("Resend to "+format.Thousands(s.Counts.Unknown)+" unconfirmed of", s)))
	}
	return row
}

func approveButton(s sends.Send) slack.BlockElement {
	then := "It goes out at once."
	if !s.ScheduledAt.IsZero() {
		then = "It goes out at its time, or at once if that is past."
	}
	return blocks.Button(actionApprove, "Approve", s.ID, blocks.Primary, labelOf("Approve", s), blocks.Ask("Approve this send?",
		fmt.Sprintf("%s. %s Messages already sent can't be recalled.", titleOf(s), then), "Approve", "Not yet"))
}

func rejectButton(s sends.Send) slack.BlockElement {
	return blocks.Button(actionReject, "Reject", s.ID, labelOf("Reject", s), blocks.Ask("Reject this send?",
		titleOf(s)+". Nothing will be sent, and it can't be approved any more.", "Reject", "Not yet"))
}

func cancelButton(s sends.Send) slack.BlockElement {
	then, confirm, deny := "Nothing will be sent.", "Cancel the send", "Keep it"
	if !s.StartedAt.IsZero() {
		confirm, deny = "Stop sending", "Keep sending"
		then = fmt.Sprintf("%s will be skipped. Messages already sent can't be recalled.",
			format.Count(s.Counts.Pending(), "person who is waiting", "people who are waiting"))
	}
	return blocks.Button(actionCancel, "Cancel", s.ID, blocks.Danger, labelOf("Cancel", s), blocks.Ask("Cancel this send?",
		titleOf(s)+". "+then+" You can't restart it.", confirm, deny))
}

func reportButton(s sends.Send) slack.BlockElement {
	return blocks.Button(actionReport, "Report", s.ID, labelOf("Get the report of", s))
}

func labelOf(verb string, s sends.Send) blocks.ButtonOption {
	return blocks.Label(verb + " the send " + s.ID)
}
