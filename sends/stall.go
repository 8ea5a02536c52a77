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
	// stallEvery is how often each process checks the progress of running sends, stallTime how long a send may make none before
	// it is stalled.
	stallEvery, stallTime = 10 * time.Second, time.Minute
	// probeTimeout limits a test write to Redis.
	probeTimeout = 5 * time.Second
)

// lastError is the error of a repeated operation, nil while it works. It serves to log an error once and not at each retry.
type lastError struct {
	mu  sync.Mutex
	err error
}

// set stores the result of the last try. It reports whether to log it: an error of another kind, or the first success after
// an error.
func (t *lastError) set(err error) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	before := t.err
	t.err = err
	return (before == nil) != (err == nil) || rediserr.KindOf(before) != rediserr.KindOf(err)
}

// get returns the result of the last try.
func (t *lastError) get() error {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.err
}

// logWritable logs whether Redis accepts sends, if that has changed.
func (s *Service) logWritable(ctx context.Context, err error) {
	switch {
	case ctx.Err() != nil || !s.writeError.set(err):
	case err == nil:
		s.cfg.Log.Info("Redis accepts sends again")
	default:
		s.cfg.Log.Warn("Redis accepts no sends; they wait", "problem", rediserr.Problem(err), "error", err)
	}
}

// progressScript returns the progress of a send. It writes nothing, so it also runs while Redis accepts no writes. It has no
// arguments.
//
// Reply: seen, with the number of calls in flight, then
//
//	a mark that changes with every claim, outcome and backoff
//	the reason of the backoff, or ''
//	why the send is stalled, or ''
var progressScript = newScript(`
local in_flight = redis.call('HLEN', claims)
local mark = {in_flight, redis.call('LLEN', released)}
for i, field in ipairs({'next', 'accepted', 'failed', 'skipped', 'unknown', 'backoff_at', 'tries'}) do
	mark[i + 2] = get(field) or '0'
end
return reply('seen', in_flight, table.concat(mark, ' '), get('backoff_reason') or '', get('stall') or '')`)

// stallScript stores why a send is stalled.
//
//	ARGV[1] why, '' if it isn't stalled
//
// Reply: done.
var stallScript = newScript(`
local reason = argv(1)
if reason == '' then drop('stall') elseif has('confirmed') then set('stall', reason) end
return reply('done', 0)`)

// progress is the progress of a send, and since when it has had it.
type progress struct {
	mark  string
	since time.Time
}

// watchStalls checks regularly, until ctx ends, whether Redis accepts writes and whether running sends make progress.
func (s *Service) watchStalls(ctx context.Context) {
	seen := map[string]progress{}
	for {
		seen = s.checkStalls(ctx, seen)
		if !sleep(ctx, stallEvery) {
			return
		}
	}
}

// checkStalls checks once. It compares the progress of the running sends with before, and returns it for the next check.
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

// checkStall checks one running send. After a minute without progress it is stalled, until it makes progress again.
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

// progressReply is the reply of progressScript.
type progressReply struct {
	mark     string
	inFlight int
	idle     bool   // nobody waits or is due, or the send backs off
	stall    string // why the send is stalled
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

// setStall stores why a send is stalled ("" if it isn't): in Redis for all processes, and in this one in case Redis accepts
// no writes. said is what Redis has now. A reason that another process stored stays until it is cleared.
func (s *Service) setStall(ctx context.Context, id, said, why string) {
	if s.rememberStall(id, why) || (why == "") != (said == "") {
		_ = s.runScript(ctx, stallScript, id, why).Err()
	}
}

// rememberStall keeps the reason in this process and logs it. It reports whether the reason is new.
func (s *Service) rememberStall(id, why string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch why {
	case s.stalls[id]:
		return false
	case "":
		delete(s.stalls, id)
		s.cfg.Log.Info("A send makes progress again", "send", id)
	default:
		s.stalls[id] = why
		s.cfg.Log.Warn("A send is stalled", "send", id, "why", why)
	}
	return true
}

// withStall adds the reason that only this process knows to a running send.
func (s *Service) withStall(send Send) Send {
	if send.State == StateRunning && send.BackoffReason == "" {
		s.mu.Lock()
		defer s.mu.Unlock()
		send.BackoffReason = s.stalls[send.ID]
	}
	return send
}

// stallReason explains in plain words why a send is stalled.
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
	return still + "couponbot doesn't know why. Ask the person who runs couponbot to look at its log."
}
