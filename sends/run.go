package sends

import (
	"context"
	"crypto/rand"
	"sync"
	"sync/atomic"
	"time"

	"github.com/redis/go-redis/v9"
)

const (
	// lookEvery is how often each process looks for live sends that nobody carries.
	lookEvery = 2 * time.Second
	// leaseTime is how long a send stays with a process that does not renew its lease, renewEvery how often it does.
	leaseTime, renewEvery = 15 * time.Second, 5 * time.Second
	// claimGrace is how much longer than a call may take a claim is waited for, before it is unknown.
	claimGrace = 30 * time.Second
	// atOnce is how many sends one process carries at a time, and inFlight how many calls of one send are out at a time.
	// Both only bound memory and connections: the pace decides how fast it goes, and sends get it in turns.
	atOnce, inFlight = 64, 8
	// recordTime is kept free at the end of a shutdown to record the calls that were cut off.
	recordTime = 3 * time.Second
	// askTime is how long the question whether the sender may still send may take.
	askTime = 30 * time.Second
)

// Run carries out confirmed sends until ctx ends. Then it makes no more calls, waits for those that are out, cuts them
// off and records them as unknown shortly before ShutdownTimeout is over, and returns at the latest when it is. What is
// left of the sends goes on in another process or with the next start. It returns nil.
func (s *Service) Run(ctx context.Context) error {
	calls, stopCalls := outlive(ctx, max(s.cfg.ShutdownTimeout-recordTime, s.cfg.ShutdownTimeout/2))
	defer stopCalls()
	records, stopRecords := outlive(ctx, s.cfg.ShutdownTimeout)
	defer stopRecords()
	l := life{work: ctx, calls: calls, records: records, slots: make(chan struct{}, atOnce)}

	var carrying sync.WaitGroup
	tick := time.NewTicker(lookEvery)
	defer tick.Stop()
	var away bool // Redis, as of the last look
	for ctx.Err() == nil {
		err := s.look(l, &carrying)
		if err != nil && !away && ctx.Err() == nil {
			s.cfg.Log.Warn("Redis cannot be reached: no send goes on until it can", "error", err)
		}
		away = err != nil
		select {
		case <-ctx.Done():
		case <-s.wake:
		case <-tick.C:
		}
	}
	done := make(chan struct{})
	go func() { carrying.Wait(); close(done) }()
	select {
	case <-done:
	case <-records.Done():
		s.cfg.Log.Warn("Sends were cut off at shutdown; a call without a verdict becomes unknown")
	}
	return nil
}

// life is how long the parts of a process's work go on: new calls, calls that are out, records; and the room for sends.
// It holds contexts since it is nothing but their three ends, which every loop needs together.
type life struct {
	work, calls, records context.Context
	slots                chan struct{}
}

// outlive returns a context that ends d after ctx has.
func outlive(ctx context.Context, d time.Duration) (context.Context, context.CancelFunc) {
	late, cancel := context.WithCancel(context.WithoutCancel(ctx))
	stop := context.AfterFunc(ctx, func() {
		if sleep(late, d) {
			cancel()
		}
	})
	return late, func() { stop(); cancel() }
}

// poke makes Run look for new sends at once.
func (s *Service) poke() {
	select {
	case s.wake <- struct{}{}:
	default:
	}
}

// look starts to carry every live send that this process does not carry yet.
func (s *Service) look(l life, carrying *sync.WaitGroup) error {
	ids, err := s.cfg.Redis.ZRange(l.work, s.live(), 0, -1).Result()
	if err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, id := range ids {
		if s.carried[id] {
			continue
		}
		s.carried[id] = true
		carrying.Go(func() {
			s.carry(l, id)
			s.mu.Lock()
			defer s.mu.Unlock()
			delete(s.carried, id)
		})
	}
	return nil
}

// carry takes a send, if no other process has it, and goes on with it until it has ended, which was told, or the process
// shuts down, or the lease is lost.
func (s *Service) carry(l life, id string) {
	select {
	case l.slots <- struct{}{}:
	case <-l.work.Done():
		return
	}
	leave := sync.OnceFunc(func() { <-l.slots })
	defer leave()

	owner := rand.Text()
	reply, err := s.do(l.work, leaseScript, id, owner, leaseTime.Milliseconds()).StringSlice()
	if err != nil || len(reply) == 0 {
		return
	}
	work, lose := context.WithCancel(l.work)
	defer lose()
	r := &run{
		s: s, id: id, owner: owner, life: l, work: work, lose: lose,
		slots: make(chan struct{}, inFlight), wake: make(chan struct{}, 1), over: make(chan struct{}, 1),
	}
	f := pairs(reply)
	r.send = f.send(id)
	r.ended.Store(r.send.Ended())
	r.note(standing{waiting: 1}) // that somebody waits is a guess; the first claim knows

	var tending, telling sync.WaitGroup
	tending.Go(r.tend)
	telling.Go(func() { r.tell(f.told()) })
	if r.begin() {
		r.dispatch()
	}
	if !r.ended.Load() {
		// Others can go on while the last calls of this process are still out, once they know of its last message.
		telling.Wait()
		r.free()
	}
	r.flights.Wait()
	leave()
	telling.Wait()
	lose()
	tending.Wait()
	r.free()
}

// run is one process carrying one send.
type run struct {
	s     *Service
	id    string
	owner string // the token of the lease
	send  Send   // as it was when the lease was taken
	life  life
	work  context.Context // ends with the lease, or when the process shuts down
	lose  context.CancelFunc

	claims   int64 // how many claims were tried; only dispatch touches it
	slots    chan struct{}
	flights  sync.WaitGroup
	away     hold // no connection to the API
	throttle hold // HTTP 429

	wake    chan struct{} // something changed that dispatch may wait for
	over    chan struct{} // the send has ended just now
	waiting atomic.Int64
	ended   atomic.Bool
}

// note takes in how the send stands after a step.
func (r *run) note(st standing) {
	r.waiting.Store(int64(st.waiting))
	if st.ended && !r.ended.Swap(true) {
		r.over <- struct{}{}
	}
	select {
	case r.wake <- struct{}{}:
	default:
	}
}

// begin asks, once for a send, whether its sender still may; it says whether to go on.
func (r *run) begin() bool {
	if r.send.State != StateRunning || !r.send.StartedAt.IsZero() {
		return true
	}
	if r.s.cfg.MayStart != nil {
		ctx, cancel := context.WithTimeout(r.work, askTime)
		defer cancel()
		if err := r.s.cfg.MayStart(ctx, r.send.Team, r.send.User); err != nil {
			if r.work.Err() != nil {
				return false
			}
			r.stop("The person who sent this may not send: " + plain(err.Error()))
			return true
		}
	}
	_, ok := r.write(startScript)
	return ok
}

// stop gives the send up: nobody else is called.
func (r *run) stop(why string) {
	st, ok := r.write(stopScript, why)
	if ok && st.n > 0 {
		r.s.cfg.Log.Warn("Send stopped", "send", r.id, "why", why, "skipped", st.n)
		r.s.observe(Skipped, st.n)
	}
}

// dispatch calls for one recipient after the other until the send has ended or the work has.
func (r *run) dispatch() {
	for r.work.Err() == nil && !r.ended.Load() {
		if r.waiting.Load() == 0 {
			select {
			case <-r.wake:
			case <-r.work.Done():
			}
			continue
		}
		if !r.turn() {
			return
		}
		c, ok := r.claim()
		if !ok {
			<-r.slots
			continue
		}
		r.flights.Go(func() {
			defer func() { <-r.slots }()
			r.deliver(c)
		})
	}
}

// turn waits until a call may be made: room among those in flight, the API not known to be away, the pace. It holds a
// slot when it returns true.
func (r *run) turn() bool {
	select {
	case r.slots <- struct{}{}:
	case <-r.work.Done():
		return false
	}
	if r.away.wait(r.work) && r.throttle.wait(r.work) && r.pace() {
		return true
	}
	<-r.slots
	return false
}

func (r *run) pace() bool {
	for r.s.cfg.Pace != nil {
		err := r.s.cfg.Pace.Wait(r.work)
		if err == nil {
			break
		}
		r.s.cfg.Log.Warn("No pace", "send", r.id, "error", err)
		if !sleep(r.work, time.Second) {
			return false
		}
	}
	return r.work.Err() == nil
}

// tend renews the lease and makes claims of dead processes unknown, until the work ends.
func (r *run) tend() {
	claimTime := r.s.cfg.CallTimeout + claimGrace
	for {
		st, _, err := stand(r.s.do(r.work, tendScript, r.id, r.owner,
			leaseTime.Milliseconds(), claimTime.Milliseconds(), "the process that was calling went away"))
		switch {
		case err != nil: // tried again soon; should the lease lapse, the next claim is told
		case st.word == "lost":
			r.lose()
		default:
			r.s.observe(Unknown, st.n)
			r.note(st)
		}
		if !sleep(r.work, renewEvery) {
			return
		}
	}
}

// free gives the lease back, if it can.
func (r *run) free() {
	if err := r.s.do(r.life.records, freeScript, r.id, r.owner).Err(); err != nil {
		r.s.cfg.Log.Warn("Cannot give back the lease of a send; it lapses by itself", "send", r.id, "error", err)
	}
}

// write runs a script until it has an answer, or the process may wait no longer: what it writes is held till then.
func (r *run) write(script *redis.Script, args ...any) (standing, bool) {
	for tries := 0; ; tries++ {
		st, _, err := stand(r.s.do(r.life.records, script, r.id, args...))
		if err == nil {
			r.note(st)
			return st, true
		}
		if tries == 0 {
			r.s.cfg.Log.Warn("Cannot record how a send goes; it is held and tried again", "send", r.id, "error", err)
		}
		if !sleep(r.life.records, growing(tries, 100*time.Millisecond, 2*time.Second)) {
			return standing{}, false
		}
	}
}

func (s *Service) observe(status Status, n int) {
	for range n {
		s.cfg.Observe(string(status))
	}
}
