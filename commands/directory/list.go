package directory

import (
	"regexp"

	"github.com/slack-go/slack"

	"github.com/coupontools/couponbot/bot"
	"github.com/coupontools/couponbot/bot/blocks"
	"github.com/coupontools/couponbot/commands/internal/format"
	"github.com/coupontools/couponbot/commands/internal/ui"
	"github.com/coupontools/couponbot/coupontools"
)

// actionPick is the button that opens a directory.
const actionPick = "directory_pick"

// listCommand answers /directories with the public list, ten a page.
func listCommand(l List) bot.Command {
	return bot.Command{
		Name: "/directories", Topic: "directories", Group: ui.GroupDirectories, Usage: "[words to filter by]",
		Summary: "List the directories",
		Examples: []bot.Example{
			{Line: "/directories", Does: "lists all directories, ten at a time"},
			{Line: "/directories city", Does: "lists those with “city” in the name or id"},
		},
		Run: l.Run, Actions: l.Actions(),
	}
}

// List is the list of directories.
type List = ui.List[coupontools.Directory]

var directoryID = regexp.MustCompile(`^(?i:dir_)[0-9]{1,20}$`)

// NewList returns the list of directories.
func NewList(from ui.ListSource[coupontools.Directory], files ui.Deliverer) List {
	return List{
		Plural: ui.Plural{One: "directory", Many: "directories"}, Topic: "directories", Command: "/directories", Title: "Directories",
		Source: from, Files: files, Row: openRow,
		FromID: func(id string) (coupontools.Directory, bool) {
			return coupontools.Directory{ID: id}, directoryID.MatchString(id)
		},
		Columns: []ui.Column[coupontools.Directory]{
			{Name: "id", Value: func(d coupontools.Directory) string { return d.ID }},
			{Name: "code", Value: func(d coupontools.Directory) string { return d.Code }},
			{Name: "name", Value: func(d coupontools.Directory) string { return d.Name }},
			{Name: "price", Value: func(d coupontools.Directory) string { return format.Price(d.Payment) }},
		},
	}
}

// openRow shows one directory with the button that opens it.
func openRow(d coupontools.Directory) []slack.Block {
	return []slack.Block{blocks.WithButton(format.DirectoryRow(d),
		blocks.Button(actionPick, "Open", d.ID, blocks.Label("Open "+format.OneLine(d.Name))))}
}
