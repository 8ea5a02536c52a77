package share_test

import (
	"context"
	"errors"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/coupontools/couponbot/internal/share"
)

const whole = 100

// work is one piece of work at a gate: it takes a second.
func work(t *testing.T, g *share.Gate, person string, weight int64, begun func()) {
	t.Helper()
	p, err := g.Enter(t.Context(), person)
	if err != nil {
		t.Errorf("enter: %v", err)
		return
	}
	defer p.Leave()
	if err := p.Weigh(t.Context(), weight); err != nil {
		t.Errorf("weigh: %v", err)
		return
	}
	begun()
	time.Sleep(time.Second)
}

func TestGate_order(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name    string
		people  []string // of each piece of work, in the order of their coming
		weights []int64
		want    []int // the second in which each begins
	}{
		{"one at a time for each person", []string{"mia", "mia", "noah"}, []int64{1, 1, 1}, []int{0, 1, 0}},
		{"what fits together", []string{"mia", "noah", "zoe"}, []int64{50, 50, 1}, []int{0, 0, 1}},
		{"what is heavier than the whole goes alone", []string{"mia", "noah"}, []int64{10 * whole, 1}, []int{0, 1}},
		{"three are loaded at a time", []string{"a", "b", "c", "d"}, []int64{1, 1, 1, 1}, []int{0, 0, 0, 1}},
		{"first come, first served", []string{"a", "b", "c"}, []int64{60, 60, 10}, []int{0, 1, 1}},
		{"somebody else goes between one person's", []string{"mia", "mia", "mia", "noah"}, []int64{whole, whole, whole, whole}, []int{0, 2, 3, 1}},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				g, start := share.NewGate(whole), time.Now()
				begun := make([]int, len(test.people))
				var all sync.WaitGroup
				for i, person := range test.people {
					all.Go(func() {
						work(t, g, person, test.weights[i], func() { begun[i] = int(time.Since(start).Seconds()) })
					})
					synctest.Wait()
				}
				all.Wait()
				if !slices.Equal(begun, test.want) {
					t.Errorf("work began in the seconds %v, want %v", begun, test.want)
				}
				if n := g.Waiting("mia"); n != 0 {
					t.Errorf("%d are left at the gate", n)
				}
			})
		})
	}
}

func TestGate_boundsWhatWaits(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		g := share.NewGate(whole)
		ctx, cancel := context.WithCancelCause(t.Context())
		ends := make(chan error, 10)
		for range 10 {
			go func() {
				p, err := g.Enter(ctx, "mia")
				if err == nil {
					defer p.Leave()
					<-ctx.Done()
				}
				ends <- err
			}()
		}
		synctest.Wait()
		if _, err := g.Enter(t.Context(), "mia"); !errors.Is(err, share.ErrTooManyOfPerson) {
			t.Errorf("the eleventh of one person: %v", err)
		}
		if p, err := g.Enter(t.Context(), "noah"); err != nil {
			t.Errorf("another person: %v", err)
		} else {
			p.Leave()
		}
		cancel(errors.New("window closed"))
		failed := 0
		for range 10 {
			if err := <-ends; err != nil {
				failed++
			}
		}
		if failed != 9 || g.Waiting("mia") != 0 {
			t.Errorf("%d of 9 stopped waiting, %d are left", failed, g.Waiting("mia"))
		}
	})
}

func TestGate_releasedByPanicAndEnd(t *testing.T) {
	t.Parallel()
	g := share.NewGate(whole)
	func() {
		defer func() { _ = recover() }()
		work(t, g, "mia", whole, func() { panic("in the file") })
	}()
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	held, err := g.Enter(t.Context(), "noah")
	if err != nil {
		t.Fatal(err)
	}
	if err := held.Weigh(t.Context(), whole); err != nil {
		t.Fatalf("the room of what panicked is not free: %v", err)
	}
	p, err := g.Enter(t.Context(), "mia")
	if err != nil {
		t.Fatal(err)
	}
	if err := p.Weigh(ended, 1); !errors.Is(err, context.Canceled) {
		t.Errorf("weigh after the end = %v", err)
	}
	p.Leave()
	held.Leave()
	if g.Waiting("mia")+g.Waiting("noah") != 0 {
		t.Error("somebody is left at the gate")
	}
}
