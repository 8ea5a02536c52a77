package sends

import (
	"bytes"
	"context"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/redis/go-redis/v9"
)

// redisReply is an error from Redis.
type redisReply string

func (a redisReply) Error() string { return string(a) }
func (redisReply) RedisError()     {}

const (
	forbidden = redisReply("NOPERM this user has no permissions to access one of the keys used as arguments")
	full      = redisReply("OOM command not allowed when used memory > 'maxmemory'.")
)

// refuser is a go-redis hook that makes Redis refuse single commands.
type refuser struct {
	mu     sync.Mutex
	refuse func(cmd redis.Cmder) error
}

func (r *refuser) set(refuse func(cmd redis.Cmder) error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.refuse = refuse
}

func (r *refuser) errorFor(cmd redis.Cmder) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.refuse == nil {
		return nil
	}
	return r.refuse(cmd)
}

func (*refuser) DialHook(next redis.DialHook) redis.DialHook { return next }

func (r *refuser) ProcessHook(next redis.ProcessHook) redis.ProcessHook {
	return func(ctx context.Context, cmd redis.Cmder) error {
		if err := r.errorFor(cmd); err != nil {
			cmd.SetErr(err)
			return err
		}
		return next(ctx, cmd)
	}
}

func (r *refuser) ProcessPipelineHook(next redis.ProcessPipelineHook) redis.ProcessPipelineHook {
	return func(ctx context.Context, cmds []redis.Cmder) error {
		err := next(ctx, cmds)
		for _, cmd := range cmds {
			if refused := r.errorFor(cmd); refused != nil {
				cmd.SetErr(refused)
				err = refused
			}
		}
		return err
	}
}

// refuseQueue refuses the keys of the queue and of the pace, as an ACL of "~couponbot:*" does.
func refuseQueue(cmd redis.Cmder) error {
	for _, arg := range cmd.Args() {
		if key, ok := arg.(string); ok && (strings.HasPrefix(key, "asynq:") || strings.HasPrefix(key, "rate:")) {
			return forbidden
		}
	}
	return nil
}

// refuseWrites refuses commands that need more memory; reading commands run.
func refuseWrites(cmd redis.Cmder) error {
	switch args := cmd.Args(); {
	case runs(cmd, progressScript), runs(cmd, maintainScript):
		return nil
	case slices.Contains([]any{"set", "hset", "xadd", "sadd", "zadd", "eval", "evalsha"}, args[0]):
		return full
	}
	return nil
}

// A send that the queue can't start says so after a minute, in its messages and in every process, until it makes progress.
func TestStall_queueRefused(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		m, refused, log, messages := startRedis(t), &refuser{}, &bytes.Buffer{}, &recorder{}
		rdb := connect(t, m, nil)
		rdb.AddHook(refused)
		s := service(rdb, accept, func(c *Config) {
			c.Notifier, c.Log = messages, slog.New(slog.NewTextHandler(log, nil))
		})
		other := service(connect(t, m, nil), accept)
		id := confirmed(t, s, 3)
		refused.set(refuseQueue)
		start(t, s)

		time.Sleep(50 * time.Second)
		if got := read(t, other, id).BackoffReason; got != "" {
			t.Errorf("after 50 s it is backing off with %q, want nothing yet", got)
		}
		const want = "Nothing has gone out for a minute: Redis refuses the queue's keys (NOPERM). " +
			"Ask the person who runs couponbot to run “couponbot check”, which names what is missing."
		time.Sleep(time.Hour)
		if got := read(t, other, id).BackoffReason; got != want {
			t.Errorf("it is backing off with %q, want %q", got, want)
		}
		if got := messages.last().BackoffReason; got != want {
			t.Errorf("notified %q, want %q", got, want)
		}
		for _, line := range []string{"A send is stalled", "Redis accepts no sends", "Cannot queue the next batch"} {
			if n := strings.Count(log.String(), line); n != 1 {
				t.Errorf("the log says %d times %q, want once:\n%s", n, line, log)
			}
		}
		if n := strings.Count(log.String(), "Dequeue error"); n < 1 || n > 7 {
			t.Errorf("the log says %d times in an hour that the queue cannot be read, want a few:\n%s", n, log)
		}

		refused.set(nil)
		if send := awaitEnd(t, s, id, 2*time.Minute); send.Counts.Accepted != 3 {
			t.Errorf("it ended as %+v, want all accepted", send.Counts)
		}
		time.Sleep(20 * time.Second)
		synctest.Wait()
		if got := messages.last(); got.BackoffReason != "" || !got.Ended() {
			t.Errorf("notified %s, backing off with %q, want the end and nothing", got.State, got.BackoffReason)
		}
		if !strings.Contains(log.String(), "Redis accepts sends again") {
			t.Errorf("the log does not say that Redis accepts sends again:\n%s", log)
		}
	})
}

// When it makes progress again, the reason disappears, although the send hasn't ended.
func TestStall_ends(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		m, refused := startRedis(t), &refuser{}
		rdb := connect(t, m, nil)
		rdb.AddHook(refused)
		with := func(c *Config) { c.Pace = every(time.Second) }
		s, other := service(rdb, accept, with), service(connect(t, m, nil), accept, with)
		id := confirmed(t, s, 300)
		refused.set(refuseQueue)
		stop := start(t, s)
		await(t, other, id, 2*time.Minute, func(send Send) bool { return strings.Contains(send.BackoffReason, "the queue's keys") })
		stop() // the process that stored the reason is gone; another one clears it
		start(t, other)
		send := await(t, other, id, 2*time.Minute, func(send Send) bool { return send.BackoffReason == "" })
		if send.State != StateRunning || send.Counts.Accepted == 0 {
			t.Errorf("it says nothing more as %s with %+v, want it running", send.State, send.Counts)
		}
	})
}

// If Redis accepts no writes the send still says so, from the memory of its leader.
func TestStall_redisFull(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		refused, messages := &refuser{}, &recorder{}
		rdb := connect(t, startRedis(t), nil)
		rdb.AddHook(refused)
		s := service(rdb, accept, func(c *Config) { c.Pace, c.Notifier = every(time.Second), messages })
		id := confirmed(t, s, 100)
		start(t, s)
		await(t, s, id, time.Minute, func(send Send) bool { return send.Counts.Accepted > 3 })
		refused.set(refuseWrites)
		time.Sleep(90 * time.Second)
		const want = "Nothing has gone out for a minute: Redis answers, but its memory is full. " +
			"Ask the person who runs couponbot to raise maxmemory in Redis."
		live, err := s.Live(t.Context())
		if err != nil || len(live) != 1 || live[0].BackoffReason != want {
			t.Errorf("Live() = %+v, %v, want it backing off with %q", live, err, want)
		}
		time.Sleep(2 * time.Minute) // until there are edits for all messages
		for _, place := range []string{"C1", "C2"} {
			all := messages.at(place)
			if got := all[len(all)-1].send.BackoffReason; got != want {
				t.Errorf("notified last at %s: backing off with %q, want %q", place, got, want)
			}
		}
		if n := posts(messages); n["C1"] != 1 || n["C2"] != 1 {
			t.Errorf("posted %v, want each message once", n)
		}
		refused.set(nil)
		await(t, s, id, time.Minute, func(send Send) bool { return send.BackoffReason == "" && send.State == StateRunning })
		awaitEnd(t, s, id, 5*time.Minute)
	})
}

// Calls without an answer, and other sends in front, are reasons too.
func TestStall_reasons(t *testing.T) {
	t.Parallel()
	hang := func(ctx context.Context, _ string) error { <-ctx.Done(); return ctx.Err() }
	never := func(c *Config) { c.Pace = every(time.Hour) }
	for name, tt := range map[string]struct {
		call   api
		change func(*Config)
		sends  int
		want   string
	}{
		"calls hang": {
			hang, func(c *Config) { c.CallTimeout, c.InFlight = 10*time.Minute, 5 }, 1,
			"Nothing has gone out for a minute: Coupontools hasn't answered 5 calls yet.",
		},
		"a call hangs": {
			hang, func(c *Config) { c.CallTimeout, c.InFlight = 10*time.Minute, 1 }, 1,
			"Nothing has gone out for a minute: Coupontools hasn't answered a call yet.",
		},
		"others are ahead": {accept, never, 2, "Nothing has gone out for a minute: other sends are ahead of it."},
		"not known": {
			accept, never, 1,
			"Nothing has gone out for a minute: couponbot doesn't know why. Ask the person who runs couponbot to look at its log.",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				s := service(connect(t, startRedis(t), nil), tt.call, tt.change)
				start(t, s)
				for range tt.sends {
					confirmed(t, s, 20)
				}
				time.Sleep(2 * time.Minute)
				live, err := s.Live(t.Context())
				if err != nil || len(live) != tt.sends {
					t.Fatalf("Live() = %+v, %v, want %d", live, err, tt.sends)
				}
				for _, send := range live {
					if send.BackoffReason != tt.want {
						t.Errorf("backing off with %q, want %q", send.BackoffReason, tt.want)
					}
				}
			})
		})
	}
}

// A send that is scheduled, awaits approval or is paused isn't stalled.
func TestStall_nothingDue(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := service(connect(t, startRedis(t), nil), accept, func(c *Config) { c.Pace = every(time.Second) })
		start(t, s)
		d := draft(30)
		d.ScheduledAt = time.Now().Add(time.Hour)
		scheduled := save(t, s, d).ID
		paused := confirmed(t, s, 40)
		if _, err := s.Confirm(t.Context(), scheduled, team, mia); err != nil {
			t.Fatal(err)
		}
		await(t, s, paused, time.Minute, func(send Send) bool { return send.Counts.Accepted > 3 })
		if _, err := s.Act(t.Context(), paused, Pause, Actor{Team: team, User: ben}); err != nil {
			t.Fatal(err)
		}
		time.Sleep(5 * time.Minute)
		for _, id := range []string{scheduled, paused} {
			if send := read(t, s, id); send.BackoffReason != "" {
				t.Errorf("%s, it is backing off with %q, want nothing", send.State, send.BackoffReason)
			}
		}
		if _, err := s.Act(t.Context(), paused, Resume, Actor{Team: team, User: ben}); err != nil {
			t.Fatal(err)
		}
		awaitEnd(t, s, paused, 2*time.Minute)
	})
}
