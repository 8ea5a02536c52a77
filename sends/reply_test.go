package sends

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/coupontools/couponbot/coupontools"
	"github.com/coupontools/couponbot/internal/bulkhead"
	"github.com/coupontools/couponbot/sends/recipients"
)

// distorter is a go-redis hook that changes lists in replies, as a proxy or a damaged Redis may.
type distorter struct {
	change atomic.Pointer[func([]any) []any]
}

func (d *distorter) set(change func([]any) []any) { d.change.Store(&change) }

func (d *distorter) distort(cmd redis.Cmder) {
	args := cmd.Args()
	if d.change.Load() == nil || strings.Contains(fmt.Sprint(args...), "asynq:") {
		return
	}
	change := *d.change.Load()
	switch cmd := cmd.(type) {
	case *redis.Cmd:
		if list, ok := cmd.Val().([]any); ok {
			cmd.SetVal(change(list))
		}
	case *redis.SliceCmd:
		cmd.SetVal(change(cmd.Val()))
	}
}

func (*distorter) DialHook(next redis.DialHook) redis.DialHook { return next }

func (d *distorter) ProcessHook(next redis.ProcessHook) redis.ProcessHook {
	return func(ctx context.Context, cmd redis.Cmder) error {
		err := next(ctx, cmd)
		if err == nil {
			d.distort(cmd)
		}
		return err
	}
}

func (d *distorter) ProcessPipelineHook(next redis.ProcessPipelineHook) redis.ProcessPipelineHook {
	return func(ctx context.Context, cmds []redis.Cmder) error {
		err := next(ctx, cmds)
		for _, cmd := range cmds {
			d.distort(cmd)
		}
		return err
	}
}

// checkedAPI is an API that accepts only the calls for [draft].
type checkedAPI struct {
	t     *testing.T
	calls *calls
}

func (e checkedAPI) SendEmail(context.Context, coupontools.Email) (*coupontools.Sent, error) {
	e.t.Error("an e-mail is sent in place of a text message")
	return &coupontools.Sent{}, nil
}

func (e checkedAPI) SendSMS(_ context.Context, sms coupontools.SMS) (*coupontools.Sent, error) {
	if sms.Directory != "dir_1" || sms.Body != "Look" {
		e.t.Errorf("sent %+v", sms)
	}
	e.calls.record(sms.To)
	return &coupontools.Sent{}, nil
}

// distortions change lists so that Redis would never reply with them, by their kind.
func distortions() map[string]func([]any) []any {
	all := map[string]func([]any) []any{
		"of other types": func(list []any) []any {
			other := make([]any, len(list))
			for i, v := range list {
				if other[i] = any(1.5); v == nil {
					other[i] = []any{}
				}
			}
			return other
		},
		"of nothing": func(list []any) []any { return make([]any, len(list)) },
		"one short":  func(list []any) []any { return list[:max(len(list)-1, 0)] },
		"with a part of a hash": func(list []any) []any {
			part := slices.Clone(list)
			for i, v := range part {
				if hash, ok := v.([]any); ok {
					part[i] = hash[:len(hash)/8*2]
				}
			}
			return part
		},
	}
	for n := range 8 {
		all[fmt.Sprint("cut to ", n)] = func(list []any) []any { return list[:min(n, len(list))] }
	}
	return all
}

func TestParseReply(t *testing.T) {
	t.Parallel()
	whole := []any{"done", int64(1), int64(2), int64(0), int64(3), int64(-1), int64(0), "more"}
	reply, rest, err := parseReply(redis.NewCmdResult(whole, nil))
	if err != nil || reply.code != "done" || reply.waiting != 2 || reply.dueMS != -1 || len(rest) != 1 {
		t.Errorf("parseReply() = %+v, %v, %v", reply, rest, err)
	}
	for name, change := range distortions() {
		changed := change(whole)
		if name == "one short" || name == "cut to 7" || name == "with a part of a hash" { // the reply itself is whole
			continue
		}
		if reply, _, err := parseReply(redis.NewCmdResult(changed, nil)); !errors.Is(err, ErrDamaged) {
			t.Errorf("%s: parseReply() = %+v, %v, want an error", name, reply, err)
		}
	}
}

// With any distorted reply nothing panics and nobody barred may be written to. The send continues when the replies are right
// again.
func TestScripts_distortedReplies(t *testing.T) {
	t.Parallel()
	for name, change := range distortions() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				m := startRedis(t)
				rdb, d := connect(t, m, nil), new(distorter)
				rdb.AddHook(d)
				var c calls
				s := service(rdb, nil, func(cfg *Config) {
					cfg.API = checkedAPI{t, &c}
					cfg.Notifier, cfg.FrequencyCap, cfg.DailyCap = new(recorder), time.Hour, 1000
					cfg.Guard = &bulkhead.Guard{Count: func(at bulkhead.Place) {
						if at != bulkhead.Pace { // redis_rate indexes into the replies without a check
							t.Errorf("a panic in %s", at)
						}
					}}
				})
				suppress(t, s, number(0))
				id, other := confirmed(t, s, 30), save(t, s, toCountries(100, "BE", 5))

				d.set(change)
				if after, err := s.SaveDraft(t.Context(), draft(1)); err == nil && len(after.List.Recipients) > 0 {
					t.Errorf("somebody on the do-not-contact list may be written to: %+v", after.List)
				}
				if barriers, err := s.Why(t.Context(), recipients.SMS, number(0), mia); err == nil && len(barriers) == 0 {
					t.Error("nothing bars somebody on the do-not-contact list")
				}
				_, _ = s.Confirm(t.Context(), other.ID, team, mia)
				_, _ = s.Act(t.Context(), id, Pause, actor(mia))
				_, _ = s.Draft(t.Context(), other.ID, team, mia)
				_, _ = s.Recent(t.Context(), 10)
				for _, err := range s.Recipients(t.Context(), id) {
					_ = err
				}
				start(t, s)
				time.Sleep(2 * time.Minute)

				d.set(func(list []any) []any { return list })
				if read(t, s, id).State == StatePaused {
					act(t, s, id, Resume, mia)
				}
				if send := awaitEnd(t, s, id, 15*time.Minute); send.Counts.Accepted != 29 {
					t.Errorf("the send ended as %s %+v", send.State, send.Counts)
				}
				c.checkOnce(t)
				checkRecords(t, s, id)
			})
		})
	}
}
