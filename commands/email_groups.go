package commands

import (
	"github.com/slack-go/slack"

	"github.com/coupontools/couponbot/bot"
	"github.com/coupontools/couponbot/bot/blocks"
	"github.com/coupontools/couponbot/coupontools"
	"github.com/coupontools/couponbot/internal/bulkhead"
)

// emailGroupList is the list of e-mail groups.
type emailGroupList = itemList[coupontools.EmailGroup]

func newEmailGroupList(guard *bulkhead.Guard, api *coupontools.Client, files deliverer) emailGroupList {
	return emailGroupList{
		plural: plural{"e-mail group", "e-mail groups"}, topic: "email-groups", title: "E-mail groups",
		source: newCachedList(guard, api.EmailGroups), files: files,
		row: func(g coupontools.EmailGroup) []slack.Block {
			return []slack.Block{blocks.Text(sentence(g.Name) + "\n" + short(g.ID))}
		},
		columns: []column[coupontools.EmailGroup]{
			{"id", func(g coupontools.EmailGroup) string { return g.ID }},
			{"name", func(g coupontools.EmailGroup) string { return g.Name }},
		},
	}
}

// emailGroupsCommand answers "/coupontools email-groups" with the e-mail groups, for all in the channel to see. Coupontools
// documents no call for who is in them.
func emailGroupsCommand(l emailGroupList) bot.Command {
	return bot.Command{
		Topic: l.topic, Group: groupContacts, Usage: "[words to filter by]",
		Summary: "List the e-mail groups",
		Examples: []bot.Example{
			{Line: "/coupontools email-groups", Does: "lists all e-mail groups, ten at a time"},
			{Line: "/coupontools email-groups vip", Does: "lists those with “vip” in the name or id"},
		},
		Run:     l.run,
		Actions: l.actions(),
	}
}
