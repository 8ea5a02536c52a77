package commands

import (
	"context"
	"encoding/json"
	"errors"

	"github.com/slack-go/slack"

	"github.com/coupontools/couponbot/bot"
	"github.com/coupontools/couponbot/bot/blocks"
	"github.com/coupontools/couponbot/sends"
)

// change is something asked for in a form. A view on top of the form says what will come of it; it is done when that is
// submitted, once. D is what the form says: it is kept in the store meanwhile, since it may hold people's data.
type change[D any] struct {
	// view is the callback_id of the view on top, and with _done of what it turns into.
	view string
	// title stands above both, yes on the button that does it, doing while it is done.
	title, yes, doing string
	store             onceStore
	audit             recorder
	// do carries it out and says what came of it, to the person and to the audit trail. The entry is empty if there is nothing
	// to write there. What fails before anything was asked to be changed is [undone].
	do func(ctx context.Context, req bot.Request, d D) (said string, e sends.Entry, err error)
}

// pending is a change that waits to be confirmed by the person who asked for it.
type pending[D any] struct {
	Team, User string
	Wanted     D
}

// ask keeps the change that the form of req asks for, and returns the view that tells of it. The same form gives the same
// change.
func (c change[D]) ask(ctx context.Context, req bot.Request, d D, told ...slack.Block) *slack.ModalViewRequest {
	id := formID(req.View, d)
	c.store.Put(ctx, "change:"+id, encode(pending[D]{Team: req.Person.Team, User: req.Person.ID, Wanted: d}), formLife)
	return blocks.WithMetadata(blocks.Modal(c.view, c.title, c.yes, "Back", told...), id)
}

// saying is the change with other words on the button that does it.
func (c change[D]) saying(yes string) change[D] {
	c.yes = yes
	return c
}

// asks answers a form with that view on top of it.
func (c change[D]) asks(ctx context.Context, req bot.Request, d D, told ...slack.Block) bot.Reply {
	return bot.Reply{View: c.ask(ctx, req, d, told...), Push: true}
}

// confirmed does the change of the view that was submitted. A repeat is told what came of it.
func (c change[D]) confirmed(ctx context.Context, req bot.Request) (bot.Reply, error) {
	var asked pending[D]
	id := bounded(req.View.Metadata)
	b, ok := c.store.Get(ctx, "change:"+id)
	if !ok || json.Unmarshal(b, &asked) != nil || asked.User != req.Person.ID || asked.Team != req.Person.Team {
		return bot.Reply{}, &bot.Mistake{
			Text: "This form is over, or it belongs to somebody else.",
			Hint: "A form waits 24 hours, in Redis, which may be away. Please start again.",
		}
	}
	return bot.Reply{View: c.done(c.doing), Later: func(ctx context.Context) (bot.Reply, error) {
		said, err := once{c.store}.do(ctx, id, req.View.ID, func(ctx context.Context) (string, error) {
			said, e, err := c.do(ctx, req, asked.Wanted)
			word := record(ctx, c.audit, req, e, err)
			if err != nil {
				return "", unchanged(err)
			}
			return joined(" ", said, word), nil
		})
		if err != nil {
			return bot.Reply{}, err
		}
		return bot.Reply{View: c.done(said)}, nil
	}}, nil
}

// done is what the view turns into. Closing it closes the form under it too.
func (c change[D]) done(said string) *slack.ModalViewRequest {
	v := blocks.Modal(c.view+"_done", c.title, "", "Close", blocks.Text(said))
	v.ClearOnClose = true
	return v
}

// unchanged puts into words why something was not done, or may not have been.
func unchanged(err error) error {
	if _, explained := errors.AsType[*bot.Mistake](err); explained {
		return err
	}
	m := Explain(err)
	if m == nil {
		return err
	}
	if !surelyUndone(err) {
		m.Cause = errors.New(err.Error()) // not wrapped, as in [unsure]
		m.Done = "It may or may not have been done."
		m.Hint = "Please look before you try again."
	}
	return m
}
