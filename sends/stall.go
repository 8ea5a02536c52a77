package sends

import (
	"cmp"
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/coupontools/couponbot/internal/rediserr"
)

const (
	// stallEvery is how often each process looks whether the running sends move, stallTime how long one may stand still
	// before it says why.
	stallEvery, stallTime = 10 * time.Second, time.Minute
	// probeTimeout is how long Redis may take to say whether it takes writes.
	probeTimeout = 5 * time.Second
)

// lastError is the error that something fails with again and again, nil while it works. It serves to log an error once and not
// at each try.
type lastError struct {
	mu  sync.Mutex
	err error
}

// set keeps how the last try went. It reports whether that is news: an error of another kind, or none any more.
func (t *lastError) set(err error) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	before := t.err
	t.err = err
	return (before == nil) != (err == nil) || rediserr.KindOf(before) != rediserr.KindOf(err)
}

// get is how the last try went.
func (t *lastError) get() error {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.err
}

// logWritable logs whether Redis takes sends, if that has changed.
func (s *Service) logWritable(ctx context.Context, err error) {
	switch {
	case ctx.Err() != nil || !s.writeError.set(err):
	case err == nil:
		s.cfg.Log.Info("Redis takes sends again")
	default:
		s.cfg.Log.Warn("Redis takes no sends: none goes on until it does", "problem", rediserr.Problem(err), "error", err)
	}
}

// progressScript answers how many calls of a send are out, a mark that is another one whenever a recipient was claimed or
// got an outcome or the API turned a call away, what holds the send up, and why it is said not to move. It writes nothing, so it
// also runs while Redis takes no writes.
var progressScript = newScript(`
local in_flight = redis.call('HLEN', claims)
local mark = {in_flight, redis.call('LLEN', released)}
for i, field in ipairs({'next', 'accepted', 'failed', 'skipped', 'unknown', 'backoff_at', 'tries'}) do
	mark[i + 2] = get(field) or '0'
end
return reply('seen', in_flight, table.concat(mark, ' '), get('backoff_reason') or '', get('stall') or '')`)

// stallScript keeps why a send does not move; an empty text says that it does.
var stallScript = newScript(`
local reason = argv(1)
if reason == '' then drop('stall') elseif has('confirmed') then set('stall', reason) end
return reply('done', 0)`)

// progress is how far a send had come, and since when.
type progress struct {
	mark  string
	since time.Time
}

// watchStalls looks whether Redis takes writes and whether the running sends move, until ctx ends.
func (s *Service) watchStalls(ctx context.Context) {
	seen := map[string]progress{}
	for {
		seen = s.checkStalls(ctx, seen)
		if !sleep(ctx, stallEvery) {
			return
		}
	}
}

// checkStalls looks once. It takes how far the sends had come at the look before, and gives how far they have come now.
func (s *Service) checkStalls(ctx context.Context, before map[string]progress) map[string]progress {
	probe, cancel := context.WithTimeout(ctx, probeTimeout)
	defer cancel()
	refused := s.Writable(probe)
	s.logWritable(ctx, refused)
	live, err := s.Live(ctx)
	if err != nil {
		return before
	}
	running := map[string]progress{}
	for _, send := range live {
		if send.State == StateRunning {
			running[send.ID] = before[send.ID]
		}
	}
	for id := range running {
		running[id] = s.checkStall(ctx, id, running[id], refused, len(running) > 1)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	for id := range s.stalls {
		if _, still := running[id]; !still {
			delete(s.stalls, id)
		}
	}
	return running
}

// checkStall looks at one running send. One that has stood still for a minute says why, until it moves again.
func (s *Service) checkStall(ctx context.Context, id string, before progress, refused error, others bool) progress {
	now, err := s.progress(ctx, id)
	if err != nil {
		now.mark = before.mark
	}
	switch {
	case before.since.IsZero():
		return progress{now.mark, time.Now()}
	case now.idle || now.mark != before.mark:
		s.setStall(ctx, id, now.stall, "")
		return progress{now.mark, time.Now()}
	case time.Since(before.since) >= stallTime:
		s.setStall(ctx, id, now.stall, s.stallReason(cmp.Or(refused, err), now.inFlight, others))
	}
	return before
}

// progressReply is what progressScript saw.
type progressReply struct {
	mark     string
	inFlight int
	idle     bool   // nobody waits, or nobody can be called yet, or the send says already what it waits for
	stall    string // why it is said not to move
}

func (s *Service) progress(ctx context.Context, id string) (progressReply, error) {
	reply, rest, err := parseReply(s.runScript(ctx, progressScript, id))
	if err != nil {
		return progressReply{}, err
	}
	if rest, err = atLeast(rest, 3); err != nil {
		return progressReply{}, err
	}
	text := func(i int) string { v, _ := rest[i].(string); return v }
	return progressReply{
		mark: text(0), inFlight: reply.n, stall: text(2), idle: reply.waiting == 0 || reply.dueMS > 0 || text(1) != "",
	}, nil
}

// setStall says why a send does not move, in Redis for all processes and in this one in case Redis does not take it; an empty
// text takes it back. said is what Redis holds. What another process said there stays as long as it says anything.
func (s *Service) setStall(ctx context.Context, id, said, why string) {
	if s.rememberStall(id, why) || (why == "") != (said == "") {
		_ = s.runScript(ctx, stallScript, id, why).Err()
	}
}

// rememberStall keeps why a send does not move in this process, and logs it. It reports whether that is new.
func (s *Service) rememberStall(id, why string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch why {
	case s.stalls[id]:
		return false
	case "":
		delete(s.stalls, id)
		s.cfg.Log.Info("A send moves again", "send", id)
	default:
		s.stalls[id] = why
		s.cfg.Log.Warn("A send does not move", "send", id, "why", why)
	}
	return true
}

// withStall adds to a running send why it does not move, as far as only this process knows it.
func (s *Service) withStall(send Send) Send {
	if send.State == StateRunning && send.BackoffReason == "" {
		s.mu.Lock()
		defer s.mu.Unlock()
		send.BackoffReason = s.stalls[send.ID]
	}
	return send
}

// stallReason says in plain words why a send does not move, given what Redis refused, how many of its calls are out, and
// whether other sends run.
func (s *Service) stallReason(refused error, out int, others bool) string {
	const still = "Nothing has gone out for a minute: "
	if err := cmp.Or(refused, s.enqueueError.get(), s.dequeueError.get()); err != nil {
		return still + rediserr.Problem(err) + ". " + rediserr.Hint(err)
	}
	switch {
	case out == 1:
		return still + "Coupontools hasn't answered a call yet."
	case out > 1:
		return still + fmt.Sprintf("Coupontools hasn't answered %d calls yet.", out)
	case others:
		return still + "other sends are ahead of it."
	}
	return still + "couponbot doesn't know why. Ask whoever runs couponbot to look at its log."
}
