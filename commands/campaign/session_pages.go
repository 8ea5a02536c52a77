package campaign

import (
	"context"
	"fmt"

	"github.com/slack-go/slack"

	"github.com/coupontools/couponbot/bot/blocks"
	"github.com/coupontools/couponbot/commands/internal/format"
	"github.com/coupontools/couponbot/commands/internal/ui"
	"github.com/coupontools/couponbot/coupontools"
)

// sessionQuery selects the sessions of a campaign, by an event that happened to them.
type sessionQuery struct {
	Campaign, Name string
	Event          coupontools.SessionEvent
}

// sessionCursor is a position on one of the API's pages, which count from 1.
type sessionCursor struct{ Page, Index int }

type (
	sessionPager  = ui.Pager[sessionQuery, sessionCursor]
	sessionPagers = ui.Pagers[sessionQuery, sessionCursor]
)

func newSessionPager(c coupontools.Campaign, event coupontools.SessionEvent) sessionPager {
	return ui.NewPager(sessionQuery{Campaign: c.ID, Name: c.Name, Event: event}, sessionCursor{Page: 1})
}

func (q sessionQuery) options() coupontools.SessionsOptions {
	return coupontools.SessionsOptions{Campaign: q.Campaign, Event: q.Event}
}

// sessionPage is one page of sessions.
type sessionPage struct {
	pager    sessionPager
	number   int
	sessions []coupontools.Session
	// more says that another session follows.
	more bool
}

// fullPage is the size below which the API's page is the last one: pages are documented to have 5,000 sessions, but were seen
// with 100.
const fullPage = 100

// fetchSessions fetches the sessions of a page.
func fetchSessions(ctx context.Context, api *coupontools.Client, p sessionPager, number int) (sessionPage, error) {
	page := sessionPage{}
	var err error
	page.number, err = p.Turn(number, func(at sessionCursor) (sessionCursor, error) {
		for {
			fetched, err := api.SessionsPage(ctx, p.Query.options(), at.Page)
			if err != nil {
				return at, fmt.Errorf("list sessions of %s: %w", p.Query.Campaign, err)
			}
			rest := fetched[min(at.Index, len(fetched)):]
			take := min(len(rest), ui.PerPage-len(page.sessions))
			page.sessions = append(page.sessions, rest[:take]...)
			at.Index += take
			if page.more = take < len(rest); page.more || len(fetched) < fullPage {
				return at, nil
			}
			at = sessionCursor{Page: at.Page + 1}
		}
	})
	page.pager = p
	return page, err
}

// blocks shows the page with its buttons.
func (p sessionPage) blocks() []slack.Block {
	q := p.pager.Query
	set := []slack.Block{blocks.Header("Sessions of " + format.OneLine(q.Name))}
	if len(p.sessions) == 0 {
		set = append(set, blocks.Text(p.none()))
	}
	for _, s := range p.sessions {
		set = append(set, sessionRow(s))
	}
	if len(p.sessions) > 0 || p.number > 1 {
		set = append(set,
			blocks.Context(blocks.Small(format.Joined(" · ", fmt.Sprintf("Page %d", p.number), q.filter(), q.Campaign))))
	}
	row := ui.PageButtons("sessions_", p.number, p.more, p.pager.At)
	if len(p.sessions) > 0 {
		row = append(row, blocks.Button(actionSessionsFile, "CSV", p.pager.ID,
			blocks.Label("Get all of them as a file by direct message")))
	}
	if len(row) > 0 {
		set = append(set, blocks.Actions("", row...))
	}
	return set
}

// filter says which sessions are listed; "" for all.
func (q sessionQuery) filter() string {
	if q.Event == coupontools.AnyEvent {
		return ""
	}
	for _, e := range sessionEvents {
		if e.event == q.Event {
			return "only those that were " + e.word
		}
	}
	return ""
}

func (p sessionPage) none() string {
	q := p.pager.Query
	switch {
	case p.number > 1:
		return "There are no further sessions."
	case q.Event == coupontools.AnyEvent:
		return fmt.Sprintf("Nobody has a session of “%s” yet.", format.Short(q.Name))
	}
	return fmt.Sprintf("“%s” has no sessions of this kind yet: %s.", format.Short(q.Name), q.filter())
}

func (p sessionPage) summary() string {
	if len(p.sessions) == 0 {
		return p.none()
	}
	return fmt.Sprintf("%s of %s, page %d", format.Count(len(p.sessions), "session", "sessions"),
		format.Short(p.pager.Query.Name), p.number)
}
