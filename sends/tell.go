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
	// tellEvery is the least time between two tellings of one send, but for its end, which is told at once.
	tellEvery = 3 * time.Second
	// tellGrace is how long a send goes on before it is told of for the first time: one that has ended by then is told of
	// once, and takes nothing from the edits that all sends share.
	tellGrace = 700 * time.Millisecond
	// goneGrace is how long after it was read last a send is told of whose records are gone: turns that met the loss have
	// said by then how many they had called.
	goneGrace = 2 * tellEvery
	// tellTime is how long one telling may take.
	tellTime = 30 * time.Second
	// tellLimit bounds the growing waits after a telling failed; after tellAge the end of a send is told no more.
	tellLimit, tellAge = 5 * time.Minute, 24 * time.Hour
	// editDebt is longer than any edit waits for its turn. A longer wait comes of a clock of Redis that was put back.
	editDebt = 5 * time.Minute
)

// The pace of all edits of all replicas. What comes in a minute and what may come at once are 40 together, so no minute has
// more. Edits that tell no new state may use what comes but little of what may come at once: half of the 40, or a bit more
// where one telling takes many; of a send with so many messages that they would leave no room for as many at the end, only
// its states are told. So ends, and what people do with a send, find room and go first.
const editRate, editBurst, interimBurst = 14, 26, 6

// aloneEvery and aloneBurst are the pace of one process's edits while Redis refuses to keep that of all: ten processes stay
// within the 40 a minute.
const aloneEvery, aloneBurst = 30 * time.Second, 2

// tell tells how the send goes, until its end was told or the work ends. send is how it stands at first.
func (k *keeper) tell(send Send) {
	t := teller{
		keeper: k, told: send.Told, began: time.Now(), last: send, read: time.Now(),
		shown: map[string]Send{}, failed: map[string]Send{},
	}
	for {
		wait, done := t.look()
		if done || !k.untilNews(wait) {
			return
		}
	}
}

// untilNews waits for d, or less if there are news, and says whether the work lasted.
func (k *keeper) untilNews(d time.Duration) bool {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
	case <-k.news:
	case <-k.work.Done():
	}
	return k.work.Err() == nil
}

// teller tells about one send.
type teller struct {
	*keeper
	began  time.Time
	last   Send              // as it was read last
	read   time.Time         // when that was
	gone   bool              // its records are gone from Redis
	logged bool              // that was logged
	told   map[string]string // what the Teller remembers, by place
	shown  map[string]Send   // how the send stood when it was told, by place
	failed map[string]Send   // how it stood where it could not be told, since the last rest
	said   string            // how the send stood when it was told everywhere
	fails  int
}

// look tells how the send stands if that is new. It gives the time until the next look, or done.
func (t *teller) look() (time.Duration, bool) {
	send, err := t.readSend()
	if err != nil {
		return tellEvery, errors.Is(err, ErrNoSend)
	}
	if rest := tellGrace - time.Since(t.began); len(t.told) == 0 && send.State == StateRunning && rest > 0 {
		return rest, false
	}
	if t.gone && time.Since(t.read) < goneGrace {
		return time.Until(t.read.Add(goneGrace)), false
	}
	if stands(send) != t.said {
		if t.gone {
			t.logGone(send)
		}
		if wait := t.speak(send); wait > 0 {
			return wait, false
		}
		t.said, t.fails = stands(send), 0
	}
	return tellEvery, t.gone || send.Ended() && t.close(send)
}

// readSend reads how the send stands. If its records are gone before it ended, only this process still knows of it: it is what
// was read last.
func (t *teller) readSend() (Send, error) {
	send, err := t.s.Send(t.work, t.id)
	if err == nil {
		t.last, t.read, t.gone = send, time.Now(), false
	}
	if !errors.Is(err, ErrNoSend) || t.last.Ended() {
		return send, err
	}
	t.gone = true
	return t.lost()
}

// lost is the send without records. Whom it may have reached is what was read last, or what a turn saw that met the loss.
func (t *teller) lost() (Send, error) {
	send := t.last
	waiting, err := t.s.cfg.Redis.Get(t.work, t.s.key("gone:"+t.id)).Int()
	switch {
	case errors.Is(err, redis.Nil):
		waiting = send.Counts.Total
	case err != nil:
		return send, err
	}
	c := send.Counts
	send.Was, send.State, send.ReadAt, send.Holdup = send.State, StateGone, t.read, ""
	send.Reached = max(c.Accepted+c.Unknown, c.Total-waiting-c.Failed-c.Skipped)
	return send, nil
}

// logGone logs once that the records of the send are gone.
func (t *teller) logGone(send Send) {
	if t.logged {
		return
	}
	t.logged = true
	t.s.cfg.Log.Error("The records of a send are gone from Redis, so nothing more of it goes out", "send", t.id,
		"state", send.Was, "recipients", send.Counts.Total, "reached", send.Reached, "read", send.ReadAt)
}

// speak tells how the send stands wherever that is new and there are edits for it. It gives how long to wait before the
// rest, 0 if there is none. A place that fails does not hold up the others: it is told again when they were.
func (t *teller) speak(send Send) time.Duration {
	if t.s.cfg.Teller == nil {
		return 0
	}
	ctx, cancel := context.WithTimeout(t.work, tellTime)
	var posts, edits []string
	err := t.s.cfg.Guard.Do(bulkhead.SendPlaces, func() (err error) {
		posts, edits, err = t.s.cfg.Teller.Places(ctx, send, maps.Clone(t.told))
		return err
	})
	cancel()
	known := func(place string) bool {
		return stands(t.shown[place]) == stands(send) || stands(t.failed[place]) == stands(send)
	}
	edits = slices.DeleteFunc(edits, known)
	// Where there are not edits for all, those who know least come first, so that nobody is left behind.
	slices.SortStableFunc(edits, func(a, b string) int { return t.shown[a].Counts.over() - t.shown[b].Counts.over() })
	n, wait := t.paced(send, edits)
	for _, place := range append(slices.DeleteFunc(posts, known), edits[:n]...) {
		if failed := t.put(send, place); failed != nil {
			err, t.failed[place] = errors.Join(err, failed), send
		} else {
			t.shown[place] = send
			delete(t.failed, place)
		}
		if t.work.Err() != nil {
			return tellEvery
		}
	}
	if err != nil {
		t.s.cfg.Log.Warn("Cannot tell how a send goes", "send", t.id, "error", err)
	}
	if wait > 0 || err == nil && len(t.failed) == 0 || old(send) {
		return wait
	}
	clear(t.failed)
	t.fails++
	return growing(t.fails-1, tellEvery, tellLimit)
}

// paced asks for the edits of one telling. It gives how many there are, and if that is not all how long to wait for more.
func (t *teller) paced(send Send, edits []string) (int, time.Duration) {
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
		got, err = t.allowed(func() (*redis_rate.Result, error) { return limiter.AllowAtMost(t.work, key, pace, n) })
	case n > editBurst/2:
		return 0, tellEvery
	default:
		pace.Burst = max(n, interimBurst)
		got, err = t.allowed(func() (*redis_rate.Result, error) { return limiter.AllowN(t.work, key, pace, n) })
	}
	switch {
	case err != nil && rediserr.KindOf(err) == rediserr.Away && !bulkhead.Panicked(err):
		return 0, tellEvery
	case err != nil:
		return t.pacedAlone(n)
	case got.RetryAfter > editDebt:
		_ = limiter.Reset(t.work, key)
		return 0, tellEvery
	case got.Allowed == 0:
		return 0, max(got.RetryAfter, 100*time.Millisecond)
	case got.Allowed < n:
		return got.Allowed, time.Minute / editRate
	}
	return n, 0
}

// allowed asks the rate limiter. A panic in it, at an answer that it does not expect, is an error.
func (t *teller) allowed(ask func() (*redis_rate.Result, error)) (got *redis_rate.Result, err error) {
	err = t.s.cfg.Guard.Do(bulkhead.Pace, func() (err error) {
		got, err = ask()
		return err
	})
	return got, err
}

// pacedAlone is paced by this process alone.
func (t *teller) pacedAlone(n int) (int, time.Duration) {
	for i := range n {
		if !t.s.edits.Allow() {
			return i, tellEvery
		}
	}
	return n, 0
}

// put tells how the send stands at a place. It does so only while the send is this process's to keep, and keeps what the
// Teller wants remembered before anything else is told: if the process is killed, no message but the one that was on its
// way just then is posted again. A message that is there already is edited also while Redis refuses to say whose the send is,
// since two processes that edit it do no harm. It is not cut off when the work ends.
func (t *teller) put(send Send, place string) error {
	if !t.gone {
		record, err := t.s.do(t.work, keepScript, t.id, t.owner).StringSlice()
		switch {
		case err != nil && (t.told[place] == "" || rediserr.KindOf(err) == rediserr.Away):
			return fmt.Errorf("keep send: %w", err)
		case err == nil && len(record) == 0:
			t.lose()
			return nil
		case len(record) == 1:
			return fmt.Errorf("keep send: %w", ErrNoSend)
		}
		maps.Copy(t.told, pairs(record).told())
	}
	ctx, cancel := context.WithTimeout(t.life.calls, tellTime)
	defer cancel()
	var id string
	err := t.s.cfg.Guard.Do(bulkhead.SendPlace, func() (err error) {
		id, err = t.s.cfg.Teller.Tell(ctx, send, place, maps.Clone(t.told))
		return err
	})
	if err == nil && id != t.told[place] {
		t.told[place] = id
		if t.gone {
			return nil
		}
		t.s.write(t.life, toldScript, t.id, func(reply) {}, t.owner, place, id)
	}
	return err
}

// close takes a send whose end was told out of the live ones. It says no if the send has changed since.
func (t *teller) close(send Send) bool {
	closed, err := t.s.do(t.work, closeScript, t.id, t.owner, outcomes(send.Counts)).Int()
	if err != nil || closed == 0 {
		return false
	}
	c := send.Counts
	t.s.cfg.Log.Info("Send ended", "send", t.id, "state", send.State,
		"accepted", c.Accepted, "failed", c.Failed, "skipped", c.Skipped, "unknown", c.Unknown)
	return true
}

func old(send Send) bool {
	over := cmp.Or(send.EndedAt, send.ReadAt)
	return !over.IsZero() && time.Since(over) > tellAge
}

// stands sums up what a telling shows.
func stands(s Send) string {
	return fmt.Sprintln(s.State, outcomes(s.Counts), s.StartedAt.IsZero(), s.Ended(), s.Holdup, s.Action, s.By, s.Resent, s.Reached)
}

// outcomes is the form in which closeScript compares counts.
func outcomes(c Counts) string { return fmt.Sprint(c.Accepted, c.Failed, c.Skipped, c.Unknown) }
