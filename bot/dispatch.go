package bot

import (
	"context"
	"errors"
	"time"

	"github.com/coupontools/couponbot/bot/socket"
	"github.com/coupontools/couponbot/internal/bulkhead"
	"github.com/coupontools/couponbot/internal/share"
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
	if x.responseURL != "" && !b.config.Outbound.Allows(x.responseURL) { // what is posted there fails, and takes another way
		b.config.Log.Warn("ignoring a response_url that is not Slack's", "kind", x.kind, "user", x.user)
	}
	x.request.ID = x.once
	ctx = share.WithPerson(ctx, x.user)
	start := time.Now()
	err = b.config.Guard.Do(bulkhead.BotAnswer, func() error { return b.dispatch(ctx, x, ack) })
	if p, ok := errors.AsType[*bulkhead.Panic](err); ok && p.Place == bulkhead.BotAnswer {
		b.apologize(ctx, x, ack, err)
	}
	if !errors.Is(err, errRepeat) {
		b.log(x, time.Since(start), err)
	}
}

// errRepeat says that Slack delivered something a second time.
var errRepeat = errors.New("delivered before")

// dispatch answers one interaction by its kind.
func (b *Bot) dispatch(ctx context.Context, x *exchange, ack func(any) error) error {
	switch x.kind {
	case kindSuggest:
		return b.within(x, func() error { return b.suggest(ctx, x, ack) },
			func(error) { b.acknowledge(ack, suggestions{Options: encode(nil)}) })
	case kindSubmit:
		return b.within(x, func() error { return b.submit(ctx, x, ack) },
			func(err error) { _ = b.submitted(ctx, x, ack, Reply{}, err) })
	default:
		b.acknowledge(ack, nil)
		if !b.config.Store.First(ctx, "seen:"+x.once, seenFor) {
			b.config.Log.Info("dropped a repeat", "kind", x.kind, "name", x.name, "user", x.user)
			return errRepeat
		}
		return b.within(x, func() error { return b.answer(ctx, x) }, func(err error) { b.refuse(ctx, x, screen{}, err) })
	}
}

// apologize tells the person that a panic has cost them the answer, in the acknowledgement if there was none yet.
func (b *Bot) apologize(ctx context.Context, x *exchange, ack func(any) error, err error) {
	switch x.kind {
	case kindSuggest:
		b.acknowledge(ack, suggestions{Options: encode(nil)})
		return
	case kindSubmit:
		_, text := b.words(x, err)
		var failed error
		b.ackView(x, func(view any) error { failed = ack(view); return failed }, noticeView(noticeTitle, textBlocks(text)...), true)
		if failed == nil {
			return
		}
	}
	b.refuse(ctx, x, screen{}, err)
}

// within serves a request unless its person has as many in progress as they can.
func (b *Bot) within(x *exchange, serve func() error, refuse func(error)) error {
	if !b.shares.Take(x.user) {
		err := tooManyRequests()
		refuse(err)
		return err
	}
	defer b.shares.Done(x.user)
	return serve()
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
	return call(ctx, b.config.Guard, r.handle, x.request)
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
func call[A any](
	ctx context.Context, guard *bulkhead.Guard, h func(context.Context, Request) (A, error), req Request,
) (answer A, err error) {
	err = guard.Do(bulkhead.BotHandler, func() (err error) {
		answer, err = h(ctx, req)
		return err
	})
	return answer, err
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
	stopped := func(error) { cancel() }
	defer b.config.Guard.AfterFunc(b.stop, bulkhead.BotStop, func() error { return nil }, stopped)()
	shown.fleeting = reply.Fleeting

	interim := b.interim(ctx, x, shown, reply)
	handle := func(ctx context.Context, _ Request) (Reply, error) { return reply.Later(ctx) }
	result, err := call(ctx, b.config.Guard, handle, x.request)
	interim()
	if err == nil && len(result.Errors) > 0 {
		err = atFields(result.Errors, shown.pushed)
	}
	m, ok := errors.AsType[*Mistake](err)
	if err != nil && b.stop.Err() != nil && errors.Is(err, context.Canceled) && (!ok || !m.Unsure) {
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
	said := b.config.Guard.Go(bulkhead.BotInterim, func() error {
		if pause(waiting, interimAfter) != nil {
			return nil
		}
		if _, err := b.deliver(ctx, x, screen{}, Reply{Text: text}); err != nil {
			b.config.Log.Warn("interim answer lost", "name", x.name, "err", err)
		}
		return nil
	})
	return func() {
		stop()
		<-said //nolint:errcheck // a wait: the guard has reported a panic
	}
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
