package app

import (
	"context"
	"io"
	"log/slog"

	"github.com/coupontools/couponbot/internal/bulkhead"
)

// SecondSignalKills calls stop once ctx has ended; both come from [signal.NotifyContext]. The first signal ends ctx and
// starts the shutdown; after stop, a second signal ends the program at once. Panics are logged to stderr.
func SecondSignalKills(ctx context.Context, stop func(), stderr io.Writer) {
	guard := &bulkhead.Guard{Log: slog.New(slog.NewTextHandler(stderr, nil))}
	secondSignalKills(ctx, stop, guard)
}

// secondSignalKills is [SecondSignalKills] with a guard, for tests.
func secondSignalKills(ctx context.Context, stop func(), guard *bulkhead.Guard) {
	guard.AfterFunc(ctx, bulkhead.Signal, noop, func(error) { stop() })
}
