package commands

import (
	"context"
	"crypto/sha256"
	"encoding/base32"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/coupontools/couponbot/bot"
	"github.com/coupontools/couponbot/coupontools"
)

// once does what a form asks for one time only, however often and to however many replicas Slack delivers the form.
type once struct{ store onceStore }

// onceStore is the part of [bot.Store] that it takes.
type onceStore interface {
	store
	Once(ctx context.Context, key string, ttl time.Duration) (first bool, err error)
}

const (
	// onceLife is how long it is remembered what was done. Slack repeats a form within minutes.
	onceLife = 24 * time.Hour
	// onceWait is how long a repeat waits for what came of the first.
	onceWait = 100 * time.Second
	oncePoll = 300 * time.Millisecond
)

// outcome is what came of something, as it is told to a repeat.
type outcome struct {
	Said   string
	Failed bool
	// Undone says that it certainly was not done, and View in which view it was asked for.
	Undone bool
	View   string
}

// undone marks an error before which certainly nothing was done.
type undone struct{ error }

func (u undone) Unwrap() error { return u.error }

func surelyUndone(err error) bool {
	_, sure := errors.AsType[undone](err)
	return sure || coupontools.ClassOf(err) != coupontools.Unknown
}

// do runs act for the first who asks with an id; whoever asks again gets what came of it. What certainly was not done is
// tried again for somebody who asks in another view: that was opened since.
func (o once) do(ctx context.Context, id, view string, act func(context.Context) (said string, err error)) (string, error) {
	for try := 0; ; try++ {
		key := fmt.Sprintf("%s:%d", id, try)
		first, err := o.store.Once(ctx, "once:"+key, onceLife)
		if err != nil {
			return "", &bot.Mistake{
				Text: "Redis cannot be reached, so couponbot could not make sure that this happens only once.",
				Hint: "Please open the form again in a few minutes.", Cause: err,
			}
		}
		if first {
			said, err := act(ctx)
			result := outcome{Said: said, View: view}
			if err != nil {
				result = outcome{Said: spoken(err), Failed: true, Undone: surelyUndone(err), View: view}
			}
			o.store.Put(ctx, "came:"+key, encode(result), onceLife)
			return said, err
		}
		result, err := o.outcome(ctx, key)
		switch {
		case err != nil:
			return "", err
		case result.Undone && result.View != view:
			continue
		case result.Failed:
			return "", &bot.Mistake{Text: result.Said, Done: "It was not tried a second time."}
		}
		return result.Said, nil
	}
}

// click is do for a click, of which Slack may tell again.
func (o once) click(ctx context.Context, req bot.Request, act func(context.Context) (said string, err error)) (string, error) {
	return o.do(ctx, "click:"+req.ID, "", act)
}

// outcome waits for what came of the first.
func (o once) outcome(ctx context.Context, key string) (outcome, error) {
	ctx, cancel := context.WithTimeout(ctx, onceWait)
	defer cancel()
	tick := time.NewTicker(oncePoll)
	defer tick.Stop()
	for {
		var result outcome
		if b, ok := o.store.Get(ctx, "came:"+key); ok && json.Unmarshal(b, &result) == nil {
			return result, nil
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return outcome{}, &bot.Mistake{
				Text: "This form was submitted before, and what came of it is not known.",
				Done: "It was done once at most.", Hint: "Look in Coupontools before you do it again.",
			}
		}
	}
}

// spoken is an error in words.
func spoken(err error) string {
	m, ok := errors.AsType[*bot.Mistake](err)
	if !ok {
		m = Explain(err)
	}
	if m == nil {
		return "Something went wrong inside couponbot."
	}
	return joined(" ", m.Text, m.Done, m.Hint)
}

// formID names a form as it was submitted: the same submit delivered twice has the same name.
func formID(v *bot.View, content any) string {
	const enough = 26 // characters
	sum := sha256.Sum256(append([]byte(v.ID+" "), encode(content)...))
	return base32.StdEncoding.EncodeToString(sum[:])[:enough]
}
