package bot

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"time"

	"github.com/slack-go/slack"

	"github.com/coupontools/couponbot/bot/blocks"
)

// screen is where a view that the bot showed can be found again: by Slack's id, or by the bot's own for one that Slack
// has yet to open. The zero screen is none.
type screen struct{ id, external, hash string }

func (s screen) there() bool { return s.id != "" || s.external != "" }

// deliver brings a reply out: its view to the screen, its message to the channel or the person. While work is still to
// come ([Reply.Later]) only the view is shown. It returns where the view is.
func (b *Bot) deliver(ctx context.Context, x *exchange, shown screen, r Reply) (screen, error) {
	ctx, cancel := context.WithTimeout(ctx, answerTime)
	defer cancel()
	if r.View == nil && x.responseURL == "" && (r.Text != "" || len(r.Blocks) > 0) && r.Later == nil {
		r.View, r.Push = noticeView(noticeTitle, r.Text), !shown.there()
	}
	if r.View != nil {
		return b.show(ctx, x, shown, r)
	}
	if r.Later != nil || r.Text == "" && len(r.Blocks) == 0 {
		return shown, nil
	}
	return shown, b.say(ctx, x, r)
}

// refuse says in words why something was not done, to the person only, and never in the place of an answer.
func (b *Bot) refuse(ctx context.Context, x *exchange, shown screen, err error) {
	mistake, reference := b.explain(err)
	if reference != "" {
		b.config.Log.Error("fault", "reference", reference, "kind", x.kind, "name", x.name, "user", x.user, "err", mistake.Cause)
	}
	reply := Reply{Text: mistake.sentence(reference)}
	if mistake.outsider && x.kind == kindCommand {
		reply.Blocks = append(textBlocks(reply.Text), b.helpFor(x)...)
	}
	if shown.there() {
		reply = Reply{View: noticeView(noticeTitle, reply.Text)}
	}
	if _, err := b.deliver(context.WithoutCancel(ctx), x, shown, reply); err != nil {
		b.config.Log.Warn("answer lost", "kind", x.kind, "name", x.name, "user", x.user, "err", err)
	}
}

// show puts a view on the screen: in the place of one shown before, or opened, pushed or updated as the exchange allows.
func (b *Bot) show(ctx context.Context, x *exchange, shown screen, r Reply) (screen, error) {
	var (
		answer *slack.ViewResponse
		err    error
	)
	switch view := x.request.View; {
	case shown.there():
		r.View.ExternalID = shown.external
		answer, err = b.update(ctx, *r.View, shown)
	case view == nil:
		answer, err = b.config.Slack.OpenViewContext(ctx, x.trigger, *r.View)
	case r.Push:
		answer, err = b.config.Slack.PushViewContext(ctx, x.trigger, *r.View)
	default:
		answer, err = b.update(ctx, *r.View, screen{id: view.ID, hash: view.Hash})
	}
	if err != nil {
		return screen{}, fmt.Errorf("show view %s: %w", r.View.CallbackID, err)
	}
	return screen{id: answer.ID, external: answer.ExternalID}, nil
}

// updateTries and updateWait: a view pushed by an acknowledgement opens a moment after it.
const (
	updateTries = 10
	updateWait  = 200 * time.Millisecond
)

func (b *Bot) update(ctx context.Context, view slack.ModalViewRequest, at screen) (*slack.ViewResponse, error) {
	for try := 1; ; try++ {
		var external string
		if at.id == "" {
			external = at.external
		}
		answer, err := b.config.Slack.UpdateViewContext(ctx, view, external, at.hash, at.id)
		refused, _ := errors.AsType[slack.SlackErrorResponse](err)
		if refused.Err != "not_found" || at.external == "" || try == updateTries {
			return answer, err
		}
		if err := pause(ctx, updateWait); err != nil {
			return nil, err
		}
	}
}

// answerMessage is the body for a response_url.
type answerMessage struct {
	ResponseType    string        `json:"response_type,omitempty"`
	Text            string        `json:"text,omitempty"`
	Blocks          []slack.Block `json:"blocks,omitempty"`
	ReplaceOriginal bool          `json:"replace_original"`
	DeleteOriginal  bool          `json:"delete_original,omitempty"`
	UnfurlLinks     bool          `json:"unfurl_links"`
	UnfurlMedia     bool          `json:"unfurl_media"`
}

// say posts a reply's message. If the response_url does not take it, the person gets it by chat.postEphemeral.
func (b *Bot) say(ctx context.Context, x *exchange, r Reply) error {
	m := answerMessage{ResponseType: "ephemeral", Text: Escape(r.Text), Blocks: r.Blocks}
	if len(m.Blocks) == 0 {
		m.Blocks = textBlocks(r.Text)
	}
	switch {
	case r.Replace:
		m.ReplaceOriginal = true
		if !x.ephemeral {
			m.ResponseType = "in_channel"
		}
	case r.Public && !b.people.private(ctx, x.request.Channel):
		m.ResponseType = "in_channel"
	}
	if err := b.answers.post(ctx, x.responseURL, m); err != nil {
		_, second := b.config.Slack.PostEphemeralContext(ctx, x.request.Channel, x.user,
			slack.MsgOptionText(m.Text, false), slack.MsgOptionBlocks(m.Blocks...))
		if second != nil {
			return fmt.Errorf("answer: %w", errors.Join(err, second))
		}
		return nil
	}
	if r.Remove {
		return b.answers.post(ctx, x.responseURL, answerMessage{DeleteOriginal: true})
	}
	return nil
}

// answerer posts to response_urls.
type answerer struct{ http *http.Client }

// answerTries bounds how often an answer that Slack puts off (429) is offered. Slack: a response_url takes five.
const answerTries = 3

func newAnswerer() answerer {
	return answerer{http: &http.Client{
		Timeout:       10 * time.Second,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}
}

func (a answerer) post(ctx context.Context, url string, m answerMessage) error {
	if url == "" {
		return errors.New("no response_url")
	}
	body, err := json.Marshal(m)
	if err != nil {
		return err
	}
	for try := 1; ; try++ {
		wait, err := a.once(ctx, url, body)
		if wait == 0 || try == answerTries {
			return err
		}
		if err := pause(ctx, wait); err != nil {
			return err
		}
	}
}

// once posts body. The address is a secret of the conversation and stays out of the error. A wait that is not zero asks
// to come again after it.
func (a answerer) once(ctx context.Context, url string, body []byte) (wait time.Duration, err error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, url, bytes.NewReader(body))
	if err != nil {
		return 0, errors.New("response_url is not an address")
	}
	req.Header.Set("Content-Type", "application/json; charset=utf-8")
	resp, err := a.http.Do(req)
	if err != nil {
		return 0, fmt.Errorf("post to response_url: %w", errors.Unwrap(err))
	}
	defer resp.Body.Close()
	text, _ := io.ReadAll(io.LimitReader(resp.Body, 4<<10))
	if resp.StatusCode == http.StatusTooManyRequests {
		seconds, err := strconv.Atoi(resp.Header.Get("Retry-After"))
		if err != nil || seconds < 1 {
			seconds = 1
		}
		return time.Duration(seconds) * time.Second, errors.New("post to response_url: 429")
	}
	var refusal struct {
		OK    *bool  `json:"ok"`
		Error string `json:"error"`
	}
	_ = json.Unmarshal(text, &refusal)
	if resp.StatusCode >= 300 || refusal.OK != nil && !*refusal.OK {
		return 0, fmt.Errorf("post to response_url: %d %s", resp.StatusCode, blocks.Cut(refusal.Error, 100))
	}
	return 0, nil
}

// externalID names a view that Slack has yet to open.
func externalID() string { return "couponbot-" + rand.Text() }
