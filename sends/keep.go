package sends

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"time"

	"github.com/coupontools/couponbot/internal/bulkhead"
)

// keeper is one process keeping one live send, for the whole fleet: it tells people how the send goes, makes claims of dead
// processes unknown, and sees that a turn is queued as long as somebody waits. It ends when the end of the send was told.
type keeper struct {
	s     *Service
	id    string
	owner string // the token of the lease
	life  *life
	work  context.Context //nolint:containedctx // ends with the lease, or when the process shuts down
	lose  context.CancelFunc
	news  chan struct{} // something was done to the send just now, or it has ended

	offered int64     // the turn that was queued last
	since   time.Time // when it was due first
}

func newKeeper(s *Service, l *life, id string) *keeper {
	return &keeper{s: s, id: id, owner: rand.Text(), life: l, news: make(chan struct{}, 1), offered: -1}
}

// keep works for the send until its end was told, or until another process has the lease. The only error is a panic.
func (k *keeper) keep() error {
	reply, err := k.s.do(k.life.work, keepScript, k.id, k.owner).StringSlice()
	if err != nil || len(reply) == 0 {
		return nil //nolint:nilerr // the next look tries again
	}
	if len(reply) == 1 {
		k.s.cfg.Log.Error("The records of a send that had not ended are gone from Redis", "send", k.id)
		return nil
	}
	k.work, k.lose = context.WithCancel(k.life.work)
	defer k.lose()
	f := pairs(reply)
	total := f.count("total")
	tending := k.s.cfg.Guard.Go(bulkhead.SendTend, func() error { k.tend(total); return nil }, func(error) { k.lose() })
	err = k.s.cfg.Guard.Do(bulkhead.SendTell, func() error { k.tell(f.send(k.id)); return nil })
	k.lose()
	if err = errors.Join(err, <-tending); err == nil {
		k.free()
	}
	return err
}

// ended takes the keeper out of the process. After a panic the send is held up first, so that no other process takes it
// at once and panics too.
func (k *keeper) ended(err error) {
	defer func() {
		k.s.mu.Lock()
		defer k.s.mu.Unlock()
		delete(k.s.kept, k.id)
	}()
	if bulkhead.Panicked(err) {
		k.s.holdUp(k.life, k.id, k.owner)
	}
}

// tend renews the lease, makes claims of dead processes unknown and queues the next turn, until the work ends.
func (k *keeper) tend(recipients int) {
	claimTime := k.s.cfg.CallTimeout + claimGrace
	for {
		st, _, err := parseReply(k.s.do(k.work, tendScript, k.id, k.owner, claimTime.Milliseconds(),
			"the process that was calling went away", approvalTime.Milliseconds()))
		switch {
		case err != nil: // tried again soon; should the lease lapse, it is lost
		case st.code == "lost":
			k.lose()
		case st.code == "gone":
			k.s.nudge(k.id)
		default:
			k.s.observe(Unknown, st.n)
			k.offer(st, recipients)
		}
		if !sleep(k.work, renewEvery) {
			return
		}
	}
}

// offer queues the next turn if one is due. A turn that is not taken for a while may have been lost with the process that
// was about to: it is queued under another name then, and whichever comes first is taken.
func (k *keeper) offer(st reply, recipients int) {
	due := st.next()
	if due < 0 {
		return
	}
	if at := time.Now().Add(due); st.turns != k.offered || at.Before(k.since) { // somebody may have ended the wait for it
		k.offered, k.since = st.turns, at
	}
	name := fmt.Sprint(k.id, ":", st.turns)
	if again := time.Since(k.since) / leaseTime; again > 0 {
		name += fmt.Sprint(":", int64(again))
	}
	k.s.enqueueAs(k.work, name, turnTask{k.id, st.turns}, recipients, due)
}

// free lets the send go, if it can.
func (k *keeper) free() {
	if err := k.s.do(k.life.records, freeScript, k.id, k.owner).Err(); err != nil {
		k.s.cfg.Log.Warn("Cannot let a send go; its lease lapses by itself", "send", k.id, "error", err)
	}
}
