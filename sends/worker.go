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
	// scanEvery is how often each process scans for live sends without a leader.
	scanEvery = 2 * time.Second
	// leaseTime is the length of a leader's lease and of a batch's. The leader renews its lease every renewEvery.
	leaseTime, renewEvery = 15 * time.Second, 5 * time.Second
	// claimGrace is how much longer than a call a claim lasts before it becomes unknown.
	claimGrace = 30 * time.Second
	// shutdownWriteTime is reserved at the end of a shutdown for recording interrupted calls.
	shutdownWriteTime = 3 * time.Second
	// mayStartTimeout limits one call of MayStart. While it can't tell, it is retried every mayStartRetry; after mayStartTries
	// tries the send is paused.
	mayStartTimeout, mayStartRetry, mayStartTries = 4 * time.Second, 15 * time.Second, 40
)

// Run carries out confirmed sends until ctx ends. Then it starts no more calls and waits for those in flight. Shortly before
// ShutdownTimeout it interrupts them and records them as unknown, and it returns within ShutdownTimeout. Another process, or
// the next start, continues the sends. It returns an error only if it can't start.
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
	<-ctx.Done() // a Redis that hangs may block any of them for a while
	ctxs.group.Go(bulkhead.SendShutdown, func() error { shutdown(); return nil })

	done := s.cfg.Guard.Go(bulkhead.SendDrain, ctxs.group.Wait)
	select {
	case <-done: //nolint:errcheck // a wait: the guard has reported a panic
	case <-records.Done():
		s.cfg.Log.Warn("Sends were cut off at shutdown; a call without a verdict becomes unknown")
	}
	return nil
}

// contexts holds the three shutdown contexts, which every loop needs: for new calls, for calls in flight, and for writes to
// Redis. group has the goroutines that Run waits for.
type contexts struct {
	work, calls, records context.Context
	group                *bulkhead.Group
}

// loop runs f until the work ends, and restarts it after a panic.
func (c *contexts) loop(at bulkhead.Place, f func()) {
	c.group.Keep(c.work, at, func() error { f(); return nil })
}

// outlive returns a context that ends d after ctx.
func (s *Service) outlive(ctx context.Context, d time.Duration) (context.Context, context.CancelFunc) {
	late, cancel := context.WithCancel(context.WithoutCancel(ctx))
	stop := s.cfg.Guard.AfterFunc(ctx, bulkhead.SendShutdown,
		func() error { sleep(late, d); return nil }, func(error) { cancel() })
	return late, func() { stop(); cancel() }
}

// watchLive scans for live sends without a leader until the work ends.
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

// parked is the token of the lease of a send that backs off after a panic of its leader; see panicScript.
const parked = "parked"

// startLeaders starts a leader for every live send without one.
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

// subscribe wakes the leader of each send that any process changed, until the work ends. The next scan finds changes that it
// missed.
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

// wakeLeader wakes the leader of a send in this process, or starts a scan for sends without one.
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
