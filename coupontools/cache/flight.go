package cache

import (
	"context"
	"crypto/rand"
	mathrand "math/rand/v2"
	"time"
)

// flight is one attempt of this process to get a list that was fetched after a given time. All who need one wait for the
// same flight, and it goes on when they have gone.
type flight struct {
	since   time.Time
	started time.Time
	done    chan struct{}
	// list and err are set when done is closed.
	list *List
	err  error
}

// late reports whether the flight has taken longer than anybody waits for it.
func (f *flight) late() bool { return time.Since(f.started) >= patience }

// renew returns a fresh list in place of the old one, which may be nil, or the old one if the new one takes its time.
func (d *Directories) renew(ctx context.Context, old *List) (*List, error) {
	if old != nil && d.failedLately() {
		return d.old(old, true), nil
	}
	f, mine := d.join(ctx, time.Now().Add(-d.cfg.TTL))
	if old != nil && !mine && !d.store.away() {
		return d.old(old, f.late()), nil
	}
	return d.await(ctx, f, old, patience)
}

// renewNow returns a list that is new, joining flight after flight until one brings it.
func (d *Directories) renewNow(ctx context.Context) (*List, error) {
	since := time.Now().Add(-refreshEvery)
	for {
		f, _ := d.join(ctx, since)
		l, err := d.await(ctx, f, d.load(), longPatience)
		// A flight that had begun before may have been content with less.
		if err != nil || l.Stale || newer(l, since) || !f.since.Before(since) {
			return l, err
		}
	}
}

// await waits for a flight, and falls back on the old list if there is one and the flight fails or takes too long.
func (d *Directories) await(ctx context.Context, f *flight, old *List, patience time.Duration) (*List, error) {
	var enough <-chan time.Time
	if old != nil {
		timer := time.NewTimer(patience)
		defer timer.Stop()
		enough = timer.C
	}
	select {
	case <-f.done:
	case <-enough:
		return d.old(old, true), nil
	case <-ctx.Done():
		if old != nil {
			return d.old(old, true), nil
		}
		return nil, context.Cause(ctx)
	}
	switch {
	case f.err == nil:
		d.observeNew()
		return f.list.marked(false, d.store.away()), nil
	case old != nil:
		return d.old(old, true), nil
	default:
		return nil, f.err
	}
}

// old marks a list past its time.
func (d *Directories) old(l *List, stale bool) *List {
	d.cfg.Observe("stale")
	return l.marked(stale, d.store.away())
}

func (d *Directories) observeNew() {
	if d.store.away() {
		d.cfg.Observe("bypass")
		return
	}
	d.cfg.Observe("miss")
}

func (d *Directories) failedLately() bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	return time.Since(d.failedAt) < failedFor
}

// join returns the flight that is under way, or begins one, and says whether it did.
func (d *Directories) join(ctx context.Context, since time.Time) (f *flight, mine bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.flight != nil {
		return d.flight, false
	}
	d.flight = &flight{since: since, started: time.Now(), done: make(chan struct{})}
	go d.fly(context.WithoutCancel(ctx), d.flight)
	return d.flight, true
}

// fly makes the flight.
func (d *Directories) fly(ctx context.Context, f *flight) {
	ctx, cancel := context.WithTimeout(ctx, fetchTimeout)
	defer cancel()
	f.list, f.err = d.obtain(ctx, f.since)
	d.mu.Lock()
	d.flight = nil
	d.failedAt = time.Time{}
	if f.err != nil {
		d.failedAt = time.Now()
	}
	d.mu.Unlock()
	close(f.done)
}

// obtain gets a list fetched after since: from the API if this process gets the fleet's lock, from Redis if another has it,
// and from the API without further ado while Redis is away.
func (d *Directories) obtain(ctx context.Context, since time.Time) (*List, error) {
	token := rand.Text()
	for {
		holder, err := d.store.lock(token)
		if err != nil {
			return d.fetchAlone(ctx, since)
		}
		if l := d.load(); l != nil && newer(l, since) {
			d.store.release(token)
			return l, nil
		}
		if holder == token {
			return d.fetchForAll(ctx, token)
		}
		if err := pollPause(ctx); err != nil {
			return nil, err
		}
		if err := d.store.failure(holder); err != nil {
			return nil, err
		}
	}
}

// pollPause waits a little before looking again at what another replica is doing.
func pollPause(ctx context.Context) error {
	timer := time.NewTimer(50*time.Millisecond + mathrand.N(50*time.Millisecond))
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// fetchForAll asks the API under the fleet's lock, and leaves the list, or the failure, for the others.
func (d *Directories) fetchForAll(ctx context.Context, token string) (*List, error) {
	stop := d.store.hold(token)
	defer d.store.release(token)
	defer stop()
	l, err := d.fetch(ctx)
	if err != nil {
		d.store.saveFailure(token, err)
		return nil, err
	}
	d.store.save(l)
	return l, nil
}

// fetchAlone asks the API without Redis, unless it has just been asked: then those who came a little later have the same.
func (d *Directories) fetchAlone(ctx context.Context, since time.Time) (*List, error) {
	if l := d.Local(); l != nil && age(l) < localFor && newer(l, since) {
		return l, nil
	}
	return d.fetch(ctx)
}

// fetch asks the API.
func (d *Directories) fetch(ctx context.Context) (*List, error) {
	directories, err := d.cfg.Fetch(ctx)
	if err != nil {
		return nil, err
	}
	l := NewList(directories, time.Now())
	d.keep(l)
	return l, nil
}
