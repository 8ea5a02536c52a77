// Package send has the commands about sends, from the form to the report, and the messages that announce them in
// channels.
package send
