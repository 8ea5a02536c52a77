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
	// laterTime bounds the work a handler put off. Slack: a response_url lives 30 minutes; people wait less.
	laterTime = 2 * time.Minute
	// interimAfter is how long work may take before the person is told that it goes on.
	interimAfter = 2 * time.Second
	// maxLater is how many pieces of put-off work run at once. They mostly wait for one shared answer.
	maxLater = 2048
	// maxOfPerson is how many requests of one person may be in progress.
	maxOfPerson = 20
	// seenFor is how long a click or command is remembered, so that a repeat of it is dropped.
	seenFor = time.Hour
	// answerTime bounds bringing one answer to Slack, all tries included.
	answerTime = 30 * time.Second
	// farewellTime is for telling people that the bot stops before their answer is ready.
	farewellTime = 3 * time.Second
)

// Config is what a bot is made of.
type Config struct {
	// Commands are all the commands, in the order in which the help lists them.
	Commands []Command
	// Root is the name of the command that reaches every other by its topic and lists them all.
	Root string
	// Slack is the Web API with the bot token. It needs an HTTP timeout.
	Slack *slack.Client
	// Poster posts what has no other way out; whatever else posts with the same token should share it, since it keeps
	// Slack's pace for each channel.
	Poster *Poster
	// Home is where the bot is installed.
	Home Home
	// Senders and Admins hold the rights [Send] and [Admin].
	Senders, Admins Roster
	// Store remembers which commands and clicks were seen.
	Store *Store
	// Explain puts the errors of the commands' services into words; nil for those it does not know.
	Explain func(error) *Mistake
	// Log gets one line per thing a person did, never what was typed.
	Log *slog.Logger
	// Outbound says which response_urls are Slack's.
	Outbound outbound.Rule
	// Guard recovers panics of the commands and of the bot.
	Guard *bulkhead.Guard
}

// Bot answers what comes from Slack. Its Handle is the handler of a [socket.Client].
type Bot struct {
	config  Config
	people  *people
	answers answerer

	names    map[string]*Command
	topics   map[string]*Command
	clicks   map[string]route[Handler]
	submits  map[string]route[Handler]
	suggests map[string]route[Suggester]

	later  *semaphore.Weighted
	shares *share.Counter
	work   sync.WaitGroup
	// stop ends work that is still under way when the bot is drained.
	stop     context.Context //nolint:containedctx // ends with the bot, not with a call
	stopWork context.CancelCauseFunc
}

// route is a handler and the right it needs.
type route[H any] struct {
	right  Right
	handle H
}

// New returns a bot. It is an error if two commands claim the same name, topic, action_id or callback_id.
func New(c Config) (*Bot, error) {
	b := &Bot{
		config:   c,
		people:   newPeople(c),
		answers:  newAnswerer(c.Outbound),
		names:    map[string]*Command{},
		topics:   map[string]*Command{},
		clicks:   map[string]route[Handler]{},
		submits:  map[string]route[Handler]{},
		suggests: map[string]route[Suggester]{},
		later:    semaphore.NewWeighted(maxLater),
		shares:   share.NewCounter(maxOfPerson),
	}
	b.stop, b.stopWork = context.WithCancelCause(context.Background())
	for i := range c.Commands {
		if err := b.add(&c.Commands[i]); err != nil {
			return nil, err
		}
	}
	return b, nil
}

func (b *Bot) add(c *Command) error {
	if c.Name != "" {
		if b.names[c.Name] != nil {
			return fmt.Errorf("two commands are named %s", c.Name)
		}
		b.names[c.Name] = c
	}
	if c.Topic != "" {
		if b.topics[c.Topic] != nil {
			return fmt.Errorf("two commands have the topic %s", c.Topic)
		}
		b.topics[c.Topic] = c
	}
	if err := claim(b.clicks, c.Clicks, c.Right, "action"); err != nil {
		return err
	}
	if err := claim(b.submits, c.Submits, c.Right, "view"); err != nil {
		return err
	}
	return claim(b.suggests, c.Suggests, c.Right, "suggestion")
}

func claim[H any](all map[string]route[H], handlers map[string]H, right Right, what string) error {
	for id, h := range handlers {
		if _, taken := all[id]; taken {
			return fmt.Errorf("two commands answer the %s %s", what, id)
		}
		all[id] = route[H]{right: right, handle: h}
	}
	return nil
}

// May checks that a person still holds a right; the error says in words why not.
func (b *Bot) May(ctx context.Context, team, user string, right Right) error {
	who, profile, err := b.people.person(ctx, user, team)
	if err != nil {
		return err
	}
	return b.people.may(ctx, who, profile, right)
}

// Private reports whether what is said in a channel may be read by another company: the channel is shared with one, or
// Slack does not say. Of a direct message it does not say either.
func (b *Bot) Private(ctx context.Context, channel string) bool {
	return b.people.private(ctx, channel, "")
}

// Handle takes one envelope: it acknowledges it in time, whatever else happens, and answers the person.
func (b *Bot) Handle(ctx context.Context, env socket.Envelope, ack *socket.Ack) {
	b.work.Add(1)
	defer b.work.Done()
	b.handle(ctx, env, ack.Send)
}

// Drain waits until what was taken is answered, or ctx ends. Then what is left is broken off, and the people who wait for
// it are told so, which takes up to three more seconds.
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
