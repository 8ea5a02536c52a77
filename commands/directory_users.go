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
)

const (
	actionUsersPrev = "users_page:prev"
	actionUsersNext = "users_page:next"
	actionUsersMore = "users_more"
)

// userLister is the part of the Coupontools client that looks up users.
type userLister interface {
	DirectoryUsers(ctx context.Context, directory string, page int) ([]coupontools.DirectoryUser, error)
}

// userKeeper can also change their payment.
type userKeeper interface {
	userLister
	UpdatePaymentStatus(ctx context.Context, u coupontools.PaymentUpdate) (*coupontools.PaymentStatus, error)
}

// people looks up the users of directories and changes their payment.
type people struct {
	directories directoryList
	api         userKeeper
	access      accessKeeper
	store       onceStore
	audit       recorder
	// region is the country of phone numbers written without +.
	region string
}

// directoryUsers answers /directory-users, only to the person who asked.
func directoryUsers(p people) bot.Command {
	give, create, withoutEnd := p.giving(), p.creation(), p.withoutEnd()
	return bot.Command{
		Name: "/directory-users", Topic: "users", Group: groupDirectories, Usage: "[name or dir_ID] [who]",
		Summary: "Look up who is registered for a directory", Right: bot.Send,
		Examples: []bot.Example{
			{Line: "/directory-users", Does: "asks for the directory and the person in a form"},
			{Line: "/directory-users City deals", Does: "shows the newest users of “City deals”"},
			{Line: "/directory-users City deals anna", Does: "shows those with “anna” in the name or e-mail address"},
			{Line: "/directory-users dir_5501 0470 12 34 56", Does: "finds a user by phone number"},
			{Line: "/directory-users dir_5501 reg_7001", Does: "finds a user by id"},
			{Line: "/directory-users create", Does: "registers somebody for a directory"},
		},
		Run: p.run,
		Clicks: map[string]bot.Handler{
			actionUsers:     p.ofDirectory,
			actionUsersPrev: p.turn,
			actionUsersNext: p.turn,
			actionUsersMore: p.turn,
			actionPayment:   p.askPayment,

			actionUserBlock:  p.askBlock,
			actionUserAccess: p.askAccess,
			actionUserRevoke: p.revoke,
			actionUserCreate: p.askCreate,
		},
		Submits: map[string]bot.Handler{
			viewLookupUser:    p.lookedUp,
			viewPaymentStatus: p.setPayment(withoutEnd), withoutEnd.view: withoutEnd.confirmed,

			viewUserBlock:  p.block,
			viewUserAccess: p.giveAccess(give), give.view: give.confirmed,
			viewUserCreate: p.create(create), create.view: create.confirmed,
		},
	}
}

func (p people) run(_ context.Context, req bot.Request) (bot.Reply, error) {
	if len(req.Words) == 0 {
		return bot.Reply{View: lookupView()}, nil
	}
	if first := req.Words[0]; strings.EqualFold(first.Text, "create") && !first.Quoted {
		return bot.Reply{View: p.createView(bot.Join(req.Words[1:]))}, nil
	}
	return bot.Reply{Text: lookingUpUsers, Later: func(ctx context.Context) (bot.Reply, error) {
		c, err := p.directories.resolveFirst(ctx, req.Words)
		switch {
		case err != nil:
			return bot.Reply{}, err
		case len(c.Hits) > 1:
			return p.whichOf(ctx, req, c), nil
		}
		return p.first(ctx, req, newLookup(req.Person, c.Hits[0], bot.Join(c.Rest)))
	}}, nil
}

// whichOf asks which directory is meant. The words after its name are kept, and the block_ids around the buttons carry the
// id of the look-up.
func (p people) whichOf(ctx context.Context, req bot.Request, c choice[coupontools.Directory]) bot.Reply {
	var asked string
	if len(c.Rest) > 0 {
		l := newLookup(req.Person, coupontools.Directory{}, bot.Join(c.Rest))
		l.keep(ctx, p.store)
		asked = l.ID
	}
	return p.directories.pick(c, func(d coupontools.Directory) []slack.Block {
		name := oneLine(d.Name)
		return []slack.Block{directoryRow(d), blocks.Actions(joined(" ", asked, d.ID),
			blocks.Button(actionUsers, "Users", d.ID, blocks.Label("Show the users of "+name)),
			blocks.Button(actionPick, "Open", d.ID, blocks.Label("Open "+name)))}
	})
}

// ofDirectory shows the users of the directory of a button; the block around it may name a look-up to go on with.
func (p people) ofDirectory(_ context.Context, req bot.Request) (bot.Reply, error) {
	asked, _, goOn := strings.Cut(req.Block, " ")
	return bot.Reply{Text: lookingUpUsers, Later: func(ctx context.Context) (bot.Reply, error) {
		var who string
		if goOn {
			l, err := recall(ctx, p.store, asked, req.Person, "/directory-users")
			if err != nil {
				return bot.Reply{}, err
			}
			who = l.Who
		}
		return p.first(ctx, req, newLookup(req.Person, p.directories.known(req.Value), who))
	}}, nil
}

func (p people) first(ctx context.Context, req bot.Request, l lookup) (bot.Reply, error) {
	return p.show(ctx, req, l, 1)
}

// turn shows the page of a look-up that a button asks for, in the place of the one it was on.
func (p people) turn(_ context.Context, req bot.Request) (bot.Reply, error) {
	var to pager
	if err := json.Unmarshal([]byte(req.Value), &to); err != nil {
		return bot.Reply{}, brokenButton("/directory-users", err)
	}
	return bot.Reply{Later: func(ctx context.Context) (bot.Reply, error) {
		l, err := recall(ctx, p.store, to.Lookup, req.Person, "/directory-users")
		if err != nil {
			return bot.Reply{}, err
		}
		reply, err := p.show(ctx, req, l, to.Page)
		reply.Replace = err == nil && reply.View == nil
		return reply, err
	}}, nil
}

// pager is what the buttons of a look-up carry.
type pager struct {
	Lookup string `json:"lookup"`
	Page   int    `json:"page"`
}

// show looks a page up and shows it where the request came from: in a message or in a modal.
func (p people) show(ctx context.Context, req bot.Request, l lookup, page int) (bot.Reply, error) {
	f, err := l.page(ctx, p.api, page)
	if errors.Is(err, coupontools.ErrNotFound) {
		return bot.Reply{}, p.directories.notFound(ctx, l.Directory)
	}
	if err != nil {
		return bot.Reply{}, err
	}
	l.keep(ctx, p.store)
	set := f.blocks()
	if note := p.directories.redisAway(ctx); note != nil {
		set = append(set, blocks.Context(note...))
	}
	if req.View != nil {
		return bot.Reply{View: lookupResult(set)}, nil
	}
	return bot.Reply{Text: f.summary(), Blocks: set}, nil
}

// blocks shows a page of users with its buttons.
func (f found) blocks() []slack.Block {
	set := []slack.Block{blocks.Header("Users of " + f.directory())}
	if len(f.Users) == 0 {
		set = append(set, blocks.Text(f.none()))
	}
	for _, u := range f.Users {
		set = append(set, f.row(u), userFacts(u), accessButtons(f.Directory, u))
	}
	if len(f.Users) > 0 || f.Page > 1 || f.Older {
		set = append(set, blocks.Context(blocks.Small(f.where())))
	}
	return append(set, blocks.Actions("", f.buttons()...))
}

func (f found) row(u coupontools.DirectoryUser) slack.Block {
	name := u.Name()
	if name == "" {
		name = "(no name)"
	}
	lines := []string{sentence(name)}
	if reach := joined(" · ", sentence(u.Email), short(u.Phone)); reach != "" {
		lines = append(lines, reach)
	}
	return blocks.WithButton(blocks.Text(strings.Join(append(lines, u.ID), "\n")),
		blocks.Button(actionPayment, "Payment", paymentValue(f.Directory, u),
			blocks.Label("Change the payment of "+oneLine(name))))
}

// userFacts says when somebody registered and what they paid.
func userFacts(u coupontools.DirectoryUser) slack.Block {
	var pieces []slack.MixedElement
	if t, ok := u.RegisteredAt(); ok {
		pieces = append(pieces, blocks.When("Registered", t))
	} else if u.Registered != "" {
		pieces = append(pieces, blocks.Small("Registered "+short(u.Registered)))
	}
	if u.PaymentStatus != "" {
		pieces = append(pieces, blocks.Small("Payment: "+short(u.PaymentStatus)))
	}
	if t, ok := u.PaymentExpiresAt(); ok {
		pieces = append(pieces, blocks.When("Until", t))
	} else if u.PaymentExpires != "" {
		pieces = append(pieces, blocks.Small("Until "+short(u.PaymentExpires)))
	}
	if len(pieces) == 0 {
		pieces = append(pieces, blocks.Small("Registration date not known"))
	}
	return blocks.Context(pieces...)
}

func (f found) buttons() []slack.BlockElement {
	at := func(page int) string { return value(pager{Lookup: f.ID, Page: page}) }
	var row []slack.BlockElement
	if f.Page > 1 {
		row = append(row, blocks.Button(actionUsersPrev, "Previous", at(f.Page-1), blocks.Label("Previous page")))
	}
	if f.More {
		row = append(row, blocks.Button(actionUsersNext, "Next", at(f.Page+1), blocks.Label("Next page")))
	}
	if f.Older {
		row = append(row, blocks.Button(actionUsersMore, "Search older", at(f.Page+1),
			blocks.Label("Go on with users who registered earlier")))
	}
	return append(row, blocks.Button(actionUserCreate, "New user", f.Directory, blocks.Label("Register somebody for the directory")))
}

func (f found) directory() string {
	if f.Name == "" {
		return f.Directory
	}
	return short(f.Name)
}

func (f found) none() string {
	switch {
	case f.Older:
		return fmt.Sprintf("Nobody among the %s users looked at matches “%s”.",
			thousands(maxAPIPages*coupontools.UsersPerPage), short(f.Who))
	case f.Page > 1:
		return "There is nobody further."
	case f.Who == "":
		return fmt.Sprintf("“%s” has no registered users yet.", f.directory())
	}
	return fmt.Sprintf("Nobody in “%s” matches “%s”.", f.directory(), short(f.Who))
}

// where says which page this is, of what.
func (f found) where() string {
	what := "newest first"
	if f.Who != "" {
		what = "matching “" + short(f.Who) + "”, newest first"
	}
	where := fmt.Sprintf("Page %d · %s", f.Page, what)
	if f.Older {
		where += " · there may be more among users who registered earlier"
	}
	return where
}

func (f found) summary() string {
	if len(f.Users) == 0 {
		return f.none()
	}
	return count(len(f.Users), "user", "users") + " of " + f.directory() + ", page " + fmt.Sprint(f.Page)
}
