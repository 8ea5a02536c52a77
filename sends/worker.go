package sends

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/coupontools/couponbot/internal/bulkhead"
)

const (
	// scanEvery is how often each process looks for live sends that nobody keeps.
	scanEvery = 2 * time.Second
	// leaseTime is how long a send, or a turn of it, stays with a process that does not renew its lease, renewEvery how
	// often the keeper of a send does.
	leaseTime, renewEvery = 15 * time.Second, 5 * time.Second
	// claimGrace is how much longer than a call may take a claim is waited for, before it is unknown.
	claimGrace = 30 * time.Second
	// shutdownWriteTime is kept free at the end of a shutdown to record the calls that were cut off.
	shutdownWriteTime = 3 * time.Second
	// mayStartTimeout is how long the question whether the sender may still send may take. It is asked again every mayStartRetry while
	// nobody can say, and after askLimit times the send is paused.
	mayStartTimeout, mayStartRetry, mayStartTries = 4 * time.Second, 15 * time.Second, 40
)

// Run carries out confirmed sends until ctx ends. Then it makes no more calls, waits for those that are out, cuts them
// off and records them as unknown shortly before ShutdownTimeout is over, and returns at the latest when it is. What is
// left of the sends goes on in another process or with the next start. It returns an error only if it cannot start.
func (s *Service) Run(ctx context.Context) error {
	calls, stopCalls := s.outlive(ctx, max(s.cfg.ShutdownTimeout-shutdownWriteTime, s.cfg.ShutdownTimeout/2))
	defer stopCalls()
	records, stopRecords := s.outlive(ctx, s.cfg.ShutdownTimeout)
	defer stopRecords()
	ctxs := &contexts{work: ctx, calls: calls, records: records, group: s.cfg.Guard.Group()}

	server, shutdown := s.newServer(ctx)
	if err := server.Start(s.batchHandler(ctxs)); err != nil {
		return fmt.Errorf("start the queue: %w", err)
	}
	ctxs.loop(bulkhead.SendOptOuts, func() { s.watchUnsubscribed(ctx) })
	ctxs.loop(bulkhead.SendNews, func() { s.subscribe(ctxs) })
	ctxs.loop(bulkhead.SendLookout, func() { s.watchLive(ctxs) })
	ctxs.loop(bulkhead.SendStalls, func() { s.watchStalls(ctx) })
	ctxs.loop(bulkhead.SendSafety, func() { s.watchSafety(ctx) })
	<-ctx.Done() // a Redis that hangs may keep any of them for a while
	ctxs.group.Go(bulkhead.SendShutdown, func() error { shutdown(); return nil })

	done := s.cfg.Guard.Go(bulkhead.SendDrain, ctxs.group.Wait)
	select {
	case <-done: //nolint:errcheck // a wait: the guard has reported a panic
	case <-records.Done():
		s.cfg.Log.Warn("Sends were cut off at shutdown; a call without a verdict becomes unknown")
	}
	return nil
}

// contexts is how long the parts of a process's work go on: new calls, calls that are out, records; and all that is going on.
// It holds contexts since it is nothing but their three ends, which every loop needs together.
type contexts struct {
	work, calls, records context.Context
	group                *bulkhead.Group
}

// loop runs f, which ends with the work, and starts it again after a panic.
func (c *contexts) loop(at bulkhead.Place, f func()) {
	c.group.Keep(c.work, at, func() error { f(); return nil })
}

// outlive returns a context that ends d after ctx has.
func (s *Service) outlive(ctx context.Context, d time.Duration) (context.Context, context.CancelFunc) {
	late, cancel := context.WithCancel(context.WithoutCancel(ctx))
	stop := s.cfg.Guard.AfterFunc(ctx, bulkhead.SendShutdown,
		func() error { sleep(late, d); return nil }, func(error) { cancel() })
	return late, func() { stop(); cancel() }
}

// watchLive looks for live sends that nobody keeps, until the work ends.
func (s *Service) watchLive(ctxs *contexts) {
	tick := time.NewTicker(scanEvery)
	defer tick.Stop()
	for ctxs.work.Err() == nil {
		err := s.startLeaders(ctxs)
		if ctxs.work.Err() == nil && s.scanError.set(err) && err != nil {
			s.cfg.Log.Warn("Cannot see which sends are live; couponbot keeps trying", "error", err)
		}
		select {
		case <-ctxs.work.Done():
		case <-s.scanNow:
		case <-tick.C:
		}
	}
}

// parked stands for the keeper of a send that a panic holds up; see faultScript.
const parked = "parked"

// startLeaders starts to keep every live send that nobody keeps.
func (s *Service) startLeaders(ctxs *contexts) error {
	ids, err := s.cfg.Redis.ZRange(ctxs.work, s.key("sends:live"), 0, -1).Result()
	if err != nil || len(ids) == 0 {
		return err
	}
	holders, left := make([]*redis.StringCmd, len(ids)), make([]*redis.DurationCmd, len(ids))
	_, err = s.cfg.Redis.Pipelined(ctxs.work, func(p redis.Pipeliner) error {
		for i, id := range ids {
			leaseKey := s.keys(id)[keyLeader]
			holders[i], left[i] = p.Get(ctxs.work, leaseKey), p.PTTL(ctxs.work, leaseKey)
		}
		return nil
	})
	if err != nil && !errors.Is(err, redis.Nil) {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	for i, id := range ids {
		lease := leaseTime
		if holders[i].Val() == parked {
			lease = maxBackoff
		}
		if left := left[i].Val(); s.leaders[id] != nil || left > 0 && left <= lease {
			continue
		}
		l := newLeader(s, ctxs, id)
		s.leaders[id] = l
		ctxs.group.Go(bulkhead.SendKeeper, l.lead, l.ended)
	}
	return nil
}

// subscribe takes in what any process did to a send, until the work ends. What it misses is seen at the next look.
func (s *Service) subscribe(ctxs *contexts) {
	news := s.cfg.Redis.Subscribe(ctxs.work, s.key("news"))
	defer news.Close()
	messages := news.Channel()
	for {
		select {
		case m := <-messages:
			s.wakeLeader(m.Payload)
		case <-ctxs.work.Done():
			return
		}
	}
}

// wakeLeader has this process look at a send: tell of it, if it keeps it, or see whether anybody does.
func (s *Service) wakeLeader(id string) {
	s.mu.Lock()
	l := s.leaders[id]
	s.mu.Unlock()
	wake := s.scanNow
	if l != nil {
		wake = l.wake
	}
	select {
	case wake <- struct{}{}:
	default:
	}
}
