package bot

import (
	"context"
	"crypto/rand"
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
	// ackTime is when a submission or an options request is acknowledged at the latest, with or without the handler's
	// answer: a little after [quickTime], and well within Slack's three seconds.
	ackTime = quickTime + 200*time.Millisecond
	// maxFieldError bounds the error at a field, in characters, so that the acknowledgement has room for every field's.
	maxFieldError = 300
)

// submit answers a view submission in the acknowledgement. If the handler is not ready in time, it pushes a waiting view,
// which the handler's answer then replaces.
func (b *Bot) submit(ctx context.Context, i *interaction) error {
	quick, cancel := context.WithTimeout(ctx, quickTime)
	defer cancel()
	var reply Reply // may be read once ready has received a value
	ready := b.config.Guard.Go(bulkhead.BotSubmission, func() (err error) {
		reply, err = b.run(quick, i)
		return err
	})
	timer := time.NewTimer(ackTime)
	defer timer.Stop()
	select {
	case err := <-ready:
		if err != nil {
			b.respondError(ctx, i, err)
			return err
		}
		return b.ackReply(ctx, i, reply)
	case <-timer.C:
	}
	_ = b.ackView(i, waitingView(), true) // without it the answer finds another way
	err := <-ready
	if err == nil && len(reply.Errors) > 0 {
		err = fieldErrors(reply.Errors, i.screen.pushed)
	}
	if err != nil {
		b.respondError(ctx, i, err)
		return err
	}
	if reply.View == nil && !reply.hasMessage() {
		reply.Text = doneText
	}
	return b.complete(ctx, i, reply)
}

// ackReply acknowledges a submission with the handler's reply, then runs its Later.
func (b *Bot) ackReply(ctx context.Context, i *interaction, r Reply) error {
	switch {
	case len(r.Errors) > 0 && i.canShow(r.Errors):
		b.acknowledge(i, slack.NewErrorsViewSubmissionResponse(cutErrors(r.Errors)))
		return nil
	case len(r.Errors) > 0:
		err := fieldErrors(r.Errors, !i.stackFull)
		b.respondError(ctx, i, err)
		return err
	case r.View != nil:
	case r.hasMessage():
		r.View = noticeView(noticeTitle, r.body()...)
	case r.Later != nil:
		r.View = waitingView()
	default:
		b.acknowledge(i, slack.NewClearViewSubmissionResponse())
		return nil
	}
	if err := b.ackView(i, i.inZone(r.View), r.Push); errors.Is(err, socket.ErrTooLarge) {
		_ = b.ackView(i, waitingView(), r.Push)
		if err := b.respond(ctx, i, Reply{View: r.View}); err != nil {
			return err
		}
	}
	if r.Later == nil {
		return nil
	}
	i.dropIfClosed = r.DropIfClosed
	return b.doLater(ctx, i, r)
}

// ackView acknowledges with a view, pushed on the stack or in the place of the submitted one, and records it as the
// interaction's screen. It returns [socket.ErrTooLarge], with nothing sent, if the view has no room in an acknowledgement.
func (b *Bot) ackView(i *interaction, v *slack.ModalViewRequest, push bool) error {
	shown, view := screen{id: i.request.View.ID, acked: time.Now()}, *v
	answer := slack.NewUpdateViewSubmissionResponse(&view)
	if push && !i.stackFull {
		view.ExternalID = "couponbot-" + rand.Text()
		shown.id, shown.external, shown.pushed = "", view.ExternalID, true
		answer = slack.NewPushViewSubmissionResponse(&view)
	}
	err := i.acknowledge(answer)
	switch {
	case err == nil:
		i.screen = shown
	case !errors.Is(err, socket.ErrTooLarge):
		b.logLostAck(i, err)
	}
	return err
}

func cutErrors(errs map[string]string) map[string]string {
	short := make(map[string]string, len(errs))
	for field, text := range errs {
		short[field] = blocks.Cut(text, maxFieldError)
	}
	return short
}

// fieldErrors joins errors that can't be shown at their fields into one mistake. With above it is shown on top of the form.
func fieldErrors(errs map[string]string, above bool) *Mistake {
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
