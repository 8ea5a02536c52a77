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
	// notifyEvery is the least time between two tellings of one send, but for its end, which is told at once.
	notifyEvery = 3 * time.Second
	// firstNotifyDelay is how long a send goes on before it is told of for the first time: one that has ended by then is told of
	// once, and takes nothing from the edits that all sends share.
	firstNotifyDelay = 700 * time.Millisecond
	// goneNotifyDelay is how long after it was read last a send is told of whose records are gone: turns that met the loss have
	// said by then how many they had called.
	goneNotifyDelay = 2 * notifyEvery
	// notifyTimeout is how long one telling may take.
	notifyTimeout = 30 * time.Second
	// notifyMaxBackoff bounds the growing waits after a telling failed; after notifyMaxAge the end of a send is told no more.
	notifyMaxBackoff, notifyMaxAge = 5 * time.Minute, 24 * time.Hour
	// maxEditWait is longer than any edit waits for its turn. A longer wait comes of a clock of Redis that was put back.
	maxEditWait = 5 * time.Minute
)

// The pace of all edits of all replicas. What comes in a minute and what may come at once are 40 together, so no minute has
// more. Edits that tell no new state may use what comes but little of what may come at once: half of the 40, or a bit more
// where one telling takes many; of a send with so many messages that they would leave no room for as many at the end, only
// its states are told. So ends, and what people do with a send, find room and go first.
const editRate, editBurst, interimBurst = 14, 26, 6

// localEditEvery and aloneBurst are the pace of one process's edits while Redis refuses to keep that of all: ten processes stay
// within the 40 a minute.
const localEditEvery, localEditBurst = 30 * time.Second, 2

// notify tells how the send goes, until its end was told or the work ends. send is how it stands at first.
func (l *leader) notify(send Send) {
	n := notifier{
		leader: l, posted: send.Posted, began: time.Now(), last: send, readAt: time.Now(),
		shown: map[string]Send{}, failed: map[string]Send{},
	}
	for {
		wait, done := n.check()
		if done || !l.await(wait) {
			return
		}
	}
}

// await waits for d, or less if there are news, and says whether the work lasted.
func (l *leader) await(d time.Duration) bool {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
	case <-l.wake:
	case <-l.work.Done():
	}
	return l.work.Err() == nil
}

// notifier tells about one send.
type notifier struct {
	*leader
	began      time.Time
	last       Send              // as it was read last
	readAt     time.Time         // when that was
	gone       bool              // its records are gone from Redis
	goneLogged bool              // that was logged
	posted     map[string]string // what the Teller remembers, by place
	shown      map[string]Send   // how the send stood when it was told, by place
	failed     map[string]Send   // how it stood where it could not be told, since the last rest
	notified   string            // how the send stood when it was told everywhere
	fails      int
}

// check tells how the send stands if that is new. It gives the time until the next look, or done.
func (n *notifier) check() (time.Duration, bool) {
	send, err := n.read()
	if err != nil {
		return notifyEvery, errors.Is(err, ErrNoSend)
	}
	if rest := firstNotifyDelay - time.Since(n.began); len(n.posted) == 0 && send.State == StateRunning && rest > 0 {
		return rest, false
	}
	if n.gone && time.Since(n.readAt) < goneNotifyDelay {
		return time.Until(n.readAt.Add(goneNotifyDelay)), false
	}
	if summary(send) != n.notified {
		if n.gone {
			n.logGone(send)
		}
		if wait := n.notifyPlaces(send); wait > 0 {
			return wait, false
		}
		n.notified, n.fails = summary(send), 0
	}
	return notifyEvery, n.gone || send.Ended() && n.close(send)
}

// read reads how the send stands. If its records are gone before it ended, only this process still knows of it: it is what
// was read last.
func (n *notifier) read() (Send, error) {
	send, err := n.s.Send(n.work, n.id)
	if err == nil {
		n.last, n.readAt, n.gone = send, time.Now(), false
	}
	if !errors.Is(err, ErrNoSend) || n.last.Ended() {
		return send, err
	}
	n.gone = true
	return n.goneSend()
}

// goneSend is the send without records. Whom it may have reached is what was read last, or what a turn saw that met the loss.
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

// notifyPlaces tells how the send stands wherever that is new and there are edits for it. It gives how long to wait before the
// rest, 0 if there is none. A place that fails does not hold up the others: it is told again when they were.
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
	// Where there are not edits for all, those who know least come first, so that nobody is left behind.
	slices.SortStableFunc(edits, func(a, b string) int { return n.shown[a].Counts.over() - n.shown[b].Counts.over() })
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
		n.s.cfg.Log.Warn("Cannot tell how a send goes", "send", n.id, "error", err)
	}
	if wait > 0 || err == nil && len(n.failed) == 0 || tooOld(send) {
		return wait
	}
	clear(n.failed)
	n.fails++
	return backoff(n.fails-1, notifyEvery, notifyMaxBackoff)
}

// reserveEdits asks for the edits of one telling. It gives how many there are, and if that is not all how long to wait for more.
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

// askLimiter asks the rate limiter. A panic in it, at an answer that it does not expect, is an error.
func (n *notifier) askLimiter(ask func() (*redis_rate.Result, error)) (got *redis_rate.Result, err error) {
	err = n.s.cfg.Guard.Do(bulkhead.Pace, func() (err error) {
		got, err = ask()
		return err
	})
	return got, err
}

// reserveLocalEdits is paced by this process alone.
func (n *notifier) reserveLocalEdits(want int) (int, time.Duration) {
	for i := range want {
		if !n.s.edits.Allow() {
			return i, notifyEvery
		}
	}
	return want, 0
}

// notifyPlace tells how the send stands at a place. It does so only while the send is this process's to keep, and keeps what the
// Teller wants remembered before anything else is told: if the process is killed, no message but the one that was on its
// way just then is posted again. A message that is there already is edited also while Redis refuses to say whose the send is,
// since two processes that edit it do no harm. It is not cut off when the work ends.
func (n *notifier) notifyPlace(send Send, place string) error {
	if !n.gone {
		record, err := n.s.runScript(n.work, leadScript, n.id, n.owner).StringSlice()
		switch {
		case err != nil && (n.posted[place] == "" || rediserr.KindOf(err) == rediserr.Away):
			return fmt.Errorf("keep send: %w", err)
		case err == nil && len(record) == 0:
			n.cancel()
			return nil
		case len(record) == 1:
			return fmt.Errorf("keep send: %w", ErrNoSend)
		}
		maps.Copy(n.posted, parsePairs(record).posted())
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

// close takes a send whose end was told out of the live ones. It says no if the send has changed since.
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

// summary sums up what a telling shows.
func summary(s Send) string {
	return fmt.Sprintln(s.State, formatCounts(s.Counts), s.StartedAt.IsZero(), s.Ended(), s.BackoffReason, s.Action, s.By, s.Resent, s.Reached)
}

// formatCounts is the form in which closeScript compares counts.
func formatCounts(c Counts) string { return fmt.Sprint(c.Accepted, c.Failed, c.Skipped, c.Unknown) }
