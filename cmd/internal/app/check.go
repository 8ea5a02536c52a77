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

// checkTimeout bounds one part of [Check]. At the lowest COUPONTOOLS_RATE, all read calls of Coupontools take most of a
// minute.
const checkTimeout = 2 * time.Minute

// errCheckFailed reports that at least one finding is bad. [Check] has printed the findings by then.
var errCheckFailed = errors.New("not all is well")

// verdict is the first word of a line that [Check] prints.
type verdict string

const (
	pass verdict = "ok"
	warn verdict = "warn" // works, but may not be what the operator wants
	bad  verdict = "BAD"
)

// finding is one line of [Check]: what was checked, the result, and the fix if there is a problem.
type finding struct {
	verdict verdict
	text    string
}

// findingf returns a finding with this verdict.
func (v verdict) findingf(format string, args ...any) finding {
	return finding{verdict: v, text: fmt.Sprintf(format, args...)}
}

// Check tests everything that [Serve] needs and writes one line per finding to w, with a fix for each problem. It changes
// nothing, sends nothing, and shows no secret and no personal data. It returns nil if no finding is bad; warnings don't
// count. Panics of couponbot itself go to the log.
func Check(ctx context.Context, c Config, w io.Writer, log *slog.Logger) error {
	return checkAll(ctx, c, w, &bulkhead.Guard{Log: log})
}

// checkAll runs the parts of [Check] in parallel and prints their findings in order.
func checkAll(ctx context.Context, c Config, w io.Writer, guard *bulkhead.Guard) error {
	parts := []func(context.Context, Config) []finding{checkApp, checkBot, checkRedis, checkCoupontools}
	findings := make([][]finding, len(parts))
	done := make([]<-chan error, len(parts))
	for i, part := range parts {
		done[i] = guard.Go(bulkhead.Check, func() error {
			ctx, cancel := context.WithTimeout(ctx, checkTimeout)
			defer cancel()
			findings[i] = part(ctx, c)
			return nil
		})
	}
	mask := newMasker(c.Secrets()...)
	passed := true
	for i := range parts {
		if err := <-done[i]; err != nil {
			findings[i] = append(findings[i],
				bad.findingf("couponbot couldn't finish this part of the check (%v); report this as a bug", err))
		}
		for _, f := range findings[i] {
			passed = passed && f.verdict != bad
			if _, err := fmt.Fprintf(w, "%-4s  %s\n", f.verdict, oneLine(mask.mask(f.text))); err != nil {
				return err
			}
		}
	}
	if !passed {
		return errCheckFailed
	}
	return nil
}
