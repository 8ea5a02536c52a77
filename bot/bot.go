package bot

import (
	"context"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/slack-go/slack"
	"golang.org/x/sync/semaphore"

	"github.com/coupontools/couponbot/bot/socket"
	"github.com/coupontools/couponbot/internal/bulkhead"
	"github.com/coupontools/couponbot/internal/outbound"
	"github.com/coupontools/couponbot/internal/share"
)

const (
	// quickTime bounds a handler's first answer. Slack: an acknowledgement, and a trigger_id's use, within 3 s.
	quickTime = 2 * time.Second
	// laterTime bounds a Later function. Slack: a response_url lives 30 minutes; people wait less.
	laterTime = 2 * time.Minute
	// interimAfter is how long work may take before the user gets an interim message.
	interimAfter = 2 * time.Second
	// maxLater is how many Later functions run at once. They mostly wait for one shared API answer.
	maxLater = 2048
	// maxOfPerson is how many requests of one person may be in progress.
	maxOfPerson = 20
	// maxRefusals is how many refusals of one person's further requests may be on their way to Slack.
	maxRefusals = 1000
	// seenFor is how long commands and actions are remembered to drop redeliveries.
	seenFor = time.Hour
	// answerTime bounds delivering one answer to Slack, including retries.
	answerTime = 30 * time.Second
	// farewellTime is for telling people that the bot is stopping before their answer is ready.
	farewellTime = 3 * time.Second
)

// Config configures a bot.
type Config struct {
	// Commands are all the commands, in the order in which the help lists them.
	Commands []Command
	// Root is the name of the command that reaches every other by its topic and lists them all.
	Root string
	// Slack is the Web API with the bot token. It needs an HTTP timeout.
	Slack *slack.Client
	// Poster posts messages. Everything that posts with the same token should share it, since it keeps Slack's rate limit
	// for each channel.
	Poster *Poster
	// Home is the workspace that the bot is installed in.
	Home Home
	// Senders and Admins hold the rights [Send] and [Admin].
	Senders, Admins Roster
	// Store remembers the commands and actions that were handled.
	Store *Store
	// Explain puts the errors of the commands' services into words; nil for those it does not know.
	Explain func(error) *Mistake
	// Log gets one line per interaction, without what the user typed.
	Log *slog.Logger
	// Outbound says which response_urls are Slack's.
	Outbound outbound.Rule
	// Guard recovers panics of the commands and of the bot.
	Guard *bulkhead.Guard
}

// Bot answers interactions from Slack. Its Handle method is the handler of a [socket.Client].
type Bot struct {
	config    Config
	people    *people
	responses responder

	names       map[string]*Command
	topics      map[string]*Command
	actions     map[string]route[Handler]
	submissions map[string]route[Handler]
	options     map[string]route[OptionsHandler]

	later    *semaphore.Weighted
	shares   *share.Counter
	refusals *share.Counter // people who are being told that they have too many requests
	work     sync.WaitGroup
	// stop ends work that still runs when the bot is drained.
	stop     context.Context //nolint:containedctx // ends with the bot, not with a call
	stopWork context.CancelCauseFunc
}

// route is a handler with the rights it takes: the command's and its own.
type route[H any] struct {
	command, own Right
	run          H
}

// New returns a bot. It is an error if two commands have the same name, topic, action_id or callback_id.
func New(c Config) (*Bot, error) {
	b := &Bot{
		config:      c,
		people:      newPeople(c.Home, map[Right]Roster{Send: c.Senders, Admin: c.Admins}, c.Guard, c.Slack, c.Poster),
		responses:   newResponder(c.Outbound),
		names:       map[string]*Command{},
		topics:      map[string]*Command{},
		actions:     map[string]route[Handler]{},
		submissions: map[string]route[Handler]{},
		options:     map[string]route[OptionsHandler]{},
		later:       semaphore.NewWeighted(maxLater),
		shares:      share.NewCounter(maxOfPerson),
		refusals:    share.NewCounter(maxRefusals),
	}
	b.stop, b.stopWork = context.WithCancelCause(context.Background())
	for i := range c.Commands {
		if err := b.addCommand(&c.Commands[i]); err != nil {
			return nil, err
		}
	}
	return b, nil
}

// addCommand registers a command. It is an error if its name, topic or one of its ids is taken.
func (b *Bot) addCommand(c *Command) error {
	if c.Name != "" {
		if err := register(b.names, "name", c.Name, c); err != nil {
			return err
		}
	}
	if c.Topic != "" {
		if err := register(b.topics, "topic", c.Topic, c); err != nil {
			return err
		}
	}
	for id, a := range c.Actions {
		if err := register(b.actions, "action_id", id, route[Handler]{c.Right, a.Right, a.Run}); err != nil {
			return err
		}
	}
	for id, s := range c.Submissions {
		if err := register(b.submissions, "callback_id", id, route[Handler]{c.Right, s.Right, s.Run}); err != nil {
			return err
		}
	}
	for id, o := range c.Options {
		if err := register(b.options, "action_id of a select", id, route[OptionsHandler]{c.Right, o.Right, o.Run}); err != nil {
			return err
		}
	}
	return nil
}

func register[V any](all map[string]V, kind, id string, value V) error {
	if _, taken := all[id]; taken {
		return fmt.Errorf("two commands have the %s %s", kind, id)
	}
	all[id] = value
	return nil
}

// Private reports whether another company may read a channel: it is shared with one, or Slack can't tell. Slack can't tell
// for direct messages.
func (b *Bot) Private(ctx context.Context, channel string) bool {
	return b.people.private(ctx, channel, "")
}

// Handle processes one envelope: it acknowledges it in time, whatever else happens, and answers the user.
func (b *Bot) Handle(ctx context.Context, env socket.Envelope, ack *socket.Ack) {
	b.work.Add(1)
	defer b.work.Done()
	b.handle(ctx, env, ack.Send)
}

// Drain waits until every envelope is answered, or ctx ends. Then it cancels the remaining work and tells the people who
// wait for it, which takes up to three more seconds.
func (b *Bot) Drain(ctx context.Context) {
	done := b.config.Guard.Go(bulkhead.BotDrain, func() error { b.work.Wait(); return nil })
	select {
	case <-done: //nolint:errcheck // a wait: the guard has reported a panic
	case <-ctx.Done():
	}
	b.stopWork(stopping())
	select {
	case <-done: //nolint:errcheck // a wait: the guard has reported a panic
	case <-time.After(farewellTime):
		b.config.Log.Warn("left answers behind")
	}
}
