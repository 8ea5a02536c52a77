package cache

import (
	"context"
	"sync"
	"time"

	"github.com/redis/go-redis/v9"
	"golang.org/x/sync/singleflight"

	"github.com/coupontools/couponbot/coupontools"
)

const (
	// localFor is how long the copy in the process is given out without asking Redis whether there is a newer one.
	localFor = 2 * time.Second
	// patience is how long somebody waits for a list to be renewed when there is an old one to show; longPatience is the
	// same for somebody who asked for a new one.
	patience     = 800 * time.Millisecond
	longPatience = 10 * time.Second
	// fetchTimeout bounds one flight: the wait for another replica's call, or the call with its repeats.
	fetchTimeout = 90 * time.Second
	// failedFor is how long an old list is shown after a failure before the API is asked again.
	failedFor = 2 * time.Second
	// refreshEvery is the age under which Refresh takes a list for new.
	refreshEvery = 3 * time.Second
)

// Config is what a [Directories] needs.
type Config struct {
	// Redis holds the list for all replicas.
	Redis *redis.Client
	// Prefix starts every key.
	Prefix string
	// Fetch asks the API for the whole list. The error it gives is the one that [Directories.List] gives.
	Fetch func(context.Context) ([]coupontools.Directory, error)
	// TTL is how long a list counts as fresh. Stale is how old a list may be and still be shown when the API is away.
	TTL, Stale time.Duration
	// Observe, if not nil, is told how each list was found: "local" (in the process), "hit" (fresh, in Redis), "miss" (from
	// the API), "stale" (past its time) or "bypass" (from the API, Redis being away).
	Observe func(result string)
}

// Directories gives out the list of directories. Make it with [New]; it is safe for use by many goroutines.
type Directories struct {
	cfg   Config
	store *store
	loads singleflight.Group

	mu       sync.Mutex
	local    *List
	checked  time.Time // when Redis, or the API, last confirmed local
	failedAt time.Time // when the API last failed, zero once it has answered
	flight   *flight
}

// New returns a cache. It makes no connection.
func New(cfg Config) *Directories {
	if cfg.Observe == nil {
		cfg.Observe = func(string) {}
	}
	return &Directories{cfg: cfg, store: newStore(cfg.Redis, cfg.Prefix, max(cfg.TTL, cfg.Stale))}
}

// List returns the list of directories. If there is an old one, it returns within about a second whatever is away;
// otherwise it waits for the API until ctx ends. Its error is that of the API, or the cause of ctx.
func (d *Directories) List(ctx context.Context) (*List, error) {
	if l := d.recent(); l != nil {
		d.cfg.Observe("local")
		return l, nil
	}
	l := d.load()
	if l != nil && age(l) < d.cfg.TTL && !d.store.away() {
		d.cfg.Observe("hit")
		return l, nil
	}
	return d.renew(ctx, l)
}

// Refresh returns a list that is at most a few seconds old, asking the API if there is none. Any number of people doing so
// at once, on all replicas, cost one call. When the API is away it returns the old list, marked, after ten seconds at most.
func (d *Directories) Refresh(ctx context.Context) (*List, error) {
	if l := d.load(); l != nil && age(l) < refreshEvery {
		d.cfg.Observe("hit")
		return l.marked(false, d.store.away()), nil
	}
	return d.renewNow(ctx)
}

// Local returns the list that is in the process, however old, or nil if there is none yet. It never waits.
func (d *Directories) Local() *List {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.local
}

// recent returns the list in the process if it needs no confirmation.
func (d *Directories) recent() *List {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.local == nil || time.Since(d.checked) >= localFor || age(d.local) >= d.cfg.TTL {
		return nil
	}
	return d.local.marked(false, d.store.away())
}

// load returns the list in Redis, or the one in the process if Redis is away or has none: nil if there is none, or only
// one that is too old to be shown.
func (d *Directories) load() *List {
	// Nothing in here waits for longer than one operation's deadline, so the callers' contexts need not be looked at.
	_, _, _ = d.loads.Do("", func() (any, error) {
		d.loadOnce()
		return nil, nil
	})
	l := d.Local()
	if l == nil || age(l) >= max(d.cfg.TTL, d.cfg.Stale) {
		return nil
	}
	return l
}

// loadOnce brings the list in the process up to the one in Redis. The time it was fetched tells whether they differ.
func (d *Directories) loadOnce() {
	var known time.Time
	if l := d.Local(); l != nil {
		known = l.FetchedAt
	}
	at, directories, err := d.store.load(known)
	switch {
	case err != nil, at.IsZero():
	case at.Equal(known):
		d.mu.Lock()
		d.checked = time.Now()
		d.mu.Unlock()
	default:
		d.keep(NewList(directories, at))
	}
}

// keep makes l the list in the process, unless that is a newer one.
func (d *Directories) keep(l *List) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.local == nil || age(l) <= age(d.local) {
		d.local = l
		d.checked = time.Now()
	}
}

// age returns how old a list is. One from the future, by a clock that was wrong here or in another replica, is taken for as
// old as it is ahead, so that it is not fresh until then.
func age(l *List) time.Duration { return time.Since(l.FetchedAt).Abs() }

// newer reports whether a list was fetched after a given time.
func newer(l *List, since time.Time) bool { return age(l) < time.Since(since) }
