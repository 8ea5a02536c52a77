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

// Change is a change with a confirmation: a form leads to a preview on top of it, and submitting the preview makes the change,
// once. D is the content of the form. It may hold personal data, so it is kept in the store meanwhile.
type Change[D any] struct {
	// View is the callback_id of the preview. With _done it is that of the view that replaces it.
	View string
	// Title is the title of both views, Button the label of the submit button, WaitText the text while Do works.
	Title, Button, WaitText string
	Store                   OnceStore
	Audit                   *sends.Service
	// Do makes the change. It returns the text for the user and the audit entry, which is empty if there is nothing to record.
	// An error before any change was attempted is [Undone].
	Do func(ctx context.Context, req bot.Request, d D) (said string, e sends.Entry, err error)
	// Secret returns the answer to a repeat if Do returns a link or a code, which only the first answer may show. It returns
	// nil for other results. It may be nil.
	Secret func(d D) *bot.Mistake
}

// pending stores the changes until they are confirmed.
func (c Change[D]) pending() Saved[D] { return Saved[D]{c.Store, "change:"} }

// PreviewView stores the change and returns its preview with these blocks. The same form makes the same change.
func (c Change[D]) PreviewView(ctx context.Context, req bot.Request, d D, told ...slack.Block) *slack.ModalViewRequest {
	id := SubmissionID(req.View, d)
	c.pending().Put(ctx, req.Person, id, d)
	return blocks.WithMetadata(blocks.Modal(c.View, c.Title, c.Button, "Back", told...), id)
}

// WithButton returns a copy with another label of the submit button.
func (c Change[D]) WithButton(yes string) Change[D] {
	c.Button = yes
	return c
}

// Preview answers a form with the preview on top of it.
func (c Change[D]) Preview(ctx context.Context, req bot.Request, d D, told ...slack.Block) bot.Reply {
	return bot.Reply{View: c.PreviewView(ctx, req, d, told...), Push: true}
}

// Confirmed makes the change of a submitted preview. A repeat returns the same answer.
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

// once returns a function that makes the change once. If the result is a secret, the change is claimed before the submission
// is acknowledged: a repeat is refused on top of the first answer, since a later answer would replace it.
func (c Change[D]) once(ctx context.Context, id string, req bot.Request, d D) (func(context.Context) (string, error), error) {
	act := func(ctx context.Context) (string, error) {
		said, e, err := c.Do(ctx, req, d)
		notice := Record(ctx, c.Audit, req, e, err)
		if err != nil {
			return "", Unchanged(err)
		}
		return format.Joined(" ", said, notice), nil
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

// doneView replaces the preview. Closing it also closes the form under it.
func (c Change[D]) doneView(said string) *slack.ModalViewRequest {
	v := blocks.Modal(c.View+"_done", c.Title, "", "Close", blocks.Text(said))
	v.ClearOnClose = true
	return v
}

// FailedChange holds the words for a failed change.
type FailedChange struct {
	// Act names the change in the log.
	Act string
	// Undone says that nothing was changed; if it is empty, [Explain] says so. Unsure says that the change may have been made,
	// and Hint what to do then.
	Undone, Unsure, Hint string
}

// AfterChange explains a failed change by the class of the error. It returns a [bot.Mistake], or an error that [Explain]
// doesn't know, unchanged.
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

// Unchanged is [AfterChange] with words for any change.
func Unchanged(err error) error {
	return AfterChange(err, FailedChange{
		Act: "change", Unsure: "It may or may not have been done.", Hint: "Please look before you try again.",
	})
}
