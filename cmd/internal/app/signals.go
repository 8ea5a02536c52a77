package app

import (
	"context"
	"io"
	"log/slog"

	"github.com/coupontools/couponbot/internal/bulkhead"
)

// SecondSignalKills calls stop once ctx has ended, both of which come from [signal.NotifyContext]: the first signal ends ctx,
// and after stop the second one ends the program at once. What goes wrong is logged to stderr.
func SecondSignalKills(ctx context.Context, stop func(), stderr io.Writer) {
	guard := &bulkhead.Guard{Log: slog.New(slog.NewTextHandler(stderr, nil))}
	secondSignalKills(ctx, stop, guard)
}

func secondSignalKills(ctx context.Context, stop func(), guard *bulkhead.Guard) {
	guard.AfterFunc(ctx, bulkhead.Signal, nothing, func(error) { stop() })
}
