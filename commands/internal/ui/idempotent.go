package ui

import (
	"context"
	"crypto/sha256"
	"encoding/base32"
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"strings"
	"time"

	"github.com/coupontools/couponbot/bot"
	"github.com/coupontools/couponbot/commands/internal/format"
	"github.com/coupontools/couponbot/coupontools"
)

// Idempotent runs an action once per id, however often Slack delivers the request and to however many replicas.
type Idempotent struct{ Store OnceStore }

// OnceStore is the part of [bot.Store] that Idempotent needs.
type OnceStore interface {
	Store
	Once(ctx context.Context, key string, ttl time.Duration) (first bool, err error)
}

const (
	// onceLife is how long a result is kept. Slack redelivers within minutes.
	onceLife = 24 * time.Hour
	// onceWait is how long a repeat waits for the result of the first run.
	onceWait = 100 * time.Second
	oncePoll = 300 * time.Millisecond
)

// onceResult is the stored answer, returned to repeats. Its text holds no link and no code: see [WithoutCodes].
type onceResult struct {
	Said   string
	Failed bool
	// Undone says that nothing was changed for certain. View is the view that asked for the action.
	Undone bool
	View   string
}

// Undone wraps an error that occurred before any change.
type Undone struct{ Err error }

func (u Undone) Error() string { return u.Err.Error() }

func (u Undone) Unwrap() error { return u.Err }

// SurelyUndone reports whether err means that nothing was changed for certain.
func SurelyUndone(err error) bool {
	if _, sure := errors.AsType[Undone](err); sure {
		return true
	}
	if m, ok := errors.AsType[*bot.Mistake](err); ok && m.Unsure {
		return false
	}
	return coupontools.ClassOf(err) != coupontools.Unknown
}

// do runs act for the first caller with an id. Later callers get the result of that run.
func (i Idempotent) do(ctx context.Context, id, view string, act func(context.Context) (said string, err error)) (string, error) {
	key, first, err := i.Claim(ctx, id, view)
	if err != nil {
		return "", err
	}
	if first {
		said, err := act(ctx)
		i.keep(ctx, key, view, said, err)
		return said, err
	}
	result, err := i.wait(ctx, key)
	switch {
	case err != nil:
		return "", err
	case result.Failed:
		return "", &bot.Mistake{Text: result.Said, Done: "It was not tried a second time."}
	}
	return result.Said, nil
}

// Click runs act once per click, which Slack may deliver again.
func (i Idempotent) Click(ctx context.Context, req bot.Request, act func(context.Context) (said string, err error)) (string, error) {
	return i.do(ctx, "click:"+req.ID, "", act)
}

// Claim claims an id. The first caller may run the action and [Idempotent.keep] its result under the key; later callers get
// the key of that run. If a run changed nothing for certain, the id is free again for another view, since the user has opened
// that one later.
func (i Idempotent) Claim(ctx context.Context, id, view string) (key string, first bool, err error) {
	for try := 0; ; try++ {
		key = fmt.Sprintf("%s:%d", id, try)
		if first, err = i.Store.Once(ctx, "once:"+key, onceLife); err != nil {
			m := redisMistake(err, ", so couponbot couldn't make sure that this happens only once.")
			m.Hint = RedisHint(err, "Please open the form again in a few minutes.")
			return "", false, m
		}
		if first {
			return key, true, nil
		}
		if result, over := i.result(ctx, key); !over || !result.Undone || result.View == view {
			return key, false, nil
		}
	}
}

// keep stores the result of a run for repeats.
func (i Idempotent) keep(ctx context.Context, key, view, said string, err error) {
	result := onceResult{Said: WithoutCodes(said), View: view}
	if err != nil {
		result = onceResult{Said: WithoutCodes(ErrorText(err)), Failed: true, Undone: SurelyUndone(err), View: view}
	}
	i.Store.Put(ctx, "came:"+key, Encode(result), onceLife)
}

// result returns the stored result, if the run has ended.
func (i Idempotent) result(ctx context.Context, key string) (result onceResult, over bool) {
	b, ok := i.Store.Get(ctx, "came:"+key)
	over = ok && json.Unmarshal(b, &result) == nil
	return result, over
}

// wait returns the result of a run that may still be in progress.
func (i Idempotent) wait(ctx context.Context, key string) (onceResult, error) {
	ctx, cancel := context.WithTimeout(ctx, onceWait)
	defer cancel()
	tick := time.NewTicker(oncePoll)
	defer tick.Stop()
	for {
		if result, over := i.result(ctx, key); over {
			return result, nil
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return onceResult{}, &bot.Mistake{
				Text: "You've already submitted this form, and couponbot doesn't know how that ended.",
				Done: "It was done once at most.", Hint: "Look in Coupontools before you do it again.",
			}
		}
	}
}

// linkOrCode matches links and session codes, which have 21 characters. Both let anybody use the coupon.
var linkOrCode = regexp.MustCompile(`https?://\S+|\b[A-Za-z0-9]{16,}\b`)

// WithoutCodes removes links and codes from a text before it is stored. A code's last four characters stay, to tell codes
// apart; the first six would work at the till. A long word without a digit is no code.
func WithoutCodes(text string) string {
	const shown = 4
	return linkOrCode.ReplaceAllStringFunc(text, func(s string) string {
		switch {
		case strings.HasPrefix(s, "http"):
			return "…"
		case !strings.ContainsAny(s, "0123456789"):
			return s
		}
		return "…" + s[len(s)-shown:]
	})
}

// ErrorText returns an error as one text.
func ErrorText(err error) string {
	m, ok := errors.AsType[*bot.Mistake](err)
	if !ok {
		m = Explain(err)
	}
	if m == nil {
		return "Something went wrong inside couponbot."
	}
	return format.Joined(" ", m.Text, m.Done, m.Hint)
}

// SubmissionID identifies a submitted form: a redelivery has the same id.
func SubmissionID(v *bot.View, content any) string {
	const enough = 26 // characters
	sum := sha256.Sum256(append([]byte(v.ID+" "), Encode(content)...))
	return base32.StdEncoding.EncodeToString(sum[:])[:enough]
}

// ShownBefore tells a repeat that only the first answer shows the link.
func ShownBefore(hint string) *bot.Mistake {
	return &bot.Mistake{
		Text: "You've already submitted this form.", Done: "It makes one link at most, and only the first answer shows it.", Hint: hint,
	}
}
