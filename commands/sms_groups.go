package commands

import (
	"github.com/slack-go/slack"

	"github.com/coupontools/couponbot/bot"
	"github.com/coupontools/couponbot/bot/blocks"
	"github.com/coupontools/couponbot/coupontools"
	"github.com/coupontools/couponbot/internal/bulkhead"
)

// smsGroupList is the list of SMS groups.
type smsGroupList = itemList[coupontools.SMSGroup]

func newSMSGroupList(guard *bulkhead.Guard, api *coupontools.Client, files deliverer) smsGroupList {
	kept := newCachedList(guard, api.SMSGroups)
	return smsGroupList{
		plural: plural{"SMS group", "SMS groups"}, topic: "sms-groups", title: "SMS groups",
		source: kept, changed: kept.forget, files: files,
		row: func(g coupontools.SMSGroup) []slack.Block {
			return []slack.Block{blocks.WithButton(blocks.Text(sentence(g.Name)+"\n"+short(g.ID)),
				blocks.Button(actionSMSContacts, "Contacts", g.ID, blocks.Label("Show the contacts of "+oneLine(g.Name))))}
		},
		more: []slack.BlockElement{blocks.Button(actionSMSGroupCreate, "New group", "new", blocks.Label("Make a new SMS group"))},
		columns: []column[coupontools.SMSGroup]{
			{"id", func(g coupontools.SMSGroup) string { return g.ID }},
			{"name", func(g coupontools.SMSGroup) string { return g.Name }},
		},
	}
}

// smsGroupsCommand answers "/coupontools sms-groups" with the SMS groups, for all in the channel to see.
func smsGroupsCommand(l smsGroupList) bot.Command {
	return bot.Command{
		Topic: l.topic, Group: groupContacts, Usage: "[words to filter by]",
		Summary: "List the SMS groups",
		Examples: []bot.Example{
			{Line: "/coupontools sms-groups", Does: "lists all SMS groups, ten at a time"},
			{Line: "/coupontools sms-groups vip", Does: "lists those with “vip” in the name or id"},
		},
		Run:     l.run,
		Actions: l.actions(),
	}
}
