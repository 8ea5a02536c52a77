package sends

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/hibiken/asynq"
	"github.com/redis/go-redis/v9"
	"github.com/redis/go-redis/v9/maintnotifications"

	"github.com/coupontools/couponbot/internal/bulkhead"
)

// asynq decides which send is next: a task is one turn of one send, for any process that is free. It is only a hint. A turn
// may do what the records allow, so a task that is lost, late or there twice costs time, but no call and no recipient:
//
//   - asynq drops a task whose handler still runs when its deadline (leaseTime) is over or the process shuts down, and repeats
//     it after busyWait. If the process dies, or its last word to Redis is lost, any process repeats it 60 to 90 s later. The
//     number of turns has moved on by then, so the repeated task is stale. (The lease of a task, 30 s, outlives its deadline.)
//   - The context of the dropped handler has ended: it makes no more claims. Its calls in flight don't depend on it. They end
//     within CallTimeout, or at a shutdown a little before ShutdownTimeout, and are recorded by their claims, which need no turn.
//   - A handler that does not heed its context can't claim anybody either: its turn lapses after leaseTime, and a claim needs
//     the turn's token. asynq does not wait for it, but [Service.Run] does.
//   - While somebody waits and no turn goes on, the keeper of the send queues the next turn, again every leaseTime under another
//     name. So a task that asynq or Redis has lost delays a send by some 20 s.

const (
	taskBatch = "batch"
	// maxSmallSend is up to how many recipients a send is queued with the small ones.
	maxSmallSend = 50
	// smallWeight is how much more often a small send gets a turn than a large one, when both wait.
	smallWeight = 6
	// maxBatches is how many turns one process has at a time.
	maxBatches = 16
	// pollEvery is how often an idle process asks for a turn, delayedEvery how often it looks for what has become due.
	pollEvery, delayedEvery = 100 * time.Millisecond, time.Second
	// busyWait is how long a turn waits for another one of the same send to end.
	busyWait = 2 * time.Second
	// errorPause is how long a process rests after Redis answered the queue with an error: asynq itself asks again at once.
	errorPause = 500 * time.Millisecond
	// maxRetries: turns are not given up, they become stale.
	maxRetries = 1 << 20
)

func (s *Service) queueName(recipients int) string {
	if recipients <= maxSmallSend {
		return s.cfg.Prefix + "small"
	}
	return s.cfg.Prefix + "large"
}

// batchTask is what a task holds: a send, and how many turns of it were taken before.
type batchTask struct {
	Send    string `json:"send"`
	Batches int64  `json:"batches"`
}

// enqueue asks for the next turn of a send. It may be asked for more than once: a task of that name is there but once. What
// cannot be enqueued now will be by the process that keeps the send.
func (s *Service) enqueue(ctx context.Context, id string, recipients int, batches int64, in time.Duration) {
	s.enqueueAs(ctx, fmt.Sprint(id, ":", batches), batchTask{id, batches}, recipients, in)
}

func (s *Service) enqueueAs(ctx context.Context, name string, task batchTask, recipients int, in time.Duration) {
	payload, err := json.Marshal(task)
	failing := s.enqueueError.get() != nil
	if err == nil {
		_, err = s.queue.EnqueueContext(ctx, asynq.NewTask(taskBatch, payload),
			asynq.TaskID(name), asynq.Queue(s.queueName(recipients)), asynq.ProcessIn(in),
			asynq.MaxRetry(maxRetries), asynq.Timeout(leaseTime))
	}
	if err != nil && !errors.Is(err, asynq.ErrTaskIDConflict) && ctx.Err() == nil && !failing {
		s.cfg.Log.Warn("Cannot queue the next turn of a send; it is tried again", "send", task.Send, "error", err)
	}
}

// enqueueConfirmed asks for the next turn of a send that may go out, now or at its time.
func (s *Service) enqueueConfirmed(ctx context.Context, f sendHash, send Send) {
	var in time.Duration
	switch send.State {
	case StateRunning:
	case StateScheduled:
		in = max(time.Until(send.ScheduledAt), 0)
	default:
		return
	}
	batches := int64(f.count("batches"))
	name := fmt.Sprint(send.ID, ":", batches)
	if send.Action == Resume { // the turn may be queued for later, by what held the send up before it was paused
		name += fmt.Sprint(":resumed:", unixMillis(send.ActedAt))
	}
	s.enqueueAs(ctx, name, batchTask{send.ID, batches}, send.Counts.Total, in)
}

// retryError puts a turn off.
type retryError struct{ in time.Duration }

func (e retryError) Error() string { return fmt.Sprint("later, in ", e.in) }

// newServer returns what hands out turns to this process, which last as long as work does, and how to shut it down.
func (s *Service) newServer(work context.Context) (server *asynq.Server, shutdown func()) {
	options := s.options
	// go-redis changes this part, which the copy would share, as it connects; Redis Cloud alone has such notifications.
	options.MaintNotificationsConfig = &maintnotifications.Config{Mode: maintnotifications.ModeDisabled}
	news := redis.NewClient(&options)
	server = asynq.NewServerFromRedisClient(pausingRedis{queueRedis{s.cfg.Redis, &s.dequeueError, s.cfg.Guard}, news}, asynq.Config{
		Concurrency: maxBatches,
		Queues:      map[string]int{s.queueName(1): smallWeight, s.queueName(maxSmallSend + 1): 1},
		BaseContext: func() context.Context { return work },
		RetryDelayFunc: func(_ int, err error, _ *asynq.Task) time.Duration {
			if later, ok := errors.AsType[retryError](err); ok {
				return later.in
			}
			return busyWait
		},
		IsFailure:                func(error) bool { return false },
		TaskCheckInterval:        pollEvery,
		DelayedTaskCheckInterval: delayedEvery,
		ShutdownTimeout:          s.cfg.ShutdownTimeout,
		Logger:                   &queueLog{log: s.cfg.Log, guard: s.cfg.Guard},
		LogLevel:                 asynq.WarnLevel,
	})
	return server, func() { server.Shutdown(); _ = news.Close() }
}

// queueRedis is the client that asynq works with. It remembers what Redis refused last, since asynq makes plain text of it.
type queueRedis struct {
	*redis.Client
	lastError *lastError
	guard     *bulkhead.Guard
}

// record remembers an error. It runs in goroutines of asynq, which recover nothing.
func (q queueRedis) record(err error) {
	_ = q.guard.Do(bulkhead.SendQueue, func() error { q.lastError.set(err); return nil })
}

// EvalSha runs one of asynq's scripts.
func (q queueRedis) EvalSha(ctx context.Context, sha string, keys []string, args ...any) *redis.Cmd {
	cmd := q.Client.EvalSha(ctx, sha, keys, args...)
	q.record(realError(cmd.Err()))
	return cmd
}

// SAdd adds a queue to asynq's list of queues.
func (q queueRedis) SAdd(ctx context.Context, key string, members ...any) *redis.IntCmd {
	cmd := q.Client.SAdd(ctx, key, members...)
	q.record(cmd.Err())
	return cmd
}

// realError is err, or nil for what is none: a queue without tasks, and a script that Redis does not know yet.
func realError(err error) error {
	if errors.Is(err, redis.Nil) || redis.HasErrorPrefix(err, "NOSCRIPT") {
		return nil
	}
	return err
}

// pausingRedis is the client of the queue's server. It makes a process rest after an error of Redis. Its subscriptions are not
// closed with the client: asynq panics at that, if its shutdown takes longer than that of the rest.
type pausingRedis struct {
	queueRedis
	news *redis.Client
}

func (r pausingRedis) Subscribe(ctx context.Context, channels ...string) *redis.PubSub {
	return r.news.Subscribe(ctx, channels...)
}

func (r pausingRedis) EvalSha(ctx context.Context, sha string, keys []string, args ...any) *redis.Cmd {
	cmd := r.queueRedis.EvalSha(ctx, sha, keys, args...)
	if realError(cmd.Err()) != nil {
		sleep(ctx, errorPause)
	}
	return cmd
}

// queueLog writes asynq's own log. asynq says at each try what goes wrong, several times a minute, so an error is written
// again only after a while.
type queueLog struct {
	log      *slog.Logger
	guard    *bulkhead.Guard
	mu       sync.Mutex
	loggedAt map[string]time.Time // when an error was written last, by its text
}

const (
	// repeatLogEvery is how long queueLog leaves out an error that it has written.
	repeatLogEvery = 10 * time.Minute
	// maxLogged bounds the texts that it remembers.
	maxLogged = 100
)

func (l *queueLog) Debug(args ...any) { l.write(slog.LevelDebug, args) }
func (l *queueLog) Info(args ...any)  { l.write(slog.LevelInfo, args) }
func (l *queueLog) Warn(args ...any)  { l.write(slog.LevelWarn, args) }
func (l *queueLog) Error(args ...any) { l.write(slog.LevelError, args) }
func (l *queueLog) Fatal(args ...any) { l.write(slog.LevelError, args) }

// write runs in goroutines of asynq, which recover nothing.
func (l *queueLog) write(level slog.Level, args []any) {
	_ = l.guard.Do(bulkhead.SendQueue, func() error {
		if text := fmt.Sprint(args...); level < slog.LevelWarn {
			l.log.Log(context.Background(), level, "Queue", "text", text)
		} else {
			l.writeOnce(level, text)
		}
		return nil
	})
}

func (l *queueLog) writeOnce(level slog.Level, text string) {
	l.mu.Lock()
	at, repeated := l.loggedAt[text]
	repeated = repeated && time.Since(at) < repeatLogEvery
	if !repeated {
		if l.loggedAt == nil || len(l.loggedAt) >= maxLogged {
			l.loggedAt = map[string]time.Time{}
		}
		l.loggedAt[text] = time.Now()
	}
	l.mu.Unlock()
	if !repeated {
		l.log.Log(context.Background(), level, "Queue", "text", text)
	}
}
