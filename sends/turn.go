package sends

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"sync/atomic"
	"time"

	"github.com/hibiken/asynq"
	"github.com/redis/go-redis/v9"

	"github.com/coupontools/couponbot/internal/bulkhead"
)

// turnTime is how long one turn goes on making calls, if others may wait for theirs. It is well under leaseTime.
const turnTime = 5 * time.Second

// flight is the calls of one send that this process has out, over any number of turns.
type flight struct {
	slots chan struct{}
	users int // turns and calls that hold on to it; guarded by the service's mu
}

// board returns the flight of a send. Whoever boards leaves.
func (s *Service) board(id string) *flight {
	s.mu.Lock()
	defer s.mu.Unlock()
	f := s.flights[id]
	if f == nil {
		f = &flight{slots: make(chan struct{}, s.cfg.InFlight)}
		s.flights[id] = f
	}
	f.users++
	return f
}

func (s *Service) leave(id string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	f := s.flights[id]
	if f.users--; f.users == 0 {
		delete(s.flights, id)
	}
}

// turns takes what the queue hands out.
func (s *Service) turns(l *life) asynq.Handler {
	return asynq.HandlerFunc(func(ctx context.Context, task *asynq.Task) error {
		var t turnTask
		if err := json.Unmarshal(task.Payload(), &t); err != nil {
			return fmt.Errorf("read task: %w: %w", err, asynq.RevokeTask)
		}
		err := l.going.Do(bulkhead.SendTurn, func() error { return s.take(ctx, l, t) })
		if bulkhead.Panicked(err) {
			s.holdUp(l, t.Send, "") // its keeper queues another turn for the end of that
			return fmt.Errorf("%w: %w", err, asynq.RevokeTask)
		}
		return err
	})
}

const (
	// faultWait is how long a send is held up after a panic, doubled with each one up to faultMaxWait; after faultCalm
	// without any it is faultWait again.
	faultWait, faultMaxWait, faultCalm = 15 * time.Second, 10 * time.Minute, time.Hour
)

// holdUp holds a send up after a panic, in all processes. The token is that of its keeper if that panicked, else "".
func (s *Service) holdUp(l *life, id, token string) {
	ctx, cancel := context.WithTimeout(l.records, leaseTime)
	defer cancel()
	err := s.do(ctx, faultScript, id, token,
		faultWait.Milliseconds(), faultMaxWait.Milliseconds(), faultCalm.Milliseconds()).Err()
	if err != nil {
		s.cfg.Log.Error("Cannot hold a send up after a panic", "send", id, "error", err)
		return
	}
	s.cfg.Log.Error("Holding a send up after a panic; it is tried again later", "send", id)
}

// take has one turn, if it is this one's.
func (s *Service) take(ctx context.Context, l *life, t turnTask) error {
	owner := rand.Text()
	st, rest, err := parseReply(s.do(ctx, takeScript, t.Send, owner, t.Turns))
	switch {
	case err != nil:
		return fmt.Errorf("take turn: %w", err)
	case st.code == "busy":
		return laterError{busyWait}
	case st.code == "early":
		return laterError{max(time.Duration(st.due)*time.Millisecond, 0)}
	case st.code != "taken":
		return nil
	case len(rest) == 0 || !hash(rest[0]).callable():
		return fmt.Errorf("take turn: %w", errReply)
	}
	work, cancel := context.WithTimeout(ctx, turnTime)
	defer cancel()
	r := &run{
		s: s, id: t.Send, owner: owner, life: l, work: work, cancel: cancel, flight: s.board(t.Send),
		wake: make(chan struct{}, 1),
	}
	defer s.leave(t.Send)
	r.send = hash(rest[0]).send(t.Send)
	r.least.Store(int64(r.send.Counts.Total))
	r.note(st)
	if r.begin() {
		r.dispatch()
	}
	r.yield()
	return nil
}

// run is one turn of one send.
type run struct {
	s      *Service
	id     string
	owner  string // the token of the turn
	send   Send   // as it was when the turn was taken
	life   *life
	work   context.Context //nolint:containedctx // ends with the turn, or when the process shuts down
	cancel context.CancelFunc
	flight *flight

	claims   int64         // how many claims were tried; only dispatch touches it
	wake     chan struct{} // something changed that dispatch may wait for
	outlook  atomic.Pointer[outlook]
	least    atomic.Int64 // the fewest who waited, by any answer: answers may be noted in another order
	out      atomic.Int64 // calls of this turn that are out
	lost     atomic.Bool  // the records are gone, which was said
	finished atomic.Bool  // nothing can be done in this turn any more
}

// outlook is who waits in a send, as a script saw it.
type outlook struct {
	waiting int
	rest    time.Duration // from at on nobody could be claimed for so long
	at      time.Time
}

// note takes in how the send stands after a step.
func (r *run) note(st reply) {
	if st.turns == 0 {
		r.gone()
		return
	}
	least := r.least.Load()
	for int64(st.waiting) < least && !r.least.CompareAndSwap(least, int64(st.waiting)) {
		least = r.least.Load()
	}
	r.outlook.Store(&outlook{st.waiting, time.Duration(st.rest) * time.Millisecond, time.Now()})
	if st.ended {
		r.finished.Store(true)
	}
	r.nudge()
}

// gone ends the turn of a send whose records are gone from Redis, and keeps for its keeper how many were still waiting.
func (r *run) gone() {
	r.finished.Store(true)
	if !r.lost.Swap(true) {
		_ = r.s.do(r.life.records, goneScript, r.id, r.least.Load()).Err() // if it fails, less is known
	}
	r.nudge()
}

// nudge has dispatch look again.
func (r *run) nudge() {
	select {
	case r.wake <- struct{}{}:
	default:
	}
}

// begin holds the send up while Redis can't be relied on. It asks, once for a send, whether its sender still may; it says
// whether to go on.
func (r *run) begin() bool {
	if err := r.s.storage.usable(); err != nil {
		r.write(waitScript, holdupEvicts, safeEvery.Milliseconds())
		return false
	}
	l, err := r.s.lists(r.work)
	if err != nil {
		return false
	}
	if l.lost() == nil && len(l.older) > 0 { // of a list that is lost the claim says so
		r.write(waitScript, holdupOlder, safeEvery.Milliseconds())
		return false
	}
	if !r.send.StartedAt.IsZero() {
		return true
	}
	if !r.mayStart() {
		return false
	}
	_, ok := r.write(startScript)
	return ok
}

// mayStart asks whether the sender still may. If not it stops the send, if nobody can say it holds it up.
func (r *run) mayStart() bool {
	if r.s.cfg.MayStart == nil {
		return true
	}
	ctx, cancel := context.WithTimeout(r.work, askTime)
	defer cancel()
	err := r.s.cfg.Guard.Do(bulkhead.SendMayStart, func() error { return r.s.cfg.MayStart(ctx, r.send.Team, r.send.User) })
	switch {
	case err == nil:
		return true
	case r.work.Err() != nil: // it was this process that broke off
	case errors.Is(err, ErrCannotAsk), bulkhead.Panicked(err):
		r.write(holdScript, holdupAsk, askEvery.Milliseconds(), askLimit,
			"Slack did not say, after many tries, whether its sender may still send.")
	default:
		r.stop("The person who sent this may not send: " + plain(err.Error(), maxText))
	}
	return false
}

// stop gives the send up: nobody else is called.
func (r *run) stop(why string) {
	r.finished.Store(true)
	st, ok := r.write(stopScript, why)
	if ok && st.n > 0 {
		r.s.cfg.Log.Warn("Send stopped", "send", r.id, "why", why, "skipped", st.n)
		r.s.observe(Skipped, st.n)
	}
}

// dispatch calls for one recipient after the other until the turn is over, or nobody can be called in it any more.
func (r *run) dispatch() {
	for r.ready() && r.turn() {
		c, ok := r.claim()
		if !ok {
			<-r.flight.slots
			continue
		}
		r.out.Add(1)
		r.s.board(r.id)
		r.life.going.Go(bulkhead.SendClaim, func() error { r.deliver(&c); return nil }, func(err error) {
			defer r.s.leave(r.id)
			defer func() { <-r.flight.slots }()
			if bulkhead.Panicked(err) {
				_ = r.s.cfg.Guard.Do(bulkhead.SendBroken, func() error { r.broken(c); return nil })
			}
			r.out.Add(-1)
			r.nudge()
		})
	}
}

// broken holds the send up after a panic about a claim. A recipient who may have been called is unconfirmed, and is not
// called again; one who was not called yet waits again.
func (r *run) broken(c claim) {
	r.s.holdUp(r.life, r.id, "")
	r.finished.Store(true)
	if c.called {
		r.conclude(c, verdict{status: Unknown, text: "couponbot broke off during the call"})
	} else {
		r.release(c)
	}
}

// ready waits until somebody can be claimed. It returns false if the turn is over, or if nobody can be claimed soon.
func (r *run) ready() bool {
	for r.work.Err() == nil && !r.finished.Load() {
		o := r.outlook.Load()
		left := time.Until(o.at.Add(o.rest))
		switch {
		case o.waiting > 0 && o.rest == 0:
			return true
		case o.waiting > 0 && left <= 0:
			if !r.reserve() {
				return true // the claim deals with a Redis that is away
			}
		case r.out.Load() == 0 && (o.waiting == 0 || left > slotWait):
			return false
		case o.waiting == 0:
			r.await(turnTime) // a call that is out may be given back
		default:
			r.await(left)
		}
	}
	return false
}

// await waits until something changes, for d at most.
func (r *run) await(d time.Duration) {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-r.wake:
	case <-t.C:
	case <-r.work.Done():
	}
}

// reserve keeps a country whose time has come for the next claim of this turn.
func (r *run) reserve() bool {
	st, _, err := parseReply(r.s.do(r.work, reserveScript, r.id, r.owner, r.s.rates))
	if err != nil {
		return false
	}
	if st.code == "lost" {
		r.finished.Store(true)
	}
	r.note(st)
	return true
}

// turn waits until a call may be made: room among those in flight, the pace. It holds a slot when it returns true.
func (r *run) turn() bool {
	select {
	case r.flight.slots <- struct{}{}:
	case <-r.work.Done():
		return false
	}
	if r.pace() {
		return true
	}
	<-r.flight.slots
	return false
}

func (r *run) pace() bool {
	for r.s.cfg.Pace != nil && r.work.Err() == nil {
		err := r.s.cfg.Pace.Wait(r.work)
		if err == nil || r.work.Err() != nil {
			break
		}
		r.s.cfg.Log.Warn("No pace", "send", r.id, "error", err)
		sleep(r.work, time.Second)
	}
	return r.work.Err() == nil
}

// yield ends the turn, and queues the next. Calls that are out need it no more.
func (r *run) yield() {
	ctx, cancel := context.WithTimeout(r.life.records, leaseTime)
	defer cancel()
	st, _, err := parseReply(r.s.do(ctx, yieldScript, r.id, r.owner))
	if err != nil {
		return // it lapses by itself, and the keeper of the send goes on from there
	}
	if st.turns == 0 {
		r.gone()
	}
	if in := st.next(); in >= 0 && r.life.work.Err() == nil {
		r.s.enqueue(ctx, r.id, r.send.Counts.Total, st.turns, in)
	}
}

// write runs a script until it has an answer, or the process may wait no longer: what it writes is held till then.
func (r *run) write(script *redis.Script, args ...any) (reply, bool) {
	return r.s.write(r.life, script, r.id, r.note, args...)
}

// write runs a script on the records of a send until it has an answer, which note is given, or the process may wait no
// longer.
func (s *Service) write(l *life, script *redis.Script, id string, note func(reply), args ...any) (reply, bool) {
	for tries := 0; ; tries++ {
		st, _, err := parseReply(s.do(l.records, script, id, args...))
		if err == nil {
			note(st)
			return st, true
		}
		if tries == 0 {
			s.cfg.Log.Warn("Cannot record how a send goes; it is held and tried again", "send", id, "error", err)
		}
		if !sleep(l.records, growing(tries, 100*time.Millisecond, 2*time.Second)) {
			return reply{}, false
		}
	}
}
