package commands

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"fmt"

	"github.com/slack-go/slack"

	"github.com/coupontools/couponbot/bot"
	"github.com/coupontools/couponbot/bot/blocks"
	"github.com/coupontools/couponbot/coupontools"
)

// walk is somebody's way through the sessions of a campaign. Coupontools' pages are of a size that is not known, so it
// keeps where each page of ten that was shown begins; the last is where the next one will. The sessions are not kept.
type walk struct {
	ID, Team, User string
	Campaign, Name string
	Event          coupontools.SessionEvent
	Starts         []spot
}

// spot is a place on one of Coupontools' pages, which count from 1.
type spot struct{ Page, Index int }

func newWalk(p bot.Person, c coupontools.Campaign, event coupontools.SessionEvent) walk {
	return walk{
		ID: rand.Text(), Team: p.Team, User: p.ID, Campaign: c.ID, Name: c.Name, Event: event,
		Starts: []spot{{Page: 1}},
	}
}

func (w walk) options() coupontools.SessionsOptions {
	return coupontools.SessionsOptions{Campaign: w.Campaign, Event: w.Event}
}

// stretch is one page of a walk.
type stretch struct {
	page     int
	sessions []coupontools.Session
	// more says that there is another session after it.
	more bool
}

// page fetches page n, counted from 1, which must be one that was shown or the one after.
func (w *walk) page(ctx context.Context, api sessionLister, n int) (stretch, error) {
	n = max(1, min(n, len(w.Starts)))
	out, at := stretch{page: n}, w.Starts[n-1]
	for {
		list, err := api.SessionsPage(ctx, w.options(), at.Page)
		if err != nil {
			return stretch{}, fmt.Errorf("list sessions of %s: %w", w.Campaign, err)
		}
		rest := list[min(at.Index, len(list)):]
		take := min(len(rest), perPage-len(out.sessions))
		out.sessions = append(out.sessions, rest[:take]...)
		at.Index += take
		if out.more = take < len(rest); out.more || len(list) < fewOnPage {
			break
		}
		at = spot{Page: at.Page + 1}
	}
	w.Starts = append(w.Starts[:n:n], at)
	return out, nil
}

// fewOnPage is the size below which a page of Coupontools is the last one: its pages are documented to have 5,000 sessions,
// but were seen with 100.
const fewOnPage = 100

// keep remembers a walk for its pager.
func (w walk) keep(ctx context.Context, s store) {
	s.Put(ctx, "walk:"+w.ID, encode(w), lookupLife)
}

// recallWalk returns a walk of this person.
func recallWalk(ctx context.Context, s store, id string, p bot.Person) (walk, error) {
	var w walk
	b, ok := s.Get(ctx, "walk:"+bounded(id))
	if !ok || json.Unmarshal(b, &w) != nil || w.User != p.ID || w.Team != p.Team || len(w.Starts) == 0 {
		return walk{}, &bot.Mistake{
			Text: "This list is over, or it belongs to somebody else.",
			Hint: "A list lives 24 hours. Please ask again with /coupontools sessions.",
		}
	}
	return w, nil
}

// blocks shows a page of sessions with its buttons.
func (s stretch) blocks(w walk) []slack.Block {
	set := []slack.Block{blocks.Header("Sessions of " + oneLine(w.Name))}
	if len(s.sessions) == 0 {
		set = append(set, blocks.Text(s.none(w)))
	}
	for _, x := range s.sessions {
		set = append(set, sessionRow(x))
	}
	if len(s.sessions) > 0 || s.page > 1 {
		set = append(set, blocks.Context(blocks.Small(joined(" · ", fmt.Sprintf("Page %d", s.page), w.which(), w.Campaign))))
	}
	if row := s.buttons(w); len(row) > 0 {
		set = append(set, blocks.Actions("", row...))
	}
	return set
}

// which says which sessions are in the list.
func (w walk) which() string {
	if w.Event == coupontools.AnyEvent {
		return ""
	}
	for _, e := range events {
		if e.event == w.Event {
			return "only those that were " + e.word
		}
	}
	return ""
}

func (s stretch) none(w walk) string {
	switch {
	case s.page > 1:
		return "There are no further sessions."
	case w.Event == coupontools.AnyEvent:
		return fmt.Sprintf("Nobody has a session of “%s” yet.", short(w.Name))
	}
	return fmt.Sprintf("“%s” has no sessions of this kind yet: %s.", short(w.Name), w.which())
}

func (s stretch) buttons(w walk) []slack.BlockElement {
	at := func(page int) string { return value(pager{Lookup: w.ID, Page: page}) }
	var row []slack.BlockElement
	if s.page > 1 {
		row = append(row, blocks.Button(actionSessionsPrev, "Previous", at(s.page-1), blocks.Label("Previous page")))
	}
	if s.more {
		row = append(row, blocks.Button(actionSessionsNext, "Next", at(s.page+1), blocks.Label("Next page")))
	}
	if len(s.sessions) > 0 {
		row = append(row, blocks.Button(actionSessionsFile, "CSV", w.ID,
			blocks.Label("Get all of them as a file by direct message")))
	}
	return row
}

func (s stretch) summary(w walk) string {
	if len(s.sessions) == 0 {
		return s.none(w)
	}
	return fmt.Sprintf("%s of %s, page %d", count(len(s.sessions), "session", "sessions"), short(w.Name), s.page)
}
