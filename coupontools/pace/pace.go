// Package pace limits the API calls of all replicas to one common rate.
//
// Make a [Pace] with [New] and use its lanes: [Pace.Bulk] for sends, [Pace.Lookup] for calls a person waits for. Both share
// one rate. A lookup may run up to five calls ahead of it, so lookups go before sends; together they get at most four fifths
// of the rate, so sends always make progress. While Redis is down each process limits its lookups itself; sends wait for
// Redis, which they need anyway.
package pace

import (
	"context"
	"math/rand/v2"
	"sync"
	"time"

	"github.com/go-redis/redis_rate/v10"
	"github.com/redis/go-redis/v9"
	"golang.org/x/time/rate"

	"github.com/coupontools/couponbot/internal/bulkhead"
	"github.com/coupontools/couponbot/internal/redisguard"
	"github.com/coupontools/couponbot/internal/share"
	"github.com/coupontools/couponbot/internal/sleep"
)

const (
	bulkBurst   = 1
	lookupBurst = 5
	// lookupsAtOnce is how many look-ups request a slot at once: few, so that the queue decides the order of the others, but
	// not one, since Redis may be slow.
	lookupsAtOnce = 2
	// bulkPeriod is the time in which sends make as many calls as the rate allows in a second. The delays between here and the
	// API vary, so calls that leave evenly arrive unevenly; the margin keeps them below the API's limit.
	bulkPeriod = 1020 * time.Millisecond
	// aheadTime is how long before its time a call may be granted; the caller sleeps until then. A caller who slept first and
	// asked again would be late by the inaccuracy of the sleep, which at a fast rate costs the fleet a lot.
	aheadTime = 20 * time.Millisecond
	// longestDebt is more than calls can run ahead at any rate. A longer wait means that the clock of Redis was set back.
	longestDebt = 10 * time.Second
	// bulkTimeout bounds a Redis operation of a send. After a failure it is retried every bulkRest.
	bulkTimeout = 3 * time.Second
	bulkRest    = 200 * time.Millisecond
	// slowDefault is the pause after a 429 without Retry-After; slowMax is the longest pause.
	slowDefault = time.Second
	slowMax     = 10 * time.Minute
)

// Config is what a [Pace] needs.
type Config struct {
	// Redis holds the state shared by all replicas.
	Redis *redis.Client
	// Prefix is in every key: "{prefix}pace:slow", and "rate:{prefix}pace" and "rate:{prefix}pace:lookup"; the first part is
	// prescribed by redis_rate.
	Prefix string
	// Rate is calls a second, at least 1.
	Rate int
	// Guard recovers panics of redis_rate, which does not check the answers of Redis.
	Guard *bulkhead.Guard
}

// Pace is the rate limiter for all API calls. Make it with [New]; it is safe for concurrent use.
type Pace struct {
	rate    int
	key     string
	slowKey string
	redis   *redis.Client
	// alone limits this process while Redis is down.
	alone *rate.Limiter

	guard  redisguard.Guard
	panics *bulkhead.Guard

	mu        sync.Mutex
	slowUntil time.Time
}

// New returns a pace. It makes no connection.
func New(cfg Config) *Pace {
	perSecond := max(cfg.Rate, 1)
	return &Pace{
		rate: perSecond, key: cfg.Prefix + "pace", slowKey: cfg.Prefix + "pace:slow",
		redis: cfg.Redis, alone: rate.NewLimiter(rate.Limit(perSecond), 1), panics: cfg.Guard,
	}
}

// ahead is how many calls may be granted before their time.
func (p *Pace) ahead() int { return int(aheadTime / p.interval()) }

// Bulk returns the lane for sends. It spaces calls evenly.
func (p *Pace) Bulk() *Lane {
	rdb := p.redis.WithTimeout(bulkTimeout)
	return &Lane{p: p, gates: []gate{p.gate(bulkBurst, bulkPeriod)}, redis: rdb, limiter: redis_rate.NewLimiter(rdb), bulk: true}
}

// Lookup returns the lane for calls a person waits for: up to five at once. Bulk calls wait longer after such a burst.
func (p *Pace) Lookup() *Lane {
	limit := redis_rate.Limit{Rate: 4 * p.rate, Burst: lookupBurst, Period: 5 * time.Second}
	lookups := gate{key: p.key + ":lookup", limit: limit}
	rdb := p.redis.WithTimeout(redisguard.Timeout)
	return &Lane{
		p: p, gates: []gate{lookups, p.gate(lookupBurst, time.Second)}, redis: rdb, limiter: redis_rate.NewLimiter(rdb),
		queue: share.NewQueue(lookupsAtOnce),
	}
}

// gate is a limit and its key. Callers up to `ahead` calls over the limit wait for their slot; others are refused.
type gate struct {
	key   string
	limit redis_rate.Limit
	ahead int
}

// gate returns the limit on all calls.
func (p *Pace) gate(burst int, period time.Duration) gate {
	return gate{p.key, redis_rate.Limit{Rate: p.rate, Burst: burst, Period: period}, p.ahead()}
}

// slowScript starts a pause unless a longer one is in effect. One longer than slowMax is invalid and is replaced.
var slowScript = redis.NewScript(`
local left = redis.call('PTTL', KEYS[1])
if left < tonumber(ARGV[1]) or left > tonumber(ARGV[2]) then redis.call('SET', KEYS[1], 1, 'PX', ARGV[1]) end
return 0`)

// Slow pauses the whole fleet for d after the API answered 429: a second if d is 0, ten minutes at most. It doesn't shorten
// a longer pause.
func (p *Pace) Slow(ctx context.Context, d time.Duration) {
	if d <= 0 {
		d = slowDefault
	}
	d = min(max(d, time.Millisecond), slowMax)
	p.mu.Lock()
	if until := time.Now().Add(d); until.After(p.slowUntil) {
		p.slowUntil = until
	}
	p.mu.Unlock()
	// Without Redis the pause applies to this process only.
	_ = p.guard.Do(context.WithoutCancel(ctx), func(ctx context.Context) error {
		rdb := p.redis.WithTimeout(redisguard.Timeout)
		return slowScript.Run(ctx, rdb, []string{p.slowKey}, d.Milliseconds(), slowMax.Milliseconds()).Err()
	})
}

// Lane is one way to wait for the rate limiter.
type Lane struct {
	p       *Pace
	gates   []gate // passed in order
	redis   *redis.Client
	limiter *redis_rate.Limiter
	bulk    bool         // wait while Redis is down
	queue   *share.Queue // callers that wait for a look-up; nil for sends
}

// Slow is [Pace.Slow].
func (l *Lane) Slow(ctx context.Context, d time.Duration) { l.p.Slow(ctx, d) }

// Wait returns when a call may be made, or with the cause of ctx if that ends first. Look-ups of several people take turns;
// [share.WithPerson] identifies the person.
func (l *Lane) Wait(ctx context.Context) error {
	if l.queue != nil {
		if err := l.queue.Acquire(ctx); err != nil {
			return err
		}
		defer l.queue.Release()
	}
	for passed := 0; passed < len(l.gates); {
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		ok, wait, err := l.ask(ctx, l.gates[passed])
		switch {
		case err != nil && l.bulk:
			wait = bulkRest
		case err != nil:
			return l.p.waitAlone(ctx)
		case ok:
			passed++
		default:
			wait += rand.N(l.p.interval()/20 + 1) // spreads the callers, who all got the same wait
		}
		if err := sleep.For(ctx, wait); err != nil {
			return err
		}
	}
	return nil
}

// interval is the time between two calls.
func (p *Pace) interval() time.Duration { return time.Second / time.Duration(p.rate) }

// ask requests a call from a gate. With ok, wait is the time until the call may be made; otherwise it is the time until the
// next request.
func (l *Lane) ask(ctx context.Context, g gate) (ok bool, wait time.Duration, err error) {
	if wait := l.p.slowHere(); wait > 0 {
		return false, wait, nil
	}
	do := l.p.guard.Do
	if l.bulk {
		do = withBulkTimeout
	}
	err = do(ctx, func(ctx context.Context) error {
		wait, err = l.redis.PTTL(ctx, l.p.slowKey).Result()
		if err != nil || wait > 0 && wait <= slowMax {
			return err
		}
		ok, wait, err = l.pass(ctx, g)
		return err
	})
	return ok, wait, err
}

// withBulkTimeout runs one operation for a send.
func withBulkTimeout(ctx context.Context, op func(context.Context) error) error {
	ctx, cancel := context.WithTimeout(ctx, bulkTimeout)
	defer cancel()
	return op(ctx)
}

// pass requests a call from a gate's limit.
func (l *Lane) pass(ctx context.Context, g gate) (ok bool, wait time.Duration, err error) {
	limit := g.limit
	limit.Burst += g.ahead
	var res *redis_rate.Result
	err = l.p.panics.Do(bulkhead.Pace, func() (err error) {
		res, err = l.limiter.Allow(ctx, g.key, limit)
		return err
	})
	switch {
	case err != nil:
		return false, 0, err
	case res.Allowed > 0:
		// ResetAfter is the time until the whole burst is available again. The call's own time comes one burst earlier.
		return true, res.ResetAfter - time.Duration(g.limit.Burst)*g.limit.Period/time.Duration(g.limit.Rate), nil
	case res.RetryAfter > longestDebt:
		return false, time.Millisecond, l.limiter.Reset(ctx, g.key)
	}
	return false, max(res.RetryAfter, time.Millisecond), nil
}

// waitAlone waits for this process's own limiter.
func (p *Pace) waitAlone(ctx context.Context) error {
	if err := sleep.For(ctx, p.slowHere()); err != nil {
		return err
	}
	turn := p.alone.Reserve()
	if err := sleep.For(ctx, turn.Delay()); err != nil {
		turn.Cancel()
		return err
	}
	return nil
}

// slowHere returns the rest of the pause known to this process.
func (p *Pace) slowHere() time.Duration {
	p.mu.Lock()
	defer p.mu.Unlock()
	return time.Until(p.slowUntil)
}
