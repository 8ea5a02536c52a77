package sends

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"time"

	"github.com/go-redis/redis_rate/v10"
)

const (
	// tellEvery is the least time between two tellings of one send, but for its end, which is told at once.
	tellEvery = 3 * time.Second
	// tellGrace is how long a send goes on before it is told of for the first time: one that has ended by then is told of
	// once, and takes nothing from the edits that all sends share.
	tellGrace = 700 * time.Millisecond
	// tellTime is how long one telling may take.
	tellTime = 30 * time.Second
	// tellLimit bounds the growing waits after a telling failed; after tellAge the end of a send is told no more.
	tellLimit, tellAge = 5 * time.Minute, 24 * time.Hour
	// editDebt is longer than any edit waits for its turn. A longer wait comes of a clock of Redis that was put back.
	editDebt = 5 * time.Minute
)

// The pace of all edits of all replicas. What comes in a minute and what may come at once are 40 together, so no minute has
// more. (With more than 26 messages for one send it has.) Edits that tell no new state may use what comes but little of what
// may come at once: half of the 40, or a bit more where one telling takes many. So ends, and what people do with a send, find
// room and go first.
const editRate, editBurst, interimBurst = 14, 26, 6

// editPace is the pace for n edits that tell the end of a send or another state, or how it goes meanwhile, and what they
// count. That is zero if they are too many to leave room for as many at the end: of such a send only its states are told.
func editPace(n int, urgent bool) (redis_rate.Limit, int) {
	pace := redis_rate.Limit{Rate: editRate, Burst: editBurst, Period: time.Minute}
	switch {
	case urgent:
		return pace, min(n, editBurst)
	case n > editBurst/2:
		return pace, 0
	}
	pace.Burst = max(n, interimBurst)
	return pace, n
}

// tell tells how the send goes, until its end was told or the work ends.
func (k *keeper) tell(told map[string]string) {
	t := teller{keeper: k, told: told, began: time.Now()}
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
	began time.Time
	told  map[string]string // what the Teller remembers
	said  string            // how the send stood when it was told
	state State             // its state then
	fails int
}

// look tells how the send stands if that is new. It gives the time until the next look, or done.
func (t *teller) look() (time.Duration, bool) {
	send, err := t.s.Send(t.work, t.id)
	if err != nil {
		return tellEvery, errors.Is(err, ErrNoSend)
	}
	if rest := tellGrace - time.Since(t.began); len(t.told) == 0 && send.State == StateRunning && rest > 0 {
		return rest, false
	}
	if stands := stands(send); stands != t.said {
		if wait := t.paced(send); wait > 0 {
			return wait, false
		}
		if err := t.speak(send); err != nil && !old(send) {
			t.s.cfg.Log.Warn("Cannot tell how a send goes", "send", t.id, "error", err)
			t.fails++
			return growing(t.fails-1, tellEvery, tellLimit), false
		}
		t.said, t.state, t.fails = stands, send.State, 0
	}
	return tellEvery, send.Ended() && t.close(send)
}

// paced asks for the edits of one telling and gives how long to wait for them.
func (t *teller) paced(send Send) time.Duration {
	edits := t.edits(send)
	if edits == 0 {
		return 0
	}
	pace, n := editPace(edits, send.Ended() || send.State != t.state)
	if n == 0 {
		return tellEvery
	}
	limiter, key := redis_rate.NewLimiter(t.s.cfg.Redis), t.s.cfg.Prefix+"sends:edits"
	got, err := limiter.AllowN(t.work, key, pace, n)
	switch {
	case err != nil:
		return tellEvery
	case got.RetryAfter > editDebt:
		_ = limiter.Reset(t.work, key)
		return tellEvery
	case got.Allowed == 0:
		return max(got.RetryAfter, 100*time.Millisecond)
	}
	return 0
}

// edits is how many messages there are to edit. The first telling posts, and has none.
func (t *teller) edits(send Send) int {
	if t.s.cfg.Teller == nil || len(t.told) == 0 {
		return 0
	}
	return t.s.cfg.Teller.Edits(send, t.told)
}

// speak asks the Teller, and keeps what it wants remembered. It is not cut off when the work ends, so that a message that
// was posted is known to the next process.
func (t *teller) speak(send Send) error {
	if t.s.cfg.Teller == nil {
		return nil
	}
	ctx, cancel := context.WithTimeout(t.life.calls, tellTime)
	defer cancel()
	told, err := t.s.cfg.Teller.Tell(ctx, send, maps.Clone(t.told))
	if told == nil || maps.Equal(told, t.told) {
		return err
	}
	text, jsonErr := json.Marshal(told)
	if jsonErr != nil {
		return errors.Join(err, jsonErr)
	}
	t.told = told
	t.s.write(t.life, toldScript, t.id, func(standing) {}, text)
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

func old(send Send) bool { return send.Ended() && time.Since(send.EndedAt) > tellAge }

// stands sums up what a telling shows.
func stands(s Send) string {
	return fmt.Sprintln(s.State, outcomes(s.Counts), s.StartedAt.IsZero(), s.Ended(), s.Holdup, s.Action, s.By, s.Resent)
}

// outcomes is the form in which closeScript compares counts.
func outcomes(c Counts) string { return fmt.Sprint(c.Accepted, c.Failed, c.Skipped, c.Unknown) }
