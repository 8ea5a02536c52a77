package commands

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"

	"github.com/slack-go/slack"

	"github.com/coupontools/couponbot/bot"
	"github.com/coupontools/couponbot/bot/blocks"
	"github.com/coupontools/couponbot/coupontools/cache"
)

// catalog shows one of the cached lists, ten a page, for all in the channel to see, and gives the whole of it as a file.
type catalog[T cache.Item] struct {
	lists refresherOf[T]
	files deliverer
	// command is what is typed for the list, and interim what is said while it is looked up.
	command, interim string
	// title stands above it, one and many name what is in it: "directory", "directories".
	title, one, many string
	// prev, next, again and file are the action_ids of its buttons.
	prev, next, again, file string
	// row shows one of the list with the button that opens it.
	row func(T) slack.Block
	// header and line are the file's: the names of its columns, and the values of one of the list.
	header []string
	line   func(T) []string
}

// run answers the command with the first page.
func (c catalog[T]) run(_ context.Context, req bot.Request) (bot.Reply, error) {
	q := listing{Page: 1, Filter: bot.Join(req.Words)}
	return bot.Reply{Public: true, Text: c.interim, Later: func(ctx context.Context) (bot.Reply, error) {
		reply, err := c.show(ctx, q, c.lists.List)
		reply.Public = true
		return reply, err
	}}, nil
}

// clicks are the handlers of the list's buttons.
func (c catalog[T]) clicks() map[string]bot.Handler {
	turn := func(_ context.Context, req bot.Request) (bot.Reply, error) { return c.turn(req, c.lists.List) }
	return map[string]bot.Handler{
		c.prev: turn,
		c.next: turn,
		c.again: func(_ context.Context, req bot.Request) (bot.Reply, error) {
			return c.turn(req, c.lists.Refresh)
		},
		c.file: c.asFile,
	}
}

// listing is a page of a list; it travels in the values of the buttons.
type listing struct {
	Page   int    `json:"page"`
	Filter string `json:"filter"`
}

func (q listing) at(page int) string { return value(listing{Page: page, Filter: q.Filter}) }

func (c catalog[T]) asked(req bot.Request) (listing, error) {
	var q listing
	if err := json.Unmarshal([]byte(req.Value), &q); err != nil {
		return q, brokenButton(c.command, err)
	}
	return q, nil
}

// turn shows the page that a button asks for, in the place of the one it was on.
func (c catalog[T]) turn(req bot.Request, get func(context.Context) (*cache.ListOf[T], error)) (bot.Reply, error) {
	q, err := c.asked(req)
	if err != nil {
		return bot.Reply{}, err
	}
	return bot.Reply{Later: func(ctx context.Context) (bot.Reply, error) {
		reply, err := c.show(ctx, q, get)
		reply.Public, reply.Replace = true, err == nil
		return reply, err
	}}, nil
}

// hits gets the list and returns what the filter lets through.
func (c catalog[T]) hits(
	ctx context.Context, filter string, get func(context.Context) (*cache.ListOf[T], error),
) (*cache.ListOf[T], []T, error) {
	l, err := get(ctx)
	if err != nil {
		return nil, nil, fmt.Errorf("list %s: %w", c.many, err)
	}
	if filter == "" {
		return l, l.Items, nil
	}
	hits := l.Search(filter, len(l.Items))
	if len(hits) == 0 {
		return nil, nil, &bot.Mistake{
			Text: fmt.Sprintf("No %s has “%s” in its name or id.", c.one, short(filter)),
			Hint: joined(" ", didYouMean(l, filter), c.command+" shows them all."),
		}
	}
	return l, hits, nil
}

func (c catalog[T]) show(
	ctx context.Context, q listing, get func(context.Context) (*cache.ListOf[T], error),
) (bot.Reply, error) {
	q.Filter = bounded(strings.TrimSpace(q.Filter))
	l, hits, err := c.hits(ctx, q.Filter, get)
	if err != nil {
		return bot.Reply{}, err
	}
	return c.page(q, l, hits), nil
}

func (c catalog[T]) page(q listing, l *cache.ListOf[T], hits []T) bot.Reply {
	last := pages(len(hits))
	q.Page = max(1, min(q.Page, last))
	from := (q.Page - 1) * perPage
	shown := hits[from:min(from+perPage, len(hits))]

	total := count(len(hits), c.one, c.many)
	if q.Filter != "" {
		total += " matching “" + short(q.Filter) + "”"
	}
	where := fmt.Sprintf("Page %d of %d · %s", q.Page, last, total)
	set := []slack.Block{blocks.Header(c.title)}
	if len(hits) == 0 {
		set = append(set, blocks.Text(c.none()))
	}
	for _, item := range shown {
		set = append(set, c.row(item))
	}
	set = append(set, blocks.Context(append([]slack.MixedElement{blocks.Small(where)}, age(l)...)...), c.buttons(q, last, len(hits)))
	return bot.Reply{Text: where + ": " + c.summary(shown), Blocks: set}
}

func (c catalog[T]) none() string {
	return "There are no " + c.many + " in this Coupontools account yet."
}

// buttons are Previous and Next, where they lead somewhere, Refresh, and the file of a list that has several pages.
func (c catalog[T]) buttons(q listing, last, hits int) slack.Block {
	var row []slack.BlockElement
	if q.Page > 1 {
		row = append(row, blocks.Button(c.prev, "Previous", q.at(q.Page-1), blocks.Label("Previous page")))
	}
	if q.Page < last {
		row = append(row, blocks.Button(c.next, "Next", q.at(q.Page+1), blocks.Label("Next page")))
	}
	row = append(row, blocks.Button(c.again, "Refresh", q.at(q.Page), blocks.Label("Fetch the list from Coupontools again")))
	if hits > perPage {
		row = append(row, blocks.Button(c.file, "CSV", q.at(1), blocks.Label("Get the whole list as a file by direct message")))
	}
	return blocks.Actions("", row...)
}

// summary names what is shown, for notifications and screen readers.
func (c catalog[T]) summary(shown []T) string {
	names := make([]string, len(shown))
	for i, item := range shown {
		id, name := item.Ident()
		names[i] = fmt.Sprintf("%s (%s)", short(name), id)
	}
	if len(names) == 0 {
		return c.none()
	}
	return strings.Join(names, ", ")
}

// asFile sends the list of a button to whoever pressed it.
func (c catalog[T]) asFile(_ context.Context, req bot.Request) (bot.Reply, error) {
	q, err := c.asked(req)
	if err != nil {
		return bot.Reply{}, err
	}
	return bot.Reply{Text: writingFile, Later: func(ctx context.Context) (bot.Reply, error) {
		_, hits, err := c.hits(ctx, q.Filter, c.lists.List)
		if err != nil {
			return bot.Reply{}, err
		}
		return c.files.send(ctx, req.Person, report{
			name: c.many + ".csv", what: count(len(hits), c.one, c.many), header: c.header,
			rows: func(write func([]string) error) error {
				for _, item := range hits {
					if err := write(c.line(item)); err != nil {
						return err
					}
				}
				return nil
			},
		})
	}}, nil
}
