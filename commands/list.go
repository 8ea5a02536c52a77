package commands

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
	"github.com/coupontools/couponbot/coupontools"
	"github.com/coupontools/couponbot/coupontools/cache"
)

// plural is the singular and the plural of a noun.
type plural struct{ one, many string }

func (p plural) count(n int) string { return count(n, p.one, p.many) }

// total counts the hits of a filter: 2 campaigns matching “summer”.
func (p plural) total(hits int, filter string) string {
	if filter == "" {
		return p.count(hits)
	}
	return p.count(hits) + " matching “" + short(filter) + "”"
}

// listSource returns the items of a list: List may wait for Coupontools, Local never waits and returns nil if nothing is cached,
// Refresh fetches them.
type listSource[T cache.Item] interface {
	List(ctx context.Context) (*cache.ListOf[T], error)
	Local() *cache.ListOf[T]
	Refresh(ctx context.Context) (*cache.ListOf[T], error)
}

// loader loads a list: [listSource.List] or [listSource.Refresh].
type loader[T cache.Item] func(context.Context) (*cache.ListOf[T], error)

// itemList is a list of things that have a name and an id, such as directories. Its command shows ten a page and exports them all
// as a file; other commands find items in it by what people type.
type itemList[T cache.Item] struct {
	plural
	// topic is the command's, and the prefix of its action_ids: "directories_page:prev". command is what people type for it;
	// if empty, that is the topic after [Root].
	topic, command, title string
	// private shows the list only to the person who asked.
	private bool
	// row shows one item in a block or two; columns are those of the file.
	row     func(T) []slack.Block
	columns []column[T]
	// more are further buttons under the list.
	more []slack.BlockElement
	// fromID returns an item with this id and no more, and whether the id is well-formed: the item may be newer than the list.
	// It is nil if only listed items are accepted.
	fromID func(id string) (item T, ok bool)

	source listSource[T]
	// changed drops what source caches. It is nil for lists that the bot never changes.
	changed func()
	files   deliverer
}

// listQuery is a page of a list; it travels in the values of the buttons.
type listQuery struct {
	Page   int    `json:"page"`
	Filter string `json:"filter"`
}

func (q listQuery) at(page int) string { return value(listQuery{Page: page, Filter: q.Filter}) }

// commandLine is the list's command as one would type it.
func (l itemList[T]) commandLine() string { return cmp.Or(l.command, Root+" "+l.topic) }

func (l itemList[T]) waitText() string { return "Looking up the " + l.many + "…" }

func (l itemList[T]) actionID(suffix string) string {
	return strings.ReplaceAll(l.topic, "-", "_") + "_" + suffix
}

// run answers the command with the first page.
func (l itemList[T]) run(_ context.Context, req bot.Request) (bot.Reply, error) {
	q := listQuery{Page: 1, Filter: bot.Join(req.Words)}
	return bot.Reply{Public: !l.private, Text: l.waitText(), Later: func(ctx context.Context) (bot.Reply, error) {
		return l.show(ctx, q, l.source.List)
	}}, nil
}

// actions answers the buttons of the list.
func (l itemList[T]) actions() map[string]bot.Action {
	page := func(_ context.Context, req bot.Request) (bot.Reply, error) { return l.turnPage(req, l.source.List) }
	refresh := func(_ context.Context, req bot.Request) (bot.Reply, error) { return l.turnPage(req, l.source.Refresh) }
	return map[string]bot.Action{
		l.actionID("page:prev"): {Run: page},
		l.actionID("page:next"): {Run: page},
		l.actionID("refresh"):   {Run: refresh},
		l.actionID("file"):      {Run: l.export},
	}
}

// turnPage replaces the message with the page that a button asks for.
func (l itemList[T]) turnPage(req bot.Request, load loader[T]) (bot.Reply, error) {
	q, err := decode[listQuery](req.Value, l.commandLine())
	if err != nil {
		return bot.Reply{}, err
	}
	return bot.Reply{Later: func(ctx context.Context) (bot.Reply, error) {
		reply, err := l.show(ctx, q, load)
		reply.Replace = err == nil
		return reply, err
	}}, nil
}

func (l itemList[T]) load(ctx context.Context, load loader[T]) (*cache.ListOf[T], error) {
	all, err := load(ctx)
	if err != nil {
		return nil, fmt.Errorf("list %s: %w", l.many, err)
	}
	return all, nil
}

// search loads the list and returns the items that have the filter's words in their names or ids.
func (l itemList[T]) search(ctx context.Context, filter string, load loader[T]) (*cache.ListOf[T], []T, error) {
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
		m.Text = fmt.Sprintf("No %s has “%s” in its name or id.", l.one, short(filter))
		return nil, nil, m
	}
	return all, hits, nil
}

func (l itemList[T]) show(ctx context.Context, q listQuery, load loader[T]) (bot.Reply, error) {
	q.Filter = bounded(strings.TrimSpace(q.Filter))
	all, hits, err := l.search(ctx, q.Filter, load)
	if err != nil {
		return bot.Reply{}, err
	}
	return l.page(q, all, hits), nil
}

func (l itemList[T]) page(q listQuery, all *cache.ListOf[T], hits []T) bot.Reply {
	shown, number, last := pageOf(hits, q.Page)
	q.Page = number

	where := fmt.Sprintf("Page %d of %d · %s", q.Page, last, l.total(len(hits), q.Filter))
	set := []slack.Block{blocks.Header(l.title)}
	if len(hits) == 0 {
		set = append(set, blocks.Text(l.none()))
	}
	for _, item := range shown {
		set = append(set, l.row(item)...)
	}
	context := append([]slack.MixedElement{blocks.Small(where)}, listAge(all)...)
	set = append(set, blocks.Context(context...), l.buttons(q, last, len(hits)))
	return bot.Reply{Public: !l.private, Text: where + ": " + l.summary(shown), Blocks: set}
}

func (l itemList[T]) none() string {
	return "There are no " + l.many + " in this Coupontools account yet."
}

// buttons are Previous and Next where there is such a page, Refresh, CSV unless the list is empty, and the list's own.
func (l itemList[T]) buttons(q listQuery, last, hits int) slack.Block {
	row := pageButtons(l.actionID(""), q.Page, q.Page < last, q.at)
	row = append(row, blocks.Button(l.actionID("refresh"), "Refresh", q.at(q.Page),
		blocks.Label("Fetch the list from Coupontools again")))
	if hits > 0 {
		row = append(row, blocks.Button(l.actionID("file"), "CSV", q.at(1),
			blocks.Label("Get the whole list as a file by direct message")))
	}
	return blocks.Actions("", append(row, l.more...)...)
}

// summary names the items shown, for notifications and screen readers.
func (l itemList[T]) summary(shown []T) string {
	names := make([]string, len(shown))
	for i, item := range shown {
		id, name := item.Ident()
		names[i] = nameAndID(short(name), id)
	}
	if len(names) == 0 {
		return l.none()
	}
	return strings.Join(names, ", ")
}

// export sends the list of a button as a file to the person who clicked.
func (l itemList[T]) export(_ context.Context, req bot.Request) (bot.Reply, error) {
	q, err := decode[listQuery](req.Value, l.commandLine())
	if err != nil {
		return bot.Reply{}, err
	}
	return bot.Reply{Text: writingFile, Later: func(ctx context.Context) (bot.Reply, error) {
		_, hits, err := l.search(ctx, q.Filter, l.source.List)
		if err != nil {
			return bot.Reply{}, err
		}
		return l.files.send(ctx, req.Person, table(l.many, l.total(len(hits), q.Filter), l.columns, hits))
	}}, nil
}

// resolve finds the items that words name, at least one: otherwise the error says that there is none.
func (l itemList[T]) resolve(ctx context.Context, words []bot.Word) (choice[T], error) {
	return l.resolveBy(ctx, words, chooseWhole)
}

// resolveFirst is resolve for words of which only the first name an item.
func (l itemList[T]) resolveFirst(ctx context.Context, words []bot.Word) (choice[T], error) {
	return l.resolveBy(ctx, words, choose)
}

func (l itemList[T]) resolveBy(
	ctx context.Context, words []bot.Word, find func(*cache.ListOf[T], []bot.Word) choice[T],
) (choice[T], error) {
	all, err := l.load(ctx, l.source.List)
	if err != nil {
		return choice[T]{}, err
	}
	c := find(all, words)
	if len(c.Hits) > 0 {
		return c, nil
	}
	if l.fromID != nil {
		if item, ok := l.fromID(words[0].Text); ok {
			c.Hits = []T{item}
			return c, nil
		}
	}
	return c, l.unknown(all, c.Asked)
}

// resolveOne returns the only item that words name.
func (l itemList[T]) resolveOne(ctx context.Context, words []bot.Word) (item T, err error) {
	c, err := l.resolve(ctx, words)
	switch {
	case err != nil:
		return item, err
	case len(c.Hits) == 1:
		return c.Hits[0], nil
	}
	const few = 3
	var names []string
	for _, hit := range c.Hits[:min(len(c.Hits), few)] {
		names = append(names, titled(hit))
	}
	return item, &bot.Mistake{
		Text: fmt.Sprintf("%s %s match “%s”.", thousands(len(c.Hits)), l.many, short(c.Asked)),
		Hint: "Please name one by its id, such as " + orList(names) + ".",
	}
}

// resolveLocal returns the only item that words name in the local list, or by a well-formed id; else the zero item. It is for
// forms, which must open within three seconds.
func (l itemList[T]) resolveLocal(words []bot.Word) (item T) {
	if len(words) == 0 {
		return item
	}
	if all := l.source.Local(); all != nil {
		if c := chooseWhole(all, words); len(c.Hits) == 1 {
			return c.Hits[0]
		}
	}
	if byID, ok := l.fromID(words[0].Text); ok {
		return byID
	}
	return item
}

// get returns the item with this id.
func (l itemList[T]) get(ctx context.Context, id string) (item T, err error) {
	all, err := l.load(ctx, l.source.List)
	if err != nil {
		return item, err
	}
	item, ok := all.ByID(id)
	if !ok {
		return item, l.unknown(all, id)
	}
	return item, nil
}

// local returns the item with this id if it is cached.
func (l itemList[T]) local(id string) (item T, ok bool) {
	if all := l.source.Local(); all != nil {
		return all.ByID(id)
	}
	return item, false
}

// known returns what is cached about the item with this id, or an item with the id alone.
func (l itemList[T]) known(id string) T {
	item, ok := l.local(id)
	if !ok {
		item, _ = l.fromID(id)
	}
	return item
}

// nameOf returns the name of the item with this id, or "" if it is not cached.
func (l itemList[T]) nameOf(id string) string {
	item, ok := l.local(id)
	if !ok {
		return ""
	}
	_, name := item.Ident()
	return name
}

// liveTime is how long a card waits for Coupontools before it is made from the list.
const liveTime = 5 * time.Second

// card returns the item as fetch has it now, or, while Coupontools cannot be reached, as the list has it, with notes that say
// so. Without notes it is as it is now.
func (l itemList[T]) card(ctx context.Context, id string, fetch func(context.Context, string) (*T, error)) (
	item T, notes []slack.MixedElement, err error,
) {
	live, cancel := context.WithTimeout(ctx, liveTime)
	defer cancel()
	now, err := fetch(live, id)
	if err == nil {
		return *now, nil, nil
	}
	all, listErr := l.source.List(ctx)
	if listErr != nil {
		return item, nil, fmt.Errorf("show %s: %w", l.one, err)
	}
	if errors.Is(err, coupontools.ErrNotFound) {
		return item, nil, l.unknown(all, id)
	}
	listed, ok := all.ByID(id)
	if !ok {
		return item, nil, fmt.Errorf("show %s: %w", l.one, err)
	}
	return listed, fromList(err, all), nil
}

// redisAway is a note that the bot works without Redis, or nil.
func (l itemList[T]) redisAway(ctx context.Context) []slack.MixedElement {
	if all, err := l.source.List(ctx); err == nil && all.RedisAway {
		return []slack.MixedElement{blocks.Small(withoutRedis)}
	}
	return nil
}

// unknown says that nothing has this name or id, and suggests the nearest names.
func (l itemList[T]) unknown(all *cache.ListOf[T], nameOrID string) *bot.Mistake {
	return &bot.Mistake{
		Text: fmt.Sprintf("There is no %s “%s”.", l.one, short(nameOrID)),
		Hint: joined(" ", didYouMean(all, nameOrID), l.commandLine()+" shows them all."),
	}
}

// notFound is [itemList.unknown] for an id that Coupontools did not find.
func (l itemList[T]) notFound(ctx context.Context, id string) error {
	all, err := l.load(ctx, l.source.List)
	if err != nil {
		return err
	}
	return l.unknown(all, id)
}

// ask asks for an item with a select.
func (l itemList[T]) ask(action string) bot.Reply {
	text := "Which " + l.one + "?"
	return bot.Reply{Text: text, Blocks: []slack.Block{
		blocks.Text(text), blocks.Actions("", blocks.Picker(action, typeAFewLetters)),
	}}
}

// pick asks which of several items is meant; row shows one with its buttons.
func (l itemList[T]) pick(c choice[T], row func(T) []slack.Block) bot.Reply {
	shown := c.Hits[:min(len(c.Hits), perPage)]
	text := thousands(len(c.Hits)) + " " + l.many + " match “" + short(c.Asked) + "”. Which one?"
	set := []slack.Block{blocks.Text(text)}
	for _, item := range shown {
		set = append(set, row(item)...)
	}
	if more := len(c.Hits) - len(shown); more > 0 {
		set = append(set, blocks.Context(blocks.Small("And "+thousands(more)+" more: add a word of the name, or use the id.")))
	}
	return bot.Reply{Text: text, Blocks: set}
}

// buttonRow shows an item above a button. The block_id around the button begins with prefix, if that is not empty.
func buttonRow[T cache.Item](prefix, action, text string) func(T) []slack.Block {
	return func(item T) []slack.Block {
		id, name := item.Ident()
		return []slack.Block{
			blocks.Text(sentence(name) + "\n" + short(id)),
			blocks.Actions(joined(" ", prefix, id), blocks.Button(action, text, id)),
		}
	}
}

// suggest offers the items that match what was typed into a select.
func (l itemList[T]) suggest(ctx context.Context, req bot.Request) ([]bot.Option, error) {
	const (
		// most is Slack's limit of 100 options; the bot keeps the acknowledgement under its size.
		most = 100
		// patience is how long to wait for the list before the cached one is used: Slack waits three seconds for options.
		patience = time.Second
	)
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	all := l.source.Local()
	if fresh, err := l.load(ctx, l.source.List); err == nil {
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

// cardCommand is a command that shows one item of a list.
type cardCommand[T cache.Item] struct {
	list itemList[T]
	// action is the action_id of the select and the buttons that open a card; wait is shown while it is looked up.
	action, wait string
	// row shows one of several items that match.
	row  func(T) []slack.Block
	card func(ctx context.Context, id string) (bot.Reply, error)
}

func (c cardCommand[T]) run(_ context.Context, req bot.Request) (bot.Reply, error) {
	if len(req.Words) == 0 {
		return c.list.ask(c.action), nil
	}
	return bot.Reply{Public: !c.list.private, Text: c.wait, Later: func(ctx context.Context) (bot.Reply, error) {
		found, err := c.list.resolve(ctx, req.Words)
		switch {
		case err != nil:
			return bot.Reply{}, err
		case len(found.Hits) > 1:
			return c.list.pick(found, c.row), nil
		}
		id, _ := found.Hits[0].Ident()
		return c.card(ctx, id)
	}}, nil
}

// open shows the item of a button or a selected option.
func (c cardCommand[T]) open(_ context.Context, req bot.Request) (bot.Reply, error) {
	return bot.Reply{Text: c.wait, Later: func(ctx context.Context) (bot.Reply, error) { return c.card(ctx, req.Value) }}, nil
}

// listAge says where a list comes from, and whether that is a second best.
func listAge[T cache.Item](l *cache.ListOf[T]) []slack.MixedElement {
	pieces := []slack.MixedElement{blocks.When("List from", l.FetchedAt)}
	if l.Stale {
		pieces = append(pieces, blocks.Small(fmt.Sprintf("Coupontools cannot be reached; this list is %s old.",
			span(time.Since(l.FetchedAt)))))
	}
	if l.RedisAway {
		pieces = append(pieces, blocks.Small(withoutRedis))
	}
	return pieces
}

// fromList says why a card is as the list has it and not as it is now, and how old the list is.
func fromList[T cache.Item](err error, l *cache.ListOf[T]) []slack.MixedElement {
	return []slack.MixedElement{blocks.Small(errorReason(err) + " This is what the list says."), blocks.When("List from", l.FetchedAt)}
}

const withoutRedis = "Working without Redis: this comes straight from Coupontools."
