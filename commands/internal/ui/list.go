package ui

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/slack-go/slack"

	"github.com/coupontools/couponbot/bot"
	"github.com/coupontools/couponbot/bot/blocks"
	"github.com/coupontools/couponbot/commands/internal/format"
	"github.com/coupontools/couponbot/coupontools"
	"github.com/coupontools/couponbot/coupontools/cache"
)

// Plural is the singular and the plural of a noun.
type Plural struct{ One, Many string }

func (p Plural) count(n int) string { return format.Count(n, p.One, p.Many) }

// total counts the hits of a filter: 2 campaigns matching “summer”.
func (p Plural) total(hits int, filter string) string {
	if filter == "" {
		return p.count(hits)
	}
	return p.count(hits) + " matching “" + format.Short(filter) + "”"
}

// ListSource returns the items of a list. List may wait for Coupontools. Local never waits, and returns nil if nothing is
// cached. Refresh fetches.
type ListSource[T cache.Item] interface {
	List(ctx context.Context) (*cache.ListOf[T], error)
	Local() *cache.ListOf[T]
	Refresh(ctx context.Context) (*cache.ListOf[T], error)
}

// loader loads a list: [ListSource.List] or [ListSource.Refresh].
type loader[T cache.Item] func(context.Context) (*cache.ListOf[T], error)

// List is a list of items with names and ids, such as directories. Its command shows ten a page and exports them as a file;
// other commands use it to find items by what users type.
type List[T cache.Item] struct {
	Plural
	// Topic is the command's topic, and the prefix of its action_ids: "directories_page:prev". Command is what users type; if
	// empty, it is the topic after [Root].
	Topic, Command, Title string
	// Private shows the list only to the user who asked.
	Private bool
	// Row shows one item in a block or two. Columns are those of the file.
	Row     func(T) []slack.Block
	Columns []Column[T]
	// More are further buttons under the list.
	More []slack.BlockElement
	// FromID returns an item with nothing but this id, and whether the id is well-formed: the item may be newer than the list.
	// It is nil if only listed items are accepted.
	FromID func(id string) (item T, ok bool)

	Source ListSource[T]
	// Changed clears the cache. It is nil for lists that the bot never changes.
	Changed func()
	Files   Deliverer
}

// ListQuery is a page of a filtered list; the values of the buttons hold it.
type ListQuery struct {
	Page   int    `json:"page"`
	Filter string `json:"filter"`
}

func (q ListQuery) at(page int) string { return Value(ListQuery{Page: page, Filter: q.Filter}) }

// CommandLine is the list's command as a user types it.
func (l List[T]) CommandLine() string { return cmp.Or(l.Command, Root+" "+l.Topic) }

// WaitText is the text while the list is loading.
func (l List[T]) WaitText() string { return "Looking up the " + l.Many + "…" }

func (l List[T]) actionID(suffix string) string {
	return strings.ReplaceAll(l.Topic, "-", "_") + "_" + suffix
}

// Run answers the command with the first page.
func (l List[T]) Run(_ context.Context, req bot.Request) (bot.Reply, error) {
	q := ListQuery{Page: 1, Filter: bot.Join(req.Words)}
	return bot.Reply{Public: !l.Private, Text: l.WaitText(), Later: func(ctx context.Context) (bot.Reply, error) {
		return l.show(ctx, q, l.Source.List)
	}}, nil
}

// Actions answers the buttons of the list.
func (l List[T]) Actions() map[string]bot.Action {
	page := func(_ context.Context, req bot.Request) (bot.Reply, error) { return l.turnPage(req, l.Source.List) }
	refresh := func(_ context.Context, req bot.Request) (bot.Reply, error) { return l.turnPage(req, l.Source.Refresh) }
	return map[string]bot.Action{
		l.actionID("page:prev"): {Run: page},
		l.actionID("page:next"): {Run: page},
		l.actionID("refresh"):   {Run: refresh},
		l.actionID("file"):      {Run: l.export},
	}
}

// turnPage replaces the message with the page that a button asks for.
func (l List[T]) turnPage(req bot.Request, load loader[T]) (bot.Reply, error) {
	q, err := Decode[ListQuery](req.Value, l.CommandLine())
	if err != nil {
		return bot.Reply{}, err
	}
	return bot.Reply{Later: func(ctx context.Context) (bot.Reply, error) {
		reply, err := l.show(ctx, q, load)
		reply.Replace = err == nil
		return reply, err
	}}, nil
}

func (l List[T]) load(ctx context.Context, load loader[T]) (*cache.ListOf[T], error) {
	all, err := load(ctx)
	if err != nil {
		return nil, fmt.Errorf("list %s: %w", l.Many, err)
	}
	return all, nil
}

// search loads the list and returns the items that match the filter.
func (l List[T]) search(ctx context.Context, filter string, load loader[T]) (*cache.ListOf[T], []T, error) {
	all, err := l.load(ctx, load)
	if err != nil {
		return nil, nil, err
	}
	if filter == "" {
		return all, all.Items, nil
	}
	hits := all.Search(filter, len(all.Items))
	if len(hits) == 0 {
		m := l.unknown(all, filter)
		m.Text = fmt.Sprintf("No %s has “%s” in its name or id.", l.One, format.Short(filter))
		return nil, nil, m
	}
	return all, hits, nil
}

func (l List[T]) show(ctx context.Context, q ListQuery, load loader[T]) (bot.Reply, error) {
	q.Filter = Bounded(strings.TrimSpace(q.Filter))
	all, hits, err := l.search(ctx, q.Filter, load)
	if err != nil {
		return bot.Reply{}, err
	}
	return l.Page(q, all, hits), nil
}

// Page shows one page of the items that match a query.
func (l List[T]) Page(q ListQuery, all *cache.ListOf[T], hits []T) bot.Reply {
	shown, number, last := pageOf(hits, q.Page)
	q.Page = number

	where := fmt.Sprintf("Page %d of %d · %s", q.Page, last, l.total(len(hits), q.Filter))
	set := []slack.Block{blocks.Header(l.Title)}
	if len(hits) == 0 {
		set = append(set, blocks.Text(l.none()))
	}
	for _, item := range shown {
		set = append(set, l.Row(item)...)
	}
	context := append([]slack.MixedElement{blocks.Small(where)}, ListAge(all)...)
	set = append(set, blocks.Context(context...), l.buttons(q, last, len(hits)))
	return bot.Reply{Public: !l.Private, Text: where + ": " + l.summary(shown), Blocks: set}
}

func (l List[T]) none() string {
	return "There are no " + l.Many + " in this Coupontools account yet."
}

// buttons are Previous and Next where such a page exists, Refresh, CSV unless the list is empty, and More.
func (l List[T]) buttons(q ListQuery, last, hits int) slack.Block {
	row := PageButtons(l.actionID(""), q.Page, q.Page < last, q.at)
	row = append(row, blocks.Button(l.actionID("refresh"), "Refresh", q.at(q.Page),
		blocks.Label("Fetch the list from Coupontools again")))
	if hits > 0 {
		row = append(row, blocks.Button(l.actionID("file"), "CSV", q.at(1),
			blocks.Label("Get the whole list as a file by direct message")))
	}
	return blocks.Actions("", append(row, l.More...)...)
}

// summary names the shown items, for notifications and screen readers.
func (l List[T]) summary(shown []T) string {
	names := make([]string, len(shown))
	for i, item := range shown {
		id, name := item.Ident()
		names[i] = format.NameAndID(format.Short(name), id)
	}
	if len(names) == 0 {
		return l.none()
	}
	return strings.Join(names, ", ")
}

// export sends a button's list as a file to the user who clicked.
func (l List[T]) export(_ context.Context, req bot.Request) (bot.Reply, error) {
	q, err := Decode[ListQuery](req.Value, l.CommandLine())
	if err != nil {
		return bot.Reply{}, err
	}
	return bot.Reply{Text: WritingFile, Later: func(ctx context.Context) (bot.Reply, error) {
		_, hits, err := l.search(ctx, q.Filter, l.Source.List)
		if err != nil {
			return bot.Reply{}, err
		}
		return l.Files.Send(ctx, req.Person, Table(l.Many, l.total(len(hits), q.Filter), l.Columns, hits))
	}}, nil
}

// Resolve finds the items that words name. If there is none, it returns an error that says so.
func (l List[T]) Resolve(ctx context.Context, words []bot.Word) (Choice[T], error) {
	return l.resolveBy(ctx, words, ChooseWhole)
}

// ResolveFirst is [List.Resolve] for words of which only the first name an item.
func (l List[T]) ResolveFirst(ctx context.Context, words []bot.Word) (Choice[T], error) {
	return l.resolveBy(ctx, words, choose)
}

func (l List[T]) resolveBy(
	ctx context.Context, words []bot.Word, find func(*cache.ListOf[T], []bot.Word) Choice[T],
) (Choice[T], error) {
	all, err := l.load(ctx, l.Source.List)
	if err != nil {
		return Choice[T]{}, err
	}
	c := find(all, words)
	if len(c.Hits) > 0 {
		return c, nil
	}
	if l.FromID != nil {
		if item, ok := l.FromID(words[0].Text); ok {
			c.Hits = []T{item}
			return c, nil
		}
	}
	return c, l.unknown(all, c.Asked)
}

// ResolveOne returns the only item that words name.
func (l List[T]) ResolveOne(ctx context.Context, words []bot.Word) (item T, err error) {
	c, err := l.Resolve(ctx, words)
	switch {
	case err != nil:
		return item, err
	case len(c.Hits) == 1:
		return c.Hits[0], nil
	}
	const few = 3
	var names []string
	for _, hit := range c.Hits[:min(len(c.Hits), few)] {
		names = append(names, format.Titled(hit))
	}
	return item, &bot.Mistake{
		Text: fmt.Sprintf("%s %s match “%s”.", format.Thousands(len(c.Hits)), l.Many, format.Short(c.Asked)),
		Hint: "Please name one by its id, such as " + OrList(names) + ".",
	}
}

// ResolveLocal returns the only item in the local list that words name, or one with a well-formed id; else the zero item.
// Forms use it, since they must open within three seconds.
func (l List[T]) ResolveLocal(words []bot.Word) (item T) {
	if len(words) == 0 {
		return item
	}
	if all := l.Source.Local(); all != nil {
		if c := ChooseWhole(all, words); len(c.Hits) == 1 {
			return c.Hits[0]
		}
	}
	if byID, ok := l.FromID(words[0].Text); ok {
		return byID
	}
	return item
}

// Get returns the item with this id.
func (l List[T]) Get(ctx context.Context, id string) (item T, err error) {
	all, err := l.load(ctx, l.Source.List)
	if err != nil {
		return item, err
	}
	item, ok := all.ByID(id)
	if !ok {
		return item, l.unknown(all, id)
	}
	return item, nil
}

// Local returns the item with this id if it is cached.
func (l List[T]) Local(id string) (item T, ok bool) {
	if all := l.Source.Local(); all != nil {
		return all.ByID(id)
	}
	return item, false
}

// Known returns the cached item with this id, or an item with nothing but the id.
func (l List[T]) Known(id string) T {
	item, ok := l.Local(id)
	if !ok {
		item, _ = l.FromID(id)
	}
	return item
}

// NameOf returns the name of the item with this id, or "" if it is not cached.
func (l List[T]) NameOf(id string) string {
	item, ok := l.Local(id)
	if !ok {
		return ""
	}
	_, name := item.Ident()
	return name
}

// LiveTime is how long a card waits for Coupontools before it uses the list.
const LiveTime = 5 * time.Second

// Card returns the item that fetch returns, or, if Coupontools can't be reached, the listed one with notes that say so.
// Without notes the item is current.
func (l List[T]) Card(ctx context.Context, id string, fetch func(context.Context, string) (*T, error)) (
	item T, notes []slack.MixedElement, err error,
) {
	live, cancel := context.WithTimeout(ctx, LiveTime)
	defer cancel()
	now, err := fetch(live, id)
	if err == nil {
		return *now, nil, nil
	}
	all, listErr := l.Source.List(ctx)
	if listErr != nil {
		return item, nil, fmt.Errorf("show %s: %w", l.One, err)
	}
	if errors.Is(err, coupontools.ErrNotFound) {
		return item, nil, l.unknown(all, id)
	}
	listed, ok := all.ByID(id)
	if !ok {
		return item, nil, fmt.Errorf("show %s: %w", l.One, err)
	}
	return listed, fromList(err, all), nil
}

// RedisAway is a note that the bot works without Redis, or nil.
func (l List[T]) RedisAway(ctx context.Context) []slack.MixedElement {
	if all, err := l.Source.List(ctx); err == nil && all.RedisAway {
		return []slack.MixedElement{blocks.Small(withoutRedis)}
	}
	return nil
}

// unknown says that no item has this name or id, and suggests the nearest names.
func (l List[T]) unknown(all *cache.ListOf[T], nameOrID string) *bot.Mistake {
	return &bot.Mistake{
		Text: fmt.Sprintf("There is no %s “%s”.", l.One, format.Short(nameOrID)),
		Hint: format.Joined(" ", DidYouMean(all, nameOrID), l.CommandLine()+" shows them all."),
	}
}

// NotFound is [List.unknown] for an id that Coupontools did not find.
func (l List[T]) NotFound(ctx context.Context, id string) error {
	all, err := l.load(ctx, l.Source.List)
	if err != nil {
		return err
	}
	return l.unknown(all, id)
}

// Ask asks for an item with a select.
func (l List[T]) Ask(action string) bot.Reply {
	text := "Which " + l.One + "?"
	return bot.Reply{Text: text, Blocks: []slack.Block{
		blocks.Text(text), blocks.Actions("", blocks.Picker(action, TypeAFewLetters)),
	}}
}

// Pick asks which of several items is meant. row shows one with its buttons.
func (l List[T]) Pick(c Choice[T], row func(T) []slack.Block) bot.Reply {
	shown := c.Hits[:min(len(c.Hits), PerPage)]
	text := format.Thousands(len(c.Hits)) + " " + l.Many + " match “" + format.Short(c.Asked) + "”. Which one?"
	set := []slack.Block{blocks.Text(text)}
	for _, item := range shown {
		set = append(set, row(item)...)
	}
	if more := len(c.Hits) - len(shown); more > 0 {
		set = append(set, blocks.Context(blocks.Small("And "+format.Thousands(more)+" more: add a word of the name, or use the id.")))
	}
	return bot.Reply{Text: text, Blocks: set}
}

// ButtonRow shows an item above a button. The block_id around the button begins with prefix, if that is not empty.
func ButtonRow[T cache.Item](prefix, action, text string) func(T) []slack.Block {
	return func(item T) []slack.Block {
		id, name := item.Ident()
		return []slack.Block{
			blocks.Text(format.Sentence(name) + "\n" + format.Short(id)),
			blocks.Actions(format.Joined(" ", prefix, id), blocks.Button(action, text, id)),
		}
	}
}

// Suggest returns the items that match what was typed into a select.
func (l List[T]) Suggest(ctx context.Context, req bot.Request) ([]bot.Option, error) {
	const (
		// most is Slack's limit of 100 options; the bot keeps the acknowledgement under its size.
		most = 100
		// patience is how long to wait for the list before the cached one is used: Slack waits three seconds for options.
		patience = time.Second
	)
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	all := l.Source.Local()
	if fresh, err := l.load(ctx, l.Source.List); err == nil {
		all = fresh
	} else if all == nil {
		return nil, err
	}
	hits := all.Items[:min(len(all.Items), most)]
	if strings.TrimSpace(req.Value) != "" {
		hits = all.Search(req.Value, most)
	}
	return selectOptions(hits), nil
}

// CardCommand is a command that shows one item of a list.
type CardCommand[T cache.Item] struct {
	List List[T]
	// Action is the action_id of the select and the buttons that open a card. Wait is shown while it is looked up.
	Action, Wait string
	// Row shows one of several matching items.
	Row  func(T) []slack.Block
	Card func(ctx context.Context, id string) (bot.Reply, error)
}

// Run shows the card of the item that the words name, or asks which one is meant.
func (c CardCommand[T]) Run(_ context.Context, req bot.Request) (bot.Reply, error) {
	if len(req.Words) == 0 {
		return c.List.Ask(c.Action), nil
	}
	return bot.Reply{Public: !c.List.Private, Text: c.Wait, Later: func(ctx context.Context) (bot.Reply, error) {
		found, err := c.List.Resolve(ctx, req.Words)
		switch {
		case err != nil:
			return bot.Reply{}, err
		case len(found.Hits) > 1:
			return c.List.Pick(found, c.Row), nil
		}
		id, _ := found.Hits[0].Ident()
		return c.Card(ctx, id)
	}}, nil
}

// Open shows the item of a button or a chosen option.
func (c CardCommand[T]) Open(_ context.Context, req bot.Request) (bot.Reply, error) {
	return bot.Reply{Text: c.Wait, Later: func(ctx context.Context) (bot.Reply, error) { return c.Card(ctx, req.Value) }}, nil
}

// ListAge says how old a list is and whether Coupontools or Redis is down.
func ListAge[T cache.Item](l *cache.ListOf[T]) []slack.MixedElement {
	pieces := []slack.MixedElement{blocks.When("List from", l.FetchedAt)}
	if l.Stale {
		pieces = append(pieces, blocks.Small(fmt.Sprintf("Coupontools cannot be reached; this list is %s old.",
			format.Span(time.Since(l.FetchedAt)))))
	}
	if l.RedisAway {
		pieces = append(pieces, blocks.Small(withoutRedis))
	}
	return pieces
}

// fromList says why a card comes from the list, and how old that is.
func fromList[T cache.Item](err error, l *cache.ListOf[T]) []slack.MixedElement {
	return []slack.MixedElement{blocks.Small(ErrorReason(err) + " This is what the list says."), blocks.When("List from", l.FetchedAt)}
}

const withoutRedis = "Working without Redis: this comes straight from Coupontools."
