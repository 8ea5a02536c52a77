// Package message handles the text of a send: the body of an SMS or the subject of an e-mail, as a marketer typed it.
//
// [Clean] prepares it for sending, [Placeholders] finds placeholders that nothing would fill in, [CountSegments] counts its
// SMS segments, and [Simplify] reduces them.
package message
