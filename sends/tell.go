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
	// tellEvery is the least time between two tellings of one send.
	tellEvery = 3 * time.Second
	// tellTime is how long one telling may take.
	tellTime = 30 * time.Second
	// tellLimit bounds the growing waits after a telling failed; after tellAge the end of a send is told no more.
	tellLimit, tellAge = 5 * time.Minute, 24 * time.Hour
)

// edits is the pace of all edits of all replicas: never more than 40 in any minute, which is the burst and the rate. A
// telling counts as many as it has messages, up to the burst.
var edits = redis_rate.Limit{Rate: 30, Burst: 10, Period: time.Minute}

// tell tells how the send goes, until its end was told or the work ends. Nothing waits for it but the end of the run.
func (r *run) tell(told map[string]string) {
	t := teller{run: r, told: told}
	for {
		wait, done := t.look()
		if done || !sleep(r.work, wait) {
			return
		}
	}
}

// teller tells about one send.
type teller struct {
	*run
	told  map[string]string // what the Teller remembers
	said  string            // how the send stood when it was told
	fails int
}

// look tells how the send stands if that is new. It gives the time until the next look, or done.
func (t *teller) look() (time.Duration, bool) {
	send, err := t.s.Send(t.work, t.id)
	if err != nil {
		return tellEvery, errors.Is(err, ErrNoSend)
	}
	if stands := stands(send); stands != t.said {
		if wait := t.paced(); wait > 0 {
			return wait, false
		}
		if err := t.speak(send); err != nil && !old(send) {
			t.s.cfg.Log.Warn("Cannot tell how a send goes", "send", t.id, "error", err)
			t.fails++
			return growing(t.fails-1, tellEvery, tellLimit), false
		}
		t.said, t.fails = stands, 0
	}
	return tellEvery, send.Ended() && t.close(send)
}

// paced asks for the edits of one telling and gives how long to wait for them. The first telling posts, and needs none.
func (t *teller) paced() time.Duration {
	if len(t.told) == 0 {
		return 0
	}
	n := min(len(t.told), edits.Burst)
	got, err := redis_rate.NewLimiter(t.s.cfg.Redis).AllowN(t.work, t.s.cfg.Prefix+"sends:edits", edits, n)
	switch {
	case err != nil:
		return tellEvery
	case got.Allowed == 0:
		return max(got.RetryAfter, 100*time.Millisecond)
	}
	return 0
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
	t.write(toldScript, text)
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
	return fmt.Sprintln(s.State, outcomes(s.Counts), s.StartedAt.IsZero(), s.Ended())
}

// outcomes is the form in which closeScript compares counts.
func outcomes(c Counts) string { return fmt.Sprint(c.Accepted, c.Failed, c.Skipped, c.Unknown) }
