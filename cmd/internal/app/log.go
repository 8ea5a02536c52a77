package app

import (
	"context"
	"fmt"
	"io"
	"log/slog"
)

// NewLog returns a logger that writes to w what is at least as grave as c.LogLevel, without secrets, phone numbers and
// e-mail addresses, wherever in a message or its values they stand.
func NewLog(w io.Writer, c Config) *slog.Logger {
	options := &slog.HandlerOptions{
		Level:       slog.Level(c.LogLevel),
		ReplaceAttr: newMasker(c.Secrets()...).attr,
	}
	if c.LogFormat == "text" {
		return slog.New(slog.NewTextHandler(w, options))
	}
	return slog.New(slog.NewJSONHandler(w, options))
}

// redisLog takes go-redis's own log, which has a line for each try to connect. It is for debugging: what matters comes back as
// an error.
type redisLog struct{ log *slog.Logger }

// Printf writes one line of it.
func (l redisLog) Printf(ctx context.Context, format string, v ...any) {
	l.log.DebugContext(ctx, "Redis client", "text", fmt.Sprintf(format, v...))
}
