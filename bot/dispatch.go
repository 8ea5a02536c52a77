package bot

import (
	"context"
	"errors"
	"time"

	"github.com/coupontools/couponbot/bot/socket"
	"github.com/coupontools/couponbot/internal/bulkhead"
	"github.com/coupontools/couponbot/internal/share"
)

// handle processes one envelope. Commands, before they are even parsed, and actions are acknowledged first; submissions and
// options carry their answer in the acknowledgement.
func (b *Bot) handle(ctx context.Context, env socket.Envelope, ack func(any) error) {
	i := &interaction{ack: ack}
	if env.Type != "interactive" {
		b.acknowledge(i, nil)
	}
	if err := i.parse(env); err != nil {
		b.config.Log.Warn("unreadable envelope", "type", env.Type, "err", err)
	}
	if i.kind == "" || i.kind == kindAction {
		b.acknowledge(i, nil)
	}
	if i.kind == "" {
		return
	}
	if i.responseURL != "" && !b.config.Outbound.Allows(i.responseURL) { // posting there fails, and another way is taken
		b.config.Log.Warn("ignoring a response_url that is not Slack's", "kind", i.kind, "user", i.user)
	}
	start := time.Now()
	ctx = share.WithPerson(ctx, i.user)
	err := b.config.Guard.Do(bulkhead.BotAnswer, func() error { return b.dispatch(ctx, i) })
	if p, ok := errors.AsType[*bulkhead.Panic](err); ok && p.Place == bulkhead.BotAnswer {
		b.respondError(ctx, i, err)
	}
	if !errors.Is(err, errRedelivered) {
		b.log(i, time.Since(start), err)
	}
}

// errRedelivered says that Slack delivered a command or an action a second time.
var errRedelivered = errors.New("delivered before")

// dispatch answers one interaction by its kind.
func (b *Bot) dispatch(ctx context.Context, i *interaction) error {
	idempotent := i.kind == kindSubmission || i.kind == kindOptions
	if !idempotent && !b.config.Store.First(ctx, "seen:"+i.dedupeKey, seenFor) {
		b.config.Log.Info("dropped a repeat", "kind", i.kind, "name", i.name, "user", i.user)
		return errRedelivered
	}
	if !b.shares.Take(i.user) {
		return b.refuse(ctx, i, tooManyRequests(maxOfPerson), idempotent)
	}
	defer b.shares.Done(i.user)
	switch i.kind {
	case kindOptions:
		return b.offerOptions(ctx, i)
	case kindSubmission:
		return b.submit(ctx, i)
	default:
		return b.answer(ctx, i)
	}
}

// refuse tells a person who has too many requests. It posts nothing while maxRefusals such messages to the same person wait for
// Slack: they would take the place of others' requests.
func (b *Bot) refuse(ctx context.Context, i *interaction, err error, acknowledges bool) error {
	switch {
	case acknowledges:
		b.respondError(ctx, i, err)
	case b.refusals.Take(i.user):
		defer b.refusals.Done(i.user)
		b.respondError(ctx, i, err)
	}
	return err
}

// answer runs a command or an action and delivers its reply.
func (b *Bot) answer(ctx context.Context, i *interaction) error {
	quick, cancel := context.WithTimeout(ctx, quickTime)
	defer cancel()
	reply, err := b.run(quick, i)
	if err != nil {
		b.respondError(ctx, i, err)
		return err
	}
	return b.complete(ctx, i, reply)
}

// run finds the handler, checks the user's rights and calls it.
func (b *Bot) run(ctx context.Context, i *interaction) (Reply, error) {
	switch {
	case i.kind == kindCommand:
		return b.command(ctx, i)
	case i.kind == kindAction && (i.name == menuOpen || i.name == menuSearch):
		return b.fromMenu(ctx, i)
	}
	routes := b.actions
	if i.kind == kindSubmission {
		routes = b.submissions
	}
	r, ok := routes[i.name]
	if !ok {
		return Reply{}, gone(i.kind)
	}
	if err := b.admit(ctx, i, r.command, r.own); err != nil {
		return Reply{}, err
	}
	return callHandler(ctx, b.config.Guard, r.run, i.request)
}

// callHandler runs a handler; its panic becomes an error.
func callHandler[A any](
	ctx context.Context, guard *bulkhead.Guard, run func(context.Context, Request) (A, error), req Request,
) (answer A, err error) {
	err = guard.Do(bulkhead.BotHandler, func() (err error) {
		answer, err = run(ctx, req)
		return err
	})
	return answer, err
}

func (b *Bot) acknowledge(i *interaction, payload any) {
	if err := i.acknowledge(payload); err != nil {
		b.logLostAck(i, err)
	}
}

func (b *Bot) logLostAck(i *interaction, err error) {
	b.config.Log.Warn("acknowledgement lost", "kind", i.kind, "name", i.name, "err", err)
}

// log writes the one line about an interaction. It leaves out what the user typed, and a mistake's text that may repeat it.
func (b *Bot) log(i *interaction, took time.Duration, err error) {
	outcome := "answered"
	if m, ok := errors.AsType[*Mistake](err); ok && m.Cause == nil {
		outcome = "refused"
	} else if err != nil {
		outcome = "failed"
	}
	b.config.Log.Info("handled", "kind", i.kind, "name", i.name, "user", i.user, "outcome", outcome, "took_ms", took.Milliseconds())
}
