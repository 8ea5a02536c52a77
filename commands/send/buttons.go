package send

import (
	"fmt"

	"github.com/slack-go/slack"

	"github.com/coupontools/couponbot/bot/blocks"
	"github.com/coupontools/couponbot/commands/internal/format"
	"github.com/coupontools/couponbot/sends"
)

// The buttons that a send has; the value of each is the send's id.
const (
	actionApprove = "send_approve"
	actionReject  = "send_reject"
	actionPause   = "send_pause"
	actionResume  = "send_resume"
	actionCancel  = "send_cancel"
	actionReport  = "send_report"
	actionResend  = "send_resend_unknown"
)

// sendButtons are what can be done with a send as it stands. Own says that only its sender sees them, who cannot approve it.
func sendButtons(s sends.Send, own bool) []slack.BlockElement {
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
		return []slack.BlockElement{blocks.Button(actionPause, "Pause", s.ID, of("Pause", s)), cancelButton(s)}
	case sends.StatePaused:
		return []slack.BlockElement{
			blocks.Button(actionResume, "Resume", s.ID, blocks.Primary, of("Resume", s)), cancelButton(s), reportButton(s),
		}
	}
	return nil // it was called off, and only calls that were out are waited for
}

func endedButtons(s sends.Send) []slack.BlockElement {
	row := []slack.BlockElement{reportButton(s)}
	if s.Counts.Unknown > 0 && s.Resent == "" {
		row = append(row, blocks.Button(actionResend, "Resend the unknown", s.ID, of("Resend the unknown of", s)))
	}
	return row
}

func approveButton(s sends.Send) slack.BlockElement {
	then := "It goes out at once."
	if !s.ScheduledAt.IsZero() {
		then = "It goes out at its time, or at once if that is past."
	}
	return blocks.Button(actionApprove, "Approve", s.ID, blocks.Primary, of("Approve", s), blocks.Ask("Approve this send?",
		fmt.Sprintf("%s. %s What has gone out cannot be taken back.", what(s), then), "Approve", "Not yet"))
}

func rejectButton(s sends.Send) slack.BlockElement {
	return blocks.Button(actionReject, "Reject", s.ID, of("Reject", s), blocks.Ask("Reject this send?",
		what(s)+". Nothing of it will go out, and it cannot be approved any more.", "Reject", "Not yet"))
}

func cancelButton(s sends.Send) slack.BlockElement {
	then := "Nothing of it will go out."
	if !s.StartedAt.IsZero() {
		then = fmt.Sprintf("%s will be skipped. What has gone out cannot be taken back.",
			format.Count(s.Counts.Pending(), "person who is waiting", "people who are waiting"))
	}
	return blocks.Button(actionCancel, "Cancel", s.ID, blocks.Danger, of("Cancel", s), blocks.Ask("Cancel this send?",
		what(s)+". "+then+" It cannot be taken up again.", "Cancel the send", "Go on"))
}

func reportButton(s sends.Send) slack.BlockElement {
	return blocks.Button(actionReport, "Report", s.ID, of("Get the report of", s))
}

// what names a send in a sentence: “City deals” by SMS to 1,200 people.
func what(s sends.Send) string {
	return fmt.Sprintf("“%s” by %s to %s", format.Short(s.OfferName), channelName(s.Kind), format.Persons(s.Counts.Total))
}

func of(verb string, s sends.Send) blocks.ButtonOption {
	return blocks.Label(verb + " the send " + s.ID)
}
