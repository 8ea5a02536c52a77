package app

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"time"

	"github.com/coupontools/couponbot/internal/bulkhead"
)

// checkTime bounds everything that one part of [Check] asks. At the slowest pace, all reading calls of Coupontools take most
// of a minute.
const checkTime = 2 * time.Minute

var errNotWell = errors.New("not all is well")

// verdict is the first word of a line of [Check].
type verdict string

const (
	fine verdict = "ok"
	// warn is for what works, but may not be what the operator wants.
	warn verdict = "warn"
	bad  verdict = "BAD"
)

// finding is one line: what was tried, how it is, and if it is not fine how to mend it.
type finding struct {
	verdict verdict
	text    string
}

func (v verdict) say(format string, args ...any) finding {
	return finding{verdict: v, text: fmt.Sprintf(format, args...)}
}

// Check tries each thing that [Serve] needs and writes a line for each to w: what is wrong, and how to mend it. It
// changes nothing, sends nothing, and shows no secret and no person's data. The error is nil only if nothing is wrong;
// a warning is not wrong. What is wrong with couponbot itself goes to the log.
func Check(ctx context.Context, c Config, w io.Writer, log *slog.Logger) error {
	return checkAll(ctx, c, w, &bulkhead.Guard{Log: log})
}

func checkAll(ctx context.Context, c Config, w io.Writer, guard *bulkhead.Guard) error {
	parts := []func(context.Context, Config) []finding{checkApp, checkBot, checkRedis, checkCoupontools}
	findings := make([][]finding, len(parts))
	ended := make([]<-chan error, len(parts))
	for i, part := range parts {
		ended[i] = guard.Go(bulkhead.Check, func() error {
			ctx, cancel := context.WithTimeout(ctx, checkTime)
			defer cancel()
			findings[i] = part(ctx, c)
			return nil
		})
	}
	mask := newMasker(c.Secrets()...)
	well := true
	for i := range parts {
		if err := <-ended[i]; err != nil {
			findings[i] = append(findings[i], bad.say("couponbot couldn't finish this part of the check (%v); report this as a bug", err))
		}
		for _, f := range findings[i] {
			well = well && f.verdict != bad
			if _, err := fmt.Fprintf(w, "%-4s  %s\n", f.verdict, oneLine(mask.text(f.text))); err != nil {
				return err
			}
		}
	}
	if !well {
		return errNotWell
	}
	return nil
}
