package sends

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/go-redis/redis_rate/v10"
	"github.com/redis/go-redis/v9"

	"github.com/coupontools/couponbot/internal/bulkhead"
	"github.com/coupontools/couponbot/internal/rediserr"
)

const (
	// notifyEvery is the least time between two notifications of one send. Its end doesn't wait for it.
	notifyEvery = 3 * time.Second
	// firstNotifyDelay is how long a send runs before its first notification. A shorter send is posted once, with its result,
	// and uses none of the edits that all sends share.
	firstNotifyDelay = 700 * time.Millisecond
	// goneNotifyDelay is how long after the last successful read people learn that the records are gone. By then, running
	// batches have stored how many recipients were waiting.
	goneNotifyDelay = 2 * notifyEvery
	// notifyTimeout limits one call of the Notifier.
	notifyTimeout = 30 * time.Second
	// notifyMaxBackoff limits the growing waits after an error. After notifyMaxAge the end of a send isn't retried any more.
	notifyMaxBackoff, notifyMaxAge = 5 * time.Minute, 24 * time.Hour
	// maxEditWait is longer than any edit waits. A longer wait means that the clock of Redis was set back.
	maxEditWait = 5 * time.Minute
)

// The pace of all edits of all replicas. The rate per minute and the burst add up to 40, so no minute has more. Edits for
// progress may use the rate but little of the burst: half of the 40, or a bit more if one notification needs many. A send
// with more messages than that gets edits for its states only. So there is always room for ends and for what people do with
// a send.
const editRate, editBurst, interimBurst = 14, 26, 6

// localEditEvery and localEditBurst are the pace of one process's edits while Redis refuses the common pace. Ten processes
// stay within 40 a minute.
const localEditEvery, localEditBurst = 30 * time.Second, 2

// notify notifies people of the progress until they were notified of the end or the lease is lost. send is its state at the
// start.
func (l *leader) notify(send Send) {
	n := notifier{
		leader: l, posted: send.Posted, began: time.Now(), last: send, readAt: time.Now(),
		shown: map[string]Send{}, failed: map[string]Send{},
	}
	for {
		wait, done := n.check()
		if done || !awaitWake(l.work, l.wake, wait) {
			return
		}
	}
}

// notifier notifies people about one send.
type notifier struct {
	*leader
	began      time.Time
	last       Send              // as last read
	readAt     time.Time         // when last was read
	gone       bool              // the records are gone from Redis
	goneLogged bool              // that was logged
	posted     map[string]string // what the Notifier returned, by place
	shown      map[string]Send   // the send as last shown, by place
	failed     map[string]Send   // the send that couldn't be shown, by place, since the last backoff
	notified   string            // summary of the send as last shown at all places
	fails      int
}

// check notifies people if the send has changed. It returns the time until the next check, or done.
func (n *notifier) check() (time.Duration, bool) {
	send, err := n.read()
	if err != nil {
		return notifyEvery, false
	}
	if rest := firstNotifyDelay - time.Since(n.began); len(n.posted) == 0 && send.State == StateRunning && rest > 0 {
		return rest, false
	}
	if n.gone && time.Since(n.readAt) < goneNotifyDelay {
		return time.Until(n.readAt.Add(goneNotifyDelay)), false
	}
	if summary(send) != n.notified {
		if send.State == StateGone {
			n.logGone(send)
		}
		if wait := n.notifyPlaces(send); wait > 0 {
			return wait, false
		}
		n.notified, n.fails = summary(send), 0
	}
	return notifyEvery, n.gone || send.Ended() && n.close(send)
}

// read reads the send. If the records are gone, it returns what was last read: only this process knows it.
func (n *notifier) read() (Send, error) {
	send, err := n.s.Send(n.work, n.id)
	if err == nil {
		n.last, n.readAt, n.gone = send, time.Now(), false
	}
	if !errors.Is(err, ErrNoSend) {
		return send, err
	}
	n.gone = true
	if n.last.Ended() { // people may still have to be notified of the end
		return n.last, nil
	}
	return n.goneSend()
}

// goneSend returns a send without records. The number of reached people is what was last read, or what a batch stored
// that found the records gone.
func (n *notifier) goneSend() (Send, error) {
	send := n.last
	waiting, err := n.s.cfg.Redis.Get(n.work, n.s.key("gone:"+n.id)).Int()
	switch {
	case errors.Is(err, redis.Nil):
		waiting = send.Counts.Total
	case err != nil:
		return send, err
	}
	c := send.Counts
	send.Was, send.State, send.ReadAt, send.BackoffReason = send.State, StateGone, n.readAt, ""
	send.Reached = max(c.Accepted+c.Unknown, c.Total-waiting-c.Failed-c.Skipped)
	return send, nil
}

// logGone logs once that the records of the send are gone.
func (n *notifier) logGone(send Send) {
	if n.goneLogged {
		return
	}
	n.goneLogged = true
	n.s.cfg.Log.Error("The records of a send are gone from Redis, so nothing more of it goes out", "send", n.id,
		"state", send.Was, "recipients", send.Counts.Total, "reached", send.Reached, "read", send.ReadAt)
}

// notifyPlaces notifies each place that doesn't show the current state, as far as there are edits for it. It returns the
// wait before the next try, 0 if all is done. A failing place doesn't delay the others: it is retried after them.
func (n *notifier) notifyPlaces(send Send) time.Duration {
	if n.s.cfg.Notifier == nil {
		return 0
	}
	ctx, cancel := context.WithTimeout(n.work, notifyTimeout)
	var posts, edits []string
	err := n.s.cfg.Guard.Do(bulkhead.SendPlaces, func() (err error) {
		posts, edits, err = n.s.cfg.Notifier.Places(ctx, send, maps.Clone(n.posted))
		return err
	})
	cancel()
	known := func(place string) bool {
		return summary(n.shown[place]) == summary(send) || summary(n.failed[place]) == summary(send)
	}
	edits = slices.DeleteFunc(edits, known)
	// If there aren't edits for all, the places with the oldest state come first.
	slices.SortStableFunc(edits, func(a, b string) int { return n.shown[a].Counts.done() - n.shown[b].Counts.done() })
	allowed, wait := n.reserveEdits(send, edits)
	for _, place := range append(slices.DeleteFunc(posts, known), edits[:allowed]...) {
		if failed := n.notifyPlace(send, place); failed != nil {
			err, n.failed[place] = errors.Join(err, failed), send
		} else {
			n.shown[place] = send
			delete(n.failed, place)
		}
		if n.work.Err() != nil {
			return notifyEvery
		}
	}
	if err != nil {
		n.s.cfg.Log.Warn("Cannot notify people of a send; couponbot keeps trying", "send", n.id, "error", err)
	}
	if wait > 0 || err == nil && len(n.failed) == 0 || tooOld(send) {
		return wait
	}
	clear(n.failed)
	n.fails++
	return backoff(n.fails-1, notifyEvery, notifyMaxBackoff)
}

// reserveEdits reserves the edits of one notification at the common pace. It returns how many it got, and the wait for more
// if there were fewer than needed.
func (n *notifier) reserveEdits(send Send, edits []string) (int, time.Duration) {
	var (
		got     *redis_rate.Result
		err     error
		want    = len(edits)
		limiter = redis_rate.NewLimiter(n.s.cfg.Redis)
		key     = n.s.cfg.Prefix + "sends:edits"
		pace    = redis_rate.Limit{Rate: editRate, Burst: editBurst, Period: time.Minute}
		another = func(place string) bool { return n.shown[place].State != send.State }
	)
	switch {
	case want == 0:
		return 0, 0
	case send.Ended() || slices.ContainsFunc(edits, another):
		got, err = n.askLimiter(func() (*redis_rate.Result, error) { return limiter.AllowAtMost(n.work, key, pace, want) })
	case want > editBurst/2:
		return 0, notifyEvery
	default:
		pace.Burst = max(want, interimBurst)
		got, err = n.askLimiter(func() (*redis_rate.Result, error) { return limiter.AllowN(n.work, key, pace, want) })
	}
	switch {
	case err != nil && rediserr.KindOf(err) == rediserr.Away && !bulkhead.Panicked(err):
		return 0, notifyEvery
	case err != nil:
		return n.reserveLocalEdits(want)
	case got.RetryAfter > maxEditWait:
		_ = limiter.Reset(n.work, key)
		return 0, notifyEvery
	case got.Allowed == 0:
		return 0, max(got.RetryAfter, 100*time.Millisecond)
	case got.Allowed < want:
		return got.Allowed, time.Minute / editRate
	}
	return want, 0
}

// askLimiter calls the rate limiter. It panics at an unexpected answer of Redis; that becomes an error.
func (n *notifier) askLimiter(ask func() (*redis_rate.Result, error)) (got *redis_rate.Result, err error) {
	err = n.s.cfg.Guard.Do(bulkhead.Pace, func() (err error) {
		got, err = ask()
		return err
	})
	return got, err
}

// reserveLocalEdits is reserveEdits at this process's own pace.
func (n *notifier) reserveLocalEdits(want int) (int, time.Duration) {
	for i := range want {
		if !n.s.edits.Allow() {
			return i, notifyEvery
		}
	}
	return want, 0
}

// notifyPlace notifies one place. It renews the lease first, and stores what the Notifier returns before the next place: if
// the process is killed, at most the post that was in flight is repeated. An existing message is edited also while Redis
// refuses the lease, since two processes that edit it do no harm. The end of the lease doesn't interrupt the call.
func (n *notifier) notifyPlace(send Send, place string) error {
	if !n.gone {
		hash, err := n.s.runScript(n.work, leadScript, n.id, n.owner).StringSlice()
		switch {
		case err != nil && (n.posted[place] == "" || rediserr.KindOf(err) == rediserr.Away):
			return fmt.Errorf("renew lease: %w", err)
		case err == nil && len(hash) == 0:
			n.cancel()
			return nil
		case len(hash) == 1:
			return fmt.Errorf("renew lease: %w", ErrNoSend)
		}
		maps.Copy(n.posted, parsePairs(hash).posted())
	}
	ctx, cancel := context.WithTimeout(n.ctxs.calls, notifyTimeout)
	defer cancel()
	var id string
	err := n.s.cfg.Guard.Do(bulkhead.SendPlace, func() (err error) {
		id, err = n.s.cfg.Notifier.Notify(ctx, send, place, maps.Clone(n.posted))
		return err
	})
	if err == nil && id != n.posted[place] {
		n.posted[place] = id
		if n.gone {
			return nil
		}
		n.s.write(n.ctxs, savePostScript, n.id, func(scriptReply) {}, n.owner, place, id)
	}
	return err
}

// close removes a finished, fully reported send from the live set. It returns false if the send changed meanwhile.
func (n *notifier) close(send Send) bool {
	closed, err := n.s.runScript(n.work, closeScript, n.id, n.owner, formatCounts(send.Counts)).Int()
	if err != nil || closed == 0 {
		return false
	}
	c := send.Counts
	n.s.cfg.Log.Info("Send ended", "send", n.id, "state", send.State,
		"accepted", c.Accepted, "failed", c.Failed, "skipped", c.Skipped, "unknown", c.Unknown)
	return true
}

func tooOld(send Send) bool {
	over := cmp.Or(send.EndedAt, send.ReadAt)
	return !over.IsZero() && time.Since(over) > notifyMaxAge
}

// summary returns what a notification shows of a send, for comparison.
func summary(s Send) string {
	return fmt.Sprintln(s.State, formatCounts(s.Counts), s.StartedAt.IsZero(), s.Ended(), s.BackoffReason,
		s.Action, s.By, s.Resent, s.Reached)
}

// formatCounts returns the counts in the form that closeScript compares.
func formatCounts(c Counts) string { return fmt.Sprint(c.Accepted, c.Failed, c.Skipped, c.Unknown) }
