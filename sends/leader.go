package sends

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"time"

	"github.com/coupontools/couponbot/internal/bulkhead"
)

// leader is one process keeping one live send, for the whole fleet: it tells people how the send goes, makes claims of dead
// processes unknown, and sees that a turn is queued as long as somebody waits. It ends when the end of the send was told.
type leader struct {
	s      *Service
	id     string
	owner  string // the token of the lease
	ctxs   *contexts
	work   context.Context //nolint:containedctx // ends with the lease, or when the process shuts down
	cancel context.CancelFunc
	wake   chan struct{} // something was done to the send just now, or it has ended

	queued   int64     // the turn that was queued last
	dueSince time.Time // when it was due first
}

func newLeader(s *Service, ctxs *contexts, id string) *leader {
	return &leader{s: s, id: id, owner: rand.Text(), ctxs: ctxs, wake: make(chan struct{}, 1), queued: -1}
}

// lead works for the send until its end was told, or until another process has the lease. The only error is a panic.
func (l *leader) lead() error {
	record, err := l.s.runScript(l.ctxs.work, leadScript, l.id, l.owner).StringSlice()
	if err != nil || len(record) == 0 {
		return nil //nolint:nilerr // the next look tries again
	}
	if len(record) == 1 {
		l.s.cfg.Log.Error("The records of a send that had not ended are gone from Redis", "send", l.id)
		return nil
	}
	l.work, l.cancel = context.WithCancel(l.ctxs.work)
	defer l.cancel()
	hash := parsePairs(record)
	total := hash.count("total")
	maintained := l.s.cfg.Guard.Go(bulkhead.SendTend, func() error { l.maintain(total); return nil }, func(error) { l.cancel() })
	err = l.s.cfg.Guard.Do(bulkhead.SendTell, func() error { l.notify(hash.send(l.id)); return nil })
	l.cancel()
	if err = errors.Join(err, <-maintained); err == nil {
		l.release()
	}
	return err
}

// ended takes the keeper out of the process. After a panic the send is held up first, so that no other process takes it
// at once and panics too.
func (l *leader) ended(err error) {
	defer func() {
		l.s.mu.Lock()
		defer l.s.mu.Unlock()
		delete(l.s.leaders, l.id)
	}()
	if bulkhead.Panicked(err) {
		l.s.backOffAfterPanic(l.ctxs, l.id, l.owner)
	}
}

// maintain renews the lease, makes claims of dead processes unknown and queues the next turn, until the work ends.
func (l *leader) maintain(recipients int) {
	claimTime := l.s.cfg.CallTimeout + claimGrace
	for {
		reply, _, err := parseReply(l.s.runScript(l.work, maintainScript, l.id, l.owner, claimTime.Milliseconds(),
			"the process that was calling went away", approvalTime.Milliseconds()))
		switch {
		case err != nil: // tried again soon; should the lease lapse, it is lost
		case reply.code == "lost":
			l.cancel()
		case reply.code == "gone":
			l.s.wakeLeader(l.id)
		default:
			l.s.count(Unknown, reply.n)
			l.enqueueNext(reply, recipients)
		}
		if !sleep(l.work, renewEvery) {
			return
		}
	}
}

// enqueueNext queues the next turn if one is due. A turn that is not taken for a while may have been lost with the process that
// was about to: it is queued under another name then, and whichever comes first is taken.
func (l *leader) enqueueNext(reply scriptReply, recipients int) {
	due := reply.nextBatchIn()
	if due < 0 {
		return
	}
	if at := time.Now().Add(due); reply.batches != l.queued || at.Before(l.dueSince) { // somebody may have ended the wait for it
		l.queued, l.dueSince = reply.batches, at
	}
	name := fmt.Sprint(l.id, ":", reply.batches)
	if repeats := time.Since(l.dueSince) / leaseTime; repeats > 0 {
		name += fmt.Sprint(":", int64(repeats))
	}
	l.s.enqueueAs(l.work, name, batchTask{l.id, reply.batches}, recipients, due)
}

// release lets the send go, if it can.
func (l *leader) release() {
	if err := l.s.runScript(l.ctxs.records, releaseLeadScript, l.id, l.owner).Err(); err != nil {
		l.s.cfg.Log.Warn("Cannot let a send go; its lease lapses by itself", "send", l.id, "error", err)
	}
}
