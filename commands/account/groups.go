package account

import (
	"github.com/slack-go/slack"

	"github.com/coupontools/couponbot/bot"
	"github.com/coupontools/couponbot/bot/blocks"
	"github.com/coupontools/couponbot/commands/internal/format"
	"github.com/coupontools/couponbot/commands/internal/ui"
	"github.com/coupontools/couponbot/coupontools"
	"github.com/coupontools/couponbot/internal/bulkhead"
)

// emailGroupList is the list of e-mail groups.
type emailGroupList = ui.List[coupontools.EmailGroup]

func newEmailGroupList(guard *bulkhead.Guard, api *coupontools.Client, files ui.Deliverer) emailGroupList {
	return emailGroupList{
		Plural: ui.Plural{One: "e-mail group", Many: "e-mail groups"}, Topic: "email-groups", Title: "E-mail groups",
		Source: ui.NewCachedList(guard, api.EmailGroups), Files: files,
		Row: func(g coupontools.EmailGroup) []slack.Block {
			return []slack.Block{blocks.Text(format.Sentence(g.Name) + "\n" + format.Short(g.ID))}
		},
		Columns: []ui.Column[coupontools.EmailGroup]{
			{Name: "id", Value: func(g coupontools.EmailGroup) string { return g.ID }},
			{Name: "name", Value: func(g coupontools.EmailGroup) string { return g.Name }},
		},
	}
}

// emailGroupsCommand answers "/coupontools email-groups" with the public list. The API documents no call for the members of a
// group.
func emailGroupsCommand(l emailGroupList) bot.Command {
	return bot.Command{
		Topic: l.Topic, Group: ui.GroupContacts, Usage: "[words to filter by]",
		Summary: "List the e-mail groups",
		Examples: []bot.Example{
			{Line: "/coupontools email-groups", Does: "lists all e-mail groups, ten at a time"},
			{Line: "/coupontools email-groups vip", Does: "lists those with “vip” in the name or id"},
		},
		Run:     l.Run,
		Actions: l.Actions(),
	}
}

// smsGroupList is the list of SMS groups.
type smsGroupList = ui.List[coupontools.SMSGroup]

func newSMSGroupList(guard *bulkhead.Guard, api *coupontools.Client, files ui.Deliverer) smsGroupList {
	kept := ui.NewCachedList(guard, api.SMSGroups)
	return smsGroupList{
		Plural: ui.Plural{One: "SMS group", Many: "SMS groups"}, Topic: "sms-groups", Title: "SMS groups",
		Source: kept, Changed: kept.Forget, Files: files,
		Row: func(g coupontools.SMSGroup) []slack.Block {
			return []slack.Block{blocks.WithButton(blocks.Text(format.Sentence(g.Name)+"\n"+format.Short(g.ID)),
				blocks.Button(actionSMSContacts, "Contacts", g.ID, blocks.Label("Show the contacts of "+format.OneLine(g.Name))))}
		},
		More: []slack.BlockElement{blocks.Button(actionSMSGroupCreate, "New group", "new", blocks.Label("Make a new SMS group"))},
		Columns: []ui.Column[coupontools.SMSGroup]{
			{Name: "id", Value: func(g coupontools.SMSGroup) string { return g.ID }},
			{Name: "name", Value: func(g coupontools.SMSGroup) string { return g.Name }},
		},
	}
}

// smsGroupsCommand answers "/coupontools sms-groups" with the public list.
func smsGroupsCommand(k contactHandlers) bot.Command {
	l, create := k.groups, k.groupChange()
	c := bot.Command{
		Topic: l.Topic, Group: ui.GroupContacts, Usage: "[words to filter by]",
		Summary: "List the SMS groups",
		Examples: []bot.Example{
			{Line: "/coupontools sms-groups", Does: "lists all SMS groups, ten at a time"},
			{Line: "/coupontools sms-groups vip", Does: "lists those with “vip” in the name or id"},
		},
		Run:     l.Run,
		Actions: l.Actions(),
		Submissions: map[string]bot.Submission{
			viewSMSGroupCreate: {Right: bot.Send, Run: k.createGroup(create)}, create.View: {Right: bot.Send, Run: create.Confirmed},
		},
	}
	c.Actions[actionSMSContacts] = bot.Action{Right: bot.Send, Run: k.users.Open}
	c.Actions[actionSMSGroupCreate] = bot.Action{Right: bot.Send, Run: ui.PushForm(k.groupView)}
	return c
}
