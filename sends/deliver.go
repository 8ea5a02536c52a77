package sends

import (
	"context"
	"encoding/json"
	"fmt"
	"strconv"
	"time"

	"github.com/coupontools/couponbot/coupontools"
	"github.com/coupontools/couponbot/sends/recipients"
)

const (
	// freshTime is how old a claim may be when its call starts.
	freshTime = 10 * time.Second
	// streakLimit is how many calls without a verdict in a row stop a send.
	streakLimit = 10
	// awayLimit is how many times in a row the API may be found away before a send is given up: about eight minutes.
	awayLimit = 20
	// briefly is how long the API may ask to wait without that being told.
	briefly = 5 * time.Second
)

// What may hold a send up, for people.
const (
	holdupAway = "Coupontools cannot be reached; couponbot keeps trying."
	holdupSlow = "Coupontools asked to slow down; couponbot waits, then goes on by itself."
)

// claim is the right to make one call for one recipient.
type claim struct {
	token string
	index string
	to    string
	began time.Time // before the claim was asked for
}

// claim claims the next recipient. While Redis does not answer it asks again for the same claim.
func (r *run) claim() (claim, bool) {
	r.claims++
	c := claim{token: r.owner + ":" + strconv.FormatInt(r.claims, 10), began: time.Now()}
	for tries := 0; ; tries++ {
		st, rest, err := stand(r.s.do(r.work, claimScript, r.id, r.owner, r.claims))
		if err == nil {
			r.note(st)
			return r.claimed(c, st, rest)
		}
		if tries == 0 {
			r.s.cfg.Log.Warn("Cannot claim the next recipient of a send; nobody is called", "send", r.id, "error", err)
		}
		if !sleep(r.work, growing(tries, 100*time.Millisecond, 2*time.Second)) {
			r.release(c) // it may have been made
			return claim{}, false
		}
	}
}

func (r *run) claimed(c claim, st standing, rest []any) (claim, bool) {
	if st.word == "lost" {
		r.lose()
	}
	if st.word != "claimed" || len(rest) < 2 {
		return claim{}, false
	}
	c.index, _ = rest[0].(string)
	entry, _ := rest[1].(string)
	var to recipients.Recipient
	if err := json.Unmarshal([]byte(entry), &to); err != nil {
		// It does not come back: the records are damaged. Without the call the claim becomes a failure in words.
		r.conclude(c, verdict{status: Failed, text: "the record of the recipient cannot be read"})
		return claim{}, false
	}
	c.to = to.To
	return c, true
}

// deliver makes the call of a claim and records what became of it.
func (r *run) deliver(c claim) {
	if time.Since(c.began) > freshTime || r.life.calls.Err() != nil {
		r.release(c)
		return
	}
	began := time.Now()
	ctx, cancel := context.WithTimeout(r.life.calls, r.s.cfg.CallTimeout)
	err := r.call(ctx, c.to)
	cancel()
	v := judge(err, c.to)
	switch v.class {
	case coupontools.NotSent:
		r.notSent(c, began)
	case coupontools.RateLimited:
		r.rateLimited(c, began, v.wait)
	case coupontools.AccountRefused:
		r.stop("Coupontools refused the whole account" + v.inBrackets() + ". Its keys or services need putting right first.")
		r.release(c)
	default:
		r.away.clear()
		r.throttle.clear()
		r.conclude(c, v)
	}
}

// call is the one call for a recipient.
func (r *run) call(ctx context.Context, to string) error {
	if r.send.Kind == recipients.SMS {
		_, err := r.s.cfg.API.SendSMS(ctx, coupontools.SMS{Directory: r.send.DirectoryID, To: to, Body: r.send.Message})
		return err
	}
	_, err := r.s.cfg.API.SendEmail(ctx, coupontools.Email{Directory: r.send.DirectoryID, To: to, Subject: r.send.Subject})
	return err
}

func (r *run) notSent(c claim, began time.Time) {
	if r.work.Err() != nil {
		r.release(c)
		return
	}
	if r.away.back(began, 0) >= awayLimit {
		r.stop("Coupontools could not be reached, after many tries.")
	}
	r.release(c, holdupAway)
}

func (r *run) rateLimited(c claim, began time.Time, wait time.Duration) {
	r.away.clear()
	r.throttle.back(began, wait)
	r.s.cfg.Slow(r.life.records, max(wait, time.Second))
	holdup := ""
	if r.throttle.rest() > briefly {
		holdup = holdupSlow
	}
	r.release(c, holdup)
}

// release gives a claim back: its call did nothing. If the API turned the call away, holdup is what to say of that.
func (r *run) release(c claim, holdup ...any) {
	st, ok := r.write(releaseScript, append([]any{c.token, c.index}, holdup...)...)
	switch {
	case !ok || st.word == "gone":
	case st.n > 0:
		r.s.observe(Skipped, st.n)
	default:
		r.s.cfg.Observe("released")
	}
}

// conclude records the outcome of a claim.
func (r *run) conclude(c claim, v verdict) {
	why := fmt.Sprintf("%d calls in a row got no clear answer from Coupontools.", streakLimit)
	st, ok := r.write(outcomeScript, c.token, c.index, string(v.status), v.code, v.text, streakLimit, why)
	if !ok {
		return
	}
	r.s.cfg.Observe(string(v.status))
	if st.n > 0 {
		r.s.cfg.Log.Warn("Send stopped", "send", r.id, "why", why, "skipped", st.n)
		r.s.observe(Skipped, st.n)
	}
}
