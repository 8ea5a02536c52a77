package directory

import (
	"context"
	"errors"
	"strings"

	"github.com/slack-go/slack"

	"github.com/coupontools/couponbot/bot"
	"github.com/coupontools/couponbot/bot/blocks"
	"github.com/coupontools/couponbot/commands/internal/form"
	"github.com/coupontools/couponbot/commands/internal/format"
	"github.com/coupontools/couponbot/commands/internal/ui"
	"github.com/coupontools/couponbot/coupontools"
	"github.com/coupontools/couponbot/sends"
)

const (
	actionUsers     = "directory_users"
	actionUsersPrev = "users_page:prev"
	actionUsersNext = "users_page:next"
	actionUsersMore = "users_more"

	viewLookupUser = "lookup_user"
	// viewLookupResult replaces lookup_user: first while waiting, then with the result.
	viewLookupResult = "lookup_looking"
)

// userListAPI is the part of the Coupontools client that lists users.
type userListAPI interface {
	DirectoryUsers(ctx context.Context, directory string, page int) ([]coupontools.DirectoryUser, error)
}

// userHandlers look up and change the users of directories.
type userHandlers struct {
	directories List
	api         *coupontools.Client
	store       ui.OnceStore
	audit       *sends.Service
	// region is the country of phone numbers written without +.
	region string
}

// usersCommand answers /directory-users privately.
func usersCommand(p userHandlers) bot.Command {
	give, create, withoutEnd := p.accessChange(), p.createChange(), p.removeEndChange()
	return bot.Command{
		Name: "/directory-users", Topic: "users", Group: ui.GroupDirectories, Usage: "[name or dir_ID] [who]",
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
		Actions: map[string]bot.Action{
			actionUsersPrev: {Run: p.turnPage},
			actionUsersNext: {Run: p.turnPage},
			actionUsersMore: {Run: p.turnPage},
			actionPayment:   {Run: p.askPayment},

			actionUserBlock:  {Run: p.askBlock},
			actionUserAccess: {Run: p.askAccess},
			actionUserRevoke: {Run: p.revoke},
			actionUserCreate: {Run: ui.PushForm(p.createForm)},
		},
		Submissions: map[string]bot.Submission{
			viewLookupUser:    {Run: p.submitted},
			viewPaymentStatus: {Run: p.setPayment(withoutEnd)}, withoutEnd.View: {Run: withoutEnd.Confirmed},

			viewUserBlock:  {Run: p.block},
			viewUserAccess: {Run: p.giveAccess(give)}, give.View: {Run: give.Confirmed},
			viewUserCreate: {Run: p.create(create)}, create.View: {Run: create.Confirmed},
		},
	}
}

func (p userHandlers) run(_ context.Context, req bot.Request) (bot.Reply, error) {
	if len(req.Words) == 0 {
		return bot.Reply{View: lookupView()}, nil
	}
	if first := req.Words[0]; strings.EqualFold(first.Text, "create") && !first.Quoted {
		return bot.Reply{View: p.createForm(bot.Join(req.Words[1:]))}, nil
	}
	return bot.Reply{Text: ui.LookingUpUsers, Later: func(ctx context.Context) (bot.Reply, error) {
		c, err := p.directories.ResolveFirst(ctx, req.Words)
		switch {
		case err != nil:
			return bot.Reply{}, err
		case len(c.Hits) > 1:
			return p.askDirectory(ctx, req, c), nil
		}
		return p.search(ctx, req, c.Hits[0], bot.Join(c.Rest))
	}}, nil
}

// askDirectory asks which of several directories is meant. A pager keeps the words after the name; the block_ids around the
// buttons hold its id.
func (p userHandlers) askDirectory(ctx context.Context, req bot.Request, c ui.Choice[coupontools.Directory]) bot.Reply {
	var prefix string
	if len(c.Rest) > 0 {
		asked := ui.NewUserPager(ui.NewUserQuery("", "", bot.Join(c.Rest)))
		p.pagers().Put(ctx, req.Person, asked)
		prefix = asked.ID
	}
	return p.directories.Pick(c, func(d coupontools.Directory) []slack.Block {
		name := format.OneLine(d.Name)
		return []slack.Block{format.DirectoryRow(d), blocks.Actions(format.Joined(" ", prefix, d.ID),
			blocks.Button(actionUsers, "Users", d.ID, blocks.Label("Show the users of "+name)),
			blocks.Button(actionPick, "Open", d.ID, blocks.Label("Open "+name)))}
	})
}

// openDirectory shows the users of a button's directory. The button's block_id may name a pager with the words to search for.
func (p userHandlers) openDirectory(_ context.Context, req bot.Request) (bot.Reply, error) {
	pager, _, ok := strings.Cut(req.Block, " ")
	return bot.Reply{Text: ui.LookingUpUsers, Later: func(ctx context.Context) (bot.Reply, error) {
		var who string
		if ok {
			asked, err := p.pagers().Get(ctx, req.Person, pager)
			if err != nil {
				return bot.Reply{}, err
			}
			who = asked.Query.Who
		}
		return p.search(ctx, req, p.directories.Known(req.Value), who)
	}}, nil
}

// lookupView is the form for a search.
func lookupView() *slack.ModalViewRequest {
	return blocks.Modal(viewLookupUser, "Look up users", "Look up", "Cancel",
		blocks.ExternalSelect(blocks.Input{Name: form.FieldDirectory, Label: "Directory", Placeholder: ui.TypeAFewLetters}, nil),
		blocks.TextInput(blocks.Input{
			Name: form.FieldQuery, Label: "Who", Optional: true,
			Hint: "Any part of the name, e-mail address or phone number, or a whole reg_ id. Leave it empty for the newest users.",
		}, "", form.MaxQuery))
}

// submitted shows a waiting modal, then the result of the search.
func (p userHandlers) submitted(_ context.Context, req bot.Request) (bot.Reply, error) {
	id := req.View.Value(form.FieldDirectory)
	if id == "" {
		return bot.Reply{Errors: map[string]string{form.FieldDirectory: ui.ChooseADirectory}}, nil
	}
	d := p.directories.Known(id)
	if d.Name == "" {
		d.Name = req.View.ChosenText(form.FieldDirectory)
	}
	return ui.WaitingIn(viewLookupResult, "Look up users", ui.LookingUpUsers, func(ctx context.Context) (bot.Reply, error) {
		return p.search(ctx, req, d, req.View.Value(form.FieldQuery))
	}), nil
}

func (p userHandlers) pagers() ui.UserPagers {
	return ui.NewUserPagers(p.store, "/directory-users")
}

// search shows the first page of the directory's users who match.
func (p userHandlers) search(ctx context.Context, req bot.Request, d coupontools.Directory, who string) (bot.Reply, error) {
	return p.show(ctx, req, ui.NewUserPager(ui.NewUserQuery(d.ID, d.Name, who)), 1)
}

// turnPage shows a button's page.
func (p userHandlers) turnPage(_ context.Context, req bot.Request) (bot.Reply, error) {
	return p.pagers().Turn(req, func(ctx context.Context, from ui.UserPager, number int) (bot.Reply, error) {
		return p.show(ctx, req, from, number)
	})
}

// show shows a page where the request came from: in a message or in a modal.
func (p userHandlers) show(ctx context.Context, req bot.Request, from ui.UserPager, number int) (bot.Reply, error) {
	page, err := searchUsers(ctx, p.api, from, number)
	if errors.Is(err, coupontools.ErrNotFound) {
		return bot.Reply{}, p.directories.NotFound(ctx, from.Query.ID)
	}
	if err != nil {
		return bot.Reply{}, err
	}
	p.pagers().Put(ctx, req.Person, page.pager)
	set := page.blocks()
	if note := p.directories.RedisAway(ctx); note != nil {
		set = append(set, blocks.Context(note...))
	}
	return ui.InPlace(req, viewLookupResult, "Users", page.summary(), set), nil
}

// userRef identifies a user of a directory; it is the modal's metadata.
type userRef struct {
	Directory string `json:"directory"`
	User      string `json:"user"`
	// Was is the user's status when the form was opened, and Until the Unix time at which the access was to end, if known.
	Was   string `json:"was,omitempty"`
	Until int64  `json:"until,omitempty"`
}
