// Package bot answers Slack interactions. It acknowledges what arrives over Socket Mode in time, finds the handler, checks
// the user's rights, runs the handler and delivers its reply.
//
// A program gives [New] its list of [Command] values. A [Handler] gets a [Request] and returns a [Reply] value or an
// error; it never talks to Slack itself. The bot acknowledges, keeps deadlines, checks permissions, drops redeliveries,
// recovers panics and words every error, in one place each.
//
// The package does not know what a coupon is: its caller supplies the commands and the words for their services' errors.
package bot
