package loyalty

import (
	"cmp"
	"context"
	"fmt"
	"strconv"

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
	actionUsers   = "loyalty_users"
	actionVoid    = "loyalty_void"
	actionRestore = "loyalty_restore"
	actionCreate  = "loyalty_create"
	actionLink    = "loyalty_link"

	viewCreate = "loyalty_create"
	viewLink   = "loyalty_link"

	fieldUserID = "user_id"
)

var (
	auditCreate = ui.Audited("loyalty_create", "gave a loyalty card to somebody new")
	auditLink   = ui.Audited("loyalty_link", "gave a loyalty card to a user")
	auditVoid   = ui.Audited("loyalty_void", "voided or restored a loyalty card")
)

// handlers answer the commands about the users of loyalty cards.
type handlers struct {
	cards   List
	users   ui.UserList[coupontools.LoyaltyUser, coupontools.LoyaltyCard]
	api     *coupontools.Client
	store   ui.OnceStore
	uploads ui.Uploads
	audit   *sends.Service
	// region is the country of phone numbers written without +.
	region string
}

// cardUser is a loyalty card id and, if set, the id of one of its users.
type cardUser struct {
	Card string `json:"card"`
	User string `json:"user,omitempty"`
}

func newHandlers(cards List, d ui.Deps) handlers {
	return handlers{
		cards: cards, api: d.Client, store: d.Store, uploads: d.Uploads, audit: d.Audit, region: d.Region,
		users: ui.UserList[coupontools.LoyaltyUser, coupontools.LoyaltyCard]{
			Topic: "loyalty-users", Title: "Who has ", Plural: ui.Plural{One: "user", Many: "users"}, Parents: cards, Person: personOf,
			Fetched: ui.NewLocalCache(d.Guard, ui.FreshFor, d.Client.LoyaltyUsers), Store: d.Store, Files: d.Files, Audit: d.Audit,
			Row: cardUserRows(cards), More: cardUserButtons,
			Columns: []ui.Column[coupontools.LoyaltyUser]{
				{Name: "id", Value: func(u coupontools.LoyaltyUser) string { return u.ID }},
				{Name: "first_name", Value: func(u coupontools.LoyaltyUser) string { return u.FirstName }},
				{Name: "last_name", Value: func(u coupontools.LoyaltyUser) string { return u.LastName }},
				{Name: "email", Value: func(u coupontools.LoyaltyUser) string { return u.Email }},
				{Name: "phone", Value: func(u coupontools.LoyaltyUser) string { return u.Phone }},
				{Name: "points", Value: func(u coupontools.LoyaltyUser) string { return strconv.Itoa(u.Points) }},
				{Name: "voided", Value: func(u coupontools.LoyaltyUser) string { return strconv.FormatBool(u.Voided) }},
			},
		},
	}
}

func personOf(u coupontools.LoyaltyUser) coupontools.DirectoryUser {
	return coupontools.DirectoryUser{ID: u.ID, FirstName: u.FirstName, LastName: u.LastName, Email: u.Email, Phone: u.Phone}
}

// cardUserRows shows users with their points, or stamps if the local list says so.
func cardUserRows(cards List) func(string, coupontools.LoyaltyUser) []slack.Block {
	return func(card string, u coupontools.LoyaltyUser) []slack.Block {
		of := ui.Plural{One: "point or stamp", Many: "points or stamps"}
		if c, ok := cards.Local(card); ok {
			of = unit(c)
		}
		return cardUserRow(card, u, of)
	}
}

func cardUserRow(card string, u coupontools.LoyaltyUser, of ui.Plural) []slack.Block {
	at, name, who := ui.Value(cardUser{card, u.ID}), format.OneLine(u.Name()), ui.PersonName(personOf(u))
	facts := []string{format.Count(u.Points, of.One, of.Many)}
	buttons := []slack.BlockElement{
		blocks.Button(actionPoints, "Points", at, blocks.Label("Change the points of "+name)),
		blocks.Button(actionVoid, "Void", at, blocks.Danger, blocks.Label("Void the card of "+name),
			blocks.Ask("Void this card?", "The card of "+who+" is then of no use to them, until it is restored.", "Void", "Keep")),
	}
	if u.Voided {
		facts = append(facts, "voided")
		buttons = []slack.BlockElement{blocks.Button(actionRestore, "Restore", at, blocks.Label("Restore the card of "+name),
			blocks.Ask("Restore this card?", "The card of "+who+" can be used again.", "Restore", "Leave it"))}
	}
	return []slack.Block{blocks.Text(ui.PersonRow(personOf(u), facts...)), blocks.Actions("", buttons...)}
}

func cardUserButtons(card string) []slack.BlockElement {
	return []slack.BlockElement{
		blocks.Button(actionCreate, "New user", card, blocks.Label("Give the card to somebody new")),
		blocks.Button(actionLink, "Link a user", card, blocks.Label("Give the card to somebody who has another one")),
		blocks.Button(actionImport, "Import", card, blocks.Label("Give the card to the people in a file")),
	}
}

// usersCommand answers "/coupontools loyalty-users" privately.
func usersCommand(h handlers) bot.Command {
	create, link, imports := h.createChange(), h.linkChange(), h.importChange()
	c := bot.Command{
		Topic: h.users.Topic, Group: ui.GroupLoyalty, Usage: "[card] [who]",
		Summary: "Look up who has a loyalty card", Right: bot.Send,
		Examples: []bot.Example{
			{Line: "/coupontools loyalty-users", Does: "lets you choose the card"},
			{Line: "/coupontools loyalty-users Club card", Does: "shows who has “Club card”"},
			{Line: "/coupontools loyalty-users Club card anna", Does: "shows those with “anna” in the name or e-mail address"},
		},
		Run:     h.users.Run,
		Actions: h.users.Actions(),
		Submissions: map[string]bot.Submission{
			viewCreate: {Run: h.checkCreate(create)}, create.View: {Run: create.Confirmed},
			viewLink: {Run: h.checkLink(link)}, link.View: {Run: link.Confirmed},
			viewImport: {Run: h.checkImport(imports)}, imports.View: {Run: imports.Confirmed},
		},
		Options: map[string]bot.Options{actionUsers: {Run: h.cards.Suggest}},
	}
	c.Actions[actionVoid] = bot.Action{Run: h.void(true)}
	c.Actions[actionRestore] = bot.Action{Run: h.void(false)}
	c.Actions[actionCreate] = bot.Action{Run: ui.PushForm(h.createView)}
	c.Actions[actionImport] = bot.Action{Run: ui.PushForm(h.importView)}
	c.Actions[actionLink] = bot.Action{Run: ui.PushForm(h.linkView)}
	return c
}

// void voids or restores a button's card. The button may be out of date, so it checks the state first.
func (h handlers) void(void bool) bot.Handler {
	return func(_ context.Context, req bot.Request) (bot.Reply, error) {
		at, err := ui.Decode[cardUser](req.Value, h.users.CommandLine())
		if err != nil {
			return bot.Reply{}, err
		}
		return bot.Reply{Later: func(ctx context.Context) (bot.Reply, error) {
			u, err := h.users.Find(ctx, at.Card, at.User)
			if err != nil {
				return bot.Reply{}, err
			}
			if u.Voided == void {
				return bot.Reply{}, &bot.Mistake{
					Text: fmt.Sprintf("The card of %s is %s already.", ui.PersonName(personOf(u)), voidWord(void)),
					Hint: h.users.CommandLine() + " shows how it is now.",
				}
			}
			defer h.users.Fetched.Forget(at.Card)
			_, err = h.api.UpdateLoyaltyUser(ctx, coupontools.LoyaltyUserUpdate{Card: at.Card, User: at.User, Voided: &void})
			notice := ui.Record(ctx, h.audit, req, sends.Entry{
				What: auditVoid, Note: at.User + " of " + at.Card, Before: voidWord(!void), After: voidWord(void),
			}, err)
			if err != nil {
				return bot.Reply{}, ui.Unchanged(fmt.Errorf("void or restore a loyalty card: %w", err))
			}
			said := fmt.Sprintf("The card of %s is now %s.", ui.PersonName(personOf(u)), voidWord(void))
			return bot.Reply{Text: format.Joined(" ", said, notice)}, nil
		}}, nil
	}
}

func voidWord(void bool) string {
	if void {
		return "voided"
	}
	return "in use"
}

// newCardUser is a user who is to be created.
type newCardUser struct {
	Card                              string
	FirstName, LastName, Email, Phone string
}

func (h handlers) cardName(id string) string {
	return format.NameAndID(format.Short(h.cards.NameOf(id)), id)
}

func (h handlers) createView(card string) *slack.ModalViewRequest {
	return blocks.WithMetadata(blocks.Modal(
		viewCreate,
		"New user",
		"Check",
		"Cancel",
		append(
			[]slack.Block{blocks.Rich(blocks.Field("Loyalty card", h.cardName(card)))},
			form.PersonInputs(true, nil)...)...), card)
}

func (h handlers) checkCreate(c ui.Change[newCardUser]) bot.Handler {
	return func(ctx context.Context, req bot.Request) (bot.Reply, error) {
		n := newCardUser{
			Card: req.View.Metadata, FirstName: format.OneLine(req.View.Value(form.FieldFirstName)),
			LastName: format.OneLine(req.View.Value(form.FieldLastName)),
		}
		var wrong map[string]string
		n.Email, n.Phone, wrong = form.ReadContact(req.View, h.region)
		if n.Email == "" && n.Phone == "" && len(wrong) == 0 {
			wrong[form.FieldEmail] = "Give an e-mail address or a phone number."
		}
		if len(wrong) > 0 {
			return bot.Reply{Errors: wrong}, nil
		}
		return c.Preview(
			ctx,
			req,
			n,
			blocks.Rich(blocks.Field("Loyalty card", h.cardName(n.Card)),
				blocks.Field("Name", format.Joined(" ", n.FirstName, n.LastName)), blocks.Field("E-mail address", n.Email),
				blocks.Field("Phone number", n.Phone)),
			blocks.Text("This person becomes known to Coupontools and has the card from then on."),
		), nil
	}
}

func (h handlers) createChange() ui.Change[newCardUser] {
	return ui.Change[newCardUser]{
		View: "loyalty_create_check", Title: "New user", Button: "Give the card", WaitText: "Giving the card…",
		Store: h.store, Audit: h.audit,
		Do: func(ctx context.Context, _ bot.Request, n newCardUser) (string, sends.Entry, error) {
			defer h.users.Fetched.Forget(n.Card)
			id, err := h.api.CreateLoyaltyUserV4(ctx, n.Card, coupontools.LoyaltyUserV4Fields{
				FirstName: n.FirstName, LastName: n.LastName, Email: n.Email, Phone: n.Phone,
			})
			e := sends.Entry{What: auditCreate, Note: format.Joined(" of ", id, n.Card)}
			if err != nil {
				return "", e, fmt.Errorf("give a loyalty card: %w", err)
			}
			return fmt.Sprintf("%s now has %s.", cmp.Or(format.Joined(" ", n.FirstName, n.LastName), n.Email, n.Phone),
				h.cardName(n.Card)), e, nil
		},
	}
}

func (h handlers) linkView(card string) *slack.ModalViewRequest {
	return blocks.WithMetadata(blocks.Modal(viewLink, "Link a user", "Check", "Cancel",
		blocks.Rich(blocks.Field("Loyalty card", h.cardName(card))),
		blocks.TextInput(blocks.Input{
			Name: fieldUserID, Label: "Id of the user", Hint: "The id that the user has on another card, as lus_61001.",
		}, "", form.MaxIDInput)), card)
}

func (h handlers) checkLink(c ui.Change[cardUser]) bot.Handler {
	return func(ctx context.Context, req bot.Request) (bot.Reply, error) {
		s := cardUser{Card: req.View.Metadata, User: format.OneLine(req.View.Value(fieldUserID))}
		if s.User == "" {
			return bot.Reply{Errors: map[string]string{fieldUserID: "Give the id of a user."}}, nil
		}
		return c.Preview(ctx, req, s,
			blocks.Text(fmt.Sprintf("The user %s gets the loyalty card %s.", format.Short(s.User), h.cardName(s.Card)))), nil
	}
}

func (h handlers) linkChange() ui.Change[cardUser] {
	return ui.Change[cardUser]{
		View: "loyalty_link_check", Title: "Link a user", Button: "Give the card", WaitText: "Giving the card…",
		Store: h.store, Audit: h.audit,
		Do: func(ctx context.Context, _ bot.Request, s cardUser) (string, sends.Entry, error) {
			defer h.users.Fetched.Forget(s.Card)
			e := sends.Entry{What: auditLink, Note: format.Short(s.User) + " of " + s.Card}
			if err := h.api.LinkLoyaltyUser(ctx, s.Card, s.User); err != nil {
				return "", e, ui.NotKnown(fmt.Errorf("link a loyalty user: %w", err), "the user or the loyalty card",
					h.users.CommandLine())
			}
			return fmt.Sprintf("The user %s now has %s.", format.Short(s.User), h.cardName(s.Card)), e, nil
		},
	}
}
