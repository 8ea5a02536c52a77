// Package recipientlist shows a list of recipients that was read: its columns, the skipped people, and what it was
// checked against.
package recipientlist
