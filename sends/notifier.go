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
func (k *leader) notify(send Send) {
	t := notifier{
		leader: k, posted: send.Posted, began: time.Now(), last: send, readAt: time.Now(),
		shown: map[string]Send{}, failed: map[string]Send{},
	}
	for {
		wait, done := t.check()
		if done || !k.await(wait) {
			return
		}
	}
}

// await waits for d, or less if there are news, and says whether the work lasted.
func (k *leader) await(d time.Duration) bool {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
	case <-k.wake:
	case <-k.work.Done():
	}
	return k.work.Err() == nil
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
func (t *notifier) check() (time.Duration, bool) {
	send, err := t.read()
	if err != nil {
		return notifyEvery, errors.Is(err, ErrNoSend)
	}
	if rest := firstNotifyDelay - time.Since(t.began); len(t.posted) == 0 && send.State == StateRunning && rest > 0 {
		return rest, false
	}
	if t.gone && time.Since(t.readAt) < goneNotifyDelay {
		return time.Until(t.readAt.Add(goneNotifyDelay)), false
	}
	if summary(send) != t.notified {
		if t.gone {
			t.logGone(send)
		}
		if wait := t.notifyPlaces(send); wait > 0 {
			return wait, false
		}
		t.notified, t.fails = summary(send), 0
	}
	return notifyEvery, t.gone || send.Ended() && t.close(send)
}

// read reads how the send stands. If its records are gone before it ended, only this process still knows of it: it is what
// was read last.
func (t *notifier) read() (Send, error) {
	send, err := t.s.Send(t.work, t.id)
	if err == nil {
		t.last, t.readAt, t.gone = send, time.Now(), false
	}
	if !errors.Is(err, ErrNoSend) || t.last.Ended() {
		return send, err
	}
	t.gone = true
	return t.goneSend()
}

// goneSend is the send without records. Whom it may have reached is what was read last, or what a turn saw that met the loss.
func (t *notifier) goneSend() (Send, error) {
	send := t.last
	waiting, err := t.s.cfg.Redis.Get(t.work, t.s.key("gone:"+t.id)).Int()
	switch {
	case errors.Is(err, redis.Nil):
		waiting = send.Counts.Total
	case err != nil:
		return send, err
	}
	c := send.Counts
	send.Was, send.State, send.ReadAt, send.BackoffReason = send.State, StateGone, t.readAt, ""
	send.Reached = max(c.Accepted+c.Unknown, c.Total-waiting-c.Failed-c.Skipped)
	return send, nil
}

// logGone logs once that the records of the send are gone.
func (t *notifier) logGone(send Send) {
	if t.goneLogged {
		return
	}
	t.goneLogged = true
	t.s.cfg.Log.Error("The records of a send are gone from Redis, so nothing more of it goes out", "send", t.id,
		"state", send.Was, "recipients", send.Counts.Total, "reached", send.Reached, "read", send.ReadAt)
}

// notifyPlaces tells how the send stands wherever that is new and there are edits for it. It gives how long to wait before the
// rest, 0 if there is none. A place that fails does not hold up the others: it is told again when they were.
func (t *notifier) notifyPlaces(send Send) time.Duration {
	if t.s.cfg.Notifier == nil {
		return 0
	}
	ctx, cancel := context.WithTimeout(t.work, notifyTimeout)
	var posts, edits []string
	err := t.s.cfg.Guard.Do(bulkhead.SendPlaces, func() (err error) {
		posts, edits, err = t.s.cfg.Notifier.Places(ctx, send, maps.Clone(t.posted))
		return err
	})
	cancel()
	known := func(place string) bool {
		return summary(t.shown[place]) == summary(send) || summary(t.failed[place]) == summary(send)
	}
	edits = slices.DeleteFunc(edits, known)
	// Where there are not edits for all, those who know least come first, so that nobody is left behind.
	slices.SortStableFunc(edits, func(a, b string) int { return t.shown[a].Counts.over() - t.shown[b].Counts.over() })
	n, wait := t.reserveEdits(send, edits)
	for _, place := range append(slices.DeleteFunc(posts, known), edits[:n]...) {
		if failed := t.notifyPlace(send, place); failed != nil {
			err, t.failed[place] = errors.Join(err, failed), send
		} else {
			t.shown[place] = send
			delete(t.failed, place)
		}
		if t.work.Err() != nil {
			return notifyEvery
		}
	}
	if err != nil {
		t.s.cfg.Log.Warn("Cannot tell how a send goes", "send", t.id, "error", err)
	}
	if wait > 0 || err == nil && len(t.failed) == 0 || tooOld(send) {
		return wait
	}
	clear(t.failed)
	t.fails++
	return backoff(t.fails-1, notifyEvery, notifyMaxBackoff)
}

// reserveEdits asks for the edits of one telling. It gives how many there are, and if that is not all how long to wait for more.
func (t *notifier) reserveEdits(send Send, edits []string) (int, time.Duration) {
	var (
		got     *redis_rate.Result
		err     error
		n       = len(edits)
		limiter = redis_rate.NewLimiter(t.s.cfg.Redis)
		key     = t.s.cfg.Prefix + "sends:edits"
		pace    = redis_rate.Limit{Rate: editRate, Burst: editBurst, Period: time.Minute}
		another = func(place string) bool { return t.shown[place].State != send.State }
	)
	switch {
	case n == 0:
		return 0, 0
	case send.Ended() || slices.ContainsFunc(edits, another):
		got, err = t.askLimiter(func() (*redis_rate.Result, error) { return limiter.AllowAtMost(t.work, key, pace, n) })
	case n > editBurst/2:
		return 0, notifyEvery
	default:
		pace.Burst = max(n, interimBurst)
		got, err = t.askLimiter(func() (*redis_rate.Result, error) { return limiter.AllowN(t.work, key, pace, n) })
	}
	switch {
	case err != nil && rediserr.KindOf(err) == rediserr.Away && !bulkhead.Panicked(err):
		return 0, notifyEvery
	case err != nil:
		return t.reserveLocalEdits(n)
	case got.RetryAfter > maxEditWait:
		_ = limiter.Reset(t.work, key)
		return 0, notifyEvery
	case got.Allowed == 0:
		return 0, max(got.RetryAfter, 100*time.Millisecond)
	case got.Allowed < n:
		return got.Allowed, time.Minute / editRate
	}
	return n, 0
}

// askLimiter asks the rate limiter. A panic in it, at an answer that it does not expect, is an error.
func (t *notifier) askLimiter(ask func() (*redis_rate.Result, error)) (got *redis_rate.Result, err error) {
	err = t.s.cfg.Guard.Do(bulkhead.Pace, func() (err error) {
		got, err = ask()
		return err
	})
	return got, err
}

// reserveLocalEdits is paced by this process alone.
func (t *notifier) reserveLocalEdits(n int) (int, time.Duration) {
	for i := range n {
		if !t.s.edits.Allow() {
			return i, notifyEvery
		}
	}
	return n, 0
}

// notifyPlace tells how the send stands at a place. It does so only while the send is this process's to keep, and keeps what the
// Teller wants remembered before anything else is told: if the process is killed, no message but the one that was on its
// way just then is posted again. A message that is there already is edited also while Redis refuses to say whose the send is,
// since two processes that edit it do no harm. It is not cut off when the work ends.
func (t *notifier) notifyPlace(send Send, place string) error {
	if !t.gone {
		record, err := t.s.runScript(t.work, leadScript, t.id, t.owner).StringSlice()
		switch {
		case err != nil && (t.posted[place] == "" || rediserr.KindOf(err) == rediserr.Away):
			return fmt.Errorf("keep send: %w", err)
		case err == nil && len(record) == 0:
			t.cancel()
			return nil
		case len(record) == 1:
			return fmt.Errorf("keep send: %w", ErrNoSend)
		}
		maps.Copy(t.posted, parsePairs(record).posted())
	}
	ctx, cancel := context.WithTimeout(t.ctxs.calls, notifyTimeout)
	defer cancel()
	var id string
	err := t.s.cfg.Guard.Do(bulkhead.SendPlace, func() (err error) {
		id, err = t.s.cfg.Notifier.Notify(ctx, send, place, maps.Clone(t.posted))
		return err
	})
	if err == nil && id != t.posted[place] {
		t.posted[place] = id
		if t.gone {
			return nil
		}
		t.s.write(t.ctxs, savePostScript, t.id, func(scriptReply) {}, t.owner, place, id)
	}
	return err
}

// close takes a send whose end was told out of the live ones. It says no if the send has changed since.
func (t *notifier) close(send Send) bool {
	closed, err := t.s.runScript(t.work, closeScript, t.id, t.owner, formatCounts(send.Counts)).Int()
	if err != nil || closed == 0 {
		return false
	}
	c := send.Counts
	t.s.cfg.Log.Info("Send ended", "send", t.id, "state", send.State,
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
