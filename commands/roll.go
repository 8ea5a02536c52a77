package commands

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"github.com/slack-go/slack"

	"github.com/coupontools/couponbot/bot"
	"github.com/coupontools/couponbot/bot/blocks"
	"github.com/coupontools/couponbot/coupontools"
	"github.com/coupontools/couponbot/coupontools/cache"
	"github.com/coupontools/couponbot/sends"
)

// roll is a list of the people of something: those who have a loyalty card, or are in an SMS group. It is shown only to the
// person who asks, ten a page.
type roll[T any, Of cache.Item] struct {
	// topic is the command's, and how its action_ids begin; title stands before the name of what the people belong to.
	topic, title string
	plural
	// of are the things that have people.
	of list[Of]
	// who returns what to look for somebody by.
	who func(T) coupontools.DirectoryUser
	// row shows one of them; columns are those of the file.
	row     func(of string, person T) []slack.Block
	columns []column[T]
	// more are further buttons under the list.
	more func(of string) []slack.BlockElement

	all   *shelf[[]T]
	store store
	files deliverer
	audit recorder
}

func (r roll[T, Of]) line() string { return Root + " " + r.topic }

// action names a button of the list, or, with no word, the one that leads to it.
func (r roll[T, Of]) action(what ...string) string {
	return strings.Join(append([]string{strings.ReplaceAll(r.topic, "-", "_")}, what...), "_")
}

func (r roll[T, Of]) looking() string { return "Looking up the " + r.many + "…" }

// run shows the people of what the first words name who match the rest.
func (r roll[T, Of]) run(_ context.Context, req bot.Request) (bot.Reply, error) {
	if len(req.Words) == 0 {
		return r.of.ask(r.action()), nil
	}
	return bot.Reply{Text: r.looking(), Later: func(ctx context.Context) (bot.Reply, error) {
		c, err := r.of.resolveFirst(ctx, req.Words)
		if err != nil {
			return bot.Reply{}, err
		}
		asked := newLookup(req.Person, coupontools.Directory{}, bot.Join(c.Rest))
		if len(c.Hits) == 1 {
			asked.Directory, asked.Name = c.Hits[0].Ident()
			return r.show(ctx, asked, 1)
		}
		asked.keep(ctx, r.store)
		return r.of.pick(c, buttonRow[Of](asked.ID, r.action(), capitalised(r.many))), nil
	}}, nil
}

// clicks answers the buttons of the list, and the one that leads to it.
func (r roll[T, Of]) clicks() map[string]bot.Handler {
	return map[string]bot.Handler{
		r.action():            r.open,
		r.action("page:prev"): r.turn,
		r.action("page:next"): r.turn,
		r.action("file"):      r.file,
	}
}

// open shows the people of what a button or an option names; the block around it may name a look-up to go on with.
func (r roll[T, Of]) open(_ context.Context, req bot.Request) (bot.Reply, error) {
	before, _, goOn := strings.Cut(req.Block, " ")
	return bot.Reply{Text: r.looking(), Later: func(ctx context.Context) (bot.Reply, error) {
		l := newLookup(req.Person, coupontools.Directory{ID: req.Value, Name: r.of.nameOf(req.Value)}, "")
		if goOn {
			asked, err := recall(ctx, r.store, before, req.Person, r.line())
			if err != nil {
				return bot.Reply{}, err
			}
			l.Who = asked.Who
		}
		return r.show(ctx, l, 1)
	}}, nil
}

// turn shows the page that a button asks for, in the place of the one it was on.
func (r roll[T, Of]) turn(_ context.Context, req bot.Request) (bot.Reply, error) {
	return r.goOn(req, func(ctx context.Context, l lookup, page int) (bot.Reply, error) {
		reply, err := r.show(ctx, l, page)
		reply.Replace = err == nil
		return reply, err
	})
}

// file gives the person all who match. That is in the audit trail before they have it.
func (r roll[T, Of]) file(_ context.Context, req bot.Request) (bot.Reply, error) {
	return r.goOn(req, func(ctx context.Context, l lookup, _ int) (bot.Reply, error) {
		hits, err := r.hits(ctx, l)
		if err != nil {
			return bot.Reply{}, err
		}
		e := sends.Entry{What: deedPeople, Actor: actorOf(req), Note: r.count(len(hits)) + " of " + l.Directory}
		if err := r.audit.Record(ctx, e); err != nil {
			return bot.Reply{}, unrecorded(err)
		}
		file := table(r.many, r.total(len(hits), l.Who), r.columns, hits)
		file.comment = r.heading(l) + ": " + r.total(len(hits), l.Who) + "."
		return r.files.send(ctx, req.Person, file)
	})
}

// goOn goes on with the look-up of a button.
func (r roll[T, Of]) goOn(req bot.Request, with func(context.Context, lookup, int) (bot.Reply, error)) (bot.Reply, error) {
	var to pager
	if err := json.Unmarshal([]byte(req.Value), &to); err != nil {
		return bot.Reply{}, brokenButton(r.line(), err)
	}
	return bot.Reply{Later: func(ctx context.Context) (bot.Reply, error) {
		l, err := recall(ctx, r.store, to.Lookup, req.Person, r.line())
		if err != nil {
			return bot.Reply{}, err
		}
		return with(ctx, l, to.Page)
	}}, nil
}

// hits are those who match a look-up.
func (r roll[T, Of]) hits(ctx context.Context, l lookup) ([]T, error) {
	all, err := r.all.get(ctx, l.Directory)
	if errors.Is(err, coupontools.ErrNotFound) {
		return nil, r.of.notFound(ctx, l.Directory)
	}
	if err != nil {
		return nil, fmt.Errorf("list %s: %w", r.many, err)
	}
	if l.Who == "" {
		return all, nil
	}
	m := matching(l.Who)
	var hits []T
	for _, person := range all {
		if m.matches(r.who(person)) {
			hits = append(hits, person)
		}
	}
	return hits, nil
}

func (r roll[T, Of]) heading(l lookup) string {
	if l.Name == "" {
		return r.title + l.Directory
	}
	return r.title + short(l.Name)
}

func (r roll[T, Of]) show(ctx context.Context, l lookup, page int) (bot.Reply, error) {
	hits, err := r.hits(ctx, l)
	if err != nil {
		return bot.Reply{}, err
	}
	l.keep(ctx, r.store)
	last := pages(len(hits))
	page = max(1, min(page, last))
	from := (page - 1) * perPage
	where := fmt.Sprintf("Page %d of %d · %s", page, last, r.total(len(hits), l.Who))
	set := []slack.Block{blocks.Header(r.heading(l))}
	if len(hits) == 0 {
		set = append(set, blocks.Text(nobody(l.Who)))
	}
	for _, person := range hits[from:min(from+perPage, len(hits))] {
		set = append(set, r.row(l.Directory, person)...)
	}
	set = append(set, blocks.Context(blocks.Small(where)))
	if row := r.buttons(l, page, last); len(row) > 0 {
		set = append(set, blocks.Actions("", row...))
	}
	return bot.Reply{Text: r.heading(l) + ": " + where, Blocks: set}, nil
}

func nobody(who string) string {
	if who == "" {
		return "Nobody is there yet."
	}
	return "Nobody there matches “" + short(who) + "”."
}

func (r roll[T, Of]) buttons(l lookup, page, last int) []slack.BlockElement {
	at := func(page int) string { return value(pager{Lookup: l.ID, Page: page}) }
	var row []slack.BlockElement
	if page > 1 {
		row = append(row, blocks.Button(r.action("page:prev"), "Previous", at(page-1), blocks.Label("Previous page")))
	}
	if page < last {
		row = append(row, blocks.Button(r.action("page:next"), "Next", at(page+1), blocks.Label("Next page")))
	}
	row = append(row, blocks.Button(r.action("file"), "CSV", at(1), blocks.Label("Get the list as a file")))
	return append(row, r.more(l.Directory)...)
}

// find returns the person with that id, as Coupontools has it now.
func (r roll[T, Of]) find(ctx context.Context, of, id string) (T, error) {
	var none T
	all, err := r.all.renew(ctx, of)
	if err != nil {
		return none, fmt.Errorf("list %s: %w", r.many, err)
	}
	for _, person := range all {
		if r.who(person).ID == id {
			return person, nil
		}
	}
	return none, &bot.Mistake{
		Text: fmt.Sprintf("There is nobody with the id “%s” any more.", short(id)), Hint: r.line() + " shows who is there.",
	}
}

// suggest offers people for what was typed into the form of a thing, whose id begins the form's metadata.
func (r roll[T, Of]) suggest(ctx context.Context, req bot.Request) ([]bot.Option, error) {
	const most = 100 // Slack takes no more
	if req.View == nil {
		return nil, nil
	}
	id, _, _ := strings.Cut(req.View.Metadata, " ")
	hits, err := r.hits(ctx, lookup{Directory: id, Who: bounded(oneLine(req.Value))})
	if err != nil {
		return nil, err
	}
	var options []bot.Option
	for _, person := range hits[:min(len(hits), most)] {
		options = append(options, personOption(r.who(person)))
	}
	return options, nil
}

// personOption keeps the id in sight when the rest has to be cut.
func personOption(u coupontools.DirectoryUser) bot.Option {
	const runes = 75 // Slack: option, text
	id := " · " + short(u.ID)
	who := joined(" · ", oneLine(u.Name()), oneLine(u.Email), oneLine(u.Phone))
	return bot.Option{Text: blocks.Cut(who, runes-len([]rune(id))) + id, Value: u.ID}
}

// called names a person in a sentence: Anna Peeters (lus_61001).
func called(u coupontools.DirectoryUser) string { return nameAndID(short(u.Name()), u.ID) }

// personRow shows who somebody is.
func personRow(u coupontools.DirectoryUser, facts ...string) string {
	name := sentence(u.Name())
	if name == "" {
		name = "(no name)"
	}
	reach := joined(" · ", sentence(u.Email), short(u.Phone))
	return joined("\n", name, reach, joined(" · ", append([]string{short(u.ID)}, facts...)...))
}
