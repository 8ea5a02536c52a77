package campaign

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/slack-go/slack"

	"github.com/coupontools/couponbot/bot"
	"github.com/coupontools/couponbot/bot/blocks"
	"github.com/coupontools/couponbot/commands/internal/format"
	"github.com/coupontools/couponbot/commands/internal/ui"
	"github.com/coupontools/couponbot/coupontools"
	"github.com/coupontools/couponbot/sends"
)

const actionSessionRemove = "session_remove"

var (
	auditSession       = ui.Audited("session", "changed a session")
	auditSessionRemove = ui.Audited("session_remove", "removed a session")
)

// sessionAction is a change of a session.
type sessionAction struct {
	action, label string
	change        coupontools.SessionChange
	// consequence is the question in Slack's confirmation, done the result.
	consequence, done string
	// isDone reports whether a session has been changed so already.
	isDone     func(coupontools.Session) bool
	participle string
}

// sessionActions are the changes of a session, in the order of the buttons.
var sessionActions = []sessionAction{
	{
		action: "session_validate", label: "Validate", change: coupontools.SessionChange{Validated: new(true)},
		consequence: "The coupon counts as redeemed, as if it had been shown at the till. You can't undo this here.",
		done:        "is validated now",
		// A coupon with a value may be validated in parts: Coupontools knows the rest.
		isDone:     func(x coupontools.Session) bool { return x.Validated && x.Value == "" },
		participle: "validated",
	},
	{
		action: "session_claim", label: "Claim", change: coupontools.SessionChange{Claimed: new(true)},
		consequence: "The coupon counts as claimed by this person. You can't undo this here.",
		done:        "is claimed now", isDone: func(x coupontools.Session) bool { return x.Claimed }, participle: "claimed",
	},
	{
		action: "session_void", label: "Void", change: coupontools.SessionChange{Voided: new(true)},
		consequence: "The person can use this coupon no more. You can't undo this here.",
		done:        "is voided now", isDone: func(x coupontools.Session) bool { return x.Voided }, participle: "voided",
	},
}

// sessionButtons returns the buttons for the changes that are still possible, and Remove if the campaign is known.
func sessionButtons(x coupontools.Session) []slack.BlockElement {
	var row []slack.BlockElement
	for _, d := range sessionActions {
		if x.Voided || d.isDone(x) {
			continue
		}
		row = append(row, blocks.Button(d.action, d.label, x.Code, blocks.Label(d.label+" the session "+x.Code),
			blocks.Ask(d.label+" this session?", d.consequence, d.label, "Cancel")))
	}
	if x.Campaign == "" {
		return row
	}
	return append(row, blocks.Button(actionSessionRemove, "Remove", x.Campaign+" "+x.Code, blocks.Danger,
		blocks.Label("Remove the session "+x.Code),
		blocks.Ask("Remove this session?", "Its address stops working, and the session is gone from the campaign for good.",
			"Remove", "Cancel")))
}

// actionHandler returns the handler of an action's button: it reads the session, changes it and shows the new state.
func (s sessionHandlers) actionHandler(d sessionAction) bot.Handler {
	return func(_ context.Context, req bot.Request) (bot.Reply, error) {
		return bot.Reply{Text: ui.ChangingSession, Later: func(ctx context.Context) (bot.Reply, error) {
			x, err := s.api.Session(ctx, req.Value)
			if err != nil {
				return bot.Reply{}, sessionMistake(req.Value, err)
			}
			if wrong := d.refusal(*x); wrong != nil {
				return bot.Reply{}, wrong
			}
			said, err := ui.Idempotent{Store: s.store}.Click(ctx, req, func(ctx context.Context) (string, error) {
				err := s.api.UpdateSession(ctx, x.Code, d.change)
				notice := ui.Record(ctx, s.audit, req, sends.Entry{
					What: auditSession, Before: strings.Join(sessionStates(*x), ", "), After: d.participle,
					Note: ui.ShortCode(x.Code) + " of " + x.Campaign,
				}, err)
				if err != nil {
					return "", sessionChangeError(d.label+" session", x.Code, err)
				}
				return format.Joined(" ", fmt.Sprintf("The session %s %s.", x.Code, d.done), notice), nil
			})
			if err != nil {
				return bot.Reply{}, err
			}
			return s.after(ctx, req, *x, said), nil
		}}, nil
	}
}

// refusal says why an action isn't possible in the session's state.
func (d sessionAction) refusal(x coupontools.Session) error {
	switch {
	case d.isDone(x):
		return &bot.Mistake{Text: fmt.Sprintf("The session %s is %s already.", x.Code, d.participle)}
	case x.Voided:
		return &bot.Mistake{
			Text: fmt.Sprintf("The session %s is voided, so it cannot be %s.", x.Code, d.participle),
			Hint: "Make a new one for the person with /coupontools single-use.",
		}
	}
	return nil
}

// after shows a session after a change. said is the result.
func (s sessionHandlers) after(ctx context.Context, req bot.Request, before coupontools.Session, said string) bot.Reply {
	now, err := s.api.Session(ctx, before.Code)
	if err != nil {
		return bot.Reply{Text: said + " How it is now could not be looked up."}
	}
	reply := s.shown(req, s.card(*now, said))
	reply.Text, reply.Replace = said, reply.View == nil
	return reply
}

// remove removes the session of a button from its campaign.
func (s sessionHandlers) remove(_ context.Context, req bot.Request) (bot.Reply, error) {
	campaign, code, ok := strings.Cut(req.Value, " ")
	if !ok {
		return bot.Reply{}, ui.BrokenButton("/coupontools session", nil)
	}
	return bot.Reply{Text: ui.ChangingSession, Later: func(ctx context.Context) (bot.Reply, error) {
		err := s.api.RemoveSingleUse(ctx, campaign, code)
		notice := ui.Record(ctx, s.audit, req, sends.Entry{What: auditSessionRemove, Note: ui.ShortCode(code) + " of " + campaign}, err)
		switch {
		case errors.Is(err, coupontools.ErrNotFound):
			return bot.Reply{}, &bot.Mistake{Text: "The session " + format.Short(code) + " is not there any more."}
		case err != nil:
			return bot.Reply{}, sessionChangeError("remove session", code, err)
		}
		said := format.Joined(" ", fmt.Sprintf("The session %s is removed.", format.Short(code)), notice)
		reply := s.shown(req, []slack.Block{blocks.Text(said)})
		reply.Text, reply.Replace = said, reply.View == nil
		return reply, nil
	}}, nil
}

// sessionChangeError explains a change of a session that failed.
func sessionChangeError(act, code string, err error) error {
	return ui.AfterChange(err, ui.FailedChange{
		Act: act, Undone: "Nothing was changed.", Unsure: "The session may or may not have been changed.",
		Hint: "It was tried once only. Look before you try again: /coupontools session " + format.Short(code),
	})
}
