package bot

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/slack-go/slack"

	"github.com/coupontools/couponbot/bot/blocks"
)

// screen is where a view that the bot showed can be found again: by Slack's id, or by the bot's own for one that Slack
// has yet to show. The zero screen is none.
type screen struct {
	id, external, hash string

	acked    time.Time // when an acknowledgement showed it
	pushed   bool      // it lies on top of the view that the request came from
	fleeting bool      // see [Reply.Fleeting]
	closed   bool      // Slack has said that it is not there any more
}

func (s screen) there() bool { return s.id != "" || s.external != "" }

// letGo says whether err came of a view that the person has closed, and need not hear of any more.
func (s screen) letGo(err error) bool { return s.fleeting && SlackCode(err) == "not_found" }

// bring brings a reply out. If Slack does not take it, the person is told so.
func (b *Bot) bring(ctx context.Context, x *exchange, shown screen, r Reply) (screen, error) {
	at, err := b.deliver(ctx, x, shown, r)
	if shown.letGo(err) {
		return shown, nil
	}
	if err != nil {
		shown.closed = shown.there() && SlackCode(err) == "not_found"
		err = undelivered(err, r.View != nil && !shown.there() && x.request.View == nil)
		b.refuse(ctx, x, shown, err)
	}
	return at, err
}

// deliver brings a reply's view to the screen and its message to the channel or the person. While work is still to come
// ([Reply.Later]) only the view is shown. It returns where the view is.
func (b *Bot) deliver(ctx context.Context, x *exchange, shown screen, r Reply) (screen, error) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), answerTime)
	defer cancel()
	if r.View != nil {
		at, err := b.show(ctx, x, shown, r)
		if err != nil || x.responseURL == "" {
			return at, err
		}
		shown = at
	}
	if r.Later != nil || !r.hasMessage() && !r.Remove {
		return shown, nil
	}
	if x.responseURL == "" {
		return b.notice(ctx, x, shown, r)
	}
	return shown, b.say(ctx, x, r)
}

// refuse says in words why something was not done, to the person only, and never in the place of an answer.
func (b *Bot) refuse(ctx context.Context, x *exchange, shown screen, err error) {
	mistake, text := b.words(x, err)
	reply := Reply{Text: text}
	if mistake.outsider && x.kind == kindCommand {
		reply.Blocks = append(textBlocks(text), b.helpFor(x)...)
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), answerTime)
	defer cancel()
	if shown.there() {
		_, err = b.notice(ctx, x, shown, reply)
	} else {
		_, err = b.deliver(ctx, x, shown, reply)
	}
	if err != nil {
		b.config.Log.Warn("answer lost", "kind", x.kind, "name", x.name, "user", x.user, "err", err)
	}
}

// notice shows a message in a modal: in the place of one shown before, or on top of the one the request came from. If
// there is no such modal any more, the person gets it as a direct message.
func (b *Bot) notice(ctx context.Context, x *exchange, shown screen, r Reply) (screen, error) {
	var err error
	if !shown.closed {
		var at screen
		at, err = b.show(ctx, x, shown, Reply{View: noticeView(noticeTitle, blocks.WithoutCharts(r.body())...), Push: !r.Replace})
		if err == nil || shown.letGo(err) {
			return at, nil
		}
	}
	if second := b.direct(ctx, x, r); second != nil {
		return shown, errors.Join(err, second)
	}
	return shown, nil
}

// direct sends a message to the person when every other way is closed.
func (b *Bot) direct(ctx context.Context, x *exchange, r Reply) error {
	channel, err := b.config.Poster.Direct(ctx, x.user)
	if err == nil {
		_, err = b.config.Poster.Post(ctx, channel, Message{Text: r.Text, Blocks: r.body()})
	}
	if err != nil {
		return fmt.Errorf("direct message: %w", err)
	}
	return nil
}

// show puts a view on the screen: in the place of one shown before, or opened, pushed or updated as the exchange allows.
func (b *Bot) show(ctx context.Context, x *exchange, shown screen, r Reply) (screen, error) {
	var (
		answer *slack.ViewResponse
		err    error
		pushed = shown.pushed
		view   = *x.zoned(r.View)
	)
	switch from := x.request.View; {
	case shown.there():
		view.ExternalID = shown.external
		answer, err = b.update(ctx, view, shown)
	case from == nil:
		answer, err = b.config.Slack.OpenViewContext(ctx, x.trigger, view)
	case r.Push && !x.deepest:
		answer, err = b.config.Slack.PushViewContext(ctx, x.trigger, view)
		pushed = true
	default:
		view.ExternalID = from.external
		answer, err = b.update(ctx, view, screen{id: from.ID, hash: from.Hash})
	}
	if answer, err = present(answer, err); err != nil {
		return screen{}, fmt.Errorf("show view %s: %w", view.CallbackID, err)
	}
	return screen{id: answer.ID, external: answer.ExternalID, pushed: pushed}, nil
}

// zoned returns a copy of a view, since the handler may give the same one again, with its times as the person's clock has
// them.
func (x *exchange) zoned(v *slack.ModalViewRequest) *slack.ModalViewRequest {
	view := *v
	zone, name := x.request.Person.Clock()
	view.Blocks.BlockSet = blocks.InZone(view.Blocks.BlockSet, zone, name)
	return &view
}

// updateTries and updateWait: a view that an acknowledgement pushes is on the screen a moment after it, and until then its
// external_id is not found. settleTime: an update must not reach Slack before the acknowledgement whose view it replaces;
// the two go over different connections.
const (
	updateTries = 10
	updateWait  = 200 * time.Millisecond
	settleTime  = 300 * time.Millisecond
)

// update puts a view in the place of another. The hash keeps nothing from being shown: a conflict means that the answer
// to another click was drawn since this one, and the person is still owed this answer. The last to be ready wins.
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

// say posts a reply's message. If the response_url does not take it, the person gets it by chat.postEphemeral, and where
// the bot may not post as a direct message.
func (b *Bot) say(ctx context.Context, x *exchange, r Reply) error {
	if r.hasMessage() {
		if err := b.post(ctx, x, r); err != nil {
			return err
		}
	}
	if r.Remove {
		if err := b.answers.post(ctx, x.responseURL, answerMessage{DeleteOriginal: true}); err != nil {
			b.config.Log.Warn("message not removed", "name", x.name, "err", err)
		}
	}
	return nil
}

func (b *Bot) post(ctx context.Context, x *exchange, r Reply) error {
	m := answerMessage{ResponseType: "ephemeral", Text: Escape(r.Text), Blocks: r.body(), ReplaceOriginal: r.Replace}
	stays := r.Replace && x.ephemeral // seen by this person only, as before
	if r.Public && !stays && !b.people.private(ctx, x.request.Channel, x.user) {
		m.ResponseType = "in_channel"
	}
	err := b.answers.post(ctx, x.responseURL, m)
	if plain := blocks.WithoutCharts(m.Blocks); errors.Is(err, errRefused) && len(plain) < len(m.Blocks) {
		m.Blocks, r.Blocks = plain, plain // what Slack may not take stands in words too
		err = b.answers.post(ctx, x.responseURL, m)
	}
	if err == nil {
		return nil
	}
	_, second := b.config.Slack.PostEphemeralContext(ctx, x.request.Channel, x.user,
		slack.MsgOptionText(m.Text, false), slack.MsgOptionBlocks(m.Blocks...))
	if second == nil {
		return nil
	}
	if third := b.direct(ctx, x, r); third != nil {
		return fmt.Errorf("answer: %w", errors.Join(err, second, third))
	}
	return nil
}
