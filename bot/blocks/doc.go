// Package blocks turns plain values into Slack's Block Kit and keeps Slack's limits, so that Slack never has a reason to
// refuse a message or a modal: texts are cut in runes with an ellipsis, empty texts become [Empty], control characters
// go.
//
// Text that comes from outside (names in Coupontools, what people typed) may be given to every function here: it goes
// into plain_text and rich_text only, where it cannot mention, link or format. The one piece of mrkdwn, the date of
// [When], is built from a number.
//
// A message is a few of [Header], [Text], [Rich], [Context], [Divider] and [Actions]; a modal is [Modal] around them
// and the inputs, such as [TextInput] and [Radio].
package blocks
