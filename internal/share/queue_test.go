package share_test

import (
	"context"
	"errors"
	"slices"
	"sync"
	"testing"
	"testing/synctest"

	"github.com/coupontools/couponbot/internal/share"
)

func TestQueue_servesPeopleInTurn(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		q := share.NewQueue(1)
		if err := q.Acquire(t.Context()); err != nil {
			t.Fatal(err)
		}
		var mu sync.Mutex
		var served []string
		var all sync.WaitGroup
		gaveUp, giveUp := context.WithCancelCause(t.Context())
		join := func(ctx context.Context, person string) {
			all.Go(func() {
				if err := q.Acquire(share.WithPerson(ctx, person)); err != nil {
					return
				}
				mu.Lock()
				served = append(served, person)
				mu.Unlock()
				q.Release()
			})
			synctest.Wait()
		}
		for _, person := range []string{"mia", "mia", "mia", "noah"} {
			join(t.Context(), person)
		}
		join(gaveUp, "zoe")
		join(t.Context(), "noah")
		giveUp(errors.New("closed"))
		synctest.Wait()
		q.Release()
		all.Wait()
		if want := []string{"mia", "noah", "mia", "noah", "mia"}; !slices.Equal(served, want) {
			t.Errorf("served = %v, want %v", served, want)
		}
		if err := q.Acquire(t.Context()); err != nil { // nothing is lost
			t.Error(err)
		}
		ended, end := context.WithCancelCause(t.Context())
		cause := errors.New("shutdown")
		end(cause)
		if err := q.Acquire(ended); !errors.Is(err, cause) {
			t.Errorf("acquire after the end = %v, want its cause", err)
		}
	})
}

func TestCounter(t *testing.T) {
	t.Parallel()
	c := share.NewCounter(2)
	for i, want := range []bool{true, true, false} {
		if got := c.Take("mia"); got != want {
			t.Errorf("piece %d of a person: %v, want %v", i, got, want)
		}
	}
	if !c.Take("noah") {
		t.Error("one person's work keeps another's out")
	}
	if c.Done("mia"); !c.Take("mia") {
		t.Error("what ended still counts")
	}
}
