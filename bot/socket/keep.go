package socket

import (
	"context"
	"errors"
	"log/slog"
	"math/rand/v2"
	"time"

	"github.com/coupontools/couponbot/internal/bulkhead"
	"github.com/coupontools/couponbot/internal/sleep"
)

const (
	// helloTime is how long a new connection may take to say hello.
	helloTime = 10 * time.Second
	// steadyTime is how long a connection must have lived to count as a success.
	steadyTime = 10 * time.Second
	// lingerTime is how long a connection is still read after its replacement is ready. Slack: gives about 10 s from
	// the warning on.
	lingerTime = 5 * time.Second
	// firstWait and maxWait bound the growing waits after failures.
	firstWait = 250 * time.Millisecond
	maxWait   = 30 * time.Second
)

// keeper holds one connection and replaces it when it must be left or breaks.
type keeper struct {
	c    *Client
	log  *slog.Logger
	held *link // nil at first
	wait backoff
}

func (k *keeper) run(ctx context.Context) error {
	for {
		next, err := k.connect(ctx)
		if ctx.Err() != nil {
			return nil
		}
		if err != nil {
			if final(err) {
				return err
			}
			k.pause(ctx)
			continue
		}
		if k.held != nil {
			k.c.leave(k.held, lingerTime)
		}
		k.held = next

		select {
		case <-ctx.Done():
			return nil
		case <-k.held.left:
		}
		if err := k.parted(ctx); err != nil {
			return err
		}
	}
}

// parted decides what follows once the held connection has to be replaced: an error, a pause, or nothing.
func (k *keeper) parted(ctx context.Context) error {
	reason, lived := k.held.reason(), time.Since(k.held.since)
	k.log.Info("replacing socket", "reason", reason, "lived", lived)
	k.c.cfg.Observe.reconnect(reason)
	if lived >= steadyTime {
		k.wait.reset()
	}
	switch reason {
	case ReasonDisabled:
		return ErrDisabled
	case ReasonTooMany:
		k.c.leave(k.held, 0)
		k.held = nil
	case ReasonWarning, ReasonRefresh, ReasonAsked:
		if lived >= steadyTime {
			return nil
		}
	}
	k.pause(ctx)
	return nil
}

// pause waits longer after each failure. A connection that was asked to leave is still read meanwhile.
func (k *keeper) pause(ctx context.Context) { _ = sleep.For(ctx, k.wait.next()) }

// connect opens a connection and puts it into service once Slack has said hello.
func (k *keeper) connect(ctx context.Context) (*link, error) {
	l, err := k.c.establish(ctx, k.log)
	if err != nil {
		if ctx.Err() == nil {
			k.failed(err)
		}
		return nil, err
	}
	ready := false
	defer func() {
		if !ready {
			k.c.leave(l, 0)
		}
	}()
	hello := time.NewTimer(helloTime)
	defer hello.Stop()
	select {
	case <-l.greeted:
		k.c.enter(l)
		k.greeted(l)
		ready = true
		return l, nil
	case <-l.left:
		err = newLostError(l.reason())
	case <-hello.C:
		err = newLostError(ReasonNoHello)
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	k.failed(err)
	return nil, err
}

func (k *keeper) failed(err error) {
	reason := reasonOf(err)
	k.log.Warn("cannot open socket", "reason", reason, "err", err)
	k.c.cfg.Observe.reconnect(reason)
}

// greeted logs a connection's hello, and a warning when Slack counts more connections than there can be. Slack: those
// lost without a close frame stay counted and get envelopes that nobody sees; this count is the only sign of them.
func (k *keeper) greeted(l *link) {
	k.log.Info("socket ready", "app", l.hello.appID, "host", l.hello.host, "life", l.hello.life.String(),
		"counted", l.hello.counted)
	renewing := max(k.c.open()-k.c.cfg.Connections, 0)
	if l.hello.counted > k.c.cfg.Expected+renewing {
		k.log.Warn("Slack counts more sockets than expected: some may be ghosts that swallow envelopes",
			"counted", l.hello.counted, "expected", k.c.cfg.Expected)
	}
}

// leave takes l out of service, reads on for linger or until it is gone, and closes it.
func (c *Client) leave(l *link, linger time.Duration) {
	c.exit(l)
	c.closeLater(l, linger)
}

// closeLater closes l after linger, or when it is gone.
func (c *Client) closeLater(l *link, linger time.Duration) {
	c.loops.Go(bulkhead.SocketClose, func() error {
		select {
		case <-l.gone:
		case <-time.After(linger):
		}
		l.close()
		return nil
	}, func(error) { _ = l.ws.Close() })
}

// lostError says that a connection was lost before it was ready.
type lostError struct{ reason Reason }

func (e *lostError) Error() string { return "socket lost before it was ready: " + string(e.reason) }

func newLostError(reason Reason) error {
	if reason == ReasonDisabled {
		return ErrDisabled
	}
	return &lostError{reason}
}

// final tells whether trying on is useless.
func final(err error) bool {
	_, refused := errors.AsType[*RefusedError](err)
	return refused || errors.Is(err, ErrDisabled)
}

// backoff gives growing waits, each with jitter so that replicas do not come back in step.
type backoff struct{ failures int }

func (b *backoff) next() time.Duration {
	d := maxWait
	if b.failures < 10 {
		d = min(firstWait<<b.failures, maxWait)
	}
	b.failures++
	return d/2 + rand.N(d/2)
}

func (b *backoff) reset() { b.failures = 0 }
