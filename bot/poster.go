package bot

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"sync"
	"time"

	"github.com/slack-go/slack"
	"golang.org/x/time/rate"

	"github.com/coupontools/couponbot/internal/outbound"
	"github.com/coupontools/couponbot/internal/sleep"
)

const (
	// Slack: chat.postMessage takes about one message a second per channel, short bursts allowed.
	postEvery = time.Second
	postBurst = 3
	// postTries bounds how often a message is tried that Slack answers with 429.
	postTries = 5
	// postDefaultWait is used when a 429 has no Retry-After.
	postDefaultWait = 5 * time.Second
	// lanesSize is how many unused lanes are kept at most.
	lanesSize = 1000
)

// Message is a message that the bot posts on its own initiative. Text is plain and is escaped; with Blocks it is what
// notifications and screen readers get.
type Message struct {
	Text   string
	Blocks []slack.Block
	// Thread is the timestamp of the message that this one replies to; "" posts it in the channel itself. With
	// Broadcast the channel shows it too. An edit ignores both.
	Thread    string
	Broadcast bool
}

// Poster posts and edits the bot's own messages: one at a time per channel, within Slack's rate limit, and again after a
// 429.
type Poster struct {
	slack *slack.Client
	rule  outbound.Rule

	mu    sync.Mutex
	lanes map[string]*lane
}

// lane is one channel's queue. Only the goroutine that holds turn posts.
type lane struct {
	turn  chan struct{}
	pace  *rate.Limiter
	users int // goroutines that wait for or hold turn; guarded by the poster's mu
}

// NewPoster returns a poster that posts with the bot token of api, and uploads where the rule allows.
func NewPoster(api *slack.Client, rule outbound.Rule) *Poster {
	return &Poster{slack: api, rule: rule, lanes: map[string]*lane{}}
}

// Post posts m and returns its timestamp, which identifies it in the channel.
func (p *Poster) Post(ctx context.Context, channel string, m Message) (ts string, err error) {
	err = p.inLane(ctx, channel, func(ctx context.Context) error {
		options := messageOptions(m)
		if m.Thread != "" {
			options = append(options, slack.MsgOptionTS(m.Thread))
			if m.Broadcast {
				options = append(options, slack.MsgOptionBroadcast())
			}
		}
		_, ts, err = p.slack.PostMessageContext(ctx, channel, options...)
		return err
	})
	return ts, err
}

// Update replaces the message ts with m.
func (p *Poster) Update(ctx context.Context, channel, ts string, m Message) error {
	return p.inLane(ctx, channel, func(ctx context.Context) error {
		_, _, _, err := p.slack.UpdateMessageContext(ctx, channel, ts, messageOptions(m)...)
		return err
	})
}

// Direct returns the channel of direct messages with a user.
func (p *Poster) Direct(ctx context.Context, user string) (channel string, err error) {
	err = p.inLane(ctx, user, func(ctx context.Context) error {
		c, _, _, err := p.slack.OpenConversationContext(ctx, &slack.OpenConversationParameters{Users: []string{user}})
		if c, err = present(c, err); err != nil {
			return fmt.Errorf("conversations.open: %w", err)
		}
		channel = c.ID
		if channel == "" {
			return fmt.Errorf("conversations.open: %w", errHollow)
		}
		return nil
	})
	return channel, err
}

// Permalink returns the web address of the message ts. People who may not read the channel see nothing there.
func (p *Poster) Permalink(ctx context.Context, channel, ts string) (link string, err error) {
	err = patiently(ctx, func(ctx context.Context) error {
		link, err = p.slack.GetPermalinkContext(ctx, &slack.PermalinkParameters{Channel: channel, Ts: ts})
		return err
	})
	return link, err
}

func messageOptions(m Message) []slack.MsgOption {
	options := []slack.MsgOption{
		slack.MsgOptionText(Escape(m.Text), false),
		slack.MsgOptionDisableLinkUnfurl(),
		slack.MsgOptionDisableMediaUnfurl(),
	}
	if len(m.Blocks) > 0 {
		options = append(options, slack.MsgOptionBlocks(m.Blocks...))
	}
	return options
}

// inLane runs call when it is the channel's turn, and again after a wait when Slack answers 429.
func (p *Poster) inLane(ctx context.Context, channel string, call func(context.Context) error) error {
	l := p.enter(channel)
	defer p.leave(l)
	select {
	case l.turn <- struct{}{}:
		defer func() { <-l.turn }()
	case <-ctx.Done():
		return context.Cause(ctx)
	}
	return patiently(ctx, func(ctx context.Context) error {
		if err := l.pace.Wait(ctx); err != nil {
			return err
		}
		return call(ctx)
	})
}

// patiently runs call, and again after a wait when Slack answers 429.
func patiently(ctx context.Context, call func(context.Context) error) error {
	for try := 1; ; try++ {
		err := call(ctx)
		wait, limited := retryAfter(err)
		if !limited || try == postTries {
			return err
		}
		if err := pause(ctx, wait); err != nil {
			return err
		}
	}
}

func (p *Poster) enter(channel string) *lane {
	p.mu.Lock()
	defer p.mu.Unlock()
	l := p.lanes[channel]
	if l == nil {
		if len(p.lanes) >= lanesSize {
			maps.DeleteFunc(p.lanes, func(_ string, l *lane) bool { return l.users == 0 && l.pace.Tokens() >= postBurst })
		}
		l = &lane{turn: make(chan struct{}, 1), pace: rate.NewLimiter(rate.Every(postEvery), postBurst)}
		p.lanes[channel] = l
	}
	l.users++
	return l
}

func (p *Poster) leave(l *lane) {
	p.mu.Lock()
	defer p.mu.Unlock()
	l.users--
}

// retryAfter reports whether Slack's rate limit caused err, and how long to wait.
func retryAfter(err error) (time.Duration, bool) {
	if limited, ok := errors.AsType[*slack.RateLimitedError](err); ok {
		return limited.RetryAfter, true
	}
	if status, ok := errors.AsType[slack.StatusCodeError](err); ok && status.Code == 429 {
		return postDefaultWait, true
	}
	if code := SlackCode(err); code == "ratelimited" || code == "rate_limited" {
		return postDefaultWait, true
	}
	return 0, false
}

// errHollow says that Slack answered "ok" without the object that was asked for.
var errHollow = errors.New("slack answered ok, but with nothing in it")

// present returns Slack's answer, or an error if it is missing: slack-go then returns nil without an error.
func present[V any](answer *V, err error) (*V, error) {
	if err == nil && answer == nil {
		err = errHollow
	}
	return answer, err
}

// SlackCode returns the Web API's error code ("not_in_channel"), or "" if err isn't one.
func SlackCode(err error) string {
	refused, _ := errors.AsType[slack.SlackErrorResponse](err)
	return refused.Err
}

// pause waits for d. It fails at once if ctx ends before.
func pause(ctx context.Context, d time.Duration) error {
	if deadline, ok := ctx.Deadline(); ok && time.Until(deadline) < d {
		return context.DeadlineExceeded
	}
	return sleep.For(ctx, d)
}
