// Package cache keeps the list of directories, so that any number of people looking at it cost the API one call in a while.
package cache

import (
	"context"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/coupontools/couponbot/coupontools"
)

// Config is what a [Directories] needs.
type Config struct {
	// Redis holds the list for all replicas.
	Redis *redis.Client
	// Prefix starts every key.
	Prefix string
	// Fetch asks the API for the whole list.
	Fetch func(context.Context) ([]coupontools.Directory, error)
	// TTL is how long a list counts as fresh. Stale is how old a list may be and still be shown while the API is away.
	TTL, Stale time.Duration
	// Observe, if not nil, is told how each list was found: "hit", "miss", "stale", "local" or "bypass".
	Observe func(result string)
}

// Directories is the list of directories, cached. Make it with [New].
type Directories struct{ cfg Config }

// New returns a cache. It makes no connection.
func New(cfg Config) *Directories { return &Directories{cfg: cfg} }

// List returns the list.
func (d *Directories) List(ctx context.Context) (*List, error) { return nil, ctx.Err() }

// Refresh fetches the list anew.
func (d *Directories) Refresh(ctx context.Context) (*List, error) { return nil, ctx.Err() }

// Local returns the in-process list however old, or nil.
func (d *Directories) Local() *List { return nil }
