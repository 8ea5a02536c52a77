package bot

import (
	"context"
	"errors"

	"github.com/coupontools/couponbot/internal/bulkhead"
)

// complete delivers a reply, then runs its Later and delivers the result.
func (b *Bot) complete(ctx context.Context, i *interaction, r Reply) error {
	i.dropIfClosed = r.DropIfClosed
	if err := b.respond(ctx, i, r); err != nil || r.Later == nil {
		return err
	}
	return b.doLater(ctx, i, r)
}

// doLater runs a reply's Later in a bounded pool and delivers the result.
func (b *Bot) doLater(ctx context.Context, i *interaction, r Reply) error {
	if !b.later.TryAcquire(1) {
		err := busy()
		b.respondError(ctx, i, err)
		return err
	}
	defer b.later.Release(1)
	ctx, cancel := context.WithTimeout(ctx, laterTime)
	defer cancel()
	cancelOnStop := func(error) { cancel() }
	defer b.config.Guard.AfterFunc(b.stop, bulkhead.BotStop, func() error { return nil }, cancelOnStop)()

	finishInterim := b.interim(ctx, i, r.Text)
	run := func(ctx context.Context, _ Request) (Reply, error) { return r.Later(ctx) }
	result, err := callHandler(ctx, b.config.Guard, run, i.request)
	finishInterim()
	if err == nil && len(result.Errors) > 0 {
		err = fieldErrors(result.Errors, i.screen.pushed)
	}
	m, ok := errors.AsType[*Mistake](err)
	if err != nil && b.stop.Err() != nil && errors.Is(err, context.Canceled) && (!ok || !m.Unsure) {
		err = context.Cause(b.stop)
	}
	if err != nil {
		b.respondError(ctx, i, err)
		return err
	}
	return b.respond(ctx, i, result)
}

// interim posts text if the work takes more than a moment, unless a modal says so already. Once the function
// it returns has returned, the message is posted or never will be.
func (b *Bot) interim(ctx context.Context, i *interaction, text string) (finish func()) {
	if i.screen.exists() || i.request.View != nil {
		return func() {}
	}
	if text == "" {
		text = workingText
	}
	waiting, stop := context.WithCancel(ctx)
	posted := b.config.Guard.Go(bulkhead.BotInterim, func() error {
		if pause(waiting, interimAfter) != nil {
			return nil
		}
		if err := b.deliver(ctx, i, Reply{Text: text}); err != nil {
			b.config.Log.Warn("interim answer lost", "name", i.name, "err", err)
		}
		return nil
	})
	return func() {
		stop()
		<-posted //nolint:errcheck // a wait: the guard has reported a panic
	}
}
