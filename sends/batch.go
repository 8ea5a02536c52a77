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

// batchTime is how long one turn goes on making calls, if others may wait for theirs. It is well under leaseTime.
const batchTime = 5 * time.Second

// sendSlots is the calls of one send that this process has out, over any number of turns.
type sendSlots struct {
	slots chan struct{}
	refs  int // turns and calls that hold on to it; guarded by the service's mu
}

// acquireSlots returns the flight of a send. Whoever boards leaves.
func (s *Service) acquireSlots(id string) *sendSlots {
	s.mu.Lock()
	defer s.mu.Unlock()
	f := s.slots[id]
	if f == nil {
		f = &sendSlots{slots: make(chan struct{}, s.cfg.InFlight)}
		s.slots[id] = f
	}
	f.refs++
	return f
}

func (s *Service) releaseSlots(id string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	f := s.slots[id]
	if f.refs--; f.refs == 0 {
		delete(s.slots, id)
	}
}

// batchHandler takes what the queue hands out.
func (s *Service) batchHandler(l *contexts) asynq.Handler {
	return asynq.HandlerFunc(func(ctx context.Context, task *asynq.Task) error {
		var t batchTask
		if err := json.Unmarshal(task.Payload(), &t); err != nil {
			return fmt.Errorf("read task: %w: %w", err, asynq.RevokeTask)
		}
		err := l.group.Do(bulkhead.SendTurn, func() error { return s.runBatch(ctx, l, t) })
		if bulkhead.Panicked(err) {
			s.backOffAfterPanic(l, t.Send, "") // its keeper queues another turn for the end of that
			return fmt.Errorf("%w: %w", err, asynq.RevokeTask)
		}
		return err
	})
}

const (
	// panicBackoff is how long a send is held up after a panic, doubled with each one up to maxPanicBackoff; after panicBackoffReset
	// without any it is faultWait again.
	panicBackoff, maxPanicBackoff, panicBackoffReset = 15 * time.Second, 10 * time.Minute, time.Hour
)

// backOffAfterPanic holds a send up after a panic, in all processes. The token is that of its keeper if that panicked, else "".
func (s *Service) backOffAfterPanic(l *contexts, id, token string) {
	ctx, cancel := context.WithTimeout(l.records, leaseTime)
	defer cancel()
	err := s.runScript(ctx, panicScript, id, token,
		backoffSchedule(panicBackoff, maxPanicBackoff), panicBackoffReset.Milliseconds()).Err()
	if err != nil {
		s.cfg.Log.Error("Cannot hold a send up after a panic", "send", id, "error", err)
		return
	}
	s.cfg.Log.Error("Holding a send up after a panic; it is tried again later", "send", id)
}

// runBatch has one turn, if it is this one's.
func (s *Service) runBatch(ctx context.Context, l *contexts, t batchTask) error {
	owner := rand.Text()
	st, rest, err := parseReply(s.runScript(ctx, acquireBatchScript, t.Send, owner, t.Batches))
	switch {
	case err != nil:
		return fmt.Errorf("take turn: %w", err)
	case st.code == "busy":
		return retryError{busyWait}
	case st.code == "early":
		return retryError{max(time.Duration(st.dueMS)*time.Millisecond, 0)}
	case st.code != "acquired":
		return nil
	case len(rest) == 0 || !parseHash(rest[0]).callable():
		return fmt.Errorf("take turn: %w", errReply)
	}
	work, cancel := context.WithTimeout(ctx, batchTime)
	defer cancel()
	r := &batch{
		s: s, id: t.Send, owner: owner, ctxs: l, work: work, cancel: cancel, slots: s.acquireSlots(t.Send),
		wake: make(chan struct{}, 1),
	}
	defer s.releaseSlots(t.Send)
	r.send = parseHash(rest[0]).send(t.Send)
	r.fewestWaiting.Store(int64(r.send.Counts.Total))
	r.observe(st)
	if r.prepare() {
		r.dispatch()
	}
	r.finish()
	return nil
}

// batch is one turn of one send.
type batch struct {
	s      *Service
	id     string
	owner  string // the token of the turn
	send   Send   // as it was when the turn was taken
	ctxs   *contexts
	work   context.Context //nolint:containedctx // ends with the turn, or when the process shuts down
	cancel context.CancelFunc
	slots  *sendSlots

	claims        int64         // how many claims were tried; only dispatch touches it
	wake          chan struct{} // something changed that dispatch may wait for
	backlog       atomic.Pointer[backlog]
	fewestWaiting atomic.Int64 // the fewest who waited, by any answer: answers may be noted in another order
	inFlight      atomic.Int64 // calls of this turn that are out
	goneRecorded  atomic.Bool  // the records are gone, which was said
	finished      atomic.Bool  // nothing can be done in this turn any more
}

// backlog is who waits in a send, as a script saw it.
type backlog struct {
	waiting    int
	blockedFor time.Duration // from at on nobody could be claimed for so long
	at         time.Time
}

// observe takes in how the send stands after a step.
func (r *batch) observe(st scriptReply) {
	if st.batches == 0 {
		r.recordsGone()
		return
	}
	least := r.fewestWaiting.Load()
	for int64(st.waiting) < least && !r.fewestWaiting.CompareAndSwap(least, int64(st.waiting)) {
		least = r.fewestWaiting.Load()
	}
	r.backlog.Store(&backlog{st.waiting, time.Duration(st.blockedMS) * time.Millisecond, time.Now()})
	if st.ended {
		r.finished.Store(true)
	}
	r.wakeUp()
}

// recordsGone ends the turn of a send whose records are gone from Redis, and keeps for its keeper how many were still waiting.
func (r *batch) recordsGone() {
	r.finished.Store(true)
	if !r.goneRecorded.Swap(true) {
		_ = r.s.runScript(r.ctxs.records, recordsGoneScript, r.id, r.fewestWaiting.Load()).Err() // if it fails, less is known
	}
	r.wakeUp()
}

// wakeUp has dispatch look again.
func (r *batch) wakeUp() {
	select {
	case r.wake <- struct{}{}:
	default:
	}
}

// prepare holds the send up while Redis can't be relied on. It asks, once for a send, whether its sender still may; it says
// whether to go on.
func (r *batch) prepare() bool {
	if err := r.s.policy.checkUsable(); err != nil {
		r.write(backoffScript, backoffEvicts, storageCheckEvery.Milliseconds())
		return false
	}
	l, err := r.s.lists(r.work)
	if err != nil {
		return false
	}
	if l.checkLost() == nil && len(l.older) > 0 { // of a list that is lost the claim says so
		r.write(backoffScript, backoffOlder, storageCheckEvery.Milliseconds())
		return false
	}
	if !r.send.StartedAt.IsZero() {
		return true
	}
	if !r.mayStart() {
		return false
	}
	_, ok := r.write(markStartedScript)
	return ok
}

// mayStart asks whether the sender still may. If not it stops the send, if nobody can say it holds it up.
func (r *batch) mayStart() bool {
	if r.s.cfg.MayStart == nil {
		return true
	}
	ctx, cancel := context.WithTimeout(r.work, mayStartTimeout)
	defer cancel()
	err := r.s.cfg.Guard.Do(bulkhead.SendMayStart, func() error { return r.s.cfg.MayStart(ctx, r.send.Team, r.send.User) })
	switch {
	case err == nil:
		return true
	case r.work.Err() != nil: // it was this process that broke off
	case errors.Is(err, ErrCannotAsk), bulkhead.Panicked(err):
		r.write(retryStartScript, backoffMayStart, mayStartRetry.Milliseconds(), mayStartTries,
			"Slack did not say, after many tries, whether its sender may still send.")
	default:
		r.stop("The person who sent this may not send: " + oneLine(err.Error(), maxText))
	}
	return false
}

// stop gives the send up: nobody else is called.
func (r *batch) stop(why string) {
	r.finished.Store(true)
	st, ok := r.write(stopScript, why)
	if ok && st.n > 0 {
		r.s.cfg.Log.Warn("Send stopped", "send", r.id, "why", why, "skipped", st.n)
		r.s.count(Skipped, st.n)
	}
}

// dispatch calls for one recipient after the other until the turn is over, or nobody can be called in it any more.
func (r *batch) dispatch() {
	for r.awaitRecipient() && r.acquireSlot() {
		c, ok := r.claim()
		if !ok {
			<-r.slots.slots
			continue
		}
		r.inFlight.Add(1)
		r.s.acquireSlots(r.id)
		r.ctxs.group.Go(bulkhead.SendClaim, func() error { r.deliver(&c); return nil }, func(err error) {
			defer r.s.releaseSlots(r.id)
			defer func() { <-r.slots.slots }()
			if bulkhead.Panicked(err) {
				_ = r.s.cfg.Guard.Do(bulkhead.SendBroken, func() error { r.claimPanicked(c); return nil })
			}
			r.inFlight.Add(-1)
			r.wakeUp()
		})
	}
}

// claimPanicked holds the send up after a panic about a claim. A recipient who may have been called is unconfirmed, and is not
// called again; one who was not called yet waits again.
func (r *batch) claimPanicked(c claim) {
	r.s.backOffAfterPanic(r.ctxs, r.id, "")
	r.finished.Store(true)
	if c.called {
		r.recordOutcome(c, verdict{status: Unknown, text: "couponbot broke off during the call"})
	} else {
		r.releaseClaim(c)
	}
}

// awaitRecipient waits until somebody can be claimed. It returns false if the turn is over, or if nobody can be claimed soon.
func (r *batch) awaitRecipient() bool {
	for r.work.Err() == nil && !r.finished.Load() {
		o := r.backlog.Load()
		left := time.Until(o.at.Add(o.blockedFor))
		switch {
		case o.waiting > 0 && o.blockedFor == 0:
			return true
		case o.waiting > 0 && left <= 0:
			if !r.reserve() {
				return true // the claim deals with a Redis that is away
			}
		case r.inFlight.Load() == 0 && (o.waiting == 0 || left > slotWait):
			return false
		case o.waiting == 0:
			r.awaitWake(batchTime) // a call that is out may be given back
		default:
			r.awaitWake(left)
		}
	}
	return false
}

// awaitWake waits until something changes, for d at most.
func (r *batch) awaitWake(d time.Duration) {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-r.wake:
	case <-t.C:
	case <-r.work.Done():
	}
}

// reserve keeps a country whose time has come for the next claim of this turn.
func (r *batch) reserve() bool {
	st, _, err := parseReply(r.s.runScript(r.work, reserveScript, r.id, r.owner, r.s.rates))
	if err != nil {
		return false
	}
	if st.code == "lost" {
		r.finished.Store(true)
	}
	r.observe(st)
	return true
}

// acquireSlot waits until a call may be made: room among those in flight, the pace. It holds a slot when it returns true.
func (r *batch) acquireSlot() bool {
	select {
	case r.slots.slots <- struct{}{}:
	case <-r.work.Done():
		return false
	}
	if r.awaitPace() {
		return true
	}
	<-r.slots.slots
	return false
}

func (r *batch) awaitPace() bool {
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

// finish ends the turn, and queues the next. Calls that are out need it no more.
func (r *batch) finish() {
	ctx, cancel := context.WithTimeout(r.ctxs.records, leaseTime)
	defer cancel()
	st, _, err := parseReply(r.s.runScript(ctx, releaseBatchScript, r.id, r.owner))
	if err != nil {
		return // it lapses by itself, and the keeper of the send goes on from there
	}
	if st.batches == 0 {
		r.recordsGone()
	}
	if in := st.nextBatchIn(); in >= 0 && r.ctxs.work.Err() == nil {
		r.s.enqueue(ctx, r.id, r.send.Counts.Total, st.batches, in)
	}
}

// write runs a script until it has an answer, or the process may wait no longer: what it writes is held till then.
func (r *batch) write(script *redis.Script, args ...any) (scriptReply, bool) {
	return r.s.write(r.ctxs, script, r.id, r.observe, args...)
}

// write runs a script on the records of a send until it has an answer, which note is given, or the process may wait no
// longer.
func (s *Service) write(l *contexts, script *redis.Script, id string, note func(scriptReply), args ...any) (scriptReply, bool) {
	for tries := 0; ; tries++ {
		st, _, err := parseReply(s.runScript(l.records, script, id, args...))
		if err == nil {
			note(st)
			return st, true
		}
		if tries == 0 {
			s.cfg.Log.Warn("Cannot record how a send goes; it is held and tried again", "send", id, "error", err)
		}
		if !sleep(l.records, backoff(tries, 100*time.Millisecond, 2*time.Second)) {
			return scriptReply{}, false
		}
	}
}
