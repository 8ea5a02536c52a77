package send

import (
	"context"
	"fmt"
	"slices"

	"github.com/slack-go/slack"

	"github.com/coupontools/couponbot/bot"
	"github.com/coupontools/couponbot/bot/blocks"
	"github.com/coupontools/couponbot/commands/internal/format"
	"github.com/coupontools/couponbot/sends"
)

// approval says who can approve a draft that needs approval.
type approval struct {
	over         int      // sends up to this many recipients need no approval
	people       []string // Slack ids, without the sender
	everyone     bool     // every full member can
	lookupFailed bool     // Slack couldn't be asked for everybody
}

func (s formHandlers) needsApproval(d sends.Draft) bool {
	return s.ApprovalOver > 0 && len(d.List.Recipients) > s.ApprovalOver
}

// approvers asks Slack who can approve a draft.
func (s formHandlers) approvers(ctx context.Context, d sends.Draft) *approval {
	ids, everyone, err := s.Holders(ctx, bot.Send)
	others := slices.DeleteFunc(slices.Clone(ids), func(id string) bool { return id == d.User })
	return &approval{over: s.ApprovalOver, people: others, everyone: everyone, lookupFailed: err != nil}
}

func (a *approval) possible() bool { return a.everyone || len(a.people) > 0 }

// blocks say who must approve, or why nobody can and how to change that.
func (a *approval) blocks() []slack.Block {
	why := fmt.Sprintf("This goes to more than %s, so another sender must approve it before anything is sent", format.Persons(a.over))
	switch {
	case a.everyone:
		return []slack.Block{blocks.Text(why + ": any other full member of this workspace.")}
	case a.possible():
		return []slack.Block{blocks.Rich(append(blocks.Line{blocks.Plain(why + ": ")}, a.names()...))}
	case a.lookupFailed:
		return []slack.Block{blocks.Text(why + ". Slack could not be asked who that may be, so it cannot be sent now. " +
			"Please go back and try again in a few minutes.")}
	}
	return []slack.Block{blocks.Text(fmt.Sprintf("%s. Nobody can approve it: you're the only sender that couponbot knows. "+
		"The person who runs couponbot can name more in its setting SENDERS, or change APPROVAL_OVER. Or send to %s at most.",
		why, format.Persons(a.over)))}
}

// names lists the first of the people who can approve.
func (a *approval) names() blocks.Line {
	var line blocks.Line
	for i, id := range a.people[:min(len(a.people), format.Listed)] {
		if i > 0 {
			line = append(line, blocks.Plain(", "))
		}
		line = append(line, blocks.User(id))
	}
	if more := len(a.people) - format.Listed; more > 0 {
		line = append(line, blocks.Plain(" or one of "+format.Thousands(more)+" more"))
	}
	return append(line, blocks.Plain("."))
}
