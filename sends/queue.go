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

// asynq decides which send is next: a task is one batch of one send, for any free process. It is only a hint. The records
// decide what a batch may do, so a lost, late or duplicate task costs time, but no call and no recipient:
//
//   - asynq drops a task if its handler still runs at the deadline (leaseTime) or at shutdown, and repeats it after
//    busyWait. If the process dies, or its last message to Redis is lost, any process repeats the task 60 to 90 s later. The
//    next batch has another number by then, so the repeated task is stale. (asynq's own lease of a task, 30 s, outlives the
//    deadline.)
//   - The context of the dropped handler has ended, so it makes no more claims. Its calls in flight don't depend on it. They
//    end within CallTimeout, or at a shutdown a little before ShutdownTimeout, and are recorded by their claims, which need
//    no batch.
//   - A handler that ignores its context can't claim either: its batch expires after leaseTime, and a claim needs the
//    batch's token. asynq doesn't wait for the handler, but [Service.Run] does.
//   - While recipients wait and no batch runs, the leader of the send queues the next batch, again every leaseTime under
//    another name. So a task that asynq or Redis has lost delays a send by about 20 s.

const (
	taskBatch = "batch"
	// maxSmallSend is the most recipients of a send in the queue for small ones.
	maxSmallSend = 50
	// smallWeight is how often a batch of a small send starts for one of a large send, if both wait.
	smallWeight = 6
	// maxBatches is how many batches one process runs at a time.
	maxBatches = 16
	// pollEvery is how often an idle process polls for a batch, delayedEvery how often it checks for delayed ones that are due.
	pollEvery, delayedEvery = 100 * time.Millisecond, time.Second
	// busyWait is the delay of a batch while another one of the same send runs.
	busyWait = 2 * time.Second
	// errorPause is how long a process pauses after an error of Redis in the queue; asynq itself retries at once.
	errorPause = 500 * time.Millisecond
	// maxRetries keeps asynq from giving up a batch: it becomes stale instead.
	maxRetries = 1 << 20
)

func (s *Service) queueName(recipients int) string {
	if recipients <= maxSmallSend {
		return s.cfg.Prefix + "small"
	}
	return s.cfg.Prefix + "large"
}

// batchTask is the content of a task: the send and how many batches of it were started before.
type batchTask struct {
	Send    string `json:"send"`
	Batches int64  `json:"batches"`
}

// enqueue queues the next batch of a send. Repeating it is harmless: a task of the same name exists once. After an error the
// leader of the send queues the batch.
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
		s.cfg.Log.Warn("Cannot queue the next batch of a send; couponbot keeps trying", "send", task.Send, "error", err)
	}
}

// enqueueConfirmed queues the next batch of a send that may go out, now or at its scheduled time.
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
	if send.Action == Resume { // the batch may be queued for later, because of a backoff before the pause
		name += fmt.Sprint(":resumed:", unixMillis(send.ActedAt))
	}
	s.enqueueAs(ctx, name, batchTask{send.ID, batches}, send.Counts.Total, in)
}

// retryError makes asynq retry a task after a time.
type retryError struct{ in time.Duration }

func (e retryError) Error() string { return fmt.Sprint("later, in ", e.in) }

// newServer returns the server that hands batches to this process until work ends, and the function that shuts it down.
func (s *Service) newServer(work context.Context) (server *asynq.Server, shutdown func()) {
	options := s.options
	// go-redis changes this part when it connects, and the copy would share it. Only Redis Cloud has these notifications.
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

// queueRedis is asynq's Redis client. It remembers the last error of Redis, since asynq turns errors into plain text.
type queueRedis struct {
	*redis.Client
	lastError *lastError
	guard     *bulkhead.Guard
}

// record remembers an error. It runs in goroutines of asynq, which don't recover panics.
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

// realError returns err, or nil for an empty queue and for a script that Redis doesn't know yet.
func realError(err error) error {
	if errors.Is(err, redis.Nil) || redis.HasErrorPrefix(err, "NOSCRIPT") {
		return nil
	}
	return err
}

// pausingRedis is the Redis client of the queue's server. It pauses after an error. Its subscriptions have a client of their
// own: asynq panics if theirs is closed while its shutdown is still in progress.
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

// queueLog writes asynq's log. asynq logs an error at each retry, several times a minute, so queueLog repeats a text only
// after a while.
type queueLog struct {
	log      *slog.Logger
	guard    *bulkhead.Guard
	mu       sync.Mutex
	loggedAt map[string]time.Time // when an error was last logged, by its text
}

const (
	// repeatLogEvery is how long an error isn't logged again.
	repeatLogEvery = 10 * time.Minute
	// maxLogged limits the remembered texts.
	maxLogged = 100
)

func (l *queueLog) Debug(args ...any) { l.write(slog.LevelDebug, args) }
func (l *queueLog) Info(args ...any)  { l.write(slog.LevelInfo, args) }
func (l *queueLog) Warn(args ...any)  { l.write(slog.LevelWarn, args) }
func (l *queueLog) Error(args ...any) { l.write(slog.LevelError, args) }
func (l *queueLog) Fatal(args ...any) { l.write(slog.LevelError, args) }

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
