package commands

import (
	"context"
	"errors"
	"fmt"

	"github.com/slack-go/slack"

	"github.com/coupontools/couponbot/bot"
	"github.com/coupontools/couponbot/bot/blocks"
	"github.com/coupontools/couponbot/sends"
)

// change is something asked for in a form. A view on top of the form says what will happen; submitting that view does it,
// once. D is what the form says: it may hold people's data, so it is kept in the store meanwhile.
type change[D any] struct {
	// view is the callback_id of the view on top, and with _done of what it turns into.
	view string
	// title stands above both, yes on the button that does it, doing while it is done.
	title, button, waitText string
	store                   onceStore
	audit                   recorder
	// do carries it out and returns what to tell the person, and the entry for the audit trail, which is empty if there is
	// nothing to write. An error before anything was asked to be changed is [undone].
	do func(ctx context.Context, req bot.Request, d D) (said string, e sends.Entry, err error)
	// secret returns what a repeat is told if do returns a link or a code, which only the first answer may show. It returns
	// nil, or is nil, for other results.
	secret func(d D) *bot.Mistake
}

// pending are the changes that wait to be confirmed by the person who asked for them.
func (c change[D]) pending() saved[D] { return saved[D]{c.store, "change:"} }

// previewView keeps the change that the form of req asks for, and returns the view that says what will happen. The same form gives
// the same change.
func (c change[D]) previewView(ctx context.Context, req bot.Request, d D, told ...slack.Block) *slack.ModalViewRequest {
	id := submissionID(req.View, d)
	c.pending().put(ctx, req.Person, id, d)
	return blocks.WithMetadata(blocks.Modal(c.view, c.title, c.button, "Back", told...), id)
}

// withButton is the change with other words on the button that does it.
func (c change[D]) withButton(yes string) change[D] {
	c.button = yes
	return c
}

// preview answers a form with that view on top of it.
func (c change[D]) preview(ctx context.Context, req bot.Request, d D, told ...slack.Block) bot.Reply {
	return bot.Reply{View: c.previewView(ctx, req, d, told...), Push: true}
}

// confirmed does the change of the view that was submitted. A repeat gets the same answer.
func (c change[D]) confirmed(ctx context.Context, req bot.Request) (bot.Reply, error) {
	id := bounded(req.View.Metadata)
	d, ok := c.pending().get(ctx, req.Person, id)
	if !ok {
		return bot.Reply{}, &bot.Mistake{
			Text: "This form is over, or it belongs to somebody else.",
			Hint: fmt.Sprintf("couponbot keeps your last %d forms for 24 hours, in Redis, which may be away. Please start again.", maxSaved),
		}
	}
	run, err := c.once(ctx, id, req, d)
	if err != nil {
		return bot.Reply{}, err
	}
	return bot.Reply{View: c.doneView(c.waitText), Later: func(ctx context.Context) (bot.Reply, error) {
		said, err := run(ctx)
		if err != nil {
			return bot.Reply{}, err
		}
		return bot.Reply{View: c.doneView(said)}, nil
	}}, nil
}

// once returns a function that does the change once. If the result is a secret, the change is claimed before the submit is
// acknowledged: a repeat is refused on top of the first answer, since one that came later would replace it.
func (c change[D]) once(ctx context.Context, id string, req bot.Request, d D) (func(context.Context) (string, error), error) {
	act := func(ctx context.Context) (string, error) {
		said, e, err := c.do(ctx, req, d)
		word := record(ctx, c.audit, req, e, err)
		if err != nil {
			return "", unchanged(err)
		}
		return joined(" ", said, word), nil
	}
	guard := idempotent{c.store}
	var told *bot.Mistake
	if c.secret != nil {
		told = c.secret(d)
	}
	if told == nil {
		return func(ctx context.Context) (string, error) { return guard.do(ctx, id, req.View.ID, act) }, nil
	}
	key, first, err := guard.claim(ctx, id, req.View.ID)
	if err != nil {
		return nil, err
	}
	if !first {
		return nil, told
	}
	return func(ctx context.Context) (string, error) {
		said, err := act(ctx)
		guard.keep(ctx, key, req.View.ID, "", err)
		return said, err
	}, nil
}

// doneView is what the view turns into. Closing it closes the form under it too.
func (c change[D]) doneView(said string) *slack.ModalViewRequest {
	v := blocks.Modal(c.view+"_done", c.title, "", "Close", blocks.Text(said))
	v.ClearOnClose = true
	return v
}

// failedChange are the words for a change that failed.
type failedChange struct {
	// act names the change in the log.
	act string
	// undone says that certainly nothing was changed; empty for what [Explain] says. unsure says that it may have been, and hint
	// what to do then.
	undone, unsure, hint string
}

// afterChange explains a change that failed, by what is known of it. A [bot.Mistake] and an error that [Explain] doesn't know
// stay what they are.
func afterChange(err error, w failedChange) error {
	if _, explained := errors.AsType[*bot.Mistake](err); explained {
		return err
	}
	m := Explain(err)
	switch {
	case m == nil:
		return fmt.Errorf("%s: %w", w.act, err)
	case !surelyUndone(err):
		m.Unsure, m.Done, m.Hint = true, w.unsure, w.hint
	case w.undone != "":
		m.Done = w.undone
	}
	m.Cause = fmt.Errorf("%s: %w", w.act, err)
	return m
}

// unchanged is [afterChange] in words that fit any change.
func unchanged(err error) error {
	return afterChange(err, failedChange{
		act: "change", unsure: "It may or may not have been done.", hint: "Please look before you try again.",
	})
}
