package commands

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"strings"

	"github.com/slack-go/slack"

	"github.com/coupontools/couponbot/bot"
	"github.com/coupontools/couponbot/bot/blocks"
	"github.com/coupontools/couponbot/coupontools/cache"
)

// noun is what a list is of, in words.
type noun struct{ one, many string }

// total says how many there are, and by what words they were found: 2 campaigns matching “summer”.
func (n noun) total(hits int, filter string) string {
	if filter == "" {
		return count(hits, n.one, n.many)
	}
	return count(hits, n.one, n.many) + " matching “" + short(filter) + "”"
}

// catalog is a list of things that have a name and an id, such as directories. Its command shows it ten a page, and gives
// the whole of it as a file; other commands find a thing in it by what people type.
type catalog[T cache.Item] struct {
	noun
	// topic is the command's, and how its action_ids begin: "directories_page:prev". command is what people type for it,
	// unless that is the topic after [Root].
	topic, command, title string
	// private shows the list only to the person who asked.
	private bool
	// row shows one of them, in a block or two; columns are those of the file.
	row     func(T) []slack.Block
	columns []column[T]
	// more are further buttons under the list.
	more []slack.BlockElement

	lists refresherOf[T]
	// changed tells lists, which this process keeps, that what they hold was changed. It is nil where nothing ever is.
	changed func()
	files   deliverer
}

// listing is a page of a list; it travels in the values of the buttons.
type listing struct {
	Page   int    `json:"page"`
	Filter string `json:"filter"`
}

func (q listing) at(page int) string { return value(listing{Page: page, Filter: q.Filter}) }

// askedPage is the page that a button of command asks for.
func askedPage(req bot.Request, command string) (listing, error) {
	var q listing
	if err := json.Unmarshal([]byte(req.Value), &q); err != nil {
		return q, brokenButton(command, err)
	}
	return q, nil
}

// getter gives a list, from what is at hand or anew.
type getter[T cache.Item] func(context.Context) (*cache.ListOf[T], error)

// line is the command as one would type it.
func (c catalog[T]) line() string { return cmp.Or(c.command, Root+" "+c.topic) }

func (c catalog[T]) looking() string { return "Looking up the " + c.many + "…" }

// action names a button of the list.
func (c catalog[T]) action(what string) string {
	return strings.ReplaceAll(c.topic, "-", "_") + "_" + what
}

// run answers the command with the first page.
func (c catalog[T]) run(_ context.Context, req bot.Request) (bot.Reply, error) {
	q := listing{Page: 1, Filter: bot.Join(req.Words)}
	return bot.Reply{Public: !c.private, Text: c.looking(), Later: func(ctx context.Context) (bot.Reply, error) {
		return c.show(ctx, q, c.lists.List)
	}}, nil
}

// clicks answers the buttons of the list.
func (c catalog[T]) clicks() map[string]bot.Handler {
	page := func(_ context.Context, req bot.Request) (bot.Reply, error) { return c.turn(req, c.lists.List) }
	return map[string]bot.Handler{
		c.action("page:prev"): page,
		c.action("page:next"): page,
		c.action("refresh"): func(_ context.Context, req bot.Request) (bot.Reply, error) {
			return c.turn(req, c.lists.Refresh)
		},
		c.action("file"): c.asFile,
	}
}

// turn shows the page that a button asks for, in the place of the one it was on.
func (c catalog[T]) turn(req bot.Request, get getter[T]) (bot.Reply, error) {
	q, err := askedPage(req, c.line())
	if err != nil {
		return bot.Reply{}, err
	}
	return bot.Reply{Later: func(ctx context.Context) (bot.Reply, error) {
		reply, err := c.show(ctx, q, get)
		reply.Replace = err == nil
		return reply, err
	}}, nil
}

// List and Local make a catalog a [finderOf].
func (c catalog[T]) List(ctx context.Context) (*cache.ListOf[T], error) {
	return c.list(ctx, c.lists.List)
}

// Local returns the list at hand, or nil.
func (c catalog[T]) Local() *cache.ListOf[T] { return c.lists.Local() }

// list gets the list.
func (c catalog[T]) list(ctx context.Context, get getter[T]) (*cache.ListOf[T], error) {
	l, err := get(ctx)
	if err != nil {
		return nil, fmt.Errorf("list %s: %w", c.many, err)
	}
	return l, nil
}

// hits gets the list and returns what the filter lets through: those with its words in their names or ids.
func (c catalog[T]) hits(ctx context.Context, filter string, get getter[T]) (*cache.ListOf[T], []T, error) {
	l, err := c.list(ctx, get)
	if err != nil {
		return nil, nil, err
	}
	if filter == "" {
		return l, l.Items, nil
	}
	hits := l.Search(filter, len(l.Items))
	if len(hits) == 0 {
		m := c.unknown(l, filter)
		m.Text = fmt.Sprintf("No %s has “%s” in its name or id.", c.one, short(filter))
		return nil, nil, m
	}
	return l, hits, nil
}

func (c catalog[T]) show(ctx context.Context, q listing, get getter[T]) (bot.Reply, error) {
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

	where := fmt.Sprintf("Page %d of %d · %s", q.Page, last, c.total(len(hits), q.Filter))
	set := []slack.Block{blocks.Header(c.title)}
	if len(hits) == 0 {
		set = append(set, blocks.Text(c.none()))
	}
	for _, item := range shown {
		set = append(set, c.row(item)...)
	}
	set = append(set, blocks.Context(append([]slack.MixedElement{blocks.Small(where)}, age(l)...)...), c.buttons(q, last, len(hits)))
	return bot.Reply{Public: !c.private, Text: where + ": " + c.summary(shown), Blocks: set}
}

func (c catalog[T]) none() string {
	return "There are no " + c.many + " in this Coupontools account yet."
}

// buttons are Previous and Next, where they lead somewhere, Refresh, the file of what is there, and those of the list's own.
func (c catalog[T]) buttons(q listing, last, hits int) slack.Block {
	var row []slack.BlockElement
	if q.Page > 1 {
		row = append(row, blocks.Button(c.action("page:prev"), "Previous", q.at(q.Page-1), blocks.Label("Previous page")))
	}
	if q.Page < last {
		row = append(row, blocks.Button(c.action("page:next"), "Next", q.at(q.Page+1), blocks.Label("Next page")))
	}
	row = append(row, blocks.Button(c.action("refresh"), "Refresh", q.at(q.Page), blocks.Label("Fetch the list from Coupontools again")))
	if hits > 0 {
		row = append(row, blocks.Button(c.action("file"), "CSV", q.at(1), blocks.Label("Get the whole list as a file by direct message")))
	}
	return blocks.Actions("", append(row, c.more...)...)
}

// summary names what is shown, for notifications and screen readers.
func (c catalog[T]) summary(shown []T) string {
	names := make([]string, len(shown))
	for i, item := range shown {
		id, name := item.Ident()
		names[i] = nameAndID(short(name), id)
	}
	if len(names) == 0 {
		return c.none()
	}
	return strings.Join(names, ", ")
}

// asFile sends the list of a button to whoever pressed it.
func (c catalog[T]) asFile(_ context.Context, req bot.Request) (bot.Reply, error) {
	q, err := askedPage(req, c.line())
	if err != nil {
		return bot.Reply{}, err
	}
	return bot.Reply{Text: writingFile, Later: func(ctx context.Context) (bot.Reply, error) {
		_, hits, err := c.hits(ctx, q.Filter, c.lists.List)
		if err != nil {
			return bot.Reply{}, err
		}
		return c.files.send(ctx, req.Person, table(c.many, c.total(len(hits), q.Filter), c.columns, hits))
	}}, nil
}

// get returns the one with that id.
func (c catalog[T]) get(ctx context.Context, id string) (item T, err error) {
	l, err := c.List(ctx)
	if err != nil {
		return item, err
	}
	item, ok := l.ByID(id)
	if !ok {
		return item, c.unknown(l, id)
	}
	return item, nil
}

// atHand returns the one with that id, as far as it is at hand.
func (c catalog[T]) atHand(id string) (item T, ok bool) {
	if l := c.Local(); l != nil {
		return l.ByID(id)
	}
	return item, false
}

// name returns the name of the one with that id, as far as it is at hand.
func (c catalog[T]) name(id string) string {
	item, ok := c.atHand(id)
	if !ok {
		return ""
	}
	_, name := item.Ident()
	return name
}

// unknown says that there is nothing of that name or id, and what is called nearly so.
func (c catalog[T]) unknown(l *cache.ListOf[T], asked string) *bot.Mistake {
	return &bot.Mistake{
		Text: fmt.Sprintf("There is no %s “%s”.", c.one, short(asked)),
		Hint: joined(" ", didYouMean(l, asked), c.line()+" shows them all."),
	}
}

// which asks for one of them, with a picker.
func (c catalog[T]) which(action string) bot.Reply {
	text := "Which " + c.one + "?"
	return bot.Reply{Text: text, Blocks: []slack.Block{
		blocks.Text(text), blocks.Actions("", blocks.Picker(action, typeAFewLetters)),
	}}
}

// pick asks which of several is meant; the block_ids around the buttons begin with asked, if that is not empty.
func (c catalog[T]) pick(from choiceOf[T], asked string, button func(id string) slack.BlockElement) bot.Reply {
	return pickFrom(from, c.many, func(item T) []slack.Block {
		id, name := item.Ident()
		return []slack.Block{blocks.Text(sentence(name) + "\n" + short(id)), blocks.Actions(joined(" ", asked, id), button(id))}
	})
}
