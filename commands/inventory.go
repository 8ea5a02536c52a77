package commands

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"github.com/slack-go/slack"

	"github.com/coupontools/couponbot/bot"
	"github.com/coupontools/couponbot/bot/blocks"
	"github.com/coupontools/couponbot/coupontools"
	"github.com/coupontools/couponbot/coupontools/cache"
)

// noun is what a list is of, in words.
type noun struct{ one, many string }

// inventory is a list of things that have a name and an id, such as loyalty cards. Its command shows it ten a page; others
// find a thing in it by what people type.
type inventory[T any] struct {
	noun
	// topic is the command's, and how its action_ids begin.
	topic, title string
	// private shows the list only to the person who asked.
	private bool
	// row shows one of them, in a block or two; columns are those of the file.
	row     func(T) []slack.Block
	columns []column[T]
	// more are further buttons under the list.
	more []slack.BlockElement

	list  *shelf[*stock[T]]
	files mailer
}

// stock is such a list as it was at one time. The index knows names and ids alone, as those of directories.
type stock[T any] struct {
	*cache.List
	items []T
	byID  map[string]T
}

// stocked returns a shelf for a list that is all in one answer.
func stocked[T any](fetch func(context.Context) ([]T, error), named func(T) (id, name string)) *shelf[*stock[T]] {
	return newShelf(namesFor, func(ctx context.Context, _ string) (*stock[T], error) {
		items, err := fetch(ctx)
		if err != nil {
			return nil, err
		}
		s := &stock[T]{items: items, byID: make(map[string]T, len(items))}
		entries := make([]coupontools.Directory, len(items))
		for i, item := range items {
			entries[i].ID, entries[i].Name = named(item)
			s.byID[entries[i].ID] = item
		}
		s.List = cache.NewList(entries, time.Now())
		return s, nil
	})
}

// line is the command as one would type it.
func (n inventory[T]) line() string { return Root + " " + n.topic }

// action names a button of the list.
func (n inventory[T]) action(what string) string {
	return strings.ReplaceAll(n.topic, "-", "_") + "_" + what
}

func (n inventory[T]) stock(ctx context.Context) (*stock[T], error) {
	s, err := n.list.get(ctx, "")
	if err != nil {
		return nil, fmt.Errorf("list %s: %w", n.many, err)
	}
	return s, nil
}

// List and Local make a inventory a [finder].
func (n inventory[T]) List(ctx context.Context) (*cache.List, error) {
	s, err := n.stock(ctx)
	if err != nil {
		return nil, err
	}
	return s.List, nil
}

// Local returns the list at hand, or nil.
func (n inventory[T]) Local() *cache.List {
	if s := n.list.atHand("").value; s != nil {
		return s.List
	}
	return nil
}

// get returns the thing with that id.
func (n inventory[T]) get(ctx context.Context, id string) (T, error) {
	s, err := n.stock(ctx)
	if err != nil {
		var none T
		return none, err
	}
	item, ok := s.byID[id]
	if !ok {
		return item, n.unknown(s.List, id)
	}
	return item, nil
}

// name returns the name of the thing with that id, as far as it is at hand.
func (n inventory[T]) name(id string) string {
	if l := n.Local(); l != nil {
		d, _ := l.ByID(id)
		return d.Name
	}
	return ""
}

// unknown says that there is nothing of that name or id, and what is called nearly so.
func (n inventory[T]) unknown(l *cache.List, asked string) *bot.Mistake {
	return &bot.Mistake{
		Text: fmt.Sprintf("There is no %s “%s”.", n.one, short(asked)),
		Hint: joined(" ", didYouMean(l, asked), n.line()+" shows them all."),
	}
}

// which asks for one of them, with a picker.
func (n inventory[T]) which(action string) bot.Reply {
	text := "Which " + n.one + "?"
	return bot.Reply{Text: text, Blocks: []slack.Block{
		blocks.Text(text), blocks.Actions("", blocks.Picker(action, typeAFewLetters)),
	}}
}

// run shows the first page.
func (n inventory[T]) run(_ context.Context, req bot.Request) (bot.Reply, error) {
	q := listing{Page: 1, Filter: bounded(strings.TrimSpace(bot.Join(req.Words)))}
	return bot.Reply{Public: !n.private, Text: n.looking(), Later: func(ctx context.Context) (bot.Reply, error) {
		return n.show(ctx, q, n.list.get)
	}}, nil
}

func (n inventory[T]) looking() string { return "Looking up the " + n.many + "…" }

// clicks answers the buttons of the list.
func (n inventory[T]) clicks() map[string]bot.Handler {
	page := func(_ context.Context, req bot.Request) (bot.Reply, error) { return n.turn(req, n.list.get) }
	return map[string]bot.Handler{
		n.action("page:prev"): page,
		n.action("page:next"): page,
		n.action("refresh"): func(_ context.Context, req bot.Request) (bot.Reply, error) {
			return n.turn(req, n.list.renew)
		},
		n.action("csv"): n.file,
	}
}

// turn shows the page that a button asks for, in the place of the one it was on.
func (n inventory[T]) turn(req bot.Request, get func(context.Context, string) (*stock[T], error)) (bot.Reply, error) {
	var q listing
	if err := json.Unmarshal([]byte(req.Value), &q); err != nil {
		return bot.Reply{}, brokenButton(n.line(), err)
	}
	return bot.Reply{Later: func(ctx context.Context) (bot.Reply, error) {
		reply, err := n.show(ctx, q, get)
		reply.Replace = err == nil
		return reply, err
	}}, nil
}

func (n inventory[T]) show(
	ctx context.Context, q listing, get func(context.Context, string) (*stock[T], error),
) (bot.Reply, error) {
	s, err := get(ctx, "")
	if err != nil {
		return bot.Reply{}, fmt.Errorf("list %s: %w", n.many, err)
	}
	hits := s.hits(q.Filter)
	if len(hits) == 0 && q.Filter != "" {
		m := n.unknown(s.List, q.Filter)
		m.Text = fmt.Sprintf("No %s has “%s” in its name or id.", n.one, short(q.Filter))
		return bot.Reply{}, m
	}
	return n.page(s, q, hits), nil
}

// hits are those with the words in their names or ids; without words all, in the order of Coupontools.
func (s *stock[T]) hits(filter string) []T {
	if filter == "" {
		return s.items
	}
	found := s.Search(filter, len(s.items))
	hits := make([]T, len(found))
	for i, d := range found {
		hits[i] = s.byID[d.ID]
	}
	return hits
}

func (n inventory[T]) page(s *stock[T], q listing, hits []T) bot.Reply {
	last := pages(len(hits))
	q.Page = max(1, min(q.Page, last))
	from := (q.Page - 1) * perPage
	total := count(len(hits), n.one, n.many)
	if q.Filter != "" {
		total += " matching “" + short(q.Filter) + "”"
	}
	where := fmt.Sprintf("Page %d of %d · %s", q.Page, last, total)
	set := []slack.Block{blocks.Header(n.title)}
	if len(hits) == 0 {
		set = append(set, blocks.Text(fmt.Sprintf("There are no %s in this Coupontools account yet.", n.many)))
	}
	for _, item := range hits[from:min(from+perPage, len(hits))] {
		set = append(set, n.row(item)...)
	}
	set = append(set, blocks.Context(append([]slack.MixedElement{blocks.Small(where)}, age(s.List)...)...), n.buttons(q, last))
	return bot.Reply{Public: !n.private, Text: n.title + ": " + where, Blocks: set}
}

func (n inventory[T]) buttons(q listing, last int) slack.Block {
	var row []slack.BlockElement
	if q.Page > 1 {
		row = append(row, blocks.Button(n.action("page:prev"), "Previous", q.at(q.Page-1), blocks.Label("Previous page")))
	}
	if q.Page < last {
		row = append(row, blocks.Button(n.action("page:next"), "Next", q.at(q.Page+1), blocks.Label("Next page")))
	}
	row = append(row,
		blocks.Button(n.action("refresh"), "Refresh", q.at(q.Page), blocks.Label("Fetch the list from Coupontools again")),
		blocks.Button(n.action("csv"), "CSV", q.at(1), blocks.Label("Get the list as a file")))
	return blocks.Actions("", append(row, n.more...)...)
}

// file gives the person the whole list, or the part that the words leave.
func (n inventory[T]) file(_ context.Context, req bot.Request) (bot.Reply, error) {
	var q listing
	if err := json.Unmarshal([]byte(req.Value), &q); err != nil {
		return bot.Reply{}, brokenButton(n.line(), err)
	}
	return bot.Reply{Later: func(ctx context.Context) (bot.Reply, error) {
		s, err := n.stock(ctx)
		if err != nil {
			return bot.Reply{}, err
		}
		hits := s.hits(q.Filter)
		what := n.title + ": " + count(len(hits), n.one, n.many)
		return mailedList(ctx, n.files, req.Person, strings.ReplaceAll(n.many, " ", "-")+".csv", what, table(n.columns, hits))
	}}, nil
}

// pick asks which of several is meant; the block_ids around the buttons begin with asked, if that is not empty.
func (n inventory[T]) pick(c choice, asked string, button func(id string) slack.BlockElement) bot.Reply {
	return pickFrom(c, n.many, func(d coupontools.Directory) []slack.Block {
		return []slack.Block{
			blocks.Text(sentence(d.Name) + "\n" + short(d.ID)), blocks.Actions(joined(" ", asked, d.ID), button(d.ID)),
		}
	})
}
