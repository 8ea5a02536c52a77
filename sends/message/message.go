// Package message handles the text of a send: the message of an SMS or the subject of an e-mail, as a marketer typed it.
//
// [Clean] makes it fit to go out, [Placeholders] finds what nothing would fill in, [CountSegments] says how many SMS it
// takes, and [Simplify] makes it take fewer.
package message
