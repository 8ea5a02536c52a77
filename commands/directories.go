package commands

import (
	"github.com/slack-go/slack"

	"github.com/coupontools/couponbot/bot"
	"github.com/coupontools/couponbot/coupontools"
)

// directories answers /directories with the list, ten a page, for all in the channel to see.
func directories(lists refresher, files deliverer) bot.Command {
	c := directoryCatalog(lists, files)
	return bot.Command{
		Name: "/directories", Topic: "directories", Group: groupDirectories, Usage: "[words to filter by]",
		Summary: "List the directories",
		Examples: []bot.Example{
			{Line: "/directories", Does: "lists all directories, ten at a time"},
			{Line: "/directories city", Does: "lists those with “city” in the name or id"},
		},
		Run: c.run, Clicks: c.clicks(),
	}
}

func directoryCatalog(lists refresher, files deliverer) catalog[coupontools.Directory] {
	return catalog[coupontools.Directory]{
		noun: noun{"directory", "directories"}, topic: "directories", command: "/directories", title: "Directories",
		lists: lists, files: files,
		row: func(d coupontools.Directory) []slack.Block { return []slack.Block{openRow(d)} },
		columns: []column[coupontools.Directory]{
			{"id", func(d coupontools.Directory) string { return d.ID }},
			{"code", func(d coupontools.Directory) string { return d.Code }},
			{"name", func(d coupontools.Directory) string { return d.Name }},
			{"price", func(d coupontools.Directory) string { return price(d.Payment) }},
		},
	}
}
