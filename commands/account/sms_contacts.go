package account

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

var (
	auditSMSGroup   = ui.Audited("sms_group", "made an SMS group")
	auditSMSContact = ui.Audited("sms_contact", "added a contact to an SMS group")
)

// contactHandlers answer the commands about SMS groups and their contacts.
type contactHandlers struct {
	groups smsGroupList
	users  ui.UserList[coupontools.SMSContact, coupontools.SMSGroup]
	api    *coupontools.Client
	store  ui.OnceStore
	audit  *sends.Service
	rules  recipients.Rules
}

// newContact is a contact that is to be added.
type newContact struct {
	Group, Phone, FirstName, LastName string
}

func newContactHandlers(groups smsGroupList, d ui.Deps) contactHandlers {
	return contactHandlers{
		groups: groups, api: d.Client, store: d.Store, audit: d.Audit,
		rules: recipients.Rules{Kind: recipients.SMS, Region: d.Region, Allowed: d.Countries},
		users: ui.UserList[coupontools.SMSContact, coupontools.SMSGroup]{
			Topic: "sms-contacts", Title: "Contacts of ", Plural: ui.Plural{One: "contact", Many: "contacts"},
			Parents: groups, Person: contactPerson,
			Fetched: ui.NewLocalCache(d.Guard, ui.FreshFor, d.Client.SMSContacts), Store: d.Store, Files: d.Files, Audit: d.Audit,
			Row: contactRow, More: func(group string) []slack.BlockElement {
				return []slack.BlockElement{
					blocks.Button(actionSMSContactCreate, "New contact", group, blocks.Label("Put somebody into the group")),
				}
			},
			Columns: []ui.Column[coupontools.SMSContact]{
				{Name: "id", Value: func(c coupontools.SMSContact) string { return c.ID }},
				{Name: "phone", Value: func(c coupontools.SMSContact) string { return contactPerson(c).Phone }},
				{Name: "first_name", Value: func(c coupontools.SMSContact) string { return c.FirstName }},
				{Name: "last_name", Value: func(c coupontools.SMSContact) string { return c.LastName }},
				{Name: "unsubscribed", Value: func(c coupontools.SMSContact) string { return strconv.FormatBool(c.Unsubscribed) }},
			},
		},
	}
}

// contactPerson returns a contact as a person. It adds the plus to the number, which the API omits.
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
		facts = append(facts, format.Joined(" ", "unsubscribed", dateOnly(c.UnsubscribedAt)))
	}
	return []slack.Block{blocks.Text(ui.PersonRow(contactPerson(c), facts...))}
}

// smsContactsCommand answers "/coupontools sms-contacts" privately.
func smsContactsCommand(k contactHandlers) bot.Command {
	create := k.contactChange()
	c := bot.Command{
		Topic: k.users.Topic, Group: ui.GroupContacts, Usage: "[group] [who]",
		Summary: "Look up who is in an SMS group, and add to it", Right: bot.Send,
		Examples: []bot.Example{
			{Line: "/coupontools sms-contacts", Does: "lets you choose the group"},
			{Line: "/coupontools sms-contacts VIP customers", Does: "shows who is in “VIP customers”"},
			{Line: "/coupontools sms-contacts VIP customers 0470 12", Does: "shows those with that in the phone number"},
		},
		Run:     k.users.Run,
		Actions: k.users.Actions(),
		Submissions: map[string]bot.Submission{
			viewSMSContactCreate: {Run: k.createContact(create)}, create.View: {Run: create.Confirmed},
		},
		Options: map[string]bot.Options{actionSMSContacts: {Run: k.groups.Suggest}},
	}
	c.Actions[actionSMSContactCreate] = bot.Action{Run: ui.PushForm(k.contactView)}
	return c
}

// groupView is the form for a new group.
func (k contactHandlers) groupView(string) *slack.ModalViewRequest {
	return blocks.Modal(viewSMSGroupCreate, "New SMS group", "Check", "Cancel",
		blocks.TextInput(blocks.Input{Name: fieldGroupName, Label: "Name"}, "", form.MaxNameInput))
}

func (k contactHandlers) groupName(id string) string {
	return format.NameAndID(format.Short(k.groups.NameOf(id)), id)
}

func (k contactHandlers) createGroup(c ui.Change[string]) bot.Handler {
	return func(ctx context.Context, req bot.Request) (bot.Reply, error) {
		name := format.OneLine(req.View.Value(fieldGroupName))
		if name == "" {
			return bot.Reply{Errors: map[string]string{fieldGroupName: "Give the group a name."}}, nil
		}
		told := []slack.Block{blocks.Text("An SMS group named “" + name + "” is made, with nobody in it.")}
		if l := k.groups.Source.Local(); l != nil && len(l.Named(name)) > 0 {
			told = append(told, blocks.Text("There is a group of that name already: then there are two."))
		}
		return c.Preview(ctx, req, name, told...), nil
	}
}

func (k contactHandlers) groupChange() ui.Change[string] {
	return ui.Change[string]{
		View: "sms_group_create_check", Title: "New SMS group", Button: "Create", WaitText: "Creating the group…",
		Store: k.store, Audit: k.audit,
		Do: func(ctx context.Context, _ bot.Request, name string) (string, sends.Entry, error) {
			defer k.groups.Changed()
			id, err := k.api.AddSMSGroup(ctx, name)
			e := sends.Entry{What: auditSMSGroup, Note: id}
			if err != nil {
				return "", e, fmt.Errorf("add SMS group: %w", err)
			}
			return "The SMS group " + format.NameAndID(name, id) + " was made.", e, nil
		},
	}
}

func (k contactHandlers) contactView(group string) *slack.ModalViewRequest {
	return blocks.WithMetadata(blocks.Modal(viewSMSContactCreate, "New contact", "Check", "Cancel",
		blocks.Rich(blocks.Field("SMS group", k.groupName(group))),
		blocks.TextInput(blocks.Input{
			Name: form.FieldPhone, Label: "Phone number", Hint: "With + and the country code, as +32470123456.",
		}, "", form.MaxIDInput),
		blocks.TextInput(blocks.Input{Name: form.FieldFirstName, Label: "First name", Optional: true}, "", form.MaxNameInput),
		blocks.TextInput(blocks.Input{Name: form.FieldLastName, Label: "Last name", Optional: true}, "", form.MaxNameInput)), group)
}

// createContact checks the form. It refuses a number that is in the group already, and says if that contact has unsubscribed.
func (k contactHandlers) createContact(c ui.Change[newContact]) bot.Handler {
	return func(_ context.Context, req bot.Request) (bot.Reply, error) {
		number, err := recipients.Phone(req.View.Value(form.FieldPhone), k.rules)
		if err != nil {
			return bot.Reply{Errors: map[string]string{form.FieldPhone: err.Error()}}, nil
		}
		n := newContact{
			Group: req.View.Metadata, Phone: number.To,
			FirstName: format.OneLine(req.View.Value(form.FieldFirstName)), LastName: format.OneLine(req.View.Value(form.FieldLastName)),
		}
		return ui.Checking(
			viewSMSContactCreate+"_wait",
			"New contact",
			k.users.WaitText(),
			func(ctx context.Context) (bot.Reply, error) {
				if err := k.isNew(ctx, n); err != nil {
					return bot.Reply{}, err
				}
				return bot.Reply{View: c.PreviewView(
					ctx,
					req,
					n,
					blocks.Rich(blocks.Field("SMS group", k.groupName(n.Group)), blocks.Field("Phone number", n.Phone),
						blocks.Field("Name", format.Joined(" ", n.FirstName, n.LastName))),
					blocks.Text("This person gets the text messages to the group from then on. Add only people who have agreed to that."),
				)}, nil
			},
		), nil
	}
}

func (k contactHandlers) isNew(ctx context.Context, n newContact) error {
	have, err := k.users.Fetched.Renew(ctx, n.Group)
	if err != nil {
		return ui.NotKnown(fmt.Errorf("list contacts: %w", err), "this SMS group", k.groups.CommandLine())
	}
	for _, c := range have {
		if contactPerson(c).Phone != n.Phone {
			continue
		}
		m := &bot.Mistake{Text: "This number is in the group already: " + ui.PersonName(contactPerson(c)) + "."}
		if c.Unsubscribed {
			m.Text = "This number is in the group already, and has unsubscribed: " + ui.PersonName(contactPerson(c)) + "."
			m.Hint = "Who unsubscribed must not be added again."
		}
		return m
	}
	return nil
}

func (k contactHandlers) contactChange() ui.Change[newContact] {
	return ui.Change[newContact]{
		View: "sms_contact_create_check", Title: "New contact", Button: "Add", WaitText: "Adding the contact…",
		Store: k.store, Audit: k.audit,
		Do: func(ctx context.Context, _ bot.Request, n newContact) (string, sends.Entry, error) {
			defer k.users.Fetched.Forget(n.Group)
			id, err := k.api.AddSMSContact(ctx, coupontools.SMSContactAdd{
				Group: n.Group, Phone: n.Phone, FirstName: n.FirstName, LastName: n.LastName,
			})
			e := sends.Entry{What: auditSMSContact, Note: cmp.Or(id, recipients.Mask(n.Phone)) + " in " + n.Group}
			if err != nil {
				return "", e, ui.NotKnown(fmt.Errorf("add SMS contact: %w", err), "this SMS group", k.groups.CommandLine())
			}
			return fmt.Sprintf("%s is now in %s.", n.Phone, k.groupName(n.Group)), e, nil
		},
	}
}
