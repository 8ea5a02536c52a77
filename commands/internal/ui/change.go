package ui

import (
	"context"
	"errors"
	"fmt"

	"github.com/slack-go/slack"

	"github.com/coupontools/couponbot/bot"
	"github.com/coupontools/couponbot/bot/blocks"
	"github.com/coupontools/couponbot/commands/internal/format"
	"github.com/coupontools/couponbot/sends"
)

// Change is something asked for in a form. A view on top of the form says what will happen; submitting that view does it,
// once. D is what the form says: it may hold people's data, so it is kept in the store meanwhile.
type Change[D any] struct {
	// View is the callback_id of the view on top, and with _done of what it turns into.
	View string
	// Title stands above both, yes on the button that does it, doing while it is done.
	Title, Button, WaitText string
	Store                   OnceStore
	Audit                   *sends.Service
	// Do carries it out and returns what to tell the person, and the entry for the audit trail, which is empty if there is
	// nothing to write. An error before anything was asked to be changed is [Undone].
	Do func(ctx context.Context, req bot.Request, d D) (said string, e sends.Entry, err error)
	// Secret returns what a repeat is told if do returns a link or a code, which only the first answer may show. It returns
	// nil, or is nil, for other results.
	Secret func(d D) *bot.Mistake
}

// pending are the changes that wait to be confirmed by the person who asked for them.
func (c Change[D]) pending() Saved[D] { return Saved[D]{c.Store, "change:"} }

// PreviewView keeps the change that the form of req asks for, and returns the view that says what will happen. The same form gives
// the same change.
func (c Change[D]) PreviewView(ctx context.Context, req bot.Request, d D, told ...slack.Block) *slack.ModalViewRequest {
	id := SubmissionID(req.View, d)
	c.pending().Put(ctx, req.Person, id, d)
	return blocks.WithMetadata(blocks.Modal(c.View, c.Title, c.Button, "Back", told...), id)
}

// WithButton is the change with other words on the button that does it.
func (c Change[D]) WithButton(yes string) Change[D] {
	c.Button = yes
	return c
}

// Preview answers a form with that view on top of it.
func (c Change[D]) Preview(ctx context.Context, req bot.Request, d D, told ...slack.Block) bot.Reply {
	return bot.Reply{View: c.PreviewView(ctx, req, d, told...), Push: true}
}

// Confirmed does the change of the view that was submitted. A repeat gets the same answer.
func (c Change[D]) Confirmed(ctx context.Context, req bot.Request) (bot.Reply, error) {
	id := Bounded(req.View.Metadata)
	d, ok := c.pending().Get(ctx, req.Person, id)
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
	return bot.Reply{View: c.doneView(c.WaitText), Later: func(ctx context.Context) (bot.Reply, error) {
		said, err := run(ctx)
		if err != nil {
			return bot.Reply{}, err
		}
		return bot.Reply{View: c.doneView(said)}, nil
	}}, nil
}

// once returns a function that does the change once. If the result is a secret, the change is claimed before the submit is
// acknowledged: a repeat is refused on top of the first answer, since one that came later would replace it.
func (c Change[D]) once(ctx context.Context, id string, req bot.Request, d D) (func(context.Context) (string, error), error) {
	act := func(ctx context.Context) (string, error) {
		said, e, err := c.Do(ctx, req, d)
		word := Record(ctx, c.Audit, req, e, err)
		if err != nil {
			return "", Unchanged(err)
		}
		return format.Joined(" ", said, word), nil
	}
	guard := Idempotent{c.Store}
	var told *bot.Mistake
	if c.Secret != nil {
		told = c.Secret(d)
	}
	if told == nil {
		return func(ctx context.Context) (string, error) { return guard.do(ctx, id, req.View.ID, act) }, nil
	}
	key, first, err := guard.Claim(ctx, id, req.View.ID)
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
func (c Change[D]) doneView(said string) *slack.ModalViewRequest {
	v := blocks.Modal(c.View+"_done", c.Title, "", "Close", blocks.Text(said))
	v.ClearOnClose = true
	return v
}

// FailedChange are the words for a change that failed.
type FailedChange struct {
	// Act names the change in the log.
	Act string
	// Undone says that certainly nothing was changed; empty for what [Explain] says. unsure says that it may have been, and hint
	// what to do then.
	Undone, Unsure, Hint string
}

// AfterChange explains a change that failed, by what is known of it. A [bot.Mistake] and an error that [Explain] doesn't know
// stay what they are.
func AfterChange(err error, w FailedChange) error {
	if _, explained := errors.AsType[*bot.Mistake](err); explained {
		return err
	}
	m := Explain(err)
	switch {
	case m == nil:
		return fmt.Errorf("%s: %w", w.Act, err)
	case !SurelyUndone(err):
		m.Unsure, m.Done, m.Hint = true, w.Unsure, w.Hint
	case w.Undone != "":
		m.Done = w.Undone
	}
	m.Cause = fmt.Errorf("%s: %w", w.Act, err)
	return m
}

// Unchanged is [AfterChange] in words that fit any change.
func Unchanged(err error) error {
	return AfterChange(err, FailedChange{
		Act: "change", Unsure: "It may or may not have been done.", Hint: "Please look before you try again.",
	})
}
