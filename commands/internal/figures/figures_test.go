package figures

import (
	"bytes"
	"context"
	"errors"
	"image/png"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/coupontools/couponbot/commands/internal/commandstest"
	"github.com/coupontools/couponbot/coupontools"
)

// Partial figures reach the caller in time, even if the caller has less time than counting may take.
func TestCounter_inTime(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c := &Counter{store: commandstest.Empty{}, api: endless(60_000)}
		for _, most := range []time.Duration{CountTime / 2, 2 * CountTime} {
			ctx, cancel := context.WithTimeout(t.Context(), most)
			if f, err := c.Count(ctx, "cam_1"); f.Sessions != 60_000 || err == nil {
				t.Errorf("%d sessions within %v, %v; want what was counted by then", f.Sessions, most, err)
			}
			cancel()
		}
	})
}

// Concurrent callers share one count of a campaign.
func TestCounter_sharesOneCount(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		asked := 0
		c := &Counter{store: commandstest.Empty{}, api: sums(func() (coupontools.SessionSums, error) {
			asked++
			time.Sleep(time.Minute)
			return coupontools.SessionSums{Sessions: 7}, errors.New("away")
		})}
		impatient, giveUp := context.WithTimeout(t.Context(), time.Second)
		defer giveUp()
		if f, err := c.Count(impatient, "cam_1"); err == nil || f.Sessions != 0 {
			t.Errorf("the caller who gave up got %d sessions, %v", f.Sessions, err)
		}
		var all sync.WaitGroup
		for range 5 {
			all.Go(func() {
				if f, err := c.Count(t.Context(), "cam_1"); f.Sessions != 7 || err == nil {
					t.Errorf("%d sessions, %v; want what was counted, and why not all", f.Sessions, err)
				}
			})
		}
		all.Wait()
		if asked != 1 {
			t.Errorf("counted %d times, want once", asked)
		}
	})
}

// Figures that were counted before midnight fall on their own days.
func TestFigures_add(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 3, 4, 0, 5, 0, 0, time.UTC)
	total := Figures{At: now, Days: make([]DayCounts, ChartDays)}
	for _, at := range []time.Time{now, now.AddDate(0, 0, -1)} {
		total.Add(NewFigures(coupontools.SessionSums{Sessions: 2, Opened: 1, Days: map[coupontools.Day]coupontools.DaySums{
			coupontools.DayOf(now.AddDate(0, 0, -1)): {Opened: 1},
		}}, at))
	}
	if total.Sessions != 4 || total.Opened != 2 || total.Days[ChartDays-2] != (DayCounts{Opened: 2}) {
		t.Errorf("the sum is %+v, want 4 sessions, 2 of them opened yesterday", total)
	}
}

func TestFigures_picture(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 3, 4, 12, 0, 0, 0, time.UTC)
	f := NewFigures(coupontools.SessionSums{Sessions: 3, Days: map[coupontools.Day]coupontools.DaySums{
		coupontools.DayOf(now):                   {Opened: 5, Claimed: 1},
		coupontools.DayOf(now.AddDate(0, 0, -3)): {Opened: 2},
	}}, now)
	raw, err := f.Draw("Days")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := png.Decode(bytes.NewReader(raw)); err != nil {
		t.Errorf("the picture is no PNG: %v", err)
	}
	want := "Days, from 4 Dec to 4 Mar. Opens: 7, most of them on 4 Mar: 5. Claims: 1, most of them on 4 Mar: 1. Validations: none."
	if got := f.AltText("Days"); got != want {
		t.Errorf("described as %q, want %q", got, want)
	}
}

func TestFigures_weeks(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 3, 4, 23, 59, 0, 0, time.UTC)
	sums := coupontools.SessionSums{Sessions: 4, Opened: 3, Days: map[coupontools.Day]coupontools.DaySums{
		coupontools.DayOf(now):                    {Opened: 1, Claimed: 1},
		coupontools.DayOf(now.AddDate(0, 0, -6)):  {Opened: 2},
		coupontools.DayOf(now.AddDate(0, 0, -7)):  {Validated: 5},
		coupontools.DayOf(now.AddDate(0, 0, -90)): {Opened: 7},
		coupontools.DayOf(now.AddDate(0, 0, -91)): {Opened: 100}, // before the thirteen weeks
	}}
	weeks := NewFigures(sums, now).weeks()
	if got, want := weeks[12].from.Format(time.DateOnly), "2026-02-26"; got != want {
		t.Errorf("the last week begins %s, want %s", got, want)
	}
	var got [chartWeeks]DayCounts
	for i, w := range weeks {
		got[i] = w.DayCounts
	}
	want := [chartWeeks]DayCounts{0: {Opened: 7}, 11: {Validated: 5}, 12: {Opened: 3, Claimed: 1}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("weeks differ (-want +got):\n%s", diff)
	}
}

func TestPercent(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		n, whole int
		want     string
	}{{0, 0, "0 %"}, {1, 3, "33 %"}, {2, 3, "67 %"}, {1, 2, "50 %"}, {7, 7, "100 %"}, {5, 0, "0 %"}} {
		if got := percent(test.n, test.whole); got != test.want {
			t.Errorf("percent(%d, %d) = %q, want %q", test.n, test.whole, got, test.want)
		}
	}
}

// endless is a [sessionSumAPI] that never finishes counting.
type endless int

func (n endless) SumSessions(ctx context.Context, _ coupontools.SessionsOptions) (coupontools.SessionSums, error) {
	<-ctx.Done()
	return coupontools.SessionSums{Sessions: int(n)}, ctx.Err()
}

// sums is a [sessionSumAPI] with a fixed result.
type sums func() (coupontools.SessionSums, error)

func (s sums) SumSessions(context.Context, coupontools.SessionsOptions) (coupontools.SessionSums, error) {
	return s()
}
