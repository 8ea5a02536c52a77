// Package commands lists couponbot's commands in [All]. It holds the root command, status and audit; each domain has a package
// of its own below this one, with one file per command and the modals and buttons of that command.
//
// A command is a [bot.Command] value. Its handlers return a [bot.Reply] or an error and never call Slack themselves. Calls
// that may wait for Coupontools go into Reply.Later. Package ui words the errors and resolves typed words to items.
//
// [send.Announcer] posts the progress of sends.
package commands
