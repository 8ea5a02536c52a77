package ui

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/slack-go/slack"

	"github.com/coupontools/couponbot/bot"
	"github.com/coupontools/couponbot/bot/blocks"
	"github.com/coupontools/couponbot/commands/internal/format"
	"github.com/coupontools/couponbot/coupontools"
	"github.com/coupontools/couponbot/coupontools/cache"
	"github.com/coupontools/couponbot/sends"
)

var auditPeople = Audited("people", "took a file of people")

// UserList shows the users of a loyalty card or SMS group, ten a page, privately. Parent is the card or the group.
type UserList[User any, Parent cache.Item] struct {
	// Topic is the command's topic, and the prefix of its action_ids. Title precedes the name of the parent.
	Topic, Title string
	Plural
	Parents List[Parent]
	// Fetched caches the users of each parent, by the parent's id.
	Fetched *LocalCache[[]User]
	// Person returns the fields that a user is found by.
	Person func(User) coupontools.DirectoryUser
	// Row shows one user. Columns are those of the file.
	Row     func(parent string, u User) []slack.Block
	Columns []Column[User]
	// More are further buttons under the list.
	More func(parent string) []slack.BlockElement

	Store Store
	Files Deliverer
	Audit *sends.Service
}

// CommandLine is the command as a user types it.
func (l UserList[User, Parent]) CommandLine() string { return Root + " " + l.Topic }

// action is the action_id of the button that opens a list.
func (l UserList[User, Parent]) action() string { return strings.ReplaceAll(l.Topic, "-", "_") }

// WaitText is the text while the list is loading.
func (l UserList[User, Parent]) WaitText() string { return "Looking up the " + l.Many + "…" }

func (l UserList[User, Parent]) pagers() UserPagers { return NewUserPagers(l.Store, l.CommandLine()) }

// Run shows the users of the parent that the first words name; the rest filters them.
func (l UserList[User, Parent]) Run(_ context.Context, req bot.Request) (bot.Reply, error) {
	if len(req.Words) == 0 {
		return l.Parents.Ask(l.action()), nil
	}
	return bot.Reply{Text: l.WaitText(), Later: func(ctx context.Context) (bot.Reply, error) {
		c, err := l.Parents.ResolveFirst(ctx, req.Words)
		if err != nil {
			return bot.Reply{}, err
		}
		p := NewUserPager(NewUserQuery("", "", bot.Join(c.Rest)))
		if len(c.Hits) == 1 {
			p.Query.ID, p.Query.Name = c.Hits[0].Ident()
			return l.show(ctx, req.Person, p, 1)
		}
		l.pagers().Put(ctx, req.Person, p)
		return l.Parents.Pick(c, ButtonRow[Parent](p.ID, l.action(), format.Capitalised(l.Many))), nil
	}}, nil
}

// Actions answers the buttons of the list. The card with the button that opens the list answers that with [UserList.Open].
func (l UserList[User, Parent]) Actions() map[string]bot.Action {
	page := func(_ context.Context, req bot.Request) (bot.Reply, error) {
		return l.pagers().Turn(req, func(ctx context.Context, p UserPager, number int) (bot.Reply, error) {
			return l.show(ctx, req.Person, p, number)
		})
	}
	return map[string]bot.Action{
		l.action() + "_page:prev": {Run: page},
		l.action() + "_page:next": {Run: page},
		l.action() + "_file":      {Run: l.export},
	}
}

// Open shows the users of the parent that a button or an option names. The button's block_id may name a pager with the query.
func (l UserList[User, Parent]) Open(_ context.Context, req bot.Request) (bot.Reply, error) {
	before, _, ok := strings.Cut(req.Block, " ")
	return bot.Reply{Text: l.WaitText(), Later: func(ctx context.Context) (bot.Reply, error) {
		p := NewUserPager(NewUserQuery(req.Value, l.Parents.NameOf(req.Value), ""))
		if ok {
			asked, err := l.pagers().Get(ctx, req.Person, before)
			if err != nil {
				return bot.Reply{}, err
			}
			p.Query.Who = asked.Query.Who
		}
		return l.show(ctx, req.Person, p, 1)
	}}, nil
}

// export sends all matching users as a file. It writes the audit log first.
func (l UserList[User, Parent]) export(_ context.Context, req bot.Request) (bot.Reply, error) {
	return l.pagers().follow(req, func(ctx context.Context, p UserPager, _ int) (bot.Reply, error) {
		hits, err := l.search(ctx, p.Query)
		if err != nil {
			return bot.Reply{}, err
		}
		e := sends.Entry{What: auditPeople, Actor: ActorOf(req), Note: l.count(len(hits)) + " of " + p.Query.ID}
		if err := l.Audit.Record(ctx, e); err != nil {
			return bot.Reply{}, Unrecorded(err)
		}
		total := l.total(len(hits), p.Query.Who)
		file := Table(l.Many, total, l.Columns, hits)
		file.Comment = l.heading(p.Query) + ": " + total + "."
		return l.Files.Send(ctx, req.Person, file)
	})
}

// search returns the users who match.
func (l UserList[User, Parent]) search(ctx context.Context, q UserQuery) ([]User, error) {
	all, err := l.Fetched.get(ctx, q.ID)
	if errors.Is(err, coupontools.ErrNotFound) {
		return nil, l.Parents.NotFound(ctx, q.ID)
	}
	if err != nil {
		return nil, fmt.Errorf("list %s: %w", l.Many, err)
	}
	if q.Who == "" {
		return all, nil
	}
	m := NewMatcher(q.Who)
	var hits []User
	for _, u := range all {
		if m.Matches(l.Person(u)) {
			hits = append(hits, u)
		}
	}
	return hits, nil
}

func (l UserList[User, Parent]) heading(q UserQuery) string { return l.Title + q.Called() }

func (l UserList[User, Parent]) show(ctx context.Context, person bot.Person, p UserPager, number int) (bot.Reply, error) {
	hits, err := l.search(ctx, p.Query)
	if err != nil {
		return bot.Reply{}, err
	}
	l.pagers().Put(ctx, person, p)
	shown, number, last := pageOf(hits, number)
	where := fmt.Sprintf("Page %d of %d · %s", number, last, l.total(len(hits), p.Query.Who))
	set := []slack.Block{blocks.Header(l.heading(p.Query))}
	if len(hits) == 0 {
		set = append(set, blocks.Text(nobodyText(p.Query.Who)))
	}
	for _, u := range shown {
		set = append(set, l.Row(p.Query.ID, u)...)
	}
	row := append(PageButtons(l.action()+"_", number, number < last, p.At),
		blocks.Button(l.action()+"_file", "CSV", p.At(1), blocks.Label("Get the list as a file")))
	set = append(set, blocks.Context(blocks.Small(where)), blocks.Actions("", append(row, l.More(p.Query.ID)...)...))
	return bot.Reply{Text: l.heading(p.Query) + ": " + where, Blocks: set}, nil
}

func nobodyText(who string) string {
	if who == "" {
		return "Nobody is there yet."
	}
	return "Nobody there matches “" + format.Short(who) + "”."
}

// Find returns the user with this id, freshly fetched.
func (l UserList[User, Parent]) Find(ctx context.Context, parent, id string) (User, error) {
	var none User
	all, err := l.Fetched.Renew(ctx, parent)
	if err != nil {
		return none, fmt.Errorf("list %s: %w", l.Many, err)
	}
	for _, u := range all {
		if l.Person(u).ID == id {
			return u, nil
		}
	}
	return none, &bot.Mistake{
		Text: fmt.Sprintf("There is nobody with the id “%s” any more.", format.Short(id)), Hint: l.CommandLine() + " shows who is there.",
	}
}

// Suggest returns users for what was typed into a form. The first word of the form's metadata is the parent's id.
func (l UserList[User, Parent]) Suggest(ctx context.Context, req bot.Request) ([]bot.Option, error) {
	const most = 100 // Slack's limit
	if req.View == nil {
		return nil, nil
	}
	id, _, _ := strings.Cut(req.View.Metadata, " ")
	hits, err := l.search(ctx, NewUserQuery(id, "", req.Value))
	if err != nil {
		return nil, err
	}
	var offered []bot.Option
	for _, u := range hits[:min(len(hits), most)] {
		offered = append(offered, PersonOption(l.Person(u)))
	}
	return offered, nil
}

// PersonOption shows a person in a select. It cuts the text so that the id stays visible.
func PersonOption(u coupontools.DirectoryUser) bot.Option {
	const runes = 75 // Slack: option, text
	id := " · " + format.Short(u.ID)
	who := format.Joined(" · ", format.OneLine(u.Name()), format.OneLine(u.Email), format.OneLine(u.Phone))
	return bot.Option{Text: blocks.Cut(who, runes-len([]rune(id))) + id, Value: u.ID}
}

// PersonName names a person in a sentence: Anna Peeters (lus_61001).
func PersonName(u coupontools.DirectoryUser) string {
	return format.NameAndID(format.Short(u.Name()), u.ID)
}

// PersonRow shows a person: name, e-mail and phone, id and facts.
func PersonRow(u coupontools.DirectoryUser, facts ...string) string {
	name := format.Sentence(u.Name())
	if name == "" {
		name = "(no name)"
	}
	reach := format.Joined(" · ", format.Sentence(u.Email), format.Short(u.Phone))
	return format.Joined("\n", name, reach, format.Joined(" · ", append([]string{format.Short(u.ID)}, facts...)...))
}

// UserQuery is a search among the users of a directory, a loyalty card or an SMS group.
type UserQuery struct {
	ID, Name string // of the parent
	Who      string
}

// Called names the parent.
func (q UserQuery) Called() string {
	if q.Name == "" {
		return q.ID
	}
	return format.Short(q.Name)
}

// NewUserQuery returns a search for who among the users of a parent.
func NewUserQuery(id, name, who string) UserQuery {
	return UserQuery{ID: id, Name: name, Who: Bounded(format.OneLine(who))}
}

// UserCursor is a position in the list of users: behind the user After, last seen on the API's page Page at Index. New users
// push the others down, so After decides; Index is used if that user is gone.
type UserCursor struct {
	Page  int
	After string
	Index int
}

type (
	// UserPager is the position of a search for users.
	UserPager = Pager[UserQuery, UserCursor]
	// UserPagers keeps the positions of searches for users.
	UserPagers = Pagers[UserQuery, UserCursor]
)

// NewUserPager returns a pager that begins with the newest user.
func NewUserPager(q UserQuery) UserPager { return NewPager(q, UserCursor{Page: 1}) }

// NewUserPagers returns the pagers of searches for users.
func NewUserPagers(s Store, command string) UserPagers { return UserPagers{s, "look-up", command} }
