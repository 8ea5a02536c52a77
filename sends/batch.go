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
func (s *Service) batchHandler(ctxs *contexts) asynq.Handler {
	return asynq.HandlerFunc(func(ctx context.Context, t *asynq.Task) error {
		var task batchTask
		if err := json.Unmarshal(t.Payload(), &task); err != nil {
			return fmt.Errorf("read task: %w: %w", err, asynq.RevokeTask)
		}
		err := ctxs.group.Do(bulkhead.SendTurn, func() error { return s.runBatch(ctx, ctxs, task) })
		if bulkhead.Panicked(err) {
			s.backOffAfterPanic(ctxs, task.Send, "") // its keeper queues another turn for the end of that
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
func (s *Service) backOffAfterPanic(ctxs *contexts, id, token string) {
	ctx, cancel := context.WithTimeout(ctxs.records, leaseTime)
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
func (s *Service) runBatch(ctx context.Context, ctxs *contexts, task batchTask) error {
	owner := rand.Text()
	reply, rest, err := parseReply(s.runScript(ctx, acquireBatchScript, task.Send, owner, task.Batches))
	switch {
	case err != nil:
		return fmt.Errorf("take turn: %w", err)
	case reply.code == "busy":
		return retryError{busyWait}
	case reply.code == "early":
		return retryError{max(time.Duration(reply.dueMS)*time.Millisecond, 0)}
	case reply.code != "acquired":
		return nil
	case len(rest) == 0 || !parseHash(rest[0]).callable():
		return fmt.Errorf("take turn: %w", errReply)
	}
	work, cancel := context.WithTimeout(ctx, batchTime)
	defer cancel()
	b := &batch{
		s: s, id: task.Send, owner: owner, ctxs: ctxs, work: work, cancel: cancel, slots: s.acquireSlots(task.Send),
		wake: make(chan struct{}, 1),
	}
	defer s.releaseSlots(task.Send)
	b.send = parseHash(rest[0]).send(task.Send)
	b.fewestWaiting.Store(int64(b.send.Counts.Total))
	b.observe(reply)
	if b.prepare() {
		b.dispatch()
	}
	b.finish()
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
func (b *batch) observe(reply scriptReply) {
	if reply.batches == 0 {
		b.recordsGone()
		return
	}
	fewest := b.fewestWaiting.Load()
	for int64(reply.waiting) < fewest && !b.fewestWaiting.CompareAndSwap(fewest, int64(reply.waiting)) {
		fewest = b.fewestWaiting.Load()
	}
	b.backlog.Store(&backlog{reply.waiting, time.Duration(reply.blockedMS) * time.Millisecond, time.Now()})
	if reply.ended {
		b.finished.Store(true)
	}
	b.wakeUp()
}

// recordsGone ends the turn of a send whose records are gone from Redis, and keeps for its keeper how many were still waiting.
func (b *batch) recordsGone() {
	b.finished.Store(true)
	if !b.goneRecorded.Swap(true) {
		_ = b.s.runScript(b.ctxs.records, recordsGoneScript, b.id, b.fewestWaiting.Load()).Err() // if it fails, less is known
	}
	b.wakeUp()
}

// wakeUp has dispatch look again.
func (b *batch) wakeUp() {
	select {
	case b.wake <- struct{}{}:
	default:
	}
}

// prepare holds the send up while Redis can't be relied on. It asks, once for a send, whether its sender still may; it says
// whether to go on.
func (b *batch) prepare() bool {
	if err := b.s.policy.checkUsable(); err != nil {
		b.write(backoffScript, backoffEvicts, storageCheckEvery.Milliseconds())
		return false
	}
	l, err := b.s.lists(b.work)
	if err != nil {
		return false
	}
	if l.checkLost() == nil && len(l.older) > 0 { // of a list that is lost the claim says so
		b.write(backoffScript, backoffOlder, storageCheckEvery.Milliseconds())
		return false
	}
	if !b.send.StartedAt.IsZero() {
		return true
	}
	if !b.mayStart() {
		return false
	}
	_, ok := b.write(markStartedScript)
	return ok
}

// mayStart asks whether the sender still may. If not it stops the send, if nobody can say it holds it up.
func (b *batch) mayStart() bool {
	if b.s.cfg.MayStart == nil {
		return true
	}
	ctx, cancel := context.WithTimeout(b.work, mayStartTimeout)
	defer cancel()
	err := b.s.cfg.Guard.Do(bulkhead.SendMayStart, func() error { return b.s.cfg.MayStart(ctx, b.send.Team, b.send.User) })
	switch {
	case err == nil:
		return true
	case b.work.Err() != nil: // it was this process that broke off
	case errors.Is(err, ErrCannotAsk), bulkhead.Panicked(err):
		b.write(retryStartScript, backoffMayStart, mayStartRetry.Milliseconds(), mayStartTries,
			"Slack did not say, after many tries, whether its sender may still send.")
	default:
		b.stop("The person who sent this may not send: " + oneLine(err.Error(), maxText))
	}
	return false
}

// stop gives the send up: nobody else is called.
func (b *batch) stop(why string) {
	b.finished.Store(true)
	reply, ok := b.write(stopScript, why)
	if ok && reply.n > 0 {
		b.s.cfg.Log.Warn("Send stopped", "send", b.id, "why", why, "skipped", reply.n)
		b.s.count(Skipped, reply.n)
	}
}

// dispatch calls for one recipient after the other until the turn is over, or nobody can be called in it any more.
func (b *batch) dispatch() {
	for b.awaitRecipient() && b.acquireSlot() {
		c, ok := b.claim()
		if !ok {
			<-b.slots.slots
			continue
		}
		b.inFlight.Add(1)
		b.s.acquireSlots(b.id)
		b.ctxs.group.Go(bulkhead.SendClaim, func() error { b.deliver(&c); return nil }, func(err error) {
			defer b.s.releaseSlots(b.id)
			defer func() { <-b.slots.slots }()
			if bulkhead.Panicked(err) {
				_ = b.s.cfg.Guard.Do(bulkhead.SendBroken, func() error { b.claimPanicked(c); return nil })
			}
			b.inFlight.Add(-1)
			b.wakeUp()
		})
	}
}

// claimPanicked holds the send up after a panic about a claim. A recipient who may have been called is unconfirmed, and is not
// called again; one who was not called yet waits again.
func (b *batch) claimPanicked(c claim) {
	b.s.backOffAfterPanic(b.ctxs, b.id, "")
	b.finished.Store(true)
	if c.called {
		b.recordOutcome(c, verdict{status: Unknown, text: "couponbot broke off during the call"})
	} else {
		b.releaseClaim(c)
	}
}

// awaitRecipient waits until somebody can be claimed. It returns false if the turn is over, or if nobody can be claimed soon.
func (b *batch) awaitRecipient() bool {
	for b.work.Err() == nil && !b.finished.Load() {
		o := b.backlog.Load()
		left := time.Until(o.at.Add(o.blockedFor))
		switch {
		case o.waiting > 0 && o.blockedFor == 0:
			return true
		case o.waiting > 0 && left <= 0:
			if !b.reserve() {
				return true // the claim deals with a Redis that is away
			}
		case b.inFlight.Load() == 0 && (o.waiting == 0 || left > slotWait):
			return false
		case o.waiting == 0:
			b.awaitWake(batchTime) // a call that is out may be given back
		default:
			b.awaitWake(left)
		}
	}
	return false
}

// awaitWake waits until something changes, for d at most.
func (b *batch) awaitWake(d time.Duration) {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-b.wake:
	case <-t.C:
	case <-b.work.Done():
	}
}

// reserve keeps a country whose time has come for the next claim of this turn.
func (b *batch) reserve() bool {
	reply, _, err := parseReply(b.s.runScript(b.work, reserveScript, b.id, b.owner, b.s.rates))
	if err != nil {
		return false
	}
	if reply.code == "lost" {
		b.finished.Store(true)
	}
	b.observe(reply)
	return true
}

// acquireSlot waits until a call may be made: room among those in flight, the pace. It holds a slot when it returns true.
func (b *batch) acquireSlot() bool {
	select {
	case b.slots.slots <- struct{}{}:
	case <-b.work.Done():
		return false
	}
	if b.awaitPace() {
		return true
	}
	<-b.slots.slots
	return false
}

func (b *batch) awaitPace() bool {
	for b.s.cfg.Pace != nil && b.work.Err() == nil {
		err := b.s.cfg.Pace.Wait(b.work)
		if err == nil || b.work.Err() != nil {
			break
		}
		b.s.cfg.Log.Warn("No pace", "send", b.id, "error", err)
		sleep(b.work, time.Second)
	}
	return b.work.Err() == nil
}

// finish ends the turn, and queues the next. Calls that are out need it no more.
func (b *batch) finish() {
	ctx, cancel := context.WithTimeout(b.ctxs.records, leaseTime)
	defer cancel()
	reply, _, err := parseReply(b.s.runScript(ctx, releaseBatchScript, b.id, b.owner))
	if err != nil {
		return // it lapses by itself, and the keeper of the send goes on from there
	}
	if reply.batches == 0 {
		b.recordsGone()
	}
	if in := reply.nextBatchIn(); in >= 0 && b.ctxs.work.Err() == nil {
		b.s.enqueue(ctx, b.id, b.send.Counts.Total, reply.batches, in)
	}
}

// write runs a script until it has an answer, or the process may wait no longer: what it writes is held till then.
func (b *batch) write(script *redis.Script, args ...any) (scriptReply, bool) {
	return b.s.write(b.ctxs, script, b.id, b.observe, args...)
}

// write runs a script on the records of a send until it has an answer, which note is given, or the process may wait no
// longer.
func (s *Service) write(ctxs *contexts, script *redis.Script, id string, observe func(scriptReply), args ...any) (scriptReply, bool) {
	for tries := 0; ; tries++ {
		reply, _, err := parseReply(s.runScript(ctxs.records, script, id, args...))
		if err == nil {
			observe(reply)
			return reply, true
		}
		if tries == 0 {
			s.cfg.Log.Warn("Cannot record how a send goes; it is held and tried again", "send", id, "error", err)
		}
		if !sleep(ctxs.records, backoff(tries, 100*time.Millisecond, 2*time.Second)) {
			return scriptReply{}, false
		}
	}
}
