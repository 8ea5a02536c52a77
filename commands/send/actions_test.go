package send

import (
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/coupontools/couponbot/bot"
	"github.com/coupontools/couponbot/commands/internal/commandstest"
	"github.com/coupontools/couponbot/commands/internal/format"
	"github.com/coupontools/couponbot/commands/internal/ui"
	"github.com/coupontools/couponbot/sends"
)

func TestAct(t *testing.T) {
	t.Parallel()
	in := func(state sends.State, change func(*sends.Send)) sends.Send {
		s := commandstest.Going()
		s.State = state
		if change != nil {
			change(&s)
		}
		return s
	}
	for name, test := range map[string]struct {
		action sends.Action
		send   sends.Send
		want   string
	}{
		"paused with calls out": {
			sends.Pause, in(sends.StatePaused, func(s *sends.Send) { s.Out = 2 }),
			"Paused. 695 people are waiting; 2 calls that were out already will still be answered.",
		},
		"paused":  {sends.Pause, in(sends.StatePaused, nil), "Paused. 697 people are waiting."},
		"resumed": {sends.Resume, in(sends.StateRunning, nil), "▶️ Resumed. 697 to go."},
		"cancelled on the way": {
			sends.Cancel, in(sends.StateCancelled, func(s *sends.Send) { s.Counts.Skipped, s.Out = 696, 1 }),
			"Cancelled. 696 people were skipped in all; 1 call that was out already will still be answered.",
		},
		"cancelled before it began": {
			sends.Cancel, in(sends.StateCancelled, func(s *sends.Send) { s.StartedAt = s.EndedAt }),
			"Cancelled. Nothing was sent.",
		},
		"approved":           {sends.Approve, in(sends.StateRunning, nil), "Approved. It goes out now."},
		"approved for later": {sends.Approve, in(sends.StateScheduled, nil), "Approved. It goes out at its time."},
		"rejected":           {sends.Reject, in(sends.StateCancelled, nil), "Rejected. Nothing was sent. We've told the sender."},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var by sends.Actor
			to := actFunc(func(_ string, _ sends.Action, a sends.Actor) (sends.Send, error) { by = a; return test.send, nil })
			req := bot.Request{Person: commandstest.Mia, Channel: "C1", Message: "1.2", Value: "snd_1"}
			reply := commandstest.Must(t)(commandstest.Follow(t.Context(), actionHandler(to, test.action), req))
			if reply.Text != test.want {
				t.Errorf("said %q, want %q", reply.Text, test.want)
			}
			if want := (sends.Actor{Team: commandstest.Mia.Team, User: commandstest.Mia.ID, Channel: "C1", Message: "1.2"}); by != want {
				t.Errorf("done by %+v, want %+v", by, want)
			}
		})
	}
}

func TestAct_failures(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		err  error
		want string
	}{
		"own":     {sends.ErrOwnSend, "nobody approves their own"},
		"changed": {sends.ErrChanged, "Reject it"},
		"gone":    {sends.ErrNoSend, "can't approve this send. Its records are gone from Redis. Nothing more of it goes out."},
		"away":    {errors.Join(sends.ErrUnavailable, errors.New("refused")), "can't say whether it could still approve the send"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			to := actFunc(func(string, sends.Action, sends.Actor) (sends.Send, error) { return sends.Send{}, test.err })
			_, err := commandstest.Follow(t.Context(), actionHandler(to, sends.Approve), bot.Request{Person: commandstest.Mia})
			m := commandstest.MistakeOf(t, ui.Explain, err)
			commandstest.WantIn(t, format.Joined(" ", m.Text, m.Done, m.Hint), test.want)
		})
	}
}

func TestAct_tooLate(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		send sends.Send
		want string
	}{
		"paused by somebody":     {sends.Send{State: sends.StatePaused, Action: sends.Pause, By: "U0BEN"}, "@U0BEN has paused the send already."},
		"paused by couponbot":    {sends.Send{State: sends.StatePaused, Why: "no verdicts", Action: sends.Resume, By: "U0BEN"}, "couponbot has paused the send already."},
		"resumed":                {sends.Send{State: sends.StateRunning, Action: sends.Resume, By: "U0BEN"}, "@U0BEN has resumed the send already."},
		"never paused":           {sends.Send{State: sends.StateRunning}, "The send is going out already."},
		"approved":               {sends.Send{State: sends.StateScheduled, Action: sends.Approve, By: "U0BEN"}, "@U0BEN has approved the send already."},
		"waits":                  {sends.Send{State: sends.StateAwaiting}, "The send waits for approval."},
		"scheduled":              {sends.Send{State: sends.StateScheduled}, "The send is scheduled and has not begun yet."},
		"rejected":               {sends.Send{State: sends.StateCancelled, Why: sends.WhyRejected, By: "U0BEN"}, "@U0BEN has rejected the send already."},
		"cancelled":              {sends.Send{State: sends.StateCancelled, Why: sends.WhyCancelled, By: "U0BEN"}, "@U0BEN has cancelled the send already."},
		"nobody approved it":     {sends.Send{State: sends.StateCancelled, Why: sends.WhyNotApproved}, "Nobody approved it within 24 hours"},
		"nobody resumed it":      {sends.Send{State: sends.StateCancelled, Why: sends.WhyNotResumed, By: "U0BEN"}, "nobody resumed it"},
		"stopped":                {sends.Send{State: sends.StateStopped}, "couponbot has stopped the send already."},
		"completed, once paused": {sends.Send{State: sends.StateCompleted, Action: sends.Pause, By: "U0BEN"}, "The send has ended already."},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			to := actFunc(func(_ string, a sends.Action, _ sends.Actor) (sends.Send, error) {
				return test.send, &sends.StateError{Action: a, Send: test.send}
			})
			got := commandstest.Picture(commandstest.Must(t)(commandstest.Follow(t.Context(), actionHandler(to, sends.Pause), bot.Request{Person: commandstest.Mia})))
			commandstest.WantIn(t, got, test.want, "You have changed nothing.")
			if strings.Contains(got, "U0BEN") != strings.Contains(test.want, "U0BEN") {
				t.Errorf("said %s", got)
			}
		})
	}
}

func TestSendButtons(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		change func(*sends.Send)
		own    bool
		want   []string
	}{
		"awaiting":                    {func(s *sends.Send) { s.State = sends.StateAwaiting }, false, []string{"send_approve", "send_reject", "send_cancel"}},
		"awaiting, to its sender":     {func(s *sends.Send) { s.State = sends.StateAwaiting }, true, []string{"send_cancel"}},
		"scheduled":                   {func(s *sends.Send) { s.State = sends.StateScheduled }, false, []string{"send_cancel"}},
		"running":                     {func(*sends.Send) {}, false, []string{"send_pause", "send_cancel"}},
		"paused":                      {func(s *sends.Send) { s.State = sends.StatePaused }, true, []string{"send_resume", "send_cancel", "send_report"}},
		"cancelled, calls still out":  {func(s *sends.Send) { s.State = sends.StateCancelled }, false, nil},
		"ended":                       {func(s *sends.Send) { *s = ended(); s.Counts.Unknown = 0 }, false, []string{"send_report"}},
		"ended with unknown":          {func(s *sends.Send) { *s = ended() }, false, []string{"send_report", "send_resend_unknown"}},
		"ended, the unknown resent":   {func(s *sends.Send) { *s = ended(); s.Resent = "snd_2" }, false, []string{"send_report"}},
		"a test":                      {func(s *sends.Send) { s.Test = true }, true, nil},
		"stopped, with a stop behind": {func(s *sends.Send) { *s = stopped() }, false, []string{"send_report"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := commandstest.Going()
			test.change(&s)
			m := withButtons(bot.Message{}, buttonsFor(s, test.own))
			got := commandstest.Buttons(t, bot.Reply{Blocks: m.Blocks})
			if len(got) != len(test.want) {
				t.Errorf("buttons = %v, want %v", got, test.want)
			}
			for _, id := range test.want {
				if got[id] != s.ID {
					t.Errorf("the value of %s is %q, want the send's id", id, got[id])
				}
			}
		})
	}
}

// actFunc is an actor that calls the function.
type actFunc func(id string, a sends.Action, by sends.Actor) (sends.Send, error)

func (f actFunc) Act(_ context.Context, id string, a sends.Action, by sends.Actor) (sends.Send, error) {
	return f(id, a, by)
}
