// Package commands is what couponbot can do: one file for each slash command, with the modals and buttons that belong
// to it. [All] lists them.
//
// A command is a [bot.Command] value, made by a function that takes the little it needs of the services as interfaces of
// one or two methods. Its handlers answer with a [bot.Reply] or an error and never talk to Slack; whatever may wait for
// Coupontools goes into Reply.Later. The words for what goes wrong stand in words.go, the way from typed words to a
// directory in resolve.go.
//
// [send.Announcer] tells Slack how a send goes on.
package commands
