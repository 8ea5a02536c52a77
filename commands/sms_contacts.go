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
	"github.com/coupontools/couponbot/sends/recipients"
)

const (
	actionSMSContacts      = "sms_contacts"
	actionSMSContactCreate = "sms_contact_create"
	actionSMSGroupCreate   = "sms_group_create"

	viewSMSContactCreate = "sms_contact_create"
	viewSMSGroupCreate   = "sms_group_create"

	fieldGroupName = "group_name"
)

// contactAPI is the part of the Coupontools client that adds groups and contacts.
type contactAPI interface {
	AddSMSGroup(ctx context.Context, name string) (string, error)
	AddSMSContact(ctx context.Context, add coupontools.SMSContactAdd) (string, error)
}

// contactHandlers are the people in SMS groups.
type contactHandlers struct {
	groups smsGroupList
	users  userList[coupontools.SMSContact, coupontools.SMSGroup]
	api    contactAPI
	store  onceStore
	audit  recorder
	rules  recipients.Rules
}

// newContact is somebody who is to be put into a group.
type newContact struct {
	Group, Phone, FirstName, LastName string
}

func newContactHandlers(groups smsGroupList, d domainDeps) contactHandlers {
	return contactHandlers{
		groups: groups, api: d.Client, store: d.Store, audit: d.Audit,
		rules: recipients.Rules{Kind: recipients.SMS, Region: d.Region, Allowed: d.Countries},
		users: userList[coupontools.SMSContact, coupontools.SMSGroup]{
			topic: "sms-contacts", title: "Contacts of ", plural: plural{"contact", "contacts"}, parents: groups, person: contactPerson,
			fetched: newLocalCache(d.Guard, freshFor, d.Client.SMSContacts), store: d.Store, files: d.Files, audit: d.Audit,
			row: contactRow, more: func(group string) []slack.BlockElement {
				return []slack.BlockElement{
					blocks.Button(actionSMSContactCreate, "New contact", group, blocks.Label("Put somebody into the group")),
				}
			},
			columns: []column[coupontools.SMSContact]{
				{"id", func(c coupontools.SMSContact) string { return c.ID }},
				{"phone", func(c coupontools.SMSContact) string { return contactPerson(c).Phone }},
				{"first_name", func(c coupontools.SMSContact) string { return c.FirstName }},
				{"last_name", func(c coupontools.SMSContact) string { return c.LastName }},
				{"unsubscribed", func(c coupontools.SMSContact) string { return strconv.FormatBool(c.Unsubscribed) }},
			},
		},
	}
}

// contactPerson writes the number with its plus, which Coupontools leaves away.
func contactPerson(c coupontools.SMSContact) coupontools.DirectoryUser {
	u := coupontools.DirectoryUser{ID: c.ID, FirstName: c.FirstName, LastName: c.LastName, Phone: c.Phone}
	if number, err := recipients.Phone("+"+c.Phone, recipients.Rules{Kind: recipients.SMS}); err == nil {
		u.Phone = number.To
	}
	return u
}

func contactRow(_ string, c coupontools.SMSContact) []slack.Block {
	var facts []string
	if c.Unsubscribed {
		facts = append(facts, joined(" ", "unsubscribed", dateOnly(c.UnsubscribedAt)))
	}
	return []slack.Block{blocks.Text(personRow(contactPerson(c), facts...))}
}

// smsContactsCommand answers "/coupontools sms-contacts", only to the person who asked.
func smsContactsCommand(k contactHandlers) bot.Command {
	group, contact := k.groupChange(), k.contactChange()
	c := bot.Command{
		Topic: k.users.topic, Group: groupContacts, Usage: "[group] [who]",
		Summary: "Look up who is in an SMS group, and add to it", Right: bot.Send,
		Examples: []bot.Example{
			{Line: "/coupontools sms-contacts", Does: "lets you choose the group"},
			{Line: "/coupontools sms-contacts VIP customers", Does: "shows who is in “VIP customers”"},
			{Line: "/coupontools sms-contacts VIP customers 0470 12", Does: "shows those with that in the phone number"},
		},
		Run:     k.users.run,
		Actions: k.users.actions(),
		Submissions: map[string]bot.Submission{
			viewSMSGroupCreate: {Run: k.createGroup(group)}, group.view: {Run: group.confirmed},
			viewSMSContactCreate: {Run: k.createContact(contact)}, contact.view: {Run: contact.confirmed},
		},
		Options: map[string]bot.Options{actionSMSContacts: {Run: k.groups.suggest}},
	}
	c.Actions[actionSMSGroupCreate] = bot.Action{Run: pushForm(k.groupView)}
	c.Actions[actionSMSContactCreate] = bot.Action{Run: pushForm(k.contactView)}
	return c
}

// groupView is the form for a new group.
func (k contactHandlers) groupView(string) *slack.ModalViewRequest {
	return blocks.Modal(viewSMSGroupCreate, "New SMS group", "Check", "Cancel",
		blocks.TextInput(blocks.Input{Name: fieldGroupName, Label: "Name"}, "", maxNameInput))
}

func (k contactHandlers) groupName(id string) string {
	return nameAndID(short(k.groups.nameOf(id)), id)
}

func (k contactHandlers) createGroup(c change[string]) bot.Handler {
	return func(ctx context.Context, req bot.Request) (bot.Reply, error) {
		name := oneLine(req.View.Value(fieldGroupName))
		if name == "" {
			return bot.Reply{Errors: map[string]string{fieldGroupName: "Give the group a name."}}, nil
		}
		told := []slack.Block{blocks.Text("An SMS group named “" + name + "” is made, with nobody in it.")}
		if l := k.groups.source.Local(); l != nil && len(l.Named(name)) > 0 {
			told = append(told, blocks.Text("There is a group of that name already: then there are two."))
		}
		return c.preview(ctx, req, name, told...), nil
	}
}

func (k contactHandlers) groupChange() change[string] {
	return change[string]{
		view: "sms_group_create_check", title: "New SMS group", button: "Create", waitText: "Creating the group…",
		store: k.store, audit: k.audit,
		do: func(ctx context.Context, _ bot.Request, name string) (string, sends.Entry, error) {
			defer k.groups.changed()
			id, err := k.api.AddSMSGroup(ctx, name)
			e := sends.Entry{What: auditSMSGroup, Note: id}
			if err != nil {
				return "", e, fmt.Errorf("add SMS group: %w", err)
			}
			return "The SMS group " + nameAndID(name, id) + " was made.", e, nil
		},
	}
}

func (k contactHandlers) contactView(group string) *slack.ModalViewRequest {
	return blocks.WithMetadata(blocks.Modal(viewSMSContactCreate, "New contact", "Check", "Cancel",
		blocks.Rich(blocks.Field("SMS group", k.groupName(group))),
		blocks.TextInput(blocks.Input{
			Name: fieldPhone, Label: "Phone number", Hint: "With + and the country code, as +32470123456.",
		}, "", maxIDInput),
		blocks.TextInput(blocks.Input{Name: fieldFirstName, Label: "First name", Optional: true}, "", maxNameInput),
		blocks.TextInput(blocks.Input{Name: fieldLastName, Label: "Last name", Optional: true}, "", maxNameInput)), group)
}

// createContact takes the form. A number that is in the group already is told at once, and so is that it unsubscribed.
func (k contactHandlers) createContact(c change[newContact]) bot.Handler {
	return func(_ context.Context, req bot.Request) (bot.Reply, error) {
		number, err := recipients.Phone(req.View.Value(fieldPhone), k.rules)
		if err != nil {
			return bot.Reply{Errors: map[string]string{fieldPhone: err.Error()}}, nil
		}
		n := newContact{
			Group: req.View.Metadata, Phone: number.To,
			FirstName: oneLine(req.View.Value(fieldFirstName)), LastName: oneLine(req.View.Value(fieldLastName)),
		}
		return checking(viewSMSContactCreate+"_wait", "New contact", k.users.waitText(), func(ctx context.Context) (bot.Reply, error) {
			if err := k.isNew(ctx, n); err != nil {
				return bot.Reply{}, err
			}
			return bot.Reply{View: c.previewView(ctx, req, n,
				blocks.Rich(blocks.Field("SMS group", k.groupName(n.Group)), blocks.Field("Phone number", n.Phone),
					blocks.Field("Name", joined(" ", n.FirstName, n.LastName))),
				blocks.Text("This person gets the text messages to the group from then on. Add only people who have agreed to that."))}, nil
		}), nil
	}
}

func (k contactHandlers) isNew(ctx context.Context, n newContact) error {
	have, err := k.users.fetched.renew(ctx, n.Group)
	if err != nil {
		return notKnown(fmt.Errorf("list contacts: %w", err), "this SMS group", k.groups.commandLine())
	}
	for _, c := range have {
		if contactPerson(c).Phone != n.Phone {
			continue
		}
		m := &bot.Mistake{Text: "This number is in the group already: " + personName(contactPerson(c)) + "."}
		if c.Unsubscribed {
			m.Text = "This number is in the group already, and has unsubscribed: " + personName(contactPerson(c)) + "."
			m.Hint = "Who unsubscribed must not be added again."
		}
		return m
	}
	return nil
}

func (k contactHandlers) contactChange() change[newContact] {
	return change[newContact]{
		view: "sms_contact_create_check", title: "New contact", button: "Add", waitText: "Adding the contact…",
		store: k.store, audit: k.audit,
		do: func(ctx context.Context, _ bot.Request, n newContact) (string, sends.Entry, error) {
			defer k.users.fetched.forget(n.Group)
			id, err := k.api.AddSMSContact(ctx, coupontools.SMSContactAdd{
				Group: n.Group, Phone: n.Phone, FirstName: n.FirstName, LastName: n.LastName,
			})
			e := sends.Entry{What: auditSMSContact, Note: cmp.Or(id, recipients.Mask(n.Phone)) + " in " + n.Group}
			if err != nil {
				return "", e, notKnown(fmt.Errorf("add SMS contact: %w", err), "this SMS group", k.groups.commandLine())
			}
			return fmt.Sprintf("%s is now in %s.", n.Phone, k.groupName(n.Group)), e, nil
		},
	}
}
