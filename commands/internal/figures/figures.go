package figures

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"github.com/slack-go/slack"

	"github.com/coupontools/couponbot/bot/blocks"
	"github.com/coupontools/couponbot/commands/internal/format"
	"github.com/coupontools/couponbot/commands/internal/ui"
	"github.com/coupontools/couponbot/coupontools"
	"github.com/coupontools/couponbot/internal/bulkhead"
)

// sessionSumAPI is the part of the Coupontools client that counts sessions.
type sessionSumAPI interface {
	SumSessions(ctx context.Context, o coupontools.SessionsOptions) (coupontools.SessionSums, error)
}

const (
	// chartWeeks is how many weeks a card shows.
	chartWeeks = 13
	// ChartDays is the same in days.
	ChartDays = 7 * chartWeeks
	// figuresLife is how long counted figures are reused. Counting reads every session.
	figuresLife = 5 * time.Minute
	// CountTime bounds the counting. What was counted by then is shown, and marked as incomplete.
	CountTime = 75 * time.Second
)

// Figures are the totals of a campaign's sessions.
type Figures struct {
	At                                                  time.Time
	Sessions, Opened, Claimed, Saved, Validated, Voided int
	// Days are the last [ChartDays] days in UTC, the oldest first.
	Days []DayCounts
}

// DayCounts counts the events of one day or one week.
type DayCounts struct{ Opened, Claimed, Validated int }

func (m *DayCounts) add(other DayCounts) {
	m.Opened += other.Opened
	m.Claimed += other.Claimed
	m.Validated += other.Validated
}

// Counter counts the sessions of campaigns, each campaign once at a time, and shares the results with all replicas.
type Counter struct {
	api    sessionSumAPI
	store  ui.Store
	guard  *bulkhead.Guard
	flight bulkhead.Flight[countResult]
}

// NewCounter returns a counter that stores its results in s.
func NewCounter(api sessionSumAPI, s ui.Store, guard *bulkhead.Guard) *Counter {
	return &Counter{api: api, store: s, guard: guard}
}

// countResult is the result of counting. With an error, it holds what was counted before.
type countResult struct {
	figures Figures
	err     error
}

// Count returns a campaign's figures, counted now or within [figuresLife]. Concurrent callers share one count, which continues
// when one of them gives up. With an error it returns what was counted before.
func (c *Counter) Count(ctx context.Context, campaign string) (Figures, error) {
	var f Figures
	key := "figures:" + ui.Bounded(campaign)
	if b, ok := c.store.Get(ctx, key); ok && json.Unmarshal(b, &f) == nil && len(f.Days) == ChartDays {
		return f, nil
	}
	t, err := c.flight.Do(ctx, c.guard, bulkhead.Figures, campaign, func() (countResult, error) {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), timeToCount(ctx))
		defer cancel()
		sums, err := c.api.SumSessions(ctx, coupontools.SessionsOptions{Campaign: campaign})
		f := NewFigures(sums, time.Now())
		if err != nil {
			return countResult{f, fmt.Errorf("count the sessions of %s: %w", campaign, err)}, nil
		}
		c.store.Put(ctx, key, ui.Encode(f), figuresLife)
		return countResult{f, nil}, nil
	})
	if err != nil {
		return NewFigures(coupontools.SessionSums{}, time.Now()), fmt.Errorf("count the sessions of %s: %w", campaign, err)
	}
	return t.figures, t.err
}

// timeToCount leaves the caller enough time to show what was counted.
func timeToCount(ctx context.Context) time.Duration {
	end, ok := ctx.Deadline()
	if !ok {
		return CountTime
	}
	return min(CountTime, time.Until(end)-time.Second)
}

// NewFigures converts the sums of sessions. now is the end of the last day.
func NewFigures(s coupontools.SessionSums, now time.Time) Figures {
	f := Figures{
		At: now, Sessions: s.Sessions, Opened: s.Opened, Claimed: s.Claimed, Saved: s.Saved,
		Validated: s.Validated, Voided: s.Voided, Days: make([]DayCounts, ChartDays),
	}
	for i := range f.Days {
		day := s.Days[coupontools.DayOf(f.day(i))]
		f.Days[i] = DayCounts{Opened: day.Opened, Claimed: day.Claimed, Validated: day.Validated}
	}
	return f
}

// Add adds other figures, day by day.
func (f *Figures) Add(other Figures) {
	f.Sessions += other.Sessions
	f.Opened += other.Opened
	f.Claimed += other.Claimed
	f.Saved += other.Saved
	f.Validated += other.Validated
	f.Voided += other.Voided
	later := int(coupontools.DayOf(f.At).Time().Sub(coupontools.DayOf(other.At).Time()) / (24 * time.Hour))
	for i, d := range other.Days {
		if at := i - later; at >= 0 && at < len(f.Days) {
			f.Days[at].add(d)
		}
	}
}

// day returns a time on the i-th day.
func (f Figures) day(i int) time.Time { return f.At.UTC().AddDate(0, 0, i+1-ChartDays) }

// week is seven days.
type week struct {
	from time.Time
	DayCounts
}

// weeks returns the last [chartWeeks] weeks, the oldest first. The last one ends on the day of the count.
func (f Figures) weeks() []week {
	out := make([]week, chartWeeks)
	for i, d := range f.Days {
		w := &out[i/7]
		if i%7 == 0 {
			w.from = f.day(i)
		}
		w.add(d)
	}
	return out
}

// Blocks shows the figures. err says why they are incomplete, or is nil.
func (f Figures) Blocks(err error) []slack.Block {
	var set []slack.Block
	switch {
	case f.Sessions == 0 && err != nil:
		return []slack.Block{blocks.Text("Its sessions could not be counted: " + ui.ErrorReason(err))}
	case f.Sessions == 0:
		return []slack.Block{blocks.Text("Nobody has a session of it yet.")}
	case err != nil:
		set = append(set, blocks.Text(fmt.Sprintf("Only the first %s could be counted: %s",
			format.Count(f.Sessions, "session", "sessions"), ui.ErrorReason(err))))
	}
	return append(set,
		blocks.Rich(f.funnel()...),
		f.chart(),
		blocks.Pre(f.table()),
		blocks.Context(blocks.When("Counted", f.At), blocks.Small("Weeks are counted in UTC, back from then.")))
}

// funnel shows how many sessions reached each step.
func (f Figures) funnel() []blocks.Line {
	step := func(name string, n, of int, rest string) blocks.Line {
		return blocks.Field(name, fmt.Sprintf("%s (%s%s)", format.Thousands(n), percent(n, of), rest))
	}
	return []blocks.Line{
		blocks.Field("Sessions", format.Thousands(f.Sessions)),
		step("→ Opened", f.Opened, f.Sessions, " of them"),
		step("→ Claimed", f.Claimed, f.Opened, " of those opened"),
		step("→ Validated", f.Validated, f.Claimed, " of those claimed"),
		blocks.Field("Kept in a wallet", format.Thousands(f.Saved)),
		blocks.Field("Voided", format.Thousands(f.Voided)),
	}
}

// chart shows the weeks as lines.
func (f Figures) chart() slack.Block {
	var labels []string
	opens, claims, validations := blocks.Series{Name: "Opens"}, blocks.Series{Name: "Claims"}, blocks.Series{Name: "Validations"}
	for _, w := range f.weeks() {
		labels = append(labels, w.from.Format(dayOfYear))
		opens.Values = append(opens.Values, w.Opened)
		claims.Values = append(claims.Values, w.Claimed)
		validations.Values = append(validations.Values, w.Validated)
	}
	return blocks.Chart(fmt.Sprintf("The last %d weeks", chartWeeks), labels, opens, claims, validations)
}

// dayOfYear is the date format of charts and tables.
const dayOfYear = "2 Jan"

// percent formats n as a percentage of the whole.
func percent(n, whole int) string {
	if whole == 0 {
		return "0 %"
	}
	return fmt.Sprintf("%d %%", (200*n+whole)/(2*whole))
}

// table shows the weeks as columns of text.
func (f Figures) table() string {
	const row = "%-9s %8s %8s %12s"
	lines := []string{fmt.Sprintf(row, "Week from", "Opens", "Claims", "Validations")}
	for _, w := range f.weeks() {
		lines = append(
			lines,
			fmt.Sprintf(row, w.from.Format(dayOfYear), format.Thousands(w.Opened), format.Thousands(w.Claimed),
				format.Thousands(w.Validated)),
		)
	}
	return strings.Join(lines, "\n")
}
