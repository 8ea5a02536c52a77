package app

import (
	"context"
	"fmt"
	"io"
	"log/slog"
)

// NewLog returns a logger that writes records of c.LogLevel and above to w. It masks secrets, phone numbers and e-mail
// addresses in messages and attributes.
func NewLog(w io.Writer, c Config) *slog.Logger {
	options := &slog.HandlerOptions{
		Level:       slog.Level(c.LogLevel),
		ReplaceAttr: newMasker(c.Secrets()...).replaceAttr,
	}
	if c.LogFormat == "text" {
		return slog.New(slog.NewTextHandler(w, options))
	}
	return slog.New(slog.NewJSONHandler(w, options))
}

// redisLog receives go-redis's own log and writes it at debug level: it has a line per connection attempt, and failures
// are also returned as errors.
type redisLog struct{ log *slog.Logger }

// Printf logs one line.
func (l redisLog) Printf(ctx context.Context, format string, v ...any) {
	l.log.DebugContext(ctx, "Redis client", "text", fmt.Sprintf(format, v...))
}
