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

// batchTime is how long one batch makes calls before other sends get a chance. It is well under leaseTime.
const batchTime = 5 * time.Second

// sendSlots limits the calls of one send that this process has in flight, across its batches.
type sendSlots struct {
	slots chan struct{}
	refs  int // batches and calls that use it; guarded by the service's mu
}

// acquireSlots returns the slots of a send. Call releaseSlots when done.
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

// batchHandler runs the batches that the queue hands to this process.
func (s *Service) batchHandler(ctxs *contexts) asynq.Handler {
	return asynq.HandlerFunc(func(ctx context.Context, t *asynq.Task) error {
		var task batchTask
		if err := json.Unmarshal(t.Payload(), &task); err != nil {
			return fmt.Errorf("read task: %w: %w", err, asynq.RevokeTask)
		}
		err := ctxs.group.Do(bulkhead.SendTurn, func() error { return s.runBatch(ctx, ctxs, task) })
		if bulkhead.Panicked(err) {
			s.backOffAfterPanic(ctxs, task.Send, "") // the leader queues the next batch for the end of the backoff
			return fmt.Errorf("%w: %w", err, asynq.RevokeTask)
		}
		return err
	})
}

const (
	// panicBackoff is how long a send waits after a panic. Each further panic doubles the wait, up to maxPanicBackoff. After
	// panicBackoffReset without a panic it starts over.
	panicBackoff, maxPanicBackoff, panicBackoffReset = 15 * time.Second, 10 * time.Minute, time.Hour
)

// backOffAfterPanic makes a send wait after a panic, in all processes. The token is that of the leader if the leader
// panicked, else "".
func (s *Service) backOffAfterPanic(ctxs *contexts, id, token string) {
	ctx, cancel := context.WithTimeout(ctxs.records, leaseTime)
	defer cancel()
	err := s.runScript(ctx, panicScript, id, token,
		backoffSchedule(panicBackoff, maxPanicBackoff), panicBackoffReset.Milliseconds()).Err()
	if err != nil {
		s.cfg.Log.Error("Cannot back a send off after a panic", "send", id, "error", err)
		return
	}
	s.cfg.Log.Error("A send backs off after a panic; couponbot tries again later", "send", id)
}

// runBatch acquires the send's batch lease and runs one batch. It does nothing if the task is stale, and returns a
// retryError if the batch can't start yet.
func (s *Service) runBatch(ctx context.Context, ctxs *contexts, task batchTask) error {
	owner := rand.Text()
	reply, rest, err := parseReply(s.runScript(ctx, acquireBatchScript, task.Send, owner, task.Batches))
	switch {
	case err != nil:
		return fmt.Errorf("acquire batch: %w", err)
	case reply.code == "busy":
		return retryError{busyWait}
	case reply.code == "early":
		return retryError{max(time.Duration(reply.dueMS)*time.Millisecond, 0)}
	case reply.code != "acquired":
		return nil
	case len(rest) == 0 || !parseHash(rest[0]).callable():
		return fmt.Errorf("acquire batch: %w", errReply)
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
	b.goneWaiting.Store(-1)
	b.observe(reply)
	if b.prepare() {
		b.dispatch()
	}
	b.finish()
	return nil
}

// batch is one batch of calls for one send.
type batch struct {
	s      *Service
	id     string
	owner  string // the token of the batch
	send   Send   // as of the start of the batch
	ctxs   *contexts
	work   context.Context //nolint:containedctx // ends with the batch, or when the process shuts down
	cancel context.CancelFunc
	slots  *sendSlots

	claims        int64         // number of the last claim; only dispatch uses it
	wake          chan struct{} // signals dispatch that something changed
	backlog       atomic.Pointer[backlog]
	fewestWaiting atomic.Int64 // smallest number in any reply: replies may be observed out of order
	inFlight      atomic.Int64 // calls of this batch
	goneWaiting   atomic.Int64 // the number that recordsGone stored last; -1 before that
	finished      atomic.Bool  // nothing more can be done in this batch
}

// backlog is the waiting recipients of a send at one time.
type backlog struct {
	waiting    int
	blockedFor time.Duration // from at on, nobody can be claimed for so long
	at         time.Time
}

// observe updates the batch from the reply of a script.
func (b *batch) observe(reply scriptReply) {
	if reply.batches == 0 {
		b.recordsGone()
		return
	}
	fewest := b.fewestWaiting.Load()
	for int64(reply.waiting) < fewest && !b.fewestWaiting.CompareAndSwap(fewest, int64(reply.waiting)) {
		fewest = b.fewestWaiting.Load()
	}
	if b.goneWaiting.Load() >= 0 { // this reply is older than the one that found the records gone
		b.recordsGone()
	}
	b.backlog.Store(&backlog{reply.waiting, time.Duration(reply.blockedMS) * time.Millisecond, time.Now()})
	if reply.ended {
		b.finished.Store(true)
	}
	b.wakeUp()
}

// recordsGone ends the batch after the records of its send are gone from Redis. For the leader it stores how many recipients were
// still waiting.
func (b *batch) recordsGone() {
	b.finished.Store(true)
	for fewest := b.fewestWaiting.Load(); b.goneWaiting.Swap(fewest) != fewest; fewest = b.fewestWaiting.Load() {
		// Without it the notification is less precise.
		_ = b.s.runScript(b.ctxs.records, recordsGoneScript, b.id, fewest).Err()
	}
	b.wakeUp()
}

// wakeUp makes dispatch check again.
func (b *batch) wakeUp() {
	select {
	case b.wake <- struct{}{}:
	default:
	}
}

// prepare reports whether the batch can make calls. It backs the send off while Redis isn't safe, and asks once per send
// whether its sender may still send.
func (b *batch) prepare() bool {
	if err := b.s.policy.checkUsable(); err != nil {
		b.write(backoffScript, backoffEvicts, storageCheckEvery.Milliseconds())
		return false
	}
	l, err := b.s.lists(b.work)
	if err != nil {
		return false
	}
	if l.checkLost() == nil && len(l.older) > 0 { // for a lost list the claim pauses the send
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

// mayStart asks whether the sender may still send. If not, it stops the send; if nobody can tell, the send backs off.
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
	case b.work.Err() != nil: // this process is shutting down
	case errors.Is(err, ErrCannotAsk), bulkhead.Panicked(err):
		b.write(retryStartScript, backoffMayStart, mayStartRetry.Milliseconds(), mayStartTries,
			"Slack did not say, after many tries, whether its sender may still send.")
	default:
		b.stop("The person who sent this may not send: " + oneLine(err.Error(), maxText))
	}
	return false
}

// stop stops the send: no more recipients are called.
func (b *batch) stop(why string) {
	b.finished.Store(true)
	reply, ok := b.write(stopScript, why)
	if ok && reply.n > 0 {
		b.s.cfg.Log.Warn("Send stopped", "send", b.id, "why", why, "skipped", reply.n)
		b.s.count(Skipped, reply.n)
	}
}

// dispatch claims recipients and starts their calls, until the batch ends or nobody can be called in it.
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

// claimPanicked backs the send off after a panic in a call. A recipient who may have been called becomes unknown and isn't
// called again; any other waits again.
func (b *batch) claimPanicked(c claim) {
	b.s.backOffAfterPanic(b.ctxs, b.id, "")
	b.finished.Store(true)
	if c.called {
		b.recordOutcome(c, verdict{status: Unknown, text: "couponbot broke off during the call"})
	} else {
		b.releaseClaim(c)
	}
}

// awaitRecipient waits until a recipient can be claimed. It returns false at the end of the batch, or if nobody can be
// claimed soon.
func (b *batch) awaitRecipient() bool {
	for b.work.Err() == nil && !b.finished.Load() {
		o := b.backlog.Load()
		left := time.Until(o.at.Add(o.blockedFor))
		switch {
		case o.waiting > 0 && o.blockedFor == 0:
			return true
		case o.waiting > 0 && left <= 0:
			if !b.reserve() {
				return true // the claim handles an unreachable Redis
			}
		case b.inFlight.Load() == 0 && (o.waiting == 0 || left > slotWait):
			return false
		case o.waiting == 0:
			awaitWake(b.work, b.wake, batchTime) // a call in flight may be released
		default:
			awaitWake(b.work, b.wake, left)
		}
	}
	return false
}

// reserve reserves a slow country that is due for the next claim of this batch. It returns false if Redis can't be reached.
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

// acquireSlot waits until a call may be made: for a free slot, then for the pace of all calls. It holds the slot if it
// returns true.
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
		b.s.cfg.Log.Warn("Cannot get the pace of calls; couponbot keeps trying", "send", b.id, "error", err)
		sleep(b.work, time.Second)
	}
	return b.work.Err() == nil
}

// finish ends the batch and queues the next one. Calls in flight don't need the batch.
func (b *batch) finish() {
	ctx, cancel := context.WithTimeout(b.ctxs.records, leaseTime)
	defer cancel()
	reply, _, err := parseReply(b.s.runScript(ctx, releaseBatchScript, b.id, b.owner))
	if err != nil {
		return // the lease expires, and the leader queues the next batch
	}
	if reply.batches == 0 {
		b.recordsGone()
	}
	if in := reply.nextBatchIn(); in >= 0 && b.ctxs.work.Err() == nil {
		b.s.enqueue(ctx, b.id, b.send.Counts.Total, reply.batches, in)
	}
}

// write runs a script and retries until it has a reply or the process has to end.
func (b *batch) write(script *redis.Script, args ...any) (scriptReply, bool) {
	return b.s.write(b.ctxs, script, b.id, b.observe, args...)
}

// write runs a script on the records of a send and passes its reply to observe. It retries until it has a reply or the
// process has to end.
func (s *Service) write(ctxs *contexts, script *redis.Script, id string, observe func(scriptReply), args ...any) (scriptReply, bool) {
	for tries := 0; ; tries++ {
		reply, _, err := parseReply(s.runScript(ctxs.records, script, id, args...))
		if err == nil {
			observe(reply)
			return reply, true
		}
		if tries == 0 {
			s.cfg.Log.Warn("Cannot record the progress of a send; couponbot keeps trying", "send", id, "error", err)
		}
		if !sleep(ctxs.records, backoff(tries, 100*time.Millisecond, 2*time.Second)) {
			return scriptReply{}, false
		}
	}
}
