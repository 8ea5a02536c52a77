package sends

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/coupontools/couponbot/sends/redistest"
)

// tornTest is a process that works on one send, with a Redis that crashes.
type tornTest struct {
	*testing.T
	server *redistest.Server
	s      *Service
	id     string
	called map[string]int // calls by index
}

// newTorn starts a send to six recipients and calls the first.
func newTorn(t *testing.T) *tornTest {
	server := redistest.New(t)
	w := &tornTest{T: t, server: server, called: map[string]int{}}
	w.s = service(dial(t, server), accept, rates(map[string]float64{"US": 100}))
	w.id = confirmDraft(t, w.s, toCountries(0, "BE", 1, "US", 3, "BE", 2))
	w.script(acquireBatchScript, "batch", 0)
	w.accept(1, w.claim(1))
	return w
}

// script runs a script and returns its code and further values.
func (w *tornTest) script(script *redis.Script, args ...any) (code string, rest []any) {
	w.Helper()
	r, rest, err := parseReply(w.s.runScript(w.Context(), script, w.id, args...))
	if err != nil {
		w.Fatal(err)
	}
	return r.code, rest
}

// ask requests the n-th claim.
func (w *tornTest) ask(n int) (code string, rest []any) {
	w.Helper()
	return w.script(claimScript, w.s.claimArgs("batch", int64(n))...)
}

// claim requests the n-th claim and makes its call. It returns "" if nobody is claimed.
func (w *tornTest) claim(n int) (index string) {
	w.Helper()
	if code, rest := w.ask(n); code == "claimed" {
		index, _ = rest[0].(string)
		w.called[index]++
	}
	return index
}

func (w *tornTest) accept(n int, index string) {
	w.Helper()
	w.script(outcomeScript, fmt.Sprint("batch:", n), index, string(Accepted), "", "", "", "", streakLimit, "why")
}

// giveBack makes and releases the n-th claim.
func (w *tornTest) giveBack(n int) (index string) {
	w.Helper()
	_, rest := w.ask(n)
	index, _ = rest[0].(string)
	w.script(releaseClaimScript, fmt.Sprint("batch:", n), index)
	return index
}

// sweep makes all claims unknown, as after the death of their process.
func (w *tornTest) sweep() {
	w.Helper()
	if err := w.s.runScript(w.Context(), leadScript, w.id, "leader").Err(); err != nil {
		w.Fatal(err)
	}
	w.script(maintainScript, "leader", -1, "its process went away", time.Hour.Milliseconds())
}

// crash kills Redis and starts it again, with its last transaction cut after n commands if n is not 0. It returns false if
// the transaction has fewer commands.
func (w *tornTest) crash(n int) bool {
	w.Helper()
	w.server.Kill()
	whole := n > 0 && !w.server.Tear(w, w.id, n)
	w.server.Start(w)
	return !whole
}

// finish carries the send to its end and checks the laws.
func (w *tornTest) finish() {
	w.Helper()
	w.sweep()
	keys := w.s.keys(w.id)
	for n := 10; !read(w, w.s, w.id).Ended() && n < 2000; n++ {
		if w.s.cfg.Redis.TTL(w.Context(), keys[keyBatch]).Val() < 0 { // also if a slow test outlives the lease
			w.script(acquireBatchScript, "batch", w.s.cfg.Redis.HGet(w.Context(), keys[keySend], "batches").Val())
		}
		if index := w.claim(n); index != "" {
			w.accept(n, index)
		}
	}
	if send := read(w, w.s, w.id); !send.Ended() || send.Counts.Pending() != 0 {
		w.Errorf("the send is %s with %+v, want it ended", send.State, send.Counts)
	}
	checkRecords(w, w.s, w.id)
	for index, calls := range w.called {
		if calls > 1 {
			w.Errorf("recipient %s got %d calls", index, calls)
		}
	}
}

// tornSteps are the steps in which Redis crashes, by name. Each prepares the send and returns the step, which can be
// repeated.
var tornSteps = map[string]func(w *tornTest) (step func()){
	"claim":        func(w *tornTest) func() { return func() { w.ask(2) } },
	"second claim": func(w *tornTest) func() { w.ask(2); return func() { w.ask(3) } },
	"claim of a released recipient": func(w *tornTest) func() {
		w.giveBack(2)
		return func() { w.ask(3) }
	},
	"outcome": func(w *tornTest) func() {
		index := w.claim(2)
		return func() { w.accept(2, index) }
	},
	"refusal": func(w *tornTest) func() {
		index := w.claim(2)
		return func() {
			w.script(outcomeScript, "batch:2", index, string(Failed), "604", "", "No.", "failed|604|No.", streakLimit, "why")
		}
	},
	"release": func(w *tornTest) func() {
		_, rest := w.ask(2)
		return func() { w.script(releaseClaimScript, "batch:2", rest[0], backoffRateLimited, 1, "1", 0, "") }
	},
	"sweep": func(w *tornTest) func() {
		w.claim(2)
		return w.sweep
	},
	"cancellation": func(w *tornTest) func() {
		w.claim(2)
		return func() { act(w, w.s, w.id, Cancel, mia) }
	},
}

// A crash of Redis can tear the transaction of a script in the append-only file. After the next start Redis rightly has
// nothing of it; after the following one it runs the first part, which stayed in the file. Nobody is called twice or
// forgotten, whether the process repeats the script or dies with Redis.
func TestRealRedis_tornTransaction(t *testing.T) {
	t.Parallel()
	for name, prepare := range tornSteps {
		for _, again := range []bool{true, false} {
			t.Run(fmt.Sprintf("%s/again=%t", name, again), func(t *testing.T) {
				t.Parallel()
				for n := 1; ; n += 1 + n/3 {
					w := newTorn(t)
					step := prepare(w)
					step()
					if !w.crash(n) {
						return
					}
					if again {
						step()
					}
					save(t, w.s, toCountries(100, "BE", 1)) // another transaction
					w.crash(0)
					w.finish()
					if t.Failed() {
						t.Fatalf("torn behind %d commands", n)
					}
				}
			})
		}
	}
}

// A torn confirmation puts nobody on the list twice.
func TestRealRedis_tornConfirmation(t *testing.T) {
	t.Parallel()
	const people = 2500
	for n := 1; ; n += 1 + n/3 {
		server := redistest.New(t)
		s := service(dial(t, server), accept)
		id := confirmed(t, s, people)
		server.Kill()
		if !server.Tear(t, "RPUSH", n) {
			return
		}
		server.Start(t)
		if _, err := s.Confirm(t.Context(), id, team, mia); err != nil {
			t.Fatal(err)
		}
		server.Kill()
		server.Start(t)
		var to []string
		for o, err := range s.Recipients(t.Context(), id) {
			if err != nil {
				t.Fatal(err)
			}
			to = append(to, o.To)
		}
		slices.Sort(to)
		if different := len(slices.Compact(slices.Clone(to))); len(to) != people || different != people {
			t.Errorf("torn behind %d commands: the list has %d entries for %d people, want %d", n, len(to), different, people)
		}
	}
}
