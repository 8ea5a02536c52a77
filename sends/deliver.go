package sends

import (
	"context"
	"encoding/json"
	"errors"
	"strconv"
	"time"

	"github.com/coupontools/couponbot/coupontools"
	"github.com/coupontools/couponbot/sends/recipients"
)

const (
	// freshTime is how old a claim may be when its call starts.
	freshTime = 10 * time.Second
	// streakLimit is how many calls in a row without a verdict, or refused alike, pause a send.
	streakLimit = 10
	// awayLimit is how many times in a row the API may be found away before a send is paused: about eight minutes.
	awayLimit = 20
	// maxHold bounds the growing waits while the API turns calls away, but for what it asks for itself.
	maxHold = 30 * time.Second
	// longestHold is the longest time for which anything holds a send up.
	longestHold = max(maxHold, maxWait, safeEvery, askEvery)
)

// What may hold a send up, for people.
const (
	holdupAway = "Coupontools cannot be reached; couponbot keeps trying."
	holdupAsk  = "Slack cannot be asked whether its sender may still send; couponbot keeps trying."
	holdupSlow = "Coupontools asked to slow down; couponbot waits, then goes on by itself."
	// The lists that bar people are not to be relied on.
	holdupEvicts = "Redis may throw data away when it's full, opt-outs too. Whoever runs couponbot must set " +
		"maxmemory-policy noeviction; the send then continues by itself."
	holdupUnread = "The list of people who unsubscribed in Coupontools has disappeared from Redis; couponbot is reading it again."
	holdupOlder  = "Redis has an older do-not-contact list that couponbot can't read. /coupontools status says what to do."
	holdupKey    = "couponbot can't read the do-not-contact list, because its key has changed. It keeps trying."
	whyListLost  = "The do-not-contact list, or a part of it, has disappeared from Redis."
)

// claim is the right to make one call for one recipient.
type claim struct {
	token  string
	index  string
	to     string
	began  time.Time // before the claim was asked for
	called bool      // the API may have been called
}

// claim claims the next recipient. While Redis does not answer it asks again for the same claim.
func (r *run) claim() (claim, bool) {
	r.claims++
	c := claim{token: r.owner + ":" + strconv.FormatInt(r.claims, 10), began: time.Now()}
	for tries := 0; ; tries++ {
		st, rest, err := parseReply(r.s.do(r.work, claimScript, r.id, r.owner, r.s.rates, r.claims,
			r.s.cfg.FrequencyCap.Milliseconds(), r.s.cfg.DailyCapPerson, r.s.cfg.DailyCap,
			r.s.seen.Load(), whyListLost, safeEvery.Milliseconds(), holdupUnread))
		if err == nil {
			r.s.observe(Skipped, st.n)
			r.note(st)
			return r.claimed(c, st, rest)
		}
		if tries == 0 && r.work.Err() == nil {
			r.s.cfg.Log.Warn("Cannot claim the next recipient of a send; nobody is called", "send", r.id, "error", err)
		}
		if !sleep(r.work, growing(tries, 100*time.Millisecond, 2*time.Second)) {
			r.release(c) // it may have been made
			return claim{}, false
		}
	}
}

func (r *run) claimed(c claim, st reply, rest []any) (claim, bool) {
	switch {
	case st.code == "lost":
		r.finished.Store(true)
		return claim{}, false
	case st.code == "more":
		return r.claim()
	case st.code == "rekey":
		if r.rekey() {
			return r.claim()
		}
		r.finished.Store(true)
		return claim{}, false
	case st.code == "none": // the send goes on no more for now, or everybody has been called
		r.finished.Store(st.waiting > 0)
		return claim{}, false
	case st.code != "claimed":
		return claim{}, false
	case len(rest) < 2: // nobody knows whom to call
		r.release(c)
		return claim{}, false
	}
	c.index, _ = rest[0].(string)
	entry, _ := rest[1].(string)
	var to recipients.Recipient
	if err := json.Unmarshal([]byte(entry), &to); err != nil {
		// It does not come back: the records are damaged. Without the call the claim becomes a failure in words.
		r.conclude(c, verdict{status: Failed, text: "the record of the recipient cannot be read", personal: true})
		return claim{}, false
	}
	c.to = to.To
	return c, true
}

// rekey hashes the recipients of the send again, with the key that the do-not-contact list has now. It reports whether the send
// can continue.
func (r *run) rekey() bool {
	h, err := r.s.ready(r.work)
	if errors.Is(err, ErrSuppressionKey) {
		r.write(waitScript, holdupKey, safeEvery.Milliseconds())
	}
	if err != nil {
		return false
	}
	for from := 0; ; from += page {
		entries, err := r.s.cfg.Redis.LRange(r.work, r.s.keys(r.id)[keyTo], int64(from), int64(from+page-1)).Result()
		if err != nil {
			return false
		}
		last := ""
		if len(entries) < page {
			last = h.keyID
		}
		args := []any{r.owner, from, last}
		for _, entry := range entries {
			args = append(args, h.rekey(r.send.Kind, entry))
		}
		if st, ok := r.write(rekeyScript, args...); !ok || st.code == "lost" || last != "" {
			return ok && st.code != "lost"
		}
	}
}

// deliver makes the call of a claim and records what became of it.
func (r *run) deliver(c *claim) {
	if time.Since(c.began) > freshTime || r.life.calls.Err() != nil {
		r.release(*c)
		return
	}
	ctx, cancel := context.WithTimeout(r.life.calls, r.s.cfg.CallTimeout)
	defer cancel()
	c.called = true
	sent, err := r.call(ctx, c.to)
	r.settle(*c, judge(sent, err, c.to))
}

// settle records what became of a claim's call.
func (r *run) settle(c claim, v verdict) {
	switch v.class {
	case coupontools.NotSent:
		r.notSent(c)
	case coupontools.RateLimited:
		r.rateLimited(c, v.wait)
	case coupontools.AccountRefused:
		r.stop("Coupontools refused the whole account" + v.inBrackets() + ". Its keys or services need putting right first.")
		r.release(c)
	default:
		r.conclude(c, v)
	}
}

// call is the one call for a recipient.
func (r *run) call(ctx context.Context, to string) (*coupontools.Sent, error) {
	directory, campaign, card := r.send.offered()
	if r.send.Kind == recipients.SMS {
		return r.s.cfg.API.SendSMS(ctx, coupontools.SMS{
			Directory: directory, Campaign: campaign, LoyaltyCard: card, To: to, Body: r.send.Message,
		})
	}
	return r.s.cfg.API.SendEmail(ctx, coupontools.Email{
		Directory: directory, Campaign: campaign, LoyaltyCard: card, To: to, Subject: r.send.Subject,
	})
}

// offered is the id of what is sent, at the place of its kind.
func (s Send) offered() (directory, campaign, card string) {
	switch s.Offer {
	case OfferCampaign:
		return "", s.OfferID, ""
	case OfferLoyaltyCard:
		return "", "", s.OfferID
	default:
		return s.OfferID, "", ""
	}
}

func (r *run) notSent(c claim) {
	if r.life.work.Err() != nil { // it was this process that broke off
		r.release(c)
		return
	}
	r.turnedAway(c, holdupAway, 0, awayLimit)
}

func (r *run) rateLimited(c claim, wait time.Duration) {
	wait = max(wait, time.Second)
	r.s.cfg.Slow(r.life.records, wait)
	r.turnedAway(c, holdupSlow, wait, 0)
}

// turnedAway gives a claim back whose call the API turned away. The send waits, longer each time, and is paused after so
// many times in a row.
func (r *run) turnedAway(c claim, holdup string, least time.Duration, limit int) {
	r.release(c, holdup, least.Milliseconds(), maxHold.Milliseconds(), limit, "Coupontools could not be reached, after many tries.")
}

// release gives a claim back: its call did nothing. If the API turned the call away, why says the rest of what
// releaseScript takes.
func (r *run) release(c claim, why ...any) {
	st, ok := r.write(releaseScript, append([]any{c.token, c.index}, why...)...)
	switch {
	case !ok || st.code == "gone":
	case st.n > 0:
		r.s.observe(Skipped, st.n)
	default:
		r.s.cfg.Observe("released")
	}
}

// conclude records the outcome of a claim.
func (r *run) conclude(c claim, v verdict) {
	same, why := v.streak(r.send.Kind)
	_, ok := r.write(outcomeScript, c.token, c.index, string(v.status), v.code, v.action, v.text, same, streakLimit, why)
	if ok {
		r.s.cfg.Observe(string(v.status))
	}
}
