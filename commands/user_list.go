package commands

import (
	"context"
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

// userList shows the users of a loyalty card or the contacts of an SMS group, ten a page, only to the person who asks. Parent is
// what the users belong to.
type userList[User any, Parent cache.Item] struct {
	// topic is the command's, and the prefix of its action_ids; title precedes the name of the parent.
	topic, title string
	plural
	parents itemList[Parent]
	// fetched are the users of each parent, by its id.
	fetched *localCache[[]User]
	// person returns what somebody is found by.
	person func(User) coupontools.DirectoryUser
	// row shows one of them; columns are those of the file.
	row     func(parent string, u User) []slack.Block
	columns []column[User]
	// more are further buttons under the list.
	more func(parent string) []slack.BlockElement

	store store
	files deliverer
	audit recorder
}

func (l userList[User, Parent]) commandLine() string { return Root + " " + l.topic }

// action is the action_id of the button that opens a list.
func (l userList[User, Parent]) action() string { return strings.ReplaceAll(l.topic, "-", "_") }

func (l userList[User, Parent]) waitText() string { return "Looking up the " + l.many + "…" }

func (l userList[User, Parent]) pagers() userPagers { return newUserPagers(l.store, l.commandLine()) }

// run shows the users of the parent that the first words name; the rest filters them.
func (l userList[User, Parent]) run(_ context.Context, req bot.Request) (bot.Reply, error) {
	if len(req.Words) == 0 {
		return l.parents.ask(l.action()), nil
	}
	return bot.Reply{Text: l.waitText(), Later: func(ctx context.Context) (bot.Reply, error) {
		c, err := l.parents.resolveFirst(ctx, req.Words)
		if err != nil {
			return bot.Reply{}, err
		}
		p := newUserPager(newUserQuery("", "", bot.Join(c.Rest)))
		if len(c.Hits) == 1 {
			p.Query.ID, p.Query.Name = c.Hits[0].Ident()
			return l.show(ctx, req.Person, p, 1)
		}
		l.pagers().put(ctx, req.Person, p)
		return l.parents.pick(c, buttonRow[Parent](p.ID, l.action(), capitalised(l.many))), nil
	}}, nil
}

// actions answers the buttons of the list, and the one that opens it.
func (l userList[User, Parent]) actions() map[string]bot.Action {
	page := func(_ context.Context, req bot.Request) (bot.Reply, error) {
		return l.pagers().turn(req, func(ctx context.Context, p userPager, number int) (bot.Reply, error) {
			return l.show(ctx, req.Person, p, number)
		})
	}
	return map[string]bot.Action{
		l.action():                {Run: l.open},
		l.action() + "_page:prev": {Run: page},
		l.action() + "_page:next": {Run: page},
		l.action() + "_file":      {Run: l.export},
	}
}

// open shows the users of the parent that a button or an option names. The block_id of the button may name a pager with the
// query to use.
func (l userList[User, Parent]) open(_ context.Context, req bot.Request) (bot.Reply, error) {
	before, _, ok := strings.Cut(req.Block, " ")
	return bot.Reply{Text: l.waitText(), Later: func(ctx context.Context) (bot.Reply, error) {
		p := newUserPager(newUserQuery(req.Value, l.parents.nameOf(req.Value), ""))
		if ok {
			asked, err := l.pagers().get(ctx, req.Person, before)
			if err != nil {
				return bot.Reply{}, err
			}
			p.Query.Who = asked.Query.Who
		}
		return l.show(ctx, req.Person, p, 1)
	}}, nil
}

// export sends all matching users as a file, once that is in the audit trail.
func (l userList[User, Parent]) export(_ context.Context, req bot.Request) (bot.Reply, error) {
	return l.pagers().follow(req, func(ctx context.Context, p userPager, _ int) (bot.Reply, error) {
		hits, err := l.search(ctx, p.Query)
		if err != nil {
			return bot.Reply{}, err
		}
		e := sends.Entry{What: auditPeople, Actor: actorOf(req), Note: l.count(len(hits)) + " of " + p.Query.ID}
		if err := l.audit.Record(ctx, e); err != nil {
			return bot.Reply{}, unrecorded(err)
		}
		total := l.total(len(hits), p.Query.Who)
		file := table(l.many, total, l.columns, hits)
		file.comment = l.heading(p.Query) + ": " + total + "."
		return l.files.send(ctx, req.Person, file)
	})
}

// search returns the users who match.
func (l userList[User, Parent]) search(ctx context.Context, q userQuery) ([]User, error) {
	all, err := l.fetched.get(ctx, q.ID)
	if errors.Is(err, coupontools.ErrNotFound) {
		return nil, l.parents.notFound(ctx, q.ID)
	}
	if err != nil {
		return nil, fmt.Errorf("list %s: %w", l.many, err)
	}
	if q.Who == "" {
		return all, nil
	}
	m := matching(q.Who)
	var hits []User
	for _, u := range all {
		if m.matches(l.person(u)) {
			hits = append(hits, u)
		}
	}
	return hits, nil
}

func (l userList[User, Parent]) heading(q userQuery) string { return l.title + q.called() }

func (l userList[User, Parent]) show(ctx context.Context, person bot.Person, p userPager, number int) (bot.Reply, error) {
	hits, err := l.search(ctx, p.Query)
	if err != nil {
		return bot.Reply{}, err
	}
	l.pagers().put(ctx, person, p)
	shown, number, last := pageOf(hits, number)
	where := fmt.Sprintf("Page %d of %d · %s", number, last, l.total(len(hits), p.Query.Who))
	set := []slack.Block{blocks.Header(l.heading(p.Query))}
	if len(hits) == 0 {
		set = append(set, blocks.Text(nobody(p.Query.Who)))
	}
	for _, u := range shown {
		set = append(set, l.row(p.Query.ID, u)...)
	}
	row := append(pageButtons(l.action()+"_", number, number < last, p.at),
		blocks.Button(l.action()+"_file", "CSV", p.at(1), blocks.Label("Get the list as a file")))
	set = append(set, blocks.Context(blocks.Small(where)), blocks.Actions("", append(row, l.more(p.Query.ID)...)...))
	return bot.Reply{Text: l.heading(p.Query) + ": " + where, Blocks: set}, nil
}

func nobody(who string) string {
	if who == "" {
		return "Nobody is there yet."
	}
	return "Nobody there matches “" + short(who) + "”."
}

// find returns the user with this id as Coupontools has it now.
func (l userList[User, Parent]) find(ctx context.Context, parent, id string) (User, error) {
	var none User
	all, err := l.fetched.renew(ctx, parent)
	if err != nil {
		return none, fmt.Errorf("list %s: %w", l.many, err)
	}
	for _, u := range all {
		if l.person(u).ID == id {
			return u, nil
		}
	}
	return none, &bot.Mistake{
		Text: fmt.Sprintf("There is nobody with the id “%s” any more.", short(id)), Hint: l.commandLine() + " shows who is there.",
	}
}

// suggest offers users for what was typed into a form. The parent's id is the first word of the form's metadata.
func (l userList[User, Parent]) suggest(ctx context.Context, req bot.Request) ([]bot.Option, error) {
	const most = 100 // Slack takes no more
	if req.View == nil {
		return nil, nil
	}
	id, _, _ := strings.Cut(req.View.Metadata, " ")
	hits, err := l.search(ctx, newUserQuery(id, "", req.Value))
	if err != nil {
		return nil, err
	}
	var offered []bot.Option
	for _, u := range hits[:min(len(hits), most)] {
		offered = append(offered, personOption(l.person(u)))
	}
	return offered, nil
}

// personOption shows a person in a select. The id stays visible when the rest must be cut.
func personOption(u coupontools.DirectoryUser) bot.Option {
	const runes = 75 // Slack: option, text
	id := " · " + short(u.ID)
	who := joined(" · ", oneLine(u.Name()), oneLine(u.Email), oneLine(u.Phone))
	return bot.Option{Text: blocks.Cut(who, runes-len([]rune(id))) + id, Value: u.ID}
}

// personName names a person in a sentence: Anna Peeters (lus_61001).
func personName(u coupontools.DirectoryUser) string { return nameAndID(short(u.Name()), u.ID) }

// personRow shows a person: name, e-mail and phone, id and facts.
func personRow(u coupontools.DirectoryUser, facts ...string) string {
	name := sentence(u.Name())
	if name == "" {
		name = "(no name)"
	}
	reach := joined(" · ", sentence(u.Email), short(u.Phone))
	return joined("\n", name, reach, joined(" · ", append([]string{short(u.ID)}, facts...)...))
}

// userQuery is a search among the users of something: a directory, a loyalty card or an SMS group.
type userQuery struct {
	ID, Name string // of what the users belong to
	Who      string
}

// called names what the users belong to.
func (q userQuery) called() string {
	if q.Name == "" {
		return q.ID
	}
	return short(q.Name)
}

func newUserQuery(id, name, who string) userQuery {
	return userQuery{ID: id, Name: name, Who: bounded(oneLine(who))}
}

// userCursor is a position in the list of users: behind the user After, last seen on the API's page Page at Index. New users
// push the others down, so After counts; Index is for when that user is gone.
type userCursor struct {
	Page  int
	After string
	Index int
}

type userPager = pager[userQuery, userCursor]

type (
	userPagers = pagers[userQuery, userCursor]
)

func newUserPager(q userQuery) userPager { return newPager(q, userCursor{Page: 1}) }

func newUserPagers(s store, command string) userPagers { return userPagers{s, "look-up", command} }
