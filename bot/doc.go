// Package bot holds a conversation in Slack: it takes what comes over Socket Mode, acknowledges it in time, finds the
// command, checks who asks, runs the handler and brings its answer the right way out.
//
// A program gives [New] its list of [Command] values. A [Handler] gets a [Request] and returns a [Reply] value or an
// error; it never talks to Slack itself. Acknowledging, deadlines, permissions, dropping of repeats, recovery from
// panics, and the words of every error are the bot's, in one place each.
//
// The package does not know what a coupon is: commands, and the words for the errors of their services, come from
// outside.
package bot
