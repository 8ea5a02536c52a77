// Package bulkhead starts every goroutine of couponbot, so that a panic in one of them is an error there and not the end
// of the process.
//
// A [Guard] runs functions: a panic is logged, counted by [Place], and returned as a [*Panic]. No other package of the
// program starts goroutines; a test reads the source for that.
package bulkhead

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"runtime"
	"runtime/debug"
	"time"
)

// firstWait and maxWait bound the growing waits before a loop that panicked is started again.
const firstWait, maxWait = 250 * time.Millisecond, 30 * time.Second

// Guard recovers panics. A nil Guard recovers them too, but reports nothing.
type Guard struct {
	// Log gets the place, the type and the stack of every panic, never its value: that may hold what people wrote.
	Log *slog.Logger
	// Count is told the place of every panic. It may be nil.
	Count func(Place)
	// Before runs before each guarded function, inside its guard. It exists for tests that inject panics.
	Before func(Place)
}

// Panic is the error that a panic becomes. Its text never holds the panic's value.
type Panic struct {
	Place Place
	// What describes the value: the words of Go's runtime, else its type.
	What string
	// Stack is that of the panic.
	Stack []byte
}

func (p *Panic) Error() string { return fmt.Sprintf("panic in %s: %s", p.Place, p.What) }

// Panicked reports whether err comes from a panic.
func Panicked(err error) bool {
	_, ok := errors.AsType[*Panic](err)
	return ok
}

// errExit is the error of a function that ended its goroutine by runtime.Goexit.
var errExit = errors.New("the goroutine was ended")

// Do runs f. It returns f's error, or a [*Panic] if f panics.
func (g *Guard) Do(place Place, f func() error) error {
	return g.recovered(place, func() error {
		if g != nil && g.Before != nil {
			g.Before(place)
		}
		return f()
	})
}

func (g *Guard) recovered(place Place, f func() error) (err error) {
	defer func() {
		if value := recover(); value != nil {
			err = g.caught(place, value)
		}
	}()
	return f()
}

// Go runs f in a goroutine of its own, and then each function of after with f's error, or with a [*Panic]. The channel
// gets the same error and is closed; it need not be read.
func (g *Guard) Go(place Place, f func() error, after ...func(error)) <-chan error {
	done := make(chan error, 1)
	go func() {
		defer close(done)
		done <- g.finish(place, func() error { return g.Do(place, f) }, after)
	}()
	return done
}

// finish runs guarded and, even if it ends the goroutine, the functions of after.
func (g *Guard) finish(place Place, guarded func() error, after []func(error)) error {
	err := errExit
	defer func() {
		for _, then := range after {
			_ = g.recovered(place, func() error { then(err); return nil })
		}
	}()
	err = guarded()
	return err
}

// Keep runs f until it returns without a panic, and returns its error. After each panic it waits, longer each time, and
// gives up if ctx ends meanwhile.
func (g *Guard) Keep(ctx context.Context, place Place, f func() error) error {
	for panics := 0; ; panics++ {
		began := time.Now()
		err := g.Do(place, f)
		if !Panicked(err) {
			return err
		}
		if time.Since(began) > maxWait {
			panics = 0
		}
		wait := min(firstWait<<min(panics, 10), maxWait)
		timer := time.NewTimer(wait/2 + rand.N(wait/2))
		select {
		case <-ctx.Done():
			timer.Stop()
			return err
		case <-timer.C:
		}
	}
}

// AfterFunc runs f in a goroutine of its own once ctx has ended, unless stop is called before; see [context.AfterFunc].
func (g *Guard) AfterFunc(ctx context.Context, place Place, f func() error, after ...func(error)) (stop func() bool) {
	return context.AfterFunc(ctx, func() { _ = g.finish(place, func() error { return g.Do(place, f) }, after) })
}

// AfterTime runs f in a goroutine of its own after d; see [time.AfterFunc].
func (g *Guard) AfterTime(d time.Duration, place Place, f func()) {
	time.AfterFunc(d, func() { _ = g.Do(place, func() error { f(); return nil }) })
}

// caught reports a panic. One that was carried here from another goroutine keeps its stack.
func (g *Guard) caught(place Place, value any) *Panic {
	p := &Panic{Place: place, What: describe(value), Stack: debug.Stack()}
	if carried, ok := value.(*Panic); ok {
		p.What, p.Stack = carried.What, carried.Stack
	}
	if g != nil {
		g.report(p)
	}
	return p
}

// report logs and counts a panic. A log or a counter that panics itself must not end the process.
func (g *Guard) report(p *Panic) {
	defer func() { _ = recover() }()
	if g.Count != nil {
		g.Count(p.Place)
	}
	if g.Log != nil {
		g.Log.Error("Recovered from a panic", "place", string(p.Place), "panic", p.What, "stack", string(p.Stack))
	}
}

// describe names a panic's value without what it may hold of people's texts: only the runtime's own errors are repeated.
func describe(value any) string {
	if err, ok := value.(runtime.Error); ok {
		return err.Error()
	}
	return fmt.Sprintf("%T", value)
}
