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

func newLeader(s *Service, l *contexts, id string) *leader {
	return &leader{s: s, id: id, owner: rand.Text(), ctxs: l, wake: make(chan struct{}, 1), queued: -1}
}

// lead works for the send until its end was told, or until another process has the lease. The only error is a panic.
func (k *leader) lead() error {
	reply, err := k.s.runScript(k.ctxs.work, leadScript, k.id, k.owner).StringSlice()
	if err != nil || len(reply) == 0 {
		return nil //nolint:nilerr // the next look tries again
	}
	if len(reply) == 1 {
		k.s.cfg.Log.Error("The records of a send that had not ended are gone from Redis", "send", k.id)
		return nil
	}
	k.work, k.cancel = context.WithCancel(k.ctxs.work)
	defer k.cancel()
	f := parsePairs(reply)
	total := f.count("total")
	tending := k.s.cfg.Guard.Go(bulkhead.SendTend, func() error { k.maintain(total); return nil }, func(error) { k.cancel() })
	err = k.s.cfg.Guard.Do(bulkhead.SendTell, func() error { k.notify(f.send(k.id)); return nil })
	k.cancel()
	if err = errors.Join(err, <-tending); err == nil {
		k.release()
	}
	return err
}

// ended takes the keeper out of the process. After a panic the send is held up first, so that no other process takes it
// at once and panics too.
func (k *leader) ended(err error) {
	defer func() {
		k.s.mu.Lock()
		defer k.s.mu.Unlock()
		delete(k.s.leaders, k.id)
	}()
	if bulkhead.Panicked(err) {
		k.s.backOffAfterPanic(k.ctxs, k.id, k.owner)
	}
}

// maintain renews the lease, makes claims of dead processes unknown and queues the next turn, until the work ends.
func (k *leader) maintain(recipients int) {
	claimTime := k.s.cfg.CallTimeout + claimGrace
	for {
		st, _, err := parseReply(k.s.runScript(k.work, maintainScript, k.id, k.owner, claimTime.Milliseconds(),
			"the process that was calling went away", approvalTime.Milliseconds()))
		switch {
		case err != nil: // tried again soon; should the lease lapse, it is lost
		case st.code == "lost":
			k.cancel()
		case st.code == "gone":
			k.s.wakeLeader(k.id)
		default:
			k.s.count(Unknown, st.n)
			k.enqueueNext(st, recipients)
		}
		if !sleep(k.work, renewEvery) {
			return
		}
	}
}

// enqueueNext queues the next turn if one is due. A turn that is not taken for a while may have been lost with the process that
// was about to: it is queued under another name then, and whichever comes first is taken.
func (k *leader) enqueueNext(st scriptReply, recipients int) {
	due := st.nextBatchIn()
	if due < 0 {
		return
	}
	if at := time.Now().Add(due); st.batches != k.queued || at.Before(k.dueSince) { // somebody may have ended the wait for it
		k.queued, k.dueSince = st.batches, at
	}
	name := fmt.Sprint(k.id, ":", st.batches)
	if again := time.Since(k.dueSince) / leaseTime; again > 0 {
		name += fmt.Sprint(":", int64(again))
	}
	k.s.enqueueAs(k.work, name, batchTask{k.id, st.batches}, recipients, due)
}

// release lets the send go, if it can.
func (k *leader) release() {
	if err := k.s.runScript(k.ctxs.records, releaseLeadScript, k.id, k.owner).Err(); err != nil {
		k.s.cfg.Log.Warn("Cannot let a send go; its lease lapses by itself", "send", k.id, "error", err)
	}
}
