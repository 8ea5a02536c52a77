package sends

import (
	"context"
	"fmt"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/redis/go-redis/v9"
)

// Nothing that the queue does with a task while its handler runs makes a recipient get two calls or none.
func TestQueue_tasksDroppedAndRepeated(t *testing.T) {
	t.Parallel()
	const people = 200
	for name, tt := range map[string]struct {
		stuck time.Duration // how long the first handler ignores its context
		// meanwhile happens as soon as the handler is stuck.
		meanwhile func(t *testing.T, rdb *redis.Client, a *Service, id string, stop func())
		within    time.Duration // the send ends within
	}{
		"past its deadline": {stuck: time.Minute, within: 40 * time.Second},
		"at shutdown": {
			stuck: 10 * time.Second, within: 30 * time.Second,
			meanwhile: func(_ *testing.T, _ *redis.Client, _ *Service, _ string, stop func()) { stop() },
		},
		"handed out again": {
			stuck: 3 * time.Second, within: 30 * time.Second,
			meanwhile: func(t *testing.T, _ *redis.Client, a *Service, id string, _ func()) {
				for batches := range int64(3) {
					for copies := range 5 {
						a.enqueueAs(t.Context(), fmt.Sprint(id, ":copy:", batches, ":", copies), batchTask{id, batches}, people, 0)
					}
				}
			},
		},
		"lost with the queue": {
			stuck: 3 * time.Second, within: time.Minute,
			meanwhile: func(t *testing.T, rdb *redis.Client, _ *Service, _ string, _ func()) {
				for _, key := range rdb.Keys(t.Context(), "asynq:*").Val() {
					if err := rdb.Del(t.Context(), key).Err(); err != nil {
						t.Error(err)
					}
				}
			},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				rdb := connect(t, startRedis(t), nil)
				var c calls
				var late atomic.Int64 // calls of the process with the stuck handler, after it got stuck
				var asked, over atomic.Bool
				first := make(chan struct{})
				a := service(rdb, func(ctx context.Context, to string) error {
					if over.Load() {
						late.Add(1)
					}
					return c.accepting(ctx, to)
				}, func(cfg *Config) {
					cfg.Pace = every(20 * time.Millisecond)
					cfg.MayStart = func(context.Context, string, string) error {
						if asked.CompareAndSwap(false, true) {
							close(first)
							time.Sleep(tt.stuck)
							over.Store(true)
						}
						return nil
					}
				})
				b := service(rdb, c.accepting, func(cfg *Config) { cfg.Pace = every(20 * time.Millisecond) })
				id := confirmed(t, a, people)
				stop := start(t, a)
				<-first
				start(t, b)
				if tt.meanwhile != nil {
					go tt.meanwhile(t, rdb, a, id, stop)
				}
				if send := awaitEnd(t, b, id, tt.within); send.Counts.Accepted != people {
					t.Errorf("the send ended with %+v, want %d accepted", send.Counts, people)
				}
				time.Sleep(tt.stuck) // the handler returns
				c.checkOnce(t)
				checkRecords(t, b, id)
				if strings.HasPrefix(name, "past") && late.Load() > 0 {
					t.Errorf("%d calls by a handler whose task was dropped", late.Load())
				}
			})
		})
	}
}
