package sends

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/alicebob/miniredis/v2"
	"github.com/redis/go-redis/v9"
	"pgregory.net/rapid"
)

// model knows what processes did to one send and to the API, and compares it with the records. It runs their scripts one by
// one in any order. A step is a script that a process requested; it may run late, again, or never.
type model struct {
	m   *miniredis.Miniredis
	s   *Service
	id  string
	now time.Time

	batches    []*modelBatch
	claims     []*modelClaim
	late       []func() // requested and not run yet
	done       []func() // run before
	calls      map[string][]Status
	suppressed map[string]bool      // on the do-not-contact list since a step
	claimed    map[string]bool      // tokens that were claimed
	released   map[string]bool      // tokens released by a process in its own batch
	slow       map[string]time.Time // last claim for a slow country
	leaders    int
}

// modelRates are the SMS rates of the model, modelSlow the least time between two claims at these rates.
var (
	modelRates = map[string]float64{"US": 0.1, "CA": 0.02}
	modelSlow  = map[string]time.Duration{"US": 10200 * time.Millisecond, "CA": 51 * time.Second}
)

// country returns the country of the i-th recipient of the model.
func country(i int) string { return []string{"US", "BE", "US", "CA"}[i%4] }

type modelBatch struct {
	owner  string
	claims int
}

// modelClaim is a claim that a process knows of.
type modelClaim struct {
	token, index string
	at           time.Time
}

// TestModel takes random steps and checks the laws of the package after each.
func TestModel(t *testing.T) {
	t.Parallel()
	m := startRedis(t)
	rdb := connect(t, m, nil)
	rapid.Check(t, func(t *rapid.T) {
		m.FlushAll()
		s := service(rdb, accept, func(c *Config) { c.ApprovalOver, c.SMSRates = 4, modelRates })
		w := &model{
			m: m, s: s, now: time.Unix(1_800_000_000, 0), calls: map[string][]Status{}, suppressed: map[string]bool{},
			claimed: map[string]bool{}, released: map[string]bool{}, slow: map[string]time.Time{},
		}
		w.pass(0)
		d := draft(rapid.IntRange(1, 8).Draw(t, "people"))
		for i := range d.List.Recipients {
			d.List.Recipients[i].Country = country(i)
		}
		d, err := s.SaveDraft(t.Context(), d)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := s.Confirm(t.Context(), d.ID, team, mia); err != nil {
			t.Fatal(err)
		}
		w.id = d.ID
		t.Repeat(map[string]func(*rapid.T){
			"take":     w.acquireBatch,
			"claim":    w.claim,
			"claim 2":  w.claim, // more often than the others
			"reserve":  w.reserve,
			"lose":     w.loseReply,
			"answer":   w.answer,
			"answer 2": w.answer,
			"release":  w.release,
			"die":      w.die,
			"arrive":   w.arrive,
			"replay":   w.replay,
			"tend":     func(t *rapid.T) { w.maintain(t) },
			"wait":     func(t *rapid.T) { w.pass(time.Duration(rapid.IntRange(1, 70).Draw(t, "seconds")) * time.Second) },
			"act":      w.act,
			"suppress": w.suppress,
			"":         w.check,
		})
		w.finish(t)
	})
}

// pass advances the clock of Redis and expires keys.
func (w *model) pass(d time.Duration) {
	w.now = w.now.Add(d)
	w.m.SetTime(w.now)
}

// run runs a script and keeps it for a replay.
func (w *model) run(t *rapid.T, script *redis.Script, args ...any) (scriptReply, []any) {
	reply, rest := w.once(t, script, args...)
	w.done = append(w.done, func() { w.once(t, script, args...) })
	return reply, rest
}

func (w *model) once(t *rapid.T, script *redis.Script, args ...any) (scriptReply, []any) {
	reply, rest, err := parseReply(w.s.runScript(t.Context(), script, w.id, args...))
	if err != nil {
		t.Fatal(err)
	}
	if script == claimScript && reply.code == "claimed" {
		w.checkRate(t, fmt.Sprint(args[0], ":", args[2]), rest[0].(string))
	}
	return reply, rest
}

// checkRate checks that claims for a slow country keep its rate, in all batches.
func (w *model) checkRate(t *rapid.T, token, index string) {
	if w.claimed[token] {
		return
	}
	w.claimed[token] = true
	if w.released[token] {
		t.Fatalf("%s is claimed by %s, which was released before: nobody would call", index, token)
	}
	i, _ := strconv.Atoi(index)
	last, again := w.slow[country(i)]
	if since := w.now.Sub(last); again && since < modelSlow[country(i)] {
		t.Fatalf("%s in %s is claimed %v after another", index, country(i), since)
	}
	w.slow[country(i)] = w.now
}

// delay requests a script that runs later, or never.
func (w *model) delay(t *rapid.T, script *redis.Script, args ...any) {
	w.late = append(w.late, func() { w.run(t, script, args...) })
}

func (w *model) send(t *rapid.T) (Send, sendHash) {
	hash, err := w.s.cfg.Redis.HGetAll(t.Context(), w.s.keys(w.id)[keySend]).Result()
	if err != nil {
		t.Fatal(err)
	}
	return sendHash(hash).send(w.id), sendHash(hash)
}

func (w *model) acquireBatch(t *rapid.T) {
	_, f := w.send(t)
	batch := &modelBatch{owner: "batch" + strconv.Itoa(len(w.batches))}
	n := f.count("batches") - rapid.SampledFrom([]int{0, 0, 0, 1}).Draw(t, "stale")
	if reply, _ := w.run(t, acquireBatchScript, batch.owner, n); reply.code == "acquired" {
		w.batches = append(w.batches, batch)
	}
}

// reserve reserves a country for a batch that may have ended.
func (w *model) reserve(t *rapid.T) {
	if len(w.batches) == 0 {
		t.Skip("no batch")
	}
	batch := w.batches[max(len(w.batches)-1-rapid.SampledFrom([]int{0, 0, 0, 1}).Draw(t, "batches ago"), 0)]
	w.run(t, reserveScript, batch.owner, w.s.rates)
}

// next returns the arguments of the next claim of a batch that may have ended.
func (w *model) next(t *rapid.T) (token string, args []any) {
	if len(w.batches) == 0 {
		t.Skip("no batch")
	}
	batch := w.batches[max(len(w.batches)-1-rapid.SampledFrom([]int{0, 0, 0, 1, 2}).Draw(t, "batches ago"), 0)]
	batch.claims++
	return fmt.Sprint(batch.owner, ":", batch.claims), w.s.claimArgs(batch.owner, int64(batch.claims))
}

func (w *model) claim(t *rapid.T) {
	token, args := w.next(t)
	before, _ := w.send(t)
	reply, rest := w.run(t, claimScript, args...)
	if reply.code != "claimed" {
		return
	}
	c := &modelClaim{token: token, index: rest[0].(string), at: w.now}
	w.claims = append(w.claims, c)
	if before.State != StateRunning {
		t.Fatalf("claimed in a send that is %s", before.State)
	}
	if w.suppressed[c.index] {
		t.Fatalf("claimed %s, who is on the do-not-contact list", c.index)
	}
}

// loseReply requests a claim and loses the reply: the process releases the claim, or dies.
func (w *model) loseReply(t *rapid.T) {
	token, args := w.next(t)
	if rapid.Bool().Draw(t, "runs") {
		w.run(t, claimScript, args...)
	} else {
		w.delay(t, claimScript, args...)
	}
	if rapid.Bool().Draw(t, "dies") {
		return
	}
	w.run(t, releaseClaimScript, token, "")
	w.released[token] = true
}

// takeClaim removes one of the claims that a process knows of.
func (w *model) takeClaim(t *rapid.T) *modelClaim {
	if len(w.claims) == 0 {
		t.Skip("no claim")
	}
	i := rapid.IntRange(0, len(w.claims)-1).Draw(t, "claim")
	c := w.claims[i]
	w.claims = append(w.claims[:i], w.claims[i+1:]...)
	return c
}

// answer makes a call, if the claim is fresh, and records the outcome now, later, or never.
func (w *model) answer(t *rapid.T) {
	c := w.takeClaim(t)
	if w.now.Sub(c.at) > maxClaimAge {
		w.run(t, releaseClaimScript, c.token, c.index)
		return
	}
	status := rapid.SampledFrom([]Status{Accepted, Accepted, Failed, Unknown}).Draw(t, "status")
	w.calls[c.index] = append(w.calls[c.index], status)
	same := map[Status]string{Failed: "failed|604|No.", Unknown: "unknown"}[status]
	args := []any{c.token, c.index, string(status), "", "", "", same, 2, "why"}
	if rapid.Bool().Draw(t, "late") {
		w.delay(t, outcomeScript, args...)
		return
	}
	w.run(t, outcomeScript, args...)
}

// release releases a claim after its call did nothing.
func (w *model) release(t *rapid.T) {
	c := w.takeClaim(t)
	args := []any{c.token, c.index}
	if rapid.Bool().Draw(t, "not taken") {
		args = append(args, backoffUnreachable, 0, retryWaits, 3, "away")
	}
	if rapid.Bool().Draw(t, "late") {
		w.delay(t, releaseClaimScript, args...)
		return
	}
	w.run(t, releaseClaimScript, args...)
}

// die ends a process with a claim. It may have called just before.
func (w *model) die(t *rapid.T) {
	c := w.takeClaim(t)
	if w.now.Sub(c.at) <= maxClaimAge && rapid.Bool().Draw(t, "called") {
		w.calls[c.index] = append(w.calls[c.index], Unknown)
	}
}

func (w *model) arrive(t *rapid.T) {
	if len(w.late) == 0 {
		t.Skip("nothing is late")
	}
	i := rapid.IntRange(0, len(w.late)-1).Draw(t, "which")
	step := w.late[i]
	w.late = append(w.late[:i], w.late[i+1:]...)
	step()
}

func (w *model) replay(t *rapid.T) {
	if len(w.done) == 0 {
		t.Skip("nothing to replay")
	}
	w.done[rapid.IntRange(0, len(w.done)-1).Draw(t, "which")]()
}

func (w *model) maintain(t *rapid.T) {
	w.leaders++
	owner := fmt.Sprint("leader", w.leaders)
	if err := w.s.runScript(t.Context(), leadScript, w.id, owner).Err(); err != nil {
		t.Fatal(err)
	}
	w.run(t, maintainScript, owner, (w.s.cfg.CallTimeout + claimGrace).Milliseconds(), "away", approvalTime.Milliseconds())
	if err := w.s.runScript(t.Context(), releaseLeadScript, w.id, owner).Err(); err != nil {
		t.Fatal(err)
	}
}

func (w *model) act(t *rapid.T) {
	action := rapid.SampledFrom([]Action{Pause, Pause, Resume, Resume, Approve, Approve, Approve, Cancel}).Draw(t, "action")
	user := rapid.SampledFrom([]string{mia, ben}).Draw(t, "user")
	before, _ := w.send(t)
	after, err := w.s.Act(t.Context(), w.id, action, Actor{Team: team, User: user})
	if err == nil && action == Approve && user == mia && before.State == StateAwaiting {
		t.Fatalf("%s approved their own send: %+v", user, after)
	}
}

func (w *model) suppress(t *rapid.T) {
	send, _ := w.send(t)
	i := rapid.IntRange(0, send.Counts.Total-1).Draw(t, "person")
	if _, err := w.s.Suppress(t.Context(), send.Kind, []string{number(i)}, Actor{Team: team, User: mia}, "model"); err != nil {
		t.Fatal(err)
	}
	w.suppressed[strconv.Itoa(i)] = true
}

// check checks the laws.
func (w *model) check(t *rapid.T) {
	send, _ := w.send(t)
	counted := map[Status]int{}
	i := 0
	for o, err := range w.s.Recipients(t.Context(), w.id) {
		if err != nil {
			t.Fatal(err)
		}
		counted[o.Status]++
		index := strconv.Itoa(i)
		calls := w.calls[index]
		switch {
		case len(calls) > 1:
			t.Fatalf("%s got %v, want one call at most", index, calls)
		case len(calls) == 0 && (o.Status == Accepted || o.Status == Failed):
			t.Fatalf("%s is %s, but nobody called", index, o.Status)
		case len(calls) == 1 && o.Status != Claimed && o.Status != Unknown && o.Status != calls[0]:
			t.Fatalf("%s was called (%s), but is %s", index, calls[0], o.Status)
		}
		i++
	}
	claimed := counted[Claimed]
	want := Counts{i, counted[Accepted], counted[Failed], counted[Skipped], counted[Unknown]}
	if send.Counts != want || send.Counts.Pending() != counted[Pending]+claimed {
		t.Fatalf("the send counts %+v, its recipients are %v", send.Counts, counted)
	}
	if n, err := w.s.cfg.Redis.HLen(t.Context(), w.s.keys(w.id)[keyClaims]).Result(); err != nil || int(n) != claimed {
		t.Fatalf("%d claims, %v; %d recipients are claimed", n, err, claimed)
	}
	w.checkDeferred(t, counted[Pending])
	if send.Ended() != (send.Counts.Pending() == 0) {
		t.Fatalf("ended: %v, with %+v", send.Ended(), send.Counts)
	}
}

// checkDeferred compares the queues of deferred recipients with their times, and all waiting recipients with the pending
// ones.
func (w *model) checkDeferred(t *rapid.T, pending int) {
	_, f := w.send(t)
	rdb, keys := w.s.cfg.Redis, w.s.keys(w.id)
	released, err := rdb.LRange(t.Context(), keys[keyReleased], 0, -1).Result()
	if err != nil {
		t.Fatal(err)
	}
	deferred, err := rdb.ZRange(t.Context(), keys[keyDeferred], 0, -1).Result()
	if err != nil {
		t.Fatal(err)
	}
	times, err := rdb.ZRange(t.Context(), keys[keyDeferredDue], 0, -1).Result()
	if err != nil {
		t.Fatal(err)
	}
	queues, waiting := map[string]bool{}, map[string]bool{}
	for _, member := range deferred {
		queue, digits, _ := strings.Cut(member, "|")
		i, err := strconv.Atoi(digits)
		if err != nil || country(i) != queue || i >= f.count("next") {
			t.Fatalf("%s is deferred, of %d that were tried: %v", member, f.count("next"), err)
		}
		queues[queue], waiting[strconv.Itoa(i)] = true, true
	}
	for _, index := range released {
		waiting[index] = true
	}
	slices.Sort(times)
	if !slices.Equal(times, slices.Sorted(maps.Keys(queues))) {
		t.Fatalf("%v have a time, %v are deferred", times, deferred)
	}
	if n := f.count("total") - f.count("next") + len(waiting); n != pending || len(waiting) != len(released)+len(deferred) {
		t.Fatalf("%d wait (%v released, %v deferred), %d are pending", n, released, deferred, pending)
	}
}

// finish carries the send to its end, without faults.
func (w *model) finish(t *rapid.T) {
	w.claims = nil
	w.pass(2 * time.Minute)
	for range 100 {
		w.maintain(t)
		w.check(t)
		send, f := w.send(t)
		if send.Ended() {
			return
		}
		for _, step := range []struct {
			state  State
			action Action
		}{{StateAwaiting, Approve}, {StatePaused, Resume}} {
			if send.State == step.state {
				if _, err := w.s.Act(t.Context(), w.id, step.action, Actor{Team: team, User: ben}); err != nil {
					t.Fatal(err)
				}
			}
		}
		w.pass(leaseTime + maxRetryWait)
		batch := &modelBatch{owner: fmt.Sprint("last", f.count("batches"))}
		if reply, _ := w.run(t, acquireBatchScript, batch.owner, f.count("batches")); reply.code != "acquired" {
			continue
		}
		w.batches = append(w.batches, batch)
		for w.claim(t); len(w.claims) > 0; w.claim(t) {
			c := w.claims[0]
			w.claims = nil
			w.calls[c.index] = append(w.calls[c.index], Accepted)
			w.run(t, outcomeScript, c.token, c.index, string(Accepted), "", "", "", "", streakLimit, "why")
		}
	}
	send, _ := w.send(t)
	t.Fatalf("the send never ends: %+v", send)
}
