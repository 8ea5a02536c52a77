package ui

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"fmt"

	"github.com/slack-go/slack"

	"github.com/coupontools/couponbot/bot"
	"github.com/coupontools/couponbot/bot/blocks"
)

// PerPage is how many items a page shows.
const PerPage = 10

// pageOf returns the items of a page, its number, and the number of the last page; both count from 1.
func pageOf[T any](items []T, number int) (shown []T, at, last int) {
	last = Pages(len(items))
	at = max(1, min(number, last))
	from := (at - 1) * PerPage
	return items[from:min(from+PerPage, len(items))], at, last
}

// Pages returns the number of pages for n items, at least one.
func Pages(n int) int { return max(1, (n+PerPage-1)/PerPage) }

// PageButtons returns Previous and Next, where such a page exists. Their action_ids are prefix with page:prev and page:next;
// at returns the value of a button.
func PageButtons(prefix string, number int, more bool, at func(page int) string) []slack.BlockElement {
	var row []slack.BlockElement
	if number > 1 {
		row = append(row, blocks.Button(prefix+"page:prev", "Previous", at(number-1), blocks.Label("Previous page")))
	}
	if more {
		row = append(row, blocks.Button(prefix+"page:next", "Next", at(number+1), blocks.Label("Next page")))
	}
	return row
}

// Pager pages through an API with pages of another size: it keeps the position at which each page of ten begins, but no items.
type Pager[Q, C any] struct {
	ID string
	// Query is what to look for. It is stored, not put into a button, since it may be personal data.
	Query Q
	// Starts are the positions of the pages shown so far and of the next one.
	Starts []C
}

// NewPager returns a pager that begins at a cursor.
func NewPager[Q, C any](query Q, start C) Pager[Q, C] {
	return Pager[Q, C]{ID: rand.Text(), Query: query, Starts: []C{start}}
}

// Turn fetches a page that was shown before, or the next one, and returns its number. fetch gets the position of the page and
// returns that of the next.
func (p *Pager[Q, C]) Turn(number int, fetch func(from C) (next C, err error)) (int, error) {
	number = max(1, min(number, len(p.Starts)))
	next, err := fetch(p.Starts[number-1])
	if err != nil {
		return 0, err
	}
	p.Starts = append(p.Starts[:number:number], next)
	return number, nil
}

// At is the value of a button to a page.
func (p Pager[Q, C]) At(page int) string { return Value(pageLink{Pager: p.ID, Page: page}) }

// pageLink is a page of a pager.
type pageLink struct {
	Pager string `json:"lookup"`
	Page  int    `json:"page"`
}

// Pagers stores the pagers of one command.
type Pagers[Q, C any] struct {
	Store Store
	// Noun is the noun for a pager. Command starts a new one.
	Noun, Command string
}

func (p Pagers[Q, C]) saved() Saved[Pager[Q, C]] { return Saved[Pager[Q, C]]{p.Store, "pager:"} }

// Put stores a pager for its user.
func (p Pagers[Q, C]) Put(ctx context.Context, person bot.Person, one Pager[Q, C]) {
	p.saved().Put(ctx, person, one.ID, one)
}

// Get returns a pager of this user.
func (p Pagers[Q, C]) Get(ctx context.Context, person bot.Person, id string) (Pager[Q, C], error) {
	kept, ok := p.saved().Get(ctx, person, id)
	if !ok || len(kept.Starts) == 0 {
		return Pager[Q, C]{}, &bot.Mistake{
			Text: "This " + p.Noun + " is over, or it belongs to somebody else.",
			Hint: fmt.Sprintf("couponbot keeps your last %d for 24 hours. Please ask again with %s.", maxSaved, p.Command),
		}
	}
	return kept, nil
}

// pageShower shows a page of a pager.
type pageShower[Q, C any] func(ctx context.Context, from Pager[Q, C], number int) (bot.Reply, error)

// follow shows the page of a pager's button.
func (p Pagers[Q, C]) follow(req bot.Request, show pageShower[Q, C]) (bot.Reply, error) {
	link, err := Decode[pageLink](req.Value, p.Command)
	if err != nil {
		return bot.Reply{}, err
	}
	return bot.Reply{Later: func(ctx context.Context) (bot.Reply, error) {
		from, err := p.Get(ctx, req.Person, link.Pager)
		if err != nil {
			return bot.Reply{}, err
		}
		return show(ctx, from, link.Page)
	}}, nil
}

// Turn is [Pagers.follow] for the button to another page. In a message it replaces the page.
func (p Pagers[Q, C]) Turn(req bot.Request, show pageShower[Q, C]) (bot.Reply, error) {
	return p.follow(req, func(ctx context.Context, from Pager[Q, C], number int) (bot.Reply, error) {
		reply, err := show(ctx, from, number)
		reply.Replace = err == nil && reply.View == nil
		return reply, err
	})
}

// Decode decodes the value of a button or the metadata of a form. If that fails, the error tells the user to run command.
func Decode[T any](text, command string) (v T, err error) {
	if err := json.Unmarshal([]byte(text), &v); err != nil {
		return v, BrokenButton(command, err)
	}
	return v, nil
}

// InPlace shows blocks where the request came from: in its modal, or in a message.
func InPlace(req bot.Request, view, title, text string, set []slack.Block) bot.Reply {
	if req.View != nil {
		return bot.Reply{View: blocks.Modal(view, title, "", "Close", set...)}
	}
	return bot.Reply{Text: text, Blocks: set}
}
