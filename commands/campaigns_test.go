package commands

import (
	"bufio"
	"bytes"
	"context"
	"encoding/csv"
	"errors"
	"image/png"
	"io"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/coupontools/couponbot/bot"
	"github.com/coupontools/couponbot/coupontools"
	"github.com/coupontools/couponbot/coupontools/sandbox"
)

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
	weeks := newFigures(sums, now).weeks()
	if got, want := weeks[12].from.Format(time.DateOnly), "2026-02-26"; got != want {
		t.Errorf("the last week begins %s, want %s", got, want)
	}
	var got [chartWeeks]dayCounts
	for i, w := range weeks {
		got[i] = w.dayCounts
	}
	want := [chartWeeks]dayCounts{0: {Opened: 7}, 11: {Validated: 5}, 12: {Opened: 3, Claimed: 1}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("weeks differ (-want +got):\n%s", diff)
	}
}

// Figures that were counted before midnight fall on their own days.
func TestFigures_add(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 3, 4, 0, 5, 0, 0, time.UTC)
	total := campaignFigures{At: now, Days: make([]dayCounts, chartDays)}
	for _, at := range []time.Time{now, now.AddDate(0, 0, -1)} {
		total.add(newFigures(coupontools.SessionSums{Sessions: 2, Opened: 1, Days: map[coupontools.Day]coupontools.DaySums{
			coupontools.DayOf(now.AddDate(0, 0, -1)): {Opened: 1},
		}}, at))
	}
	if total.Sessions != 4 || total.Opened != 2 || total.Days[chartDays-2] != (dayCounts{Opened: 2}) {
		t.Errorf("the sum is %+v, want 4 sessions, 2 of them opened yesterday", total)
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

func TestPartedByIn(t *testing.T) {
	t.Parallel()
	for typed, want := range map[string][2]string{
		"anna@example.com":          {"anna@example.com", ""},
		"crm-5 in Summer sale":      {"crm-5", "Summer sale"},
		"crm 5 IN Back in business": {"crm 5", "Back in business"},
		"in":                        {"in", ""},
		"in Summer":                 {"in Summer", ""},
		"crm-5 in":                  {"crm-5 in", ""},
		`"in" crm in cam_1`:         {"in crm", "cam_1"},
	} {
		what, in := splitAtIn(bot.Split(typed))
		if got := [2]string{bot.Join(what), bot.Join(in)}; got != want {
			t.Errorf("partedByIn(%s) = %q, want %q", typed, got, want)
		}
	}
}

func TestAmountIn(t *testing.T) {
	t.Parallel()
	for typed, want := range map[string]int{"5000": 5000, "5,000": 5000, "5.000": 5000, " 5 000 ": 5000, "1\u202f000": 1000} {
		if got, ok := parseAmount(typed); !ok || got != want {
			t.Errorf("amountIn(%q) = %d, %v, want %d", typed, got, ok, want)
		}
	}
	for _, typed := range []string{"", "many", "1e3", "1.5", "1,5", "2 50", "99999999999999999999"} {
		if got, ok := parseAmount(typed); ok {
			t.Errorf("amountIn(%q) = %d, want none", typed, got)
		}
	}
}

// pile takes files and looks at them row by row.
type pile struct {
	names, comments []string
	rows            []int
	bytes           int64
}

func (*pile) Direct(context.Context, string) (string, error) { return "D1", nil }

func (p *pile) Upload(_ context.Context, _ string, u bot.Upload) error {
	in := bufio.NewReader(io.NewSectionReader(u.From, 0, u.Size))
	table := csv.NewReader(in)
	rows := 0
	for {
		if _, err := table.Read(); err == io.EOF {
			break
		} else if err != nil {
			return err
		}
		rows++
	}
	p.names, p.comments, p.rows = append(p.names, u.Name), append(p.comments, u.Comment), append(p.rows, rows)
	p.bytes = u.Size
	return nil
}

func TestSingleUses_many(t *testing.T) {
	t.Parallel()
	w, files := newWorld(t), new(pile)
	s := singleUseHandlers{campaigns: newCampaignList(w.Campaigns, deliverer{}), api: w.Client, store: w.Store, files: deliverer{files}, audit: w.Sends}
	d := singleUseDraft{Name: "Summer sale 2026", SingleUsesCreate: coupontools.SingleUsesCreate{Campaign: "cam_400001", Amount: 12_000}}
	said, err := s.make(t.Context(), bot.Request{Person: mia}, d)
	if err != nil {
		t.Fatal(err)
	}
	if want := "12,000 addresses of Summer sale 2026 (cam_400001) are made. The file with them is in your direct messages."; said != want {
		t.Errorf("said %q, want %q", said, want)
	}
	if len(files.rows) != 1 || files.rows[0] != 12_001 {
		t.Errorf("rows of the files = %v, want 12,001 with the header", files.rows)
	}
}

func TestSingleUses_halfWay(t *testing.T) {
	t.Parallel()
	w, files := newWorld(t), new(pile)
	w.api.Break(sandbox.Rule{Path: "/v3/multiplesingleuse/create", Skip: 1, Fault: sandbox.ServerError(500)})
	s := singleUseHandlers{campaigns: newCampaignList(w.Campaigns, deliverer{}), api: w.Client, store: w.Store, files: deliverer{files}, audit: w.Sends}
	d := singleUseDraft{Name: "Summer sale 2026", SingleUsesCreate: coupontools.SingleUsesCreate{Campaign: "cam_400001", Amount: 12_000}}
	_, err := s.make(t.Context(), bot.Request{Person: mia}, d)
	want := "Of the 12,000 addresses, 5,000 are made; the file with them is in your direct messages."
	if got := errorText(err); !strings.Contains(got, want) || !strings.Contains(got, "It was tried once only.") {
		t.Errorf("said %q, want it to say %q", got, want)
	}
	if len(files.rows) != 1 || files.rows[0] != 5001 {
		t.Errorf("rows of the files = %v, want the 5,000 that were made", files.rows)
	}
}

func TestFigures_picture(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 3, 4, 12, 0, 0, 0, time.UTC)
	f := newFigures(coupontools.SessionSums{Sessions: 3, Days: map[coupontools.Day]coupontools.DaySums{
		coupontools.DayOf(now):                   {Opened: 5, Claimed: 1},
		coupontools.DayOf(now.AddDate(0, 0, -3)): {Opened: 2},
	}}, now)
	raw, err := f.draw("Days")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := png.Decode(bytes.NewReader(raw)); err != nil {
		t.Errorf("the picture is no PNG: %v", err)
	}
	want := "Days, from 4 Dec to 4 Mar. Opens: 7, most of them on 4 Mar: 5. Claims: 1, most of them on 4 Mar: 1. Validations: none."
	if got := f.altText("Days"); got != want {
		t.Errorf("described as %q, want %q", got, want)
	}
}

// However many want to see how a campaign does, its sessions are counted once.
func TestCounter_onceAtATime(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		asked := 0
		c := &figuresCounter{store: empty{}, api: sums(func() (coupontools.SessionSums, error) {
			asked++
			time.Sleep(time.Minute)
			return coupontools.SessionSums{Sessions: 7}, errors.New("away")
		})}
		impatient, giveUp := context.WithTimeout(t.Context(), time.Second)
		defer giveUp()
		if f, err := c.count(impatient, "cam_1"); err == nil || f.Sessions != 0 {
			t.Errorf("whoever gave up got %d sessions, %v", f.Sessions, err)
		}
		var all sync.WaitGroup
		for range 5 {
			all.Go(func() {
				if f, err := c.count(t.Context(), "cam_1"); f.Sessions != 7 || err == nil {
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

// What was counted reaches whoever began it, also when there is less time than a counting may take.
func TestCounter_inTime(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c := &figuresCounter{store: empty{}, api: endless(60_000)}
		for _, most := range []time.Duration{countTime / 2, 2 * countTime} {
			ctx, cancel := context.WithTimeout(t.Context(), most)
			if f, err := c.count(ctx, "cam_1"); f.Sessions != 60_000 || err == nil {
				t.Errorf("%d sessions within %v, %v; want what was counted by then", f.Sessions, most, err)
			}
			cancel()
		}
	})
}

// endless is a Coupontools that never comes to the end of so many sessions.
type endless int

func (n endless) SumSessions(ctx context.Context, _ coupontools.SessionsOptions) (coupontools.SessionSums, error) {
	<-ctx.Done()
	return coupontools.SessionSums{Sessions: int(n)}, ctx.Err()
}

// sums is a Coupontools that counts sessions.
type sums func() (coupontools.SessionSums, error)

func (s sums) SumSessions(context.Context, coupontools.SessionsOptions) (coupontools.SessionSums, error) {
	return s()
}

// empty is a store in which there is nothing.
type empty struct{}

func (empty) Get(context.Context, string) ([]byte, bool)         { return nil, false }
func (empty) Put(context.Context, string, []byte, time.Duration) {}
