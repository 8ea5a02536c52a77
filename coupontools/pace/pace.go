// Package pace holds all replicas together to one pace of API calls.
//
// Make a [Pace] with [New] and give its lanes to whoever calls: [Pace.Bulk] to sends, [Pace.Lookup] to what a person waits
// for. Both draw on one allowance, but a look-up may draw up to five calls ahead, so that it goes before the sends; and
// look-ups together take four fifths of it at most, so that sends go on however much is looked up. With Redis away each
// process keeps its look-ups to the pace by itself; sends wait for Redis, as they need it anyway.
package pace

import (
	"context"
	"errors"
	"math/rand/v2"
	"sync"
	"time"

	"github.com/go-redis/redis_rate/v10"
	"github.com/redis/go-redis/v9"
	"golang.org/x/time/rate"

	"github.com/coupontools/couponbot/internal/share"
)

const (
	bulkBurst   = 1
	lookupBurst = 5
	// lookupsAtOnce is how many look-ups ask for their time at once: few, so that the queue before them decides whose is
	// next, but not one, since Redis may be slow.
	lookupsAtOnce = 2
	// bulkPeriod is in how long sends make as many calls as the pace has a second. What lies between the pace and the API,
	// Redis and the network, takes longer for one call than for another, so that calls that left evenly come in unevenly.
	bulkPeriod = 1020 * time.Millisecond
	// aheadTime is how far ahead a call may be given its time. Whoever slept till it was due and asked again would ask too
	// late, by as much as a sleep is longer than it should be, and at a fast pace the fleet would lose a lot to that.
	aheadTime = 20 * time.Millisecond
	// longestDebt is more than can be drawn ahead at any rate. A longer wait comes of a clock of Redis that was put back.
	longestDebt = 10 * time.Second
	// redisTimeout bounds what is asked of Redis while a person waits, and awayFor is how long it is left alone after a
	// failure. Sends have bulkTimeout, and ask again after bulkRest.
	redisTimeout = 300 * time.Millisecond
	awayFor      = 2 * time.Second
	bulkTimeout  = 3 * time.Second
	bulkRest     = 200 * time.Millisecond
	// slowDefault is the pause after a 429 that does not say how long; slowMax is the longest.
	slowDefault = time.Second
	slowMax     = 10 * time.Minute
)

// Config is what a [Pace] needs.
type Config struct {
	// Redis holds the pace for all replicas.
	Redis *redis.Client
	// Prefix is in every key: "{prefix}pace:slow", and "rate:{prefix}pace" and "rate:{prefix}pace:lookup", whose beginning
	// redis_rate prescribes.
	Prefix string
	// Rate is calls a second, at least 1.
	Rate int
}

// Pace is the pace of all API calls. Make it with [New]; it is safe for use by many goroutines.
type Pace struct {
	rate    int
	key     string
	slowKey string
	redis   *redis.Client
	// alone is the pace of this process while Redis is away.
	alone *rate.Limiter

	mu        sync.Mutex
	awayUntil time.Time
	slowUntil time.Time
}

// New returns a pace. It makes no connection.
func New(cfg Config) *Pace {
	perSecond := max(cfg.Rate, 1)
	return &Pace{
		rate: perSecond, key: cfg.Prefix + "pace", slowKey: cfg.Prefix + "pace:slow",
		redis: cfg.Redis, alone: rate.NewLimiter(rate.Limit(perSecond), 1),
	}
}

// ahead is how many calls may be given their time before it has come.
func (p *Pace) ahead() int { return int(aheadTime / p.interval()) }

// Bulk returns the lane for sends: never two calls closer than the pace.
func (p *Pace) Bulk() *Lane {
	rdb := p.redis.WithTimeout(bulkTimeout)
	return &Lane{p: p, gates: []gate{p.gate(bulkBurst, bulkPeriod)}, redis: rdb, limiter: redis_rate.NewLimiter(rdb), bulk: true}
}

// Lookup returns the lane for what a person waits for: up to five calls at once, if there was a pause before or at the cost
// of the bulk lane after.
func (p *Pace) Lookup() *Lane {
	limit := redis_rate.Limit{Rate: 4 * p.rate, Burst: lookupBurst, Period: 5 * time.Second}
	lookups := gate{key: p.key + ":lookup", limit: limit}
	rdb := p.redis.WithTimeout(redisTimeout)
	return &Lane{
		p: p, gates: []gate{lookups, p.gate(lookupBurst, time.Second)}, redis: rdb, limiter: redis_rate.NewLimiter(rdb),
		queue: share.NewQueue(lookupsAtOnce),
	}
}

// gate is a limit that calls pass, and its key. Who asks up to ahead calls early is let through when it is time.
type gate struct {
	key   string
	limit redis_rate.Limit
	ahead int
}

// gate returns the one that all calls pass.
func (p *Pace) gate(burst int, period time.Duration) gate {
	return gate{p.key, redis_rate.Limit{Rate: p.rate, Burst: burst, Period: period}, p.ahead()}
}

// slowScript begins a pause unless one is on that ends later, but not later than any pause can.
var slowScript = redis.NewScript(`
local left = redis.call('PTTL', KEYS[1])
if left < tonumber(ARGV[1]) or left > tonumber(ARGV[2]) then redis.call('SET', KEYS[1], 1, 'PX', ARGV[1]) end
return 0`)

// Slow holds the whole fleet back for d, since the API answered 429. It takes 0 for a second, and ten minutes at most. A
// longer pause that is on goes on.
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
	// The pause in this process stands in any case.
	_ = p.do(context.WithoutCancel(ctx), func(ctx context.Context) error {
		return slowScript.Run(ctx, p.redis.WithTimeout(redisTimeout), []string{p.slowKey}, d.Milliseconds(), slowMax.Milliseconds()).Err()
	})
}

// Lane is one way to wait at the pace.
type Lane struct {
	p       *Pace
	gates   []gate // passed one after the other
	redis   *redis.Client
	limiter *redis_rate.Limiter
	bulk    bool         // it waits for a Redis that is away
	queue   *share.Queue // of those who wait for a look-up; nil for sends
}

// Slow is [Pace.Slow].
func (l *Lane) Slow(ctx context.Context, d time.Duration) { l.p.Slow(ctx, d) }

// Wait returns when a call may be made, or with the cause of ctx when that ends. Look-ups of several people, whom
// [share.WithPerson] tells apart, are let through in turn.
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
			wait += rand.N(l.p.interval()/20 + 1) // everybody who waits is told the same time
		}
		if err := rest(ctx, wait); err != nil {
			return err
		}
	}
	return nil
}

// interval is the time between two calls.
func (p *Pace) interval() time.Duration { return time.Second / time.Duration(p.rate) }

// ask takes a call from a gate's allowance and says how long until it may be made, or how long to wait before asking again.
func (l *Lane) ask(ctx context.Context, g gate) (ok bool, wait time.Duration, err error) {
	if wait := l.p.slowHere(); wait > 0 {
		return false, wait, nil
	}
	do := l.p.do
	if l.bulk {
		do = patiently
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

// patiently runs one operation of a send.
func patiently(ctx context.Context, op func(context.Context) error) error {
	ctx, cancel := context.WithTimeout(ctx, bulkTimeout)
	defer cancel()
	return op(ctx)
}

// pass asks a gate.
func (l *Lane) pass(ctx context.Context, g gate) (ok bool, wait time.Duration, err error) {
	limit := g.limit
	limit.Burst += g.ahead
	res, err := l.limiter.Allow(ctx, g.key, limit)
	switch {
	case err != nil:
		return false, 0, err
	case res.Allowed > 0:
		// ResetAfter is until nothing of the allowance is drawn ahead. It is time when no more than the burst is.
		return true, res.ResetAfter - time.Duration(g.limit.Burst)*g.limit.Period/time.Duration(g.limit.Rate), nil
	case res.RetryAfter > longestDebt:
		return false, time.Millisecond, l.limiter.Reset(ctx, g.key)
	}
	return false, max(res.RetryAfter, time.Millisecond), nil
}

// waitAlone waits at the pace of this process alone.
func (p *Pace) waitAlone(ctx context.Context) error {
	if err := rest(ctx, p.slowHere()); err != nil {
		return err
	}
	turn := p.alone.Reserve()
	if err := rest(ctx, turn.Delay()); err != nil {
		turn.Cancel()
		return err
	}
	return nil
}

// slowHere returns how long the pause that this process knows of goes on.
func (p *Pace) slowHere() time.Duration {
	p.mu.Lock()
	defer p.mu.Unlock()
	return time.Until(p.slowUntil)
}

var errAway = errors.New("redis is away")

// do runs one operation, or not while Redis is away.
func (p *Pace) do(ctx context.Context, op func(context.Context) error) error {
	p.mu.Lock()
	away := time.Now().Before(p.awayUntil)
	p.mu.Unlock()
	if away {
		return errAway
	}
	short, cancel := context.WithTimeout(ctx, redisTimeout)
	defer cancel()
	err := op(short)
	// A caller who gave up says nothing about Redis.
	if err != nil && ctx.Err() == nil {
		p.mu.Lock()
		p.awayUntil = time.Now().Add(awayFor)
		p.mu.Unlock()
	}
	return err
}

// rest waits, unless ctx ends first.
func rest(ctx context.Context, wait time.Duration) error {
	if wait <= 0 {
		return nil
	}
	timer := time.NewTimer(wait)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}
