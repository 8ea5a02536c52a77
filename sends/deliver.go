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
	// maxClaimAge is how old a claim may be when its call starts.
	maxClaimAge = 10 * time.Second
	// streakLimit is how many calls in a row without a verdict, or refused alike, pause a send.
	streakLimit = 10
	// unreachableLimit is how many times in a row the API may be found away before a send is paused: about eight minutes.
	unreachableLimit = 20
	// maxRetryWait bounds the growing waits while the API turns calls away, but for what it asks for itself.
	maxRetryWait = 30 * time.Second
	// maxBackoff is the longest time for which anything holds a send up.
	maxBackoff = max(maxRetryWait, maxWait, storageCheckEvery, mayStartRetry)
)

// retryWaits are the waits of a send that the API couldn't take a call of, by the number of such calls in a row.
var retryWaits = backoffSchedule(time.Second, maxRetryWait)

// What may hold a send up, for people.
const (
	backoffUnreachable = "Coupontools cannot be reached; couponbot keeps trying."
	backoffMayStart    = "Slack cannot be asked whether its sender may still send; couponbot keeps trying."
	backoffRateLimited = "Coupontools asked to slow down; couponbot waits, then goes on by itself."
	// The lists that bar people are not to be relied on.
	backoffEvicts = "Redis may throw data away when it's full, opt-outs too. Whoever runs couponbot must set " +
		"maxmemory-policy noeviction; the send then continues by itself."
	backoffUnread  = "The list of people who unsubscribed in Coupontools has disappeared from Redis; couponbot is reading it again."
	backoffOlder   = "Redis has an older do-not-contact list that couponbot can't read. /coupontools status says what to do."
	backoffKey     = "couponbot can't read the do-not-contact list, because its key has changed. It keeps trying."
	pausedListLost = "The do-not-contact list, or a part of it, has disappeared from Redis."
)

// claim is the right to make one call for one recipient.
type claim struct {
	token   string
	index   string
	to      string
	askedAt time.Time // before the claim was asked for
	called  bool      // the API may have been called
}

// claim claims the next recipient. While Redis does not answer it asks again for the same claim.
func (r *batch) claim() (claim, bool) {
	r.claims++
	c := claim{token: r.owner + ":" + strconv.FormatInt(r.claims, 10), askedAt: time.Now()}
	for tries := 0; ; tries++ {
		st, rest, err := parseReply(r.s.runScript(r.work, claimScript, r.id, r.s.claimArgs(r.owner, r.claims)...))
		if err == nil {
			r.s.count(Skipped, st.n)
			r.observe(st)
			return r.handleClaim(c, st, rest)
		}
		if tries == 0 && r.work.Err() == nil {
			r.s.cfg.Log.Warn("Cannot claim the next recipient of a send; nobody is called", "send", r.id, "error", err)
		}
		if !sleep(r.work, backoff(tries, 100*time.Millisecond, 2*time.Second)) {
			r.releaseClaim(c) // it may have been made
			return claim{}, false
		}
	}
}

// claimArgs returns the arguments of claimScript.
func (s *Service) claimArgs(owner string, number int64) []any {
	return []any{
		owner, s.rates, number, s.cfg.FrequencyCap.Milliseconds(), s.cfg.DailyCapPerson, s.cfg.DailyCap,
		s.seen.Load(), pausedListLost, storageCheckEvery.Milliseconds(), backoffUnread,
	}
}

func (r *batch) handleClaim(c claim, st scriptReply, rest []any) (claim, bool) {
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
		r.releaseClaim(c)
		return claim{}, false
	}
	c.index, _ = rest[0].(string)
	entry, _ := rest[1].(string)
	var to recipients.Recipient
	if err := json.Unmarshal([]byte(entry), &to); err != nil {
		// It does not come back: the records are damaged. Without the call the claim becomes a failure in words.
		r.recordOutcome(c, verdict{status: Failed, text: "the record of the recipient cannot be read", personal: true})
		return claim{}, false
	}
	c.to = to.To
	return c, true
}

// rekey hashes the recipients of the send again, with the key that the do-not-contact list has now. It reports whether the send
// can continue.
func (r *batch) rekey() bool {
	h, err := r.s.hasher(r.work)
	if errors.Is(err, ErrSuppressionKey) {
		r.write(backoffScript, backoffKey, storageCheckEvery.Milliseconds())
	}
	if err != nil {
		return false
	}
	for from := 0; ; from += pageSize {
		entries, err := r.s.cfg.Redis.LRange(r.work, r.s.keys(r.id)[keyRecipients], int64(from), int64(from+pageSize-1)).Result()
		if err != nil {
			return false
		}
		last := ""
		if len(entries) < pageSize {
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
func (r *batch) deliver(c *claim) {
	if time.Since(c.askedAt) > maxClaimAge || r.ctxs.calls.Err() != nil {
		r.releaseClaim(*c)
		return
	}
	ctx, cancel := context.WithTimeout(r.ctxs.calls, r.s.cfg.CallTimeout)
	defer cancel()
	c.called = true
	sent, err := r.call(ctx, c.to)
	r.handleVerdict(*c, judge(sent, err, c.to))
}

// handleVerdict records what became of a claim's call.
func (r *batch) handleVerdict(c claim, v verdict) {
	switch v.class {
	case coupontools.NotSent:
		r.notSent(c)
	case coupontools.RateLimited:
		r.rateLimited(c, v.wait)
	case coupontools.AccountRefused:
		r.stop("Coupontools refused the whole account" + v.inBrackets() + ". Its keys or services need putting right first.")
		r.releaseClaim(c)
	default:
		r.recordOutcome(c, v)
	}
}

// call is the one call for a recipient.
func (r *batch) call(ctx context.Context, to string) (*coupontools.Sent, error) {
	directory, campaign, card := r.send.offerIDs()
	if r.send.Kind == recipients.SMS {
		return r.s.cfg.API.SendSMS(ctx, coupontools.SMS{
			Directory: directory, Campaign: campaign, LoyaltyCard: card, To: to, Body: r.send.Message,
		})
	}
	return r.s.cfg.API.SendEmail(ctx, coupontools.Email{
		Directory: directory, Campaign: campaign, LoyaltyCard: card, To: to, Subject: r.send.Subject,
	})
}

// offerIDs is the id of what is sent, at the place of its kind.
func (s Send) offerIDs() (directory, campaign, card string) {
	switch s.Offer {
	case OfferCampaign:
		return "", s.OfferID, ""
	case OfferLoyaltyCard:
		return "", "", s.OfferID
	default:
		return s.OfferID, "", ""
	}
}

func (r *batch) notSent(c claim) {
	if r.ctxs.work.Err() != nil { // it was this process that broke off
		r.releaseClaim(c)
		return
	}
	r.retryLater(c, backoffUnreachable, 0, unreachableLimit)
}

func (r *batch) rateLimited(c claim, wait time.Duration) {
	wait = max(wait, time.Second)
	r.s.cfg.Slow(r.ctxs.records, wait)
	r.retryLater(c, backoffRateLimited, wait, 0)
}

// retryLater gives a claim back whose call the API turned away. The send waits, longer each time, and is paused after so
// many times in a row.
func (r *batch) retryLater(c claim, holdup string, least time.Duration, limit int) {
	r.releaseClaim(c, holdup, least.Milliseconds(), retryWaits, limit, "Coupontools could not be reached, after many tries.")
}

// releaseClaim gives a claim back: its call did nothing. If the API turned the call away, why says the rest of what
// releaseScript takes.
func (r *batch) releaseClaim(c claim, why ...any) {
	st, ok := r.write(releaseClaimScript, append([]any{c.token, c.index}, why...)...)
	switch {
	case !ok || st.code == "gone":
	case st.n > 0:
		r.s.count(Skipped, st.n)
	default:
		r.s.cfg.Observe("released")
	}
}

// recordOutcome records the outcome of a claim.
func (r *batch) recordOutcome(c claim, v verdict) {
	same, why := v.streak(r.send.Kind)
	_, ok := r.write(outcomeScript, c.token, c.index, string(v.status), v.code, v.action, v.text, same, streakLimit, why)
	if ok {
		r.s.cfg.Observe(string(v.status))
	}
}
