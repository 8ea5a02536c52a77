package commands

import (
	"regexp"

	"github.com/slack-go/slack"

	"github.com/coupontools/couponbot/bot"
	"github.com/coupontools/couponbot/bot/blocks"
	"github.com/coupontools/couponbot/coupontools"
)

// directoriesCommand answers /directories with the list, ten a page, for all in the channel to see.
func directoriesCommand(l directoryList) bot.Command {
	return bot.Command{
		Name: "/directories", Topic: "directories", Group: groupDirectories, Usage: "[words to filter by]",
		Summary: "List the directories",
		Examples: []bot.Example{
			{Line: "/directories", Does: "lists all directories, ten at a time"},
			{Line: "/directories city", Does: "lists those with “city” in the name or id"},
		},
		Run: l.run, Actions: l.actions(),
	}
}

// directoryList is the list of directories.
type directoryList = itemList[coupontools.Directory]

var directoryID = regexp.MustCompile(`^(?i:dir_)[0-9]{1,20}$`)

func newDirectoryList(from listSource[coupontools.Directory], files deliverer) directoryList {
	return directoryList{
		plural: plural{"directory", "directories"}, topic: "directories", command: "/directories", title: "Directories",
		source: from, files: files, row: openRow,
		fromID: func(id string) (coupontools.Directory, bool) {
			return coupontools.Directory{ID: id}, directoryID.MatchString(id)
		},
		columns: []column[coupontools.Directory]{
			{"id", func(d coupontools.Directory) string { return d.ID }},
			{"code", func(d coupontools.Directory) string { return d.Code }},
			{"name", func(d coupontools.Directory) string { return d.Name }},
			{"price", func(d coupontools.Directory) string { return price(d.Payment) }},
		},
	}
}

// openRow is one directory in a list, with the button that opens it.
func openRow(d coupontools.Directory) []slack.Block {
	return []slack.Block{blocks.WithButton(directoryRow(d),
		blocks.Button(actionPick, "Open", d.ID, blocks.Label("Open "+oneLine(d.Name))))}
}
