// Package blockkit has Slack's rules for Block Kit, the JSON of which messages and views are made.
//
// [CheckMessage], [CheckView] and [CheckOptions] validate what an app sends: the types and fields that exist, their limits, and
// where each may be used. [Elements] lists the interactive elements of blocks, and [PlainText] returns the text a person reads
// in them.
//
// The rules are written from Slack's reference of blocks (https://docs.slack.dev/reference/block-kit). Fields and types that
// aren't in it are errors, as they are in Slack. The package knows nothing about workspaces: it gets JSON and returns JSON.
package blockkit
