// Package socket holds a Slack app's Socket Mode connections: it opens them, reads envelopes, acknowledges them, renews
// them without a gap, and leaves them with a close frame.
//
// Give [New] an [Opener] (a slack.Client with an app-level token) and a [Handler], and call [Client.Run]. Each envelope
// is handed on raw, in a goroutine of its own, with a one-shot [Ack]. Slack waits 3 s for the acknowledgement; what the
// handler does with those seconds is its own affair, as is what an envelope means and whether it was seen before: Slack
// delivers at least once, not exactly once.
//
// The loop is our own because slack-go's (v0.34) reconnects without a pause, hides why Slack disconnected, loses
// acknowledgements on stop and cannot open the next connection before it leaves the last.
package socket
