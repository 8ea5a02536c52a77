package sends

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"time"

	"github.com/coupontools/couponbot/internal/bulkhead"
)

// leader leads one live send for all processes. It notifies people of the progress, makes the claims of dead processes
// unknown, and queues a batch while recipients wait. It is done when people were notified of the end.
type leader struct {
	s      *Service
	id     string
	owner  string // the token of the lease
	ctxs   *contexts
	work   context.Context //nolint:containedctx // ends with the lease, or when the process shuts down
	cancel context.CancelFunc
	wake   chan struct{} // signals that the send changed or ended

	queued   int64     // number of the last queued batch
	dueSince time.Time // when that batch was first due
}

func newLeader(s *Service, ctxs *contexts, id string) *leader {
	return &leader{s: s, id: id, owner: rand.Text(), ctxs: ctxs, wake: make(chan struct{}, 1), queued: -1}
}

// lead acquires the lease of the send and leads it until people were notified of its end or the lease is lost. Its only
// error is a panic.
func (l *leader) lead() error {
	record, err := l.s.runScript(l.ctxs.work, leadScript, l.id, l.owner).StringSlice()
	if err != nil || len(record) == 0 {
		return nil //nolint:nilerr // the next scan tries again
	}
	if len(record) == 1 {
		if record[0] == "live" {
			l.s.cfg.Log.Error("The records of a send that had not ended are gone from Redis", "send", l.id)
		}
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

// ended unregisters the leader. After a panic it first backs the send off, so that another process doesn't panic at once
// too.
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

// maintain renews the lease, makes the claims of dead processes unknown and queues the next batch, until the lease ends.
func (l *leader) maintain(recipients int) {
	claimTime := l.s.cfg.CallTimeout + claimGrace
	for {
		reply, _, err := parseReply(l.s.runScript(l.work, maintainScript, l.id, l.owner, claimTime.Milliseconds(),
			"the process that was calling went away", approvalTime.Milliseconds()))
		switch {
		case err != nil: // retried soon; if the lease expires, the next reply is "lost"
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

// enqueueNext queues the next batch if one is due. If a batch isn't started for a while, its task may be lost, so it is
// queued under another name too: the first task starts it.
func (l *leader) enqueueNext(reply scriptReply, recipients int) {
	due := reply.nextBatchIn()
	if due < 0 {
		return
	}
	if at := time.Now().Add(due); reply.batches != l.queued || at.Before(l.dueSince) { // the wait may have been cut short
		l.queued, l.dueSince = reply.batches, at
	}
	name := fmt.Sprint(l.id, ":", reply.batches)
	if repeats := time.Since(l.dueSince) / leaseTime; repeats > 0 {
		name += fmt.Sprint(":", int64(repeats))
	}
	l.s.enqueueAs(l.work, name, batchTask{l.id, reply.batches}, recipients, due)
}

// release releases the lease, if it can.
func (l *leader) release() {
	if err := l.s.runScript(l.ctxs.records, releaseLeadScript, l.id, l.owner).Err(); err != nil {
		l.s.cfg.Log.Warn("Cannot release the lease of a send; it expires", "send", l.id, "error", err)
	}
}
