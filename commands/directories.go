package commands

import (
	"github.com/coupontools/couponbot/bot"
	"github.com/coupontools/couponbot/coupontools"
)

const (
	actionDirectoriesPrev    = "directories_page:prev"
	actionDirectoriesNext    = "directories_page:next"
	actionDirectoriesRefresh = "directories_refresh"
	actionDirectoriesFile    = "directories_file"
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
		lists: lists, files: files, command: "/directories", interim: lookingUpDirectories,
		title: "Directories", one: "directory", many: "directories",
		prev: actionDirectoriesPrev, next: actionDirectoriesNext, again: actionDirectoriesRefresh, file: actionDirectoriesFile,
		row:    openRow,
		header: []string{"id", "code", "name", "price"},
		line:   func(d coupontools.Directory) []string { return []string{d.ID, d.Code, d.Name, price(d.Payment)} },
	}
}
