package bot

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"time"

	"github.com/coupontools/couponbot/bot/socket"
)

// handle is the way of one envelope. Commands, before they are even read, and clicks are acknowledged at once; submits
// and suggestions wait for what their acknowledgement must carry.
func (b *Bot) handle(ctx context.Context, env socket.Envelope, ack func(any) error) {
	if env.Type != "interactive" {
		b.acknowledge(ack, nil)
	}
	x, err := read(env)
	if err != nil {
		b.config.Log.Warn("unreadable envelope", "type", env.Type, "err", err)
	}
	if x == nil {
		b.acknowledge(ack, nil)
		return
	}
	x.request.ID = x.once
	start := time.Now()
	switch x.kind {
	case kindSuggest:
		err = b.suggest(ctx, x, ack)
	case kindSubmit:
		err = b.submit(ctx, x, ack)
	default:
		b.acknowledge(ack, nil)
		if !b.config.Store.First(ctx, "seen:"+x.once, seenFor) {
			b.config.Log.Info("dropped a repeat", "kind", x.kind, "name", x.name, "user", x.user)
			return
		}
		err = b.answer(ctx, x)
	}
	b.log(x, time.Since(start), err)
}

func read(env socket.Envelope) (*exchange, error) {
	switch env.Type {
	case "slash_commands":
		return readSlash(env.ID, env.Payload)
	case "interactive":
		return readInteractive(env.ID, env.Payload)
	}
	return nil, nil //nolint:nilnil // the bot subscribes to no events: an acknowledgement is all they need
}

func (b *Bot) acknowledge(ack func(any) error, payload any) {
	if err := ack(payload); err != nil && !errors.Is(err, socket.ErrAcked) {
		b.config.Log.Warn("acknowledgement lost", "err", err)
	}
}

// answer runs a command or a click and brings its reply to the person.
func (b *Bot) answer(ctx context.Context, x *exchange) error {
	quick, cancel := context.WithTimeout(ctx, quickTime)
	defer cancel()
	reply, err := b.run(quick, x)
	if err != nil {
		b.refuse(ctx, x, screen{}, err)
		return err
	}
	shown, err := b.bring(ctx, x, screen{fleeting: reply.Fleeting}, reply)
	if err != nil || reply.Later == nil {
		return err
	}
	return b.finish(ctx, x, shown, reply)
}

// run finds the handler, checks the person's right and calls it.
func (b *Bot) run(ctx context.Context, x *exchange) (Reply, error) {
	switch {
	case x.kind == kindCommand:
		return b.command(ctx, x)
	case x.kind == kindClick && (x.name == menuOpen || x.name == menuSearch):
		return b.fromMenu(ctx, x)
	}
	routes := b.clicks
	if x.kind == kindSubmit {
		routes = b.submits
	}
	r, ok := routes[x.name]
	if !ok {
		return Reply{}, gone(x.kind)
	}
	if err := b.admit(ctx, x, r.right); err != nil {
		return Reply{}, err
	}
	return call(ctx, r.handle, x.request)
}

// admit checks that the person behind x holds right, and puts who it is into the request.
func (b *Bot) admit(ctx context.Context, x *exchange, right Right) error {
	who, profile, err := b.people.person(ctx, x.user, x.team)
	if err != nil {
		return err
	}
	x.request.Person = who
	return b.people.may(ctx, who, profile, right)
}

// call runs a [Handler] or a [Suggester]; its panic becomes an error.
func call[A any](ctx context.Context, h func(context.Context, Request) (A, error), req Request) (answer A, err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("panic: %v\n%s", p, debug.Stack())
		}
	}()
	return h(ctx, req)
}

// finish does the work a reply put off, in the bounded pool, and brings its result out.
func (b *Bot) finish(ctx context.Context, x *exchange, shown screen, reply Reply) error {
	if !b.later.TryAcquire(1) {
		err := busy()
		b.refuse(ctx, x, shown, err)
		return err
	}
	defer b.later.Release(1)
	ctx, cancel := context.WithTimeout(ctx, laterTime)
	defer cancel()
	defer context.AfterFunc(b.stop, cancel)()
	shown.fleeting = reply.Fleeting

	interim := b.interim(ctx, x, shown, reply)
	handle := func(ctx context.Context, _ Request) (Reply, error) { return reply.Later(ctx) }
	result, err := call(ctx, handle, x.request)
	interim()
	if err == nil && len(result.Errors) > 0 {
		err = atFields(result.Errors, shown.pushed)
	}
	if err != nil && b.stop.Err() != nil && errors.Is(err, context.Canceled) {
		err = context.Cause(b.stop)
	}
	if err != nil {
		b.refuse(ctx, x, shown, err)
		return err
	}
	_, err = b.bring(ctx, x, shown, result)
	return err
}

// interim tells the person that work goes on, if it takes more than a moment. A view on the screen says so already.
// After the function it returns, the interim message is out or will never be.
func (b *Bot) interim(ctx context.Context, x *exchange, shown screen, reply Reply) (done func()) {
	if shown.there() || x.request.View != nil {
		return func() {}
	}
	text := reply.Text
	if text == "" {
		text = workingText
	}
	waiting, stop := context.WithCancel(ctx)
	said := make(chan struct{})
	go func() {
		defer close(said)
		if pause(waiting, interimAfter) != nil {
			return
		}
		if _, err := b.deliver(ctx, x, screen{}, Reply{Text: text}); err != nil {
			b.config.Log.Warn("interim answer lost", "name", x.name, "err", err)
		}
	}()
	return func() { stop(); <-said }
}

// log writes the one line about what a person did. What they typed, and a mistake's words that may repeat it, stay out.
func (b *Bot) log(x *exchange, took time.Duration, err error) {
	outcome := "answered"
	if m, ok := errors.AsType[*Mistake](err); ok && m.Cause == nil {
		outcome = "refused"
	} else if err != nil {
		outcome = "failed"
	}
	b.config.Log.Info("handled", "kind", x.kind, "name", x.name, "user", x.user, "outcome", outcome, "took_ms", took.Milliseconds())
}
