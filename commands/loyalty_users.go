package commands

import (
	"cmp"
	"context"
	"fmt"
	"strconv"

	"github.com/slack-go/slack"

	"github.com/coupontools/couponbot/bot"
	"github.com/coupontools/couponbot/bot/blocks"
	"github.com/coupontools/couponbot/coupontools"
	"github.com/coupontools/couponbot/sends"
)

const (
	actionLoyaltyUsers   = "loyalty_users"
	actionLoyaltyVoid    = "loyalty_void"
	actionLoyaltyRestore = "loyalty_restore"
	actionLoyaltyCreate  = "loyalty_create"
	actionLoyaltyLink    = "loyalty_link"

	viewLoyaltyCreate = "loyalty_create"
	viewLoyaltyLink   = "loyalty_link"

	fieldUserID = "user_id"
)

// loyaltyAPI is the part of the Coupontools client that changes cards and who has them, and sends them messages.
type loyaltyAPI interface {
	UpdateLoyaltyUser(ctx context.Context, u coupontools.LoyaltyUserUpdate) (points int, err error)
	CreateLoyaltyUserV4(ctx context.Context, card string, u coupontools.LoyaltyUserV4Fields) (string, error)
	CreateLoyaltyUsersV4(ctx context.Context, card string, users []coupontools.LoyaltyUserV4Fields) ([]string, error)
	LinkLoyaltyUser(ctx context.Context, card, user string) error
	CopyLoyaltyCardV4(ctx context.Context, card, name string) (*coupontools.LoyaltyCard, error)
	PushToLoyaltyUser(ctx context.Context, push coupontools.LoyaltyPush) error
	PushToLoyaltyCard(ctx context.Context, push coupontools.LoyaltyPush) error
}

// loyaltyHandlers are the people who have a loyalty card.
type loyaltyHandlers struct {
	cards   loyaltyCards
	users   userList[coupontools.LoyaltyUser, coupontools.LoyaltyCard]
	api     loyaltyAPI
	store   onceStore
	uploads uploads
	audit   recorder
	// region is the country of phone numbers written without +.
	region string
}

// cardUser names a card and, if it is in somebody's hands, the person.
type cardUser struct {
	Card string `json:"card"`
	User string `json:"user,omitempty"`
}

func newLoyaltyHandlers(cards loyaltyCards, d domainDeps) loyaltyHandlers {
	return loyaltyHandlers{
		cards: cards, api: d.Client, store: d.Store, uploads: d.Uploads, audit: d.Audit, region: d.Region,
		users: userList[coupontools.LoyaltyUser, coupontools.LoyaltyCard]{
			topic: "loyalty-users", title: "Who has ", plural: plural{"user", "users"}, parents: cards, person: loyaltyPerson,
			fetched: newLocalCache(d.Guard, freshFor, d.Client.LoyaltyUsers), store: d.Store, files: d.Files, audit: d.Audit,
			row: cardUserRows(cards), more: cardUserButtons,
			columns: []column[coupontools.LoyaltyUser]{
				{"id", func(u coupontools.LoyaltyUser) string { return u.ID }},
				{"first_name", func(u coupontools.LoyaltyUser) string { return u.FirstName }},
				{"last_name", func(u coupontools.LoyaltyUser) string { return u.LastName }},
				{"email", func(u coupontools.LoyaltyUser) string { return u.Email }},
				{"phone", func(u coupontools.LoyaltyUser) string { return u.Phone }},
				{"points", func(u coupontools.LoyaltyUser) string { return strconv.Itoa(u.Points) }},
				{"voided", func(u coupontools.LoyaltyUser) string { return strconv.FormatBool(u.Voided) }},
			},
		},
	}
}

func loyaltyPerson(u coupontools.LoyaltyUser) coupontools.DirectoryUser {
	return coupontools.DirectoryUser{ID: u.ID, FirstName: u.FirstName, LastName: u.LastName, Email: u.Email, Phone: u.Phone}
}

// cardUserRows shows people with what they have gathered, by the words of the card as far as it is at hand.
func cardUserRows(cards loyaltyCards) func(string, coupontools.LoyaltyUser) []slack.Block {
	return func(card string, u coupontools.LoyaltyUser) []slack.Block {
		of := plural{"point or stamp", "points or stamps"}
		if c, ok := cards.local(card); ok {
			of = unit(c)
		}
		return cardUserRow(card, u, of)
	}
}

func cardUserRow(card string, u coupontools.LoyaltyUser, of plural) []slack.Block {
	at, name, who := value(cardUser{card, u.ID}), oneLine(u.Name()), personName(loyaltyPerson(u))
	facts := []string{count(u.Points, of.one, of.many)}
	buttons := []slack.BlockElement{
		blocks.Button(actionPoints, "Points", at, blocks.Label("Change the points of "+name)),
		blocks.Button(actionLoyaltyVoid, "Void", at, blocks.Danger, blocks.Label("Void the card of "+name),
			blocks.Ask("Void this card?", "The card of "+who+" is then of no use to them, until it is restored.", "Void", "Keep")),
	}
	if u.Voided {
		facts = append(facts, "voided")
		buttons = []slack.BlockElement{blocks.Button(actionLoyaltyRestore, "Restore", at, blocks.Label("Restore the card of "+name),
			blocks.Ask("Restore this card?", "The card of "+who+" can be used again.", "Restore", "Leave it"))}
	}
	return []slack.Block{blocks.Text(personRow(loyaltyPerson(u), facts...)), blocks.Actions("", buttons...)}
}

func cardUserButtons(card string) []slack.BlockElement {
	return []slack.BlockElement{
		blocks.Button(actionLoyaltyCreate, "New user", card, blocks.Label("Give the card to somebody new")),
		blocks.Button(actionLoyaltyLink, "Link a user", card, blocks.Label("Give the card to somebody who has another one")),
		blocks.Button(actionLoyaltyImport, "Import", card, blocks.Label("Give the card to the people in a file")),
	}
}

// loyaltyUsersCommand answers "/coupontools loyalty-users", only to the person who asked.
func loyaltyUsersCommand(h loyaltyHandlers) bot.Command {
	create, link, push, duplicate, imports := h.createChange(), h.linkChange(), h.pushChange(), h.copyChange(), h.imports()
	c := bot.Command{
		Topic: h.users.topic, Group: groupLoyalty, Usage: "[card] [who]",
		Summary: "Look up who has a loyalty card", Right: bot.Send,
		Examples: []bot.Example{
			{Line: "/coupontools loyalty-users", Does: "lets you choose the card"},
			{Line: "/coupontools loyalty-users Club card", Does: "shows who has “Club card”"},
			{Line: "/coupontools loyalty-users Club card anna", Does: "shows those with “anna” in the name or e-mail address"},
		},
		Run:     h.users.run,
		Actions: h.users.actions(),
		Submissions: map[string]bot.Submission{
			viewLoyaltyCreate: {Run: h.create(create)}, create.view: {Run: create.confirmed},
			viewLoyaltyLink: {Run: h.link(link)}, link.view: {Run: link.confirmed},
			viewLoyaltyImport: {Run: h.importFile(imports)}, imports.view: {Run: imports.confirmed},
			viewLoyaltyPush: {Run: h.push(push)}, push.view: {Run: push.confirmed},
			viewLoyaltyCopy: {Run: h.copy(duplicate)}, duplicate.view: {Run: duplicate.confirmed},
		},
		Options: map[string]bot.Options{actionLoyaltyUsers: {Run: h.cards.suggest}},
	}
	c.Actions[actionLoyaltyVoid] = bot.Action{Run: h.void(true)}
	c.Actions[actionLoyaltyRestore] = bot.Action{Run: h.void(false)}
	c.Actions[actionLoyaltyCreate] = bot.Action{Run: pushForm(h.createView)}
	c.Actions[actionLoyaltyImport] = bot.Action{Run: pushForm(h.importView)}
	c.Actions[actionLoyaltyLink] = bot.Action{Run: pushForm(h.linkView)}
	c.Actions[actionLoyaltyPush] = bot.Action{Run: pushForm(h.pushView)}
	c.Actions[actionLoyaltyCopy] = bot.Action{Run: pushForm(h.copyView)}
	return c
}

// void voids the card of a button, or restores it. Which of the two a list offers may be out of date.
func (h loyaltyHandlers) void(void bool) bot.Handler {
	return func(_ context.Context, req bot.Request) (bot.Reply, error) {
		at, err := decode[cardUser](req.Value, h.users.commandLine())
		if err != nil {
			return bot.Reply{}, err
		}
		return bot.Reply{Later: func(ctx context.Context) (bot.Reply, error) {
			u, err := h.users.find(ctx, at.Card, at.User)
			if err != nil {
				return bot.Reply{}, err
			}
			if u.Voided == void {
				return bot.Reply{}, &bot.Mistake{
					Text: fmt.Sprintf("The card of %s is %s already.", personName(loyaltyPerson(u)), voidWord(void)),
					Hint: h.users.commandLine() + " shows how it is now.",
				}
			}
			defer h.users.fetched.forget(at.Card)
			_, err = h.api.UpdateLoyaltyUser(ctx, coupontools.LoyaltyUserUpdate{Card: at.Card, User: at.User, Voided: &void})
			word := record(ctx, h.audit, req, sends.Entry{
				What: auditLoyaltyVoid, Note: at.User + " of " + at.Card, Before: voidWord(!void), After: voidWord(void),
			}, err)
			if err != nil {
				return bot.Reply{}, unchanged(fmt.Errorf("void or restore a loyalty card: %w", err))
			}
			said := fmt.Sprintf("The card of %s is now %s.", personName(loyaltyPerson(u)), voidWord(void))
			return bot.Reply{Text: joined(" ", said, word)}, nil
		}}, nil
	}
}

func voidWord(void bool) string {
	if void {
		return "voided"
	}
	return "in use"
}

// newCardUser is somebody who is to be given a card.
type newCardUser struct {
	Card                              string
	FirstName, LastName, Email, Phone string
}

func (h loyaltyHandlers) cardName(id string) string { return nameAndID(short(h.cards.nameOf(id)), id) }

func (h loyaltyHandlers) createView(card string) *slack.ModalViewRequest {
	return blocks.WithMetadata(blocks.Modal(viewLoyaltyCreate, "New user", "Check", "Cancel",
		append([]slack.Block{blocks.Rich(blocks.Field("Loyalty card", h.cardName(card)))}, personInputs(true, nil)...)...), card)
}

func (h loyaltyHandlers) create(c change[newCardUser]) bot.Handler {
	return func(ctx context.Context, req bot.Request) (bot.Reply, error) {
		n := newCardUser{
			Card: req.View.Metadata, FirstName: oneLine(req.View.Value(fieldFirstName)), LastName: oneLine(req.View.Value(fieldLastName)),
		}
		var wrong map[string]string
		n.Email, n.Phone, wrong = readContact(req.View, h.region)
		if n.Email == "" && n.Phone == "" && len(wrong) == 0 {
			wrong[fieldEmail] = "Give an e-mail address or a phone number."
		}
		if len(wrong) > 0 {
			return bot.Reply{Errors: wrong}, nil
		}
		return c.preview(ctx, req, n,
			blocks.Rich(blocks.Field("Loyalty card", h.cardName(n.Card)), blocks.Field("Name", joined(" ", n.FirstName, n.LastName)),
				blocks.Field("E-mail address", n.Email), blocks.Field("Phone number", n.Phone)),
			blocks.Text("This person becomes known to Coupontools and has the card from then on.")), nil
	}
}

func (h loyaltyHandlers) createChange() change[newCardUser] {
	return change[newCardUser]{
		view: "loyalty_create_check", title: "New user", button: "Give the card", waitText: "Giving the card…",
		store: h.store, audit: h.audit,
		do: func(ctx context.Context, _ bot.Request, n newCardUser) (string, sends.Entry, error) {
			defer h.users.fetched.forget(n.Card)
			id, err := h.api.CreateLoyaltyUserV4(ctx, n.Card, coupontools.LoyaltyUserV4Fields{
				FirstName: n.FirstName, LastName: n.LastName, Email: n.Email, Phone: n.Phone,
			})
			e := sends.Entry{What: auditLoyaltyCreate, Note: joined(" of ", id, n.Card)}
			if err != nil {
				return "", e, fmt.Errorf("give a loyalty card: %w", err)
			}
			return fmt.Sprintf("%s now has %s.", cmp.Or(joined(" ", n.FirstName, n.LastName), n.Email, n.Phone), h.cardName(n.Card)), e, nil
		},
	}
}

func (h loyaltyHandlers) linkView(card string) *slack.ModalViewRequest {
	return blocks.WithMetadata(blocks.Modal(viewLoyaltyLink, "Link a user", "Check", "Cancel",
		blocks.Rich(blocks.Field("Loyalty card", h.cardName(card))),
		blocks.TextInput(blocks.Input{
			Name: fieldUserID, Label: "Id of the user", Hint: "The id that the user has on another card, as lus_61001.",
		}, "", maxIDInput)), card)
}

func (h loyaltyHandlers) link(c change[cardUser]) bot.Handler {
	return func(ctx context.Context, req bot.Request) (bot.Reply, error) {
		s := cardUser{Card: req.View.Metadata, User: oneLine(req.View.Value(fieldUserID))}
		if s.User == "" {
			return bot.Reply{Errors: map[string]string{fieldUserID: "Give the id of a user."}}, nil
		}
		return c.preview(ctx, req, s,
			blocks.Text(fmt.Sprintf("The user %s gets the loyalty card %s.", short(s.User), h.cardName(s.Card)))), nil
	}
}

func (h loyaltyHandlers) linkChange() change[cardUser] {
	return change[cardUser]{
		view: "loyalty_link_check", title: "Link a user", button: "Give the card", waitText: "Giving the card…",
		store: h.store, audit: h.audit,
		do: func(ctx context.Context, _ bot.Request, s cardUser) (string, sends.Entry, error) {
			defer h.users.fetched.forget(s.Card)
			e := sends.Entry{What: auditLoyaltyLink, Note: short(s.User) + " of " + s.Card}
			if err := h.api.LinkLoyaltyUser(ctx, s.Card, s.User); err != nil {
				return "", e, notKnown(fmt.Errorf("link a loyalty user: %w", err), "the user or the loyalty card", h.users.commandLine())
			}
			return fmt.Sprintf("The user %s now has %s.", short(s.User), h.cardName(s.Card)), e, nil
		},
	}
}
