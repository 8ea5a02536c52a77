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
	// maxClaimAge is the greatest age of a claim at which its call may start.
	maxClaimAge = 10 * time.Second
	// unreachableLimit is how many failed connections in a row pause a send: about eight minutes.
	unreachableLimit = 20
	// maxRetryWait limits the growing waits while the API takes no calls. It doesn't limit a wait that the API asks for.
	maxRetryWait = 30 * time.Second
	// maxBackoff is the longest backoff of any kind.
	maxBackoff = max(maxRetryWait, maxWait, storageCheckEvery, mayStartRetry)
)

// retryWaits are the waits of a send after calls in a row that the API didn't take.
var retryWaits = backoffSchedule(time.Second, maxRetryWait)

// Reasons of a backoff, for people.
const (
	backoffUnreachable = "Coupontools cannot be reached; couponbot keeps trying."
	backoffMayStart    = "Slack cannot be asked whether its sender may still send; couponbot keeps trying."
	backoffRateLimited = "Coupontools asked to slow down. couponbot waits, then continues."
	// The lists of people, or Redis itself, aren't safe.
	backoffEvicts = "Redis may throw data away when it's full, opt-outs too. The person who runs couponbot must set " +
		"maxmemory-policy noeviction; then the send continues."
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
	askedAt time.Time // before Redis was asked for the claim
	called  bool      // the call may have reached the API
}

// claim claims the next recipient. If Redis doesn't answer, it asks again for the same claim.
func (b *batch) claim() (claim, bool) {
	b.claims++
	c := claim{token: b.owner + ":" + strconv.FormatInt(b.claims, 10), askedAt: time.Now()}
	for tries := 0; ; tries++ {
		reply, rest, err := parseReply(b.s.runScript(b.work, claimScript, b.id, b.s.claimArgs(b.owner, b.claims)...))
		if err == nil {
			b.s.count(Skipped, reply.n)
			b.observe(reply)
			return b.handleClaim(c, reply, rest)
		}
		if tries == 0 && b.work.Err() == nil {
			b.s.cfg.Log.Warn("Cannot claim the next recipient of a send; couponbot keeps trying", "send", b.id, "error", err)
		}
		if !sleep(b.work, backoff(tries, 100*time.Millisecond, 2*time.Second)) {
			b.releaseClaim(c) // Redis may have made the claim
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

func (b *batch) handleClaim(c claim, reply scriptReply, rest []any) (claim, bool) {
	switch {
	case reply.code == "lost":
		b.finished.Store(true)
		return claim{}, false
	case reply.code == "more":
		return b.claim()
	case reply.code == "rekey":
		if b.rekey() {
			return b.claim()
		}
		b.finished.Store(true)
		return claim{}, false
	case reply.code == "none": // the send isn't running or backs off, or nobody waits
		b.finished.Store(reply.waiting > 0)
		return claim{}, false
	case reply.code != "claimed":
		return claim{}, false
	case len(rest) < 2: // a malformed reply
		b.releaseClaim(c)
		return claim{}, false
	}
	c.index, _ = rest[0].(string)
	entry, _ := rest[1].(string)
	var to recipients.Recipient
	if err := json.Unmarshal([]byte(entry), &to); err != nil {
		// The record is damaged for good, so the recipient fails without a call.
		b.recordOutcome(c, verdict{status: Failed, text: "the record of the recipient cannot be read", personal: true})
		return claim{}, false
	}
	c.to = to.To
	return c, true
}

// rekey hashes the recipients of the send again, with the current key of the do-not-contact list. It reports whether the
// send can continue.
func (b *batch) rekey() bool {
	h, err := b.s.hasher(b.work)
	if errors.Is(err, ErrSuppressionKey) {
		b.write(backoffScript, backoffKey, storageCheckEvery.Milliseconds())
	}
	if err != nil {
		return false
	}
	for from := 0; ; from += pageSize {
		entries, err := b.s.cfg.Redis.LRange(b.work, b.s.keys(b.id)[keyRecipients], int64(from), int64(from+pageSize-1)).Result()
		if err != nil {
			return false
		}
		last := ""
		if len(entries) < pageSize {
			last = h.keyID
		}
		args := []any{b.owner, from, last}
		for _, entry := range entries {
			args = append(args, h.rekey(b.send.Kind, entry))
		}
		if reply, ok := b.write(rekeyScript, args...); !ok || reply.code == "lost" || last != "" {
			return ok && reply.code != "lost"
		}
	}
}

// deliver makes the call of a claim and records its outcome.
func (b *batch) deliver(c *claim) {
	if time.Since(c.askedAt) > maxClaimAge || b.ctxs.calls.Err() != nil {
		b.releaseClaim(*c)
		return
	}
	ctx, cancel := context.WithTimeout(b.ctxs.calls, b.s.cfg.CallTimeout)
	defer cancel()
	c.called = true
	sent, err := b.call(ctx, c.to)
	b.handleVerdict(*c, judge(sent, err, c.to))
}

// handleVerdict records the outcome of a call, or releases the claim if the call did nothing.
func (b *batch) handleVerdict(c claim, v verdict) {
	switch v.class {
	case coupontools.NotSent:
		b.notSent(c)
	case coupontools.RateLimited:
		b.rateLimited(c, v.wait)
	case coupontools.AccountRefused:
		b.stop("Coupontools refused the whole account" + v.inBrackets() + ". Its keys or services need putting right first.")
		b.releaseClaim(c)
	default:
		b.recordOutcome(c, v)
	}
}

// call makes the one call for a recipient.
func (b *batch) call(ctx context.Context, to string) (*coupontools.Sent, error) {
	directory, campaign, card := b.send.offerIDs()
	if b.send.Kind == recipients.SMS {
		return b.s.cfg.API.SendSMS(ctx, coupontools.SMS{
			Directory: directory, Campaign: campaign, LoyaltyCard: card, To: to, Body: b.send.Message,
		})
	}
	return b.s.cfg.API.SendEmail(ctx, coupontools.Email{
		Directory: directory, Campaign: campaign, LoyaltyCard: card, To: to, Subject: b.send.Subject,
	})
}

// offerIDs returns the id of the offer in the field for its kind.
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

func (b *batch) notSent(c claim) {
	if b.ctxs.work.Err() != nil { // this process is shutting down
		b.releaseClaim(c)
		return
	}
	b.retryLater(c, backoffUnreachable, 0, unreachableLimit)
}

func (b *batch) rateLimited(c claim, wait time.Duration) {
	wait = max(wait, time.Second)
	b.s.cfg.Slow(b.ctxs.records, wait)
	b.retryLater(c, backoffRateLimited, wait, 0)
}

// retryLater releases a claim after the API didn't take its call. The send backs off, longer each time; after limit times in a
// row it is paused.
func (b *batch) retryLater(c claim, reason string, least time.Duration, limit int) {
	b.releaseClaim(c, reason, least.Milliseconds(), retryWaits, limit, "Coupontools could not be reached, after many tries.")
}

// releaseClaim releases a claim after its call did nothing. If the API didn't take the call, why holds the further arguments of
// releaseClaimScript.
func (b *batch) releaseClaim(c claim, why ...any) {
	reply, ok := b.write(releaseClaimScript, append([]any{c.token, c.index}, why...)...)
	switch {
	case !ok || reply.code == "gone":
	case reply.n > 0:
		b.s.count(Skipped, reply.n)
	default:
		b.s.cfg.Observe("released")
	}
}

// recordOutcome records the outcome of a claim.
func (b *batch) recordOutcome(c claim, v verdict) {
	same, why := v.streak(b.send.Kind)
	_, ok := b.write(outcomeScript, c.token, c.index, string(v.status), v.code, v.action, v.text, same, streakLimit, why)
	if ok {
		b.s.cfg.Observe(string(v.status))
	}
}
