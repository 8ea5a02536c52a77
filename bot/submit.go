package bot

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"time"

	"github.com/slack-go/slack"

	"github.com/coupontools/couponbot/bot/blocks"
	"github.com/coupontools/couponbot/bot/socket"
	"github.com/coupontools/couponbot/internal/bulkhead"
)

const (
	// ackTime is when a submit or a suggestion is acknowledged at the latest, with or without the handler's answer: a
	// little after [quickTime], and well within Slack's three seconds.
	ackTime = quickTime + 200*time.Millisecond
	// suggestBytes bounds the options of one acknowledgement, which may have 16 KB in all, and suggestMax their number.
	// Slack: at most 100 options.
	suggestBytes = 15 << 10
	suggestMax   = 100
	// errorText bounds the words at a field, in characters.
	errorText = 300
)

// submit answers a submitted view in the acknowledgement. If the handler is not ready in time, a view that says so is
// pushed, and what the handler says then takes its place.
func (b *Bot) submit(ctx context.Context, x *exchange, ack func(any) error) error {
	quick, cancel := context.WithTimeout(ctx, quickTime)
	defer cancel()
	var reply Reply // may be read once ready gives a value
	ready := b.config.Guard.Go(bulkhead.BotSubmission, func() (err error) {
		reply, err = b.run(quick, x)
		return err
	})
	timer := time.NewTimer(ackTime)
	defer timer.Stop()
	select {
	case err := <-ready:
		return b.submitted(ctx, x, ack, reply, err)
	case <-timer.C:
	}
	shown := b.ackView(x, ack, waitingView(), true)
	err := <-ready
	if err == nil && len(reply.Errors) > 0 {
		err = atFields(reply.Errors, shown.pushed)
	}
	if err != nil {
		b.refuse(ctx, x, shown, err)
		return err
	}
	if reply.View == nil && !reply.hasMessage() {
		reply.Text = doneText
	}
	shown, err = b.bring(ctx, x, shown, reply)
	if err != nil || reply.Later == nil {
		return err
	}
	return b.finish(ctx, x, shown, reply)
}

// submitted acknowledges with what the handler said, and does what it put off.
func (b *Bot) submitted(ctx context.Context, x *exchange, ack func(any) error, r Reply, err error) error {
	if err == nil && len(r.Errors) > 0 {
		if x.canShow(r.Errors) {
			b.acknowledge(ack, slack.NewErrorsViewSubmissionResponse(cutErrors(r.Errors)))
			return nil
		}
		err = atFields(r.Errors, !x.deepest)
	}
	if err != nil {
		_, text := b.words(x, err)
		b.ackView(x, ack, noticeView(noticeTitle, textBlocks(text)...), true)
		return err
	}
	switch {
	case r.View != nil:
	case r.hasMessage():
		r.View = noticeView(noticeTitle, r.body()...)
	case r.Later != nil:
		r.View = waitingView()
	default:
		b.acknowledge(ack, slack.NewClearViewSubmissionResponse())
		return nil
	}
	r.View = x.zoned(r.View)
	shown, fits := b.tryAckView(x, ack, r.View, r.Push)
	if !fits {
		shown = b.ackView(x, ack, waitingView(), r.Push)
		if shown, err = b.bring(ctx, x, shown, Reply{View: r.View}); err != nil {
			return err
		}
	}
	if r.Later == nil {
		return nil
	}
	return b.finish(ctx, x, shown, r)
}

// canShow reports whether Slack can show every one of the errors at its field. One that it cannot would make it show
// "trouble connecting" in their place.
func (x *exchange) canShow(errs map[string]string) bool {
	for field := range errs {
		if !x.inputs[field] {
			return false
		}
	}
	return true
}

// cutErrors bounds the words at the fields, so that the acknowledgement has room for those of every field.
func cutErrors(errs map[string]string) map[string]string {
	short := make(map[string]string, len(errs))
	for field, text := range errs {
		short[field] = blocks.Cut(text, errorText)
	}
	return short
}

// atFields makes one mistake of errors that cannot be shown at their fields; above says whether it is shown on top of the
// form.
func atFields(errs map[string]string, above bool) *Mistake {
	texts := make([]string, 0, len(errs))
	for _, text := range errs {
		texts = append(texts, text)
	}
	slices.Sort(texts)
	m := &Mistake{Text: strings.Join(texts, " ")}
	if above {
		m.Hint = "Close this to go back to the form."
	}
	return m
}

// ackView acknowledges with a view that is known to be small.
func (b *Bot) ackView(x *exchange, ack func(any) error, v *slack.ModalViewRequest, push bool) screen {
	shown, _ := b.tryAckView(x, ack, v, push)
	return shown
}

// tryAckView acknowledges with a view, pushed on the stack or in the place of the submitted one. It reports false, with
// nothing sent, if the view is too large for an acknowledgement.
func (b *Bot) tryAckView(x *exchange, ack func(any) error, v *slack.ModalViewRequest, push bool) (screen, bool) {
	shown, view := screen{id: x.request.View.ID, acked: time.Now()}, *v
	answer := slack.NewUpdateViewSubmissionResponse(&view)
	if push && !x.deepest {
		view.ExternalID = externalID()
		shown.id, shown.external, shown.pushed = "", view.ExternalID, true
		answer = slack.NewPushViewSubmissionResponse(&view)
	}
	err := ack(answer)
	if errors.Is(err, socket.ErrTooLarge) {
		return screen{}, false
	}
	if err != nil && !errors.Is(err, socket.ErrAcked) {
		b.config.Log.Warn("acknowledgement lost", "kind", x.kind, "name", x.name, "err", err)
	}
	return shown, true
}

// externalID names a view that Slack has yet to open.
func externalID() string { return "couponbot-" + rand.Text() }

// suggest answers what was typed into an external select. Whatever goes wrong, Slack gets a list, if an empty one.
func (b *Bot) suggest(ctx context.Context, x *exchange, ack func(any) error) error {
	quick, cancel := context.WithTimeout(ctx, quickTime)
	defer cancel()
	var options []Option // may be read once ready gives a value
	ready := b.config.Guard.Go(bulkhead.BotOptions, func() (err error) {
		options, err = b.options(quick, x)
		return err
	})
	timer := time.NewTimer(ackTime)
	defer timer.Stop()
	select {
	case err := <-ready:
		b.acknowledge(ack, suggestions{Options: encode(options)})
		return err
	case <-timer.C:
		b.acknowledge(ack, suggestions{Options: encode(nil)})
		return context.DeadlineExceeded
	}
}

func (b *Bot) options(ctx context.Context, x *exchange) ([]Option, error) {
	if x.name == menuSearch {
		return b.searchMenu(x.request.Value), nil
	}
	route, ok := b.suggests[x.name]
	if !ok {
		return nil, gone(x.kind)
	}
	if err := b.admit(ctx, x, route.right); err != nil {
		return nil, err
	}
	return call(ctx, b.config.Guard, route.handle, x.request)
}

// suggestions is the acknowledgement of a suggestion. Slack wants an empty list written out; slack-go leaves it away.
type suggestions struct {
	Options []json.RawMessage `json:"options"`
}

func encode(options []Option) []json.RawMessage {
	list := make([]json.RawMessage, 0, len(options))
	size := 0
	for _, o := range options[:min(len(options), suggestMax)] {
		raw, err := json.Marshal(blocks.Option(o.Text, o.Value))
		size += len(raw) + 1
		if err != nil || size > suggestBytes {
			break
		}
		list = append(list, raw)
	}
	return list
}
