package bot

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/slack-go/slack"

	"github.com/coupontools/couponbot/internal/bulkhead"
)

const (
	// cacheFresh is how long a cached answer is used without asking Slack again. cacheStale is how long an answer about a
	// person or a group may be used while Slack can't be asked.
	cacheFresh = time.Minute
	cacheStale = 5 * time.Minute
	// longestRest bounds a Retry-After of Slack's.
	longestRest = 5 * time.Minute
	// cacheSize bounds the answers of a kind.
	cacheSize = 10_000
)

// slackCache caches Slack's answers and makes one call at a time per key. A refusal, such as for an unknown user, is cached
// too. While Slack's rate limit lasts, it makes no calls.
type slackCache[V any] struct {
	guard  *bulkhead.Guard
	stale  time.Duration // how old an answer may be while Slack can't be asked
	ask    func(context.Context, string) (V, error)
	flight bulkhead.Flight[V]

	mu      sync.Mutex
	answers map[string]slackAnswer[V]
	limited *slack.RateLimitedError
	until   time.Time // the end of the rate limit
}

type slackAnswer[V any] struct {
	value   V
	refused error
	at      time.Time
}

func newSlackCache[V any](guard *bulkhead.Guard, stale time.Duration, ask func(context.Context, string) (V, error)) *slackCache[V] {
	return &slackCache[V]{guard: guard, stale: stale, ask: ask, answers: map[string]slackAnswer[V]{}}
}

func (c *slackCache[V]) get(ctx context.Context, key string) (V, error) {
	var none V
	have, ok, limited := c.recall(key)
	switch {
	case ok && time.Since(have.at) < cacheFresh && have.refused != nil:
		return none, fmt.Errorf("ask Slack: %w", have.refused)
	case ok && time.Since(have.at) < cacheFresh, ok && limited != nil && c.usable(have):
		return have.value, nil
	case limited != nil:
		return none, fmt.Errorf("ask Slack: %w", limited)
	}
	value, err := c.flight.Do(ctx, c.guard, bulkhead.BotPeople, key, func() (V, error) {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), askTime)
		defer cancel()
		value, err := c.ask(ctx, key)
		c.remember(key, value, err)
		return value, err
	})
	if err == nil {
		return value, nil
	}
	if ok && temporary(err) && c.usable(have) {
		return have.value, nil
	}
	return none, fmt.Errorf("ask Slack: %w", err)
}

// usable reports whether a stale answer may replace one that Slack can't give now.
func (c *slackCache[V]) usable(a slackAnswer[V]) bool {
	return a.refused == nil && time.Since(a.at) < c.stale
}

// recall returns the cached answer, and the rate limit if one lasts.
func (c *slackCache[V]) recall(key string) (have slackAnswer[V], ok bool, limited error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	have, ok = c.answers[key]
	if time.Now().Before(c.until) {
		limited = c.limited
	}
	return have, ok, limited
}

func (c *slackCache[V]) remember(key string, value V, err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if limited, ok := errors.AsType[*slack.RateLimitedError](err); ok {
		c.limited, c.until = limited, time.Now().Add(min(limited.RetryAfter, longestRest))
	}
	if err != nil && temporary(err) {
		return
	}
	if len(c.answers) >= cacheSize {
		clear(c.answers)
	}
	c.answers[key] = slackAnswer[V]{value: value, refused: err, at: time.Now()}
}

// temporary reports whether the next try may succeed. A refusal of Slack's (user_not_found) is an answer, which no older
// one may replace.
func temporary(err error) bool {
	refused, ok := errors.AsType[slack.SlackErrorResponse](err)
	if !ok {
		return true
	}
	switch refused.Err {
	case "ratelimited", "fatal_error", "internal_error", "service_unavailable", "request_timeout":
		return true
	}
	return false
}
