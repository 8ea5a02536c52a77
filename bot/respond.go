package bot

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/slack-go/slack"

	"github.com/coupontools/couponbot/bot/blocks"
)

// respond delivers a reply. If Slack rejects it, it tells the user.
func (b *Bot) respond(ctx context.Context, i *interaction, r Reply) error {
	err := b.deliver(ctx, i, r)
	if err == nil || i.viewClosed(err) {
		return nil
	}
	opening := r.View != nil && !i.screen.exists() && i.request.View == nil
	i.screen.closed = i.screen.exists() && SlackCode(err) == "not_found"
	err = undelivered(err, opening)
	b.respondError(ctx, i, err)
	return err
}

// deliver shows a reply's view and posts its message. With work still to come ([Reply.Later]) it only shows the view.
func (b *Bot) deliver(ctx context.Context, i *interaction, r Reply) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), answerTime)
	defer cancel()
	if r.View != nil {
		if err := b.show(ctx, i, r.View, r.Push); err != nil || i.responseURL == "" {
			return err
		}
	}
	switch {
	case r.Later != nil, !r.hasMessage() && !r.Remove:
		return nil
	case i.responseURL == "":
		return b.notify(ctx, i, r)
	default:
		return b.post(ctx, i, r)
	}
}

// respondError tells the user, and nobody else, why something was not done. It never takes the place of another message.
func (b *Bot) respondError(ctx context.Context, i *interaction, err error) {
	if i.kind == kindOptions {
		b.acknowledge(i, suggestions{Options: encode(nil)})
		return
	}
	mistake, text := b.words(i, err)
	reply := Reply{Text: text}
	if mistake.outsider && i.kind == kindCommand {
		reply.Blocks = append(textBlocks(text), b.helpFor(i)...)
	}
	if i.kind == kindSubmission && !i.acked && b.ackView(i, noticeView(noticeTitle, reply.body()...), true) == nil {
		return
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), answerTime)
	defer cancel()
	if i.screen.exists() {
		err = b.notify(ctx, i, reply)
	} else {
		err = b.deliver(ctx, i, reply)
	}
	if err != nil {
		b.config.Log.Warn("answer lost", "kind", i.kind, "name", i.name, "user", i.user, "err", err)
	}
}

// notify shows a message in a modal: in the one that the bot opened, or on top of the one that the interaction came from.
// If the user has closed it, they get a direct message.
func (b *Bot) notify(ctx context.Context, i *interaction, r Reply) error {
	var err error
	if !i.screen.closed {
		err = b.show(ctx, i, noticeView(noticeTitle, blocks.WithoutCharts(r.body())...), !r.Replace)
		if err == nil || i.viewClosed(err) {
			return nil
		}
	}
	if failed := b.direct(ctx, i, r); failed != nil {
		return errors.Join(err, failed)
	}
	return nil
}

// direct sends the user a direct message. It is the last resort when no other way is open.
func (b *Bot) direct(ctx context.Context, i *interaction, r Reply) error {
	channel, err := b.config.Poster.Direct(ctx, i.user)
	if err == nil {
		_, err = b.config.Poster.Post(ctx, channel, Message{Text: r.Text, Blocks: r.body()})
	}
	if err != nil {
		return fmt.Errorf("direct message: %w", err)
	}
	return nil
}

// show shows a modal and records it as the interaction's screen: it updates the one that the bot opened, or opens, pushes
// or updates one as the interaction allows.
func (b *Bot) show(ctx context.Context, i *interaction, modal *slack.ModalViewRequest, push bool) error {
	var (
		answer *slack.ViewResponse
		err    error
		pushed = i.screen.pushed
		view   = *i.inZone(modal)
	)
	switch from := i.request.View; {
	case i.screen.exists():
		view.ExternalID = i.screen.external
		answer, err = b.update(ctx, view, i.screen)
	case from == nil:
		answer, err = b.config.Slack.OpenViewContext(ctx, i.triggerID, view)
	case push && !i.stackFull:
		answer, err = b.config.Slack.PushViewContext(ctx, i.triggerID, view)
		pushed = true
	default:
		view.ExternalID = from.external
		answer, err = b.update(ctx, view, screen{id: from.ID, hash: from.Hash})
	}
	if answer, err = present(answer, err); err != nil {
		return fmt.Errorf("show view %s: %w", view.CallbackID, err)
	}
	i.screen = screen{id: answer.ID, external: answer.ExternalID, pushed: pushed}
	return nil
}

const (
	// updateTries and updateWait cover the moment between an acknowledgement that pushes a view and the view's opening, in
	// which Slack does not find its external_id.
	updateTries = 10
	updateWait  = 200 * time.Millisecond
	// settleTime delays an update, so that it doesn't reach Slack before the acknowledgement with the view that it replaces:
	// the two use different connections.
	settleTime = 300 * time.Millisecond
)

// update replaces a view. A hash conflict means that the answer to another action was drawn in the meantime. The user is
// still owed this answer, so it is drawn over it.
func (b *Bot) update(ctx context.Context, view slack.ModalViewRequest, at screen) (*slack.ViewResponse, error) {
	for try := 1; at.id == ""; try++ {
		answer, err := b.config.Slack.UpdateViewContext(ctx, view, at.external, "", "")
		if SlackCode(err) != "not_found" || try == updateTries {
			return answer, err
		}
		if err := pause(ctx, updateWait); err != nil {
			return nil, err
		}
	}
	if err := pause(ctx, time.Until(at.acked.Add(settleTime))); err != nil {
		return nil, err
	}
	answer, err := b.config.Slack.UpdateViewContext(ctx, view, "", at.hash, at.id)
	if SlackCode(err) == "hash_conflict" {
		return b.config.Slack.UpdateViewContext(ctx, view, "", "", at.id)
	}
	return answer, err
}

// post posts a reply's message to the response_url, and deletes the message of the clicked button if the reply asks for that.
func (b *Bot) post(ctx context.Context, i *interaction, r Reply) error {
	if r.hasMessage() {
		if err := b.postMessage(ctx, i, r); err != nil {
			return err
		}
	}
	if r.Remove {
		if err := b.responses.post(ctx, i.responseURL, responseMessage{DeleteOriginal: true}); err != nil {
			b.config.Log.Warn("message not removed", "name", i.name, "err", err)
		}
	}
	return nil
}

// postMessage posts a reply's message to the response_url. If that fails it uses chat.postEphemeral, and where the bot
// may not post, a direct message.
func (b *Bot) postMessage(ctx context.Context, i *interaction, r Reply) error {
	m := responseMessage{ResponseType: "ephemeral", Text: Escape(r.Text), Blocks: r.body(), ReplaceOriginal: r.Replace}
	staysPrivate := r.Replace && i.ephemeral
	if r.Public && !staysPrivate && !b.people.private(ctx, i.request.Channel, i.user) {
		m.ResponseType = "in_channel"
	}
	err := b.responses.post(ctx, i.responseURL, m)
	if plain := blocks.WithoutCharts(m.Blocks); errors.Is(err, errRefused) && len(plain) < len(m.Blocks) {
		m.Blocks, r.Blocks = plain, plain // the text beside a chart says the same
		err = b.responses.post(ctx, i.responseURL, m)
	}
	if err == nil {
		return nil
	}
	_, second := b.config.Slack.PostEphemeralContext(ctx, i.request.Channel, i.user,
		slack.MsgOptionText(m.Text, false), slack.MsgOptionBlocks(m.Blocks...))
	if second == nil {
		return nil
	}
	if third := b.direct(ctx, i, r); third != nil {
		return fmt.Errorf("answer: %w", errors.Join(err, second, third))
	}
	return nil
}

// explain puts any error into words. It returns a random reference if the log has more details.
func (b *Bot) explain(err error) (*Mistake, string) {
	m, ok := errors.AsType[*Mistake](err)
	if !ok && b.config.Explain != nil {
		m = b.config.Explain(err)
	}
	switch {
	case m != nil:
	case errors.Is(err, context.DeadlineExceeded):
		m = tooSlow(err)
	default:
		m = fault(err)
	}
	if m.Cause == nil {
		return m, ""
	}
	return m, strings.ToLower(rand.Text()[:8])
}

// words puts err into words, and logs the cause that the text only has a reference to.
func (b *Bot) words(i *interaction, err error) (*Mistake, string) {
	m, reference := b.explain(err)
	if reference != "" {
		b.config.Log.Error("fault", "reference", reference, "kind", i.kind, "name", i.name, "user", i.user, "err", m.Cause)
	}
	return m, m.sentence(reference)
}
