package bulkhead

import (
	"context"

	"golang.org/x/sync/errgroup"
	"golang.org/x/sync/singleflight"
)

// Group is goroutines that are waited for together.
type Group struct {
	guard *Guard
	tasks *errgroup.Group
}

// Group returns an empty group.
func (g *Guard) Group() *Group { return &Group{guard: g, tasks: new(errgroup.Group)} }

// GroupWithContext returns an empty group, and a context that ends with the first error of one of its goroutines.
func (g *Guard) GroupWithContext(ctx context.Context) (*Group, context.Context) {
	tasks, ctx := errgroup.WithContext(ctx)
	return &Group{guard: g, tasks: tasks}, ctx
}

// SetLimit bounds how many goroutines run at once.
func (g *Group) SetLimit(n int) { g.tasks.SetLimit(n) }

// Go runs f, then the functions of after, in a goroutine of its own; see [Guard.Go].
func (g *Group) Go(place Place, f func() error, after ...func(error)) {
	g.tasks.Go(func() error { return g.guard.finish(place, func() error { return g.guard.Do(place, f) }, after) })
}

// Keep runs f in a goroutine of its own, again after each panic; see [Guard.Keep]. The functions of after run at the end.
func (g *Group) Keep(ctx context.Context, place Place, f func() error, after ...func(error)) {
	g.tasks.Go(func() error {
		return g.guard.finish(place, func() error { return g.guard.Keep(ctx, place, f) }, after)
	})
}

// Do runs f in a goroutine of the group and waits for it.
func (g *Group) Do(place Place, f func() error) error {
	done := make(chan error, 1)
	g.Go(place, f, func(err error) { done <- err })
	return <-done
}

// Wait waits for all, and returns the first error.
func (g *Group) Wait() error { return g.tasks.Wait() }

// Flight lets callers who need the same thing share one call. The zero Flight is ready for use.
type Flight[V any] struct{ calls singleflight.Group }

// Do returns what the call for key gives: that of f, or of another caller's f that is under way. It waits no longer than
// ctx; f continues without it.
func (f *Flight[V]) Do(ctx context.Context, g *Guard, place Place, key string, call func() (V, error)) (V, error) {
	shared := f.calls.DoChan(key, func() (any, error) {
		var value V
		err := g.Do(place, func() (err error) {
			value, err = call()
			return err
		})
		return value, err
	})
	var none V
	select {
	case r := <-shared:
		value, ok := r.Val.(V)
		if !ok {
			return none, r.Err
		}
		return value, r.Err
	case <-ctx.Done():
		return none, context.Cause(ctx)
	}
}

// Forget makes the next call for key a new one.
func (f *Flight[V]) Forget(key string) { f.calls.Forget(key) }
